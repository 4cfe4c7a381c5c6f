"""The estimators for tables on files: in memory where they fit, in pieces where that is asked for."""

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError, TableError
from sample_tables import flats, pets, write

pytestmark = pytest.mark.filterwarnings("ignore:No better than")  # two epochs teach little
QUICK = {"hidden_layer_sizes": 8, "max_iter": 2, "batch_size": 32, "random_state": 0}


@pytest.fixture
def rents(tmp_path):
    pyarrow.parquet.write_table(flats(n=600), tmp_path / "flats.parquet", row_group_size=100)
    return tmp_path / "flats.parquet"


def test_a_file_that_fits_is_fitted_as_its_rows_are(rents):
    frame = pd.read_parquet(rents)
    mine = TabularRegressor(**QUICK).fit(str(rents), target="rent")
    other = TabularRegressor(**QUICK).fit(frame.drop(columns="rent"), frame["rent"])
    assert mine.model_.thetas.tobytes() == other.model_.thetas.tobytes()
    assert list(mine.feature_names_in_) == list(other.feature_names_in_)
    np.testing.assert_array_equal(mine.predict(rents), other.predict(frame.drop(columns="rent")))


def test_a_file_is_fitted_and_predicted_in_pieces(rents, tmp_path):
    frame = pd.read_parquet(rents)
    model = TabularRegressor(quantiles=(0.1, 0.9), **QUICK).fit(rents, target="rent", stream=True)
    assert list(model.feature_names_in_) == ["size", "district", "balcony"]
    assert model.n_features_in_ == 3
    assert model.ensemble_ == 1
    np.testing.assert_array_equal(model.predict(rents), model.predict(frame.drop(columns="rent")))
    assert model.predict_quantiles(rents).shape == (600, 2)
    model.save(tmp_path / "m.clearprop")
    again = TabularRegressor.load(tmp_path / "m.clearprop")
    np.testing.assert_array_equal(again.predict(frame.drop(columns="rent")), model.predict(rents))
    assert len(model.feature_importances_) == 3


def test_classes_are_those_of_the_file(tmp_path):
    pyarrow.parquet.write_table(pets(n=400), tmp_path / "pets.parquet", row_group_size=64)
    model = TabularClassifier(class_weight="balanced", **QUICK).fit(tmp_path, target="kind", stream=True)
    assert model.classes_.tolist() == ["cat", "cow", "dog"]
    assert model.predict_proba(tmp_path).shape == (400, 3)
    assert set(model.predict(tmp_path)) <= {"cat", "cow", "dog"}


def test_other_files_are_read_as_they_always_are(tmp_path):
    model = TabularRegressor(**QUICK).fit(write(tmp_path / "flats.csv", flats(n=300)), target="rent")
    assert model.predict(tmp_path / "flats.csv").shape == (300,)
    with pytest.raises(InputError, match=r"only Parquet is read in pieces: write .*flats\.csv as Parquet first"):
        TabularRegressor(**QUICK).fit(tmp_path / "flats.csv", target="rent", stream=True)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda model, path: model.fit(path), "say which column of .* is learned"),
        (lambda model, path: model.fit(path, [1, 2], target="rent"), "y goes with rows in memory"),
        (lambda model, path: model.fit(path, target="rnet"), "did you mean 'rent'"),
        (lambda model, path: model.fit(path, target="rent", stream=True, memory="1MB"), "may be used"),
        (
            lambda model, path: model.fit(flats().drop_columns(["rent"]), flats()["rent"], target="rent"),
            "is for a file",
        ),
        (lambda model, path: model.fit(path.with_name("none.parquet"), target="rent"), "there is no file"),
    ],
)
def test_what_does_not_go_together_is_refused(rents, call, said):
    model = TabularRegressor(**QUICK)
    with pytest.raises((InputError, TableError), match=said):
        call(model, rents)
    assert not hasattr(model, "model_")
