import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.inspection import partial_dependence as theirs

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError, TableError
from clearprop.tables import from_frame
from clearprop.tabular import partial_dependence
from sample_tables import flats, pets

QUICK = {"hidden_layer_sizes": 8, "max_iter": 8, "ensemble": 2, "engine": "reference", "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore:No better")
LONGER = {**QUICK, "max_iter": 60}


@pytest.fixture(scope="module")
def rents():
    frame = flats(120).to_pandas().dropna()
    frame["floor"] = np.arange(len(frame)) % 4.0
    frame["kind"] = pd.Categorical(np.where(np.arange(len(frame)) % 3, "old", "new"))
    return TabularRegressor(**QUICK).fit(frame.drop(columns="rent"), frame["rent"]), frame.drop(columns="rent")


@pytest.mark.parametrize("column", ["size", "district", "balcony", "floor", "kind"])
def test_scikit_learns_is_ours_on_frames_of_pandas(rents, column):
    model, frame = rents
    categories = [name for name in frame if name not in ("size", "floor")]
    found = theirs(model, frame, [column], kind="average", categorical_features=categories, grid_resolution=20)
    (own,) = partial_dependence(model.model_, from_frame(frame), [column])
    if own.places is None:
        mean = dict(zip(own.values, own.mean[:, 0], strict=True))
        for value, average in zip(found["grid_values"][0], found["average"][0], strict=True):
            assert average == pytest.approx(mean[str(value)], rel=1e-5)
    else:  # their grid is that of each different value, where there are few
        average = np.interp(found["grid_values"][0], own.places, own.mean[:, 0])
        inside = (found["grid_values"][0] >= own.places[0]) & (found["grid_values"][0] <= own.places[-1])
        assert found["average"][0][inside] == pytest.approx(average[inside], rel=2e-2)


def test_of_classes_the_probabilities_sum_to_1():
    table = pets(120)
    model = TabularClassifier(**LONGER).fit(table.drop_columns("kind").to_pandas(), table["kind"].to_pylist())
    weight, says = partial_dependence(model.model_, table, ["weight", "says"])
    assert weight.mean.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert says.values == ("else", "moo")
    frame = table.drop_columns("kind").to_pandas()
    found = theirs(model, frame, ["says"], kind="average", categorical_features=["says"])
    assert found["average"][:, 0] == pytest.approx(says.mean[0], abs=1e-5)


def test_missing_values_and_dates_are_taken():
    """scikit-learn takes neither a missing value, nor a date, nor a whole number."""
    table = flats(120).append_column("day", pa.array(np.arange(120).astype("datetime64[D]")))
    model = TabularRegressor(**LONGER).fit(table.drop_columns("rent").to_pandas(), table["rent"].to_pylist())
    size, day = partial_dependence(model.model_, table, ["size", "day"])
    assert np.isfinite(size.mean).all()
    assert 20 <= size.places[0] < size.places[-1] <= 120
    assert day.values[0].startswith("1970-01-0")
    assert len(day.values) == 20


def test_an_unknown_column_is_named_with_the_nearest(rents):
    model, frame = rents
    with pytest.raises(TableError, match="did you mean 'size'"):
        partial_dependence(model.model_, from_frame(frame), ["siz"])


def test_a_vector_has_no_values_to_try():
    table = pa.table({"v": pa.FixedSizeListArray.from_arrays(np.arange(80.0) % 7, 2)})
    model = TabularRegressor(**LONGER).fit(table, np.arange(80.0)[::2] % 7)
    with pytest.raises(InputError, match=r"'v' .* has no values that could be tried"):
        partial_dependence(model.model_, table, ["v"])
