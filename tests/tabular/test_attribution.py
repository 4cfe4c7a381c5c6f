import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import InputError, UnknownNameError
from clearprop.tables import Reading, ReadOptions, read
from clearprop.tabular import TableModel, TableSettings, attributions, drift, partial_dependence, prepare, train
from sample_tables import flats, pets


def made(table, **settings):
    asked = TableSettings(**{"hidden": (8,), "epochs": 20, "engine": "reference", "ensemble": 2, **settings})
    return train(prepare(Reading(table), asked)).model


@pytest.fixture(scope="module")
def rents():
    table = flats(200).append_column("day", pa.array(np.arange(200).astype("datetime64[D]")))
    return made(table, target="rent", log_target=True, quantiles=(0.1, 0.9)), table


@pytest.fixture(scope="module")
def kinds():
    return made(pets(200), target="kind"), pets(200)


NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))


@settings(max_examples=25)
@given(NUMBERS, st.sampled_from(["north", "south", "west", "the moon"]), st.booleans(), st.integers(-9999, 99999))
def test_the_parts_add_up_to_the_difference_whatever_the_row(rents, size, district, balcony, day):
    model, _ = rents
    row = pa.table(
        {
            "size": pa.array([size], pa.float64()),
            "district": [district],
            "balcony": [balcony],
            "day": pa.array(np.array([day], "datetime64[D]")),
        }
    )
    found = attributions(model, row)
    assert found.parts.sum() == pytest.approx(found.outputs[0] - found.baseline[0], abs=1e-6 * model.target.scale)
    assert found.doubt is None


def test_what_they_add_up_to_is_what_is_predicted(rents, kinds):
    model, table = rents
    found = attributions(model, table)
    predicted = model.predict(table).values
    held = np.clip(found.outputs, model.target.low, model.target.high)
    assert np.exp(held) == pytest.approx(predicted, rel=1e-5)
    assert (found.unit, set(found.of)) == ("logarithm of rent", {"rent"})
    model, table = kinds
    found, predicted = attributions(model, table), model.predict(table)
    assert list(found.of) == predicted.values
    assert found.outputs == pytest.approx(predicted.probabilities.max(axis=1), abs=1e-5)
    assert found.parts.sum(axis=1) == pytest.approx(found.outputs - found.baseline, abs=1e-6)
    assert model.temperature != 1  # the slope at a temperature is in it


def test_the_parts_of_a_column_in_all_probabilities_are_0_together(kinds):
    model, table = kinds
    each = [attributions(model, table.slice(0, 20), of=label).parts for label in model.target.labels]
    assert sum(each) == pytest.approx(0, abs=1e-5)
    assert np.abs(each).max() > 0.03


def test_the_usual_row_has_no_parts_and_is_what_training_knows(rents):
    model, _ = rents
    usual = pa.table(
        {
            "size": pa.array([None], pa.float64()),  # the median stands in
            "district": ["north"],
            "balcony": [True],
            "day": pa.array([np.datetime64(round(model.encoder.steps[-1].centre), "s")]),
        }
    )
    found = attributions(model, usual)
    assert found.usual.keys() == {"size", "district", "balcony", "day"}
    assert abs(found.parts[0, 3]) < 1e-12
    counts = model.settings["summary"]["columns"]
    most = ("north", "south", "west")[int(np.argmax(counts["district"]["counts"][:3]))]
    assert found.usual["district"] == most
    assert sum(counts["district"]["counts"]) == model.settings["summary"]["rows"]


def test_another_row_to_begin_from(rents):
    model, table = rents
    one, other = table.slice(0, 1), table.slice(1, 1)
    there, back = attributions(model, one, against=other), attributions(model, other, against=one)
    assert there.parts == pytest.approx(-back.parts, abs=1e-6)
    assert attributions(model, one, against=one).parts == pytest.approx(0)
    with pytest.raises(InputError, match="must be one row, and there are 2"):
        attributions(model, one, against=table.slice(0, 2))


def test_a_quantile_is_attributed_by_its_own_networks(rents):
    model, table = rents
    low, high = (attributions(model, table, of=q) for q in (0.1, 0.9))
    found, _ = model.predict_quantiles(table)
    both = np.sort(np.stack([low.outputs, high.outputs], axis=1), axis=1)
    held = np.clip(both, model.target.low, model.target.high + 1)
    assert np.median(np.abs(np.exp(held) / found - 1)) < 1e-5
    assert set(low.of) == {0.1}


def test_several_targets_are_taken_one_by_one():
    table = flats(120)
    both = table.append_column("tax", pa.array(table["rent"].to_numpy() / 3))
    model = made(both, target=("rent", "tax"))
    with pytest.raises(InputError, match=r"several targets; say of which, with of: 'rent', 'tax'"):
        attributions(model, both)
    found = attributions(model, both, of="tax")
    assert found.outputs == pytest.approx(model.mean_outputs(both)[:, 1] * model.target.each[1].scale
                                          + model.target.each[1].centre, rel=1e-4)  # fmt: skip


def test_the_order_of_columns_changes_nothing_and_a_column_that_nothing_sees_has_no_part(rents):
    model, table = rents
    found = attributions(model, table.slice(0, 9))
    again = attributions(model, table.slice(0, 9).select(["day", "rent", "balcony", "size", "district"]))
    assert (found.parts == again.parts).all()
    thetas = model.thetas.copy()
    place = model.encoder.places[model.encoder.text_columns.index("district") + 1]
    for theta in thetas:
        model.network.views(theta).W[1][place] = 0
    blind = TableModel(model.network, thetas, model.encoder, model.target, model.trivial, settings=model.settings)
    assert (attributions(blind, table.slice(0, 9)).parts[:, found.columns.index("district")] == 0).all()


def test_what_cannot_be_attributed_is_said(kinds, rents):
    model, table = kinds
    with pytest.raises(UnknownNameError, match=r"'cot'.*cat"):
        attributions(model, table, of="cot")
    old = TableModel(model.network, model.thetas, model.encoder, model.target, model.trivial)
    with pytest.raises(InputError, match=r"does not say what is usual in column 'says'.*give a row to compare with"):
        attributions(old, table)
    assert attributions(old, table, against=table.slice(0, 1)).parts.shape == (200, 2)
    with pytest.raises(UnknownNameError, match=r"rent, 0\.1, 0\.9"):
        attributions(*rents, of="rnt")


def test_columns_are_usual_however_they_are_written(tmp_path):
    """Decimal commas, lengths of time, days before months, missing values and names."""
    rows = [
        f"{k},5;{k // 10}:{k % 60:02d};{k % 28 + 1:02d}.{k % 12 + 1:02d}.2024;{'b2' if k % 3 else 'a1'};{k}"
        for k in range(80)
    ]
    (tmp_path / "odd.csv").write_text("\n".join(["price;took;when;code;y", *rows]))
    reading = read(tmp_path / "odd.csv", options=ReadOptions(dates="dmy"))
    asked = TableSettings(target="y", hidden=(4,), epochs=2, engine="reference", ensemble=1)
    model = train(prepare(reading, asked)).model
    table = model.read(tmp_path / "odd.csv").table
    found = attributions(model, table)
    assert found.doubt is None
    assert found.usual.keys() == {"price", "took", "when", "code"}
    assert found.usual["code"] == "b2"
    assert found.usual["when"].startswith("2024-")
    for one in partial_dependence(model, table, found.columns):
        assert np.isfinite(one.mean).all()
    assert drift(model, table).differing == ()
