import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, ModelFileError, TableError
from clearprop.tabular.model import TableModel
from sample_tables import flats, pets


def test_save_and_load_give_the_same_model(trained, tmp_path):
    for name, table in (("flats", flats()), ("pets", pets())):
        model = TableModel.load(trained / f"{name}.clearprop")
        model.save(tmp_path / "m")
        again = TableModel.load(tmp_path / "m")
        assert again.encoder == model.encoder
        assert again.target == model.target
        assert again.settings == model.settings
        assert again.held_out == model.held_out
        found, expected = again.predict(table), model.predict(table)
        assert list(found.values) == list(expected.values)
        if name == "pets":
            np.testing.assert_array_equal(found.probabilities, expected.probabilities)


def test_the_engine_that_predicts_is_looked_for_once_and_is_no_part_of_a_pickle(trained, monkeypatch):
    model, table = TableModel.load(trained / "flats.clearprop"), flats(20)
    before = len(pickle.dumps(model))
    first = model.predict(table)
    if first.choice.engine.name != "reference":
        monkeypatch.setattr("clearprop.tabular.model.choose_for_prediction", None)
    again = model.predict(table)
    assert again.choice.engine is first.choice.engine or first.choice.engine.name == "reference"
    assert len(pickle.dumps(model)) == before
    assert (pickle.loads(pickle.dumps(model)).thetas == model.thetas).all()


def test_predictions_stay_in_the_range_of_training(trained):
    model = TableModel.load(trained / "flats.clearprop")
    table = flats(50).set_column(0, "size", pa.array([1e9] * 25 + [-1e9] * 25))
    values = model.predict(table).values
    assert values.max() <= np.exp(model.target.high) * (1 + 1e-12)
    assert values.min() >= np.exp(model.target.low) * (1 - 1e-12)


def test_a_missing_model_file(tmp_path):
    with pytest.raises(ModelFileError, match="there is no file"):
        TableModel.load(tmp_path / "m")
    with pytest.raises(ModelFileError, match="is a folder"):
        TableModel.load(tmp_path)


CELL = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters='",\r\n'), max_size=5),
    st.sampled_from(["", "12.5", "north", "true", "0", "inf", "-1e300", "2020-01-01", "NaN"]),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.permutations(["size", "district", "balcony", "rent", "more"]),
    rows=st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=5),
)
def test_any_table_is_predicted_or_refused_in_words(trained, tmp_path, header, rows):
    """The door of predict and evaluate: finite predictions for every row, or an error of clearprop's own."""
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]), encoding="utf-8", newline="")
    model = TableModel.load(trained / "flats.clearprop")
    predictions = refused = None
    try:
        table = model.read(path).table
        predictions = model.predict(table)
        scores = model.evaluate(table).scores
    except ClearpropError as error:
        refused = str(error)
    else:
        assert np.isfinite([scores.rmse, scores.rmse_log]).all()
    if predictions is not None:
        assert np.isfinite(predictions.values).all()
        assert len(predictions.values) == table.num_rows
    assert predictions is not None or len(refused) > 10


def test_evaluating_where_no_class_is_known(trained):
    model = TableModel.load(trained / "pets.clearprop")
    table = pets(5)
    place = table.column_names.index("kind")
    other = table.set_column(place, "kind", pa.array(["DOG"] * 5))
    with pytest.raises(TableError, match=r"none of the 5 rows has a class of the training.*'DOG'.*'cat'"):
        model.evaluate(other)
