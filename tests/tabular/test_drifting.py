import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import InputError, TableError
from clearprop.tables import Reading
from clearprop.tabular import TableModel, TableSettings, drift, prepare, train
from clearprop.tabular.drifting import probability
from sample_tables import flats


def with_days(table, first=0):
    return table.append_column("day", pa.array((first + np.arange(len(table)) % 300).astype("datetime64[D]")))


@pytest.fixture(scope="module")
def model():
    asked = TableSettings(target="rent", hidden=(4,), epochs=2, engine="reference", ensemble=1)
    return train(prepare(Reading(with_days(flats(2000))), asked)).model


def of(found):
    return {each.column: each for each in found.columns}


def test_rows_of_the_same_kind_do_not_differ_and_others_do(model):
    assert drift(model, with_days(flats(1000, seed=5))).differing == ()
    other = with_days(flats(1000, seed=5).filter(np.array(flats(1000, seed=5)["district"]) != "west"))
    found = drift(model, other)
    assert [each.column for each in found.differing] == ["district"]
    before = np.array(model.settings["summary"]["columns"]["district"]["counts"])
    shares = np.array([(other["district"].to_numpy() == name).mean() for name in ("north", "south", "west")])
    expected = np.abs(before[:3] / before.sum() - shares).sum() / 2
    assert of(found)["district"].distance == pytest.approx(expected)
    assert "'west' in 0 % of them" in str(of(found)["district"])


def test_new_names_missing_values_and_what_is_out_of_range_are_told(model):
    table = with_days(flats(300, seed=1), first=9000)
    district = pa.array(["moon"] * 100 + ["mars"] * 50 + ["north"] * 150)
    balcony = pa.array([None] * 200 + [True] * 100)
    table = table.set_column(1, "district", district).set_column(2, "balcony", balcony)
    found = of(drift(model, table))
    assert (found["district"].new, found["district"].new_names) == (150, ("moon", "mars"))
    assert found["balcony"].missing == pytest.approx(2 / 3)
    assert found["balcony"].missing_before == 0
    assert "missing in 66.7 % of them, 0 % in training" in str(found["balcony"])
    assert (found["day"].outside, found["day"].distance > 0.8) == (300, True)
    assert "moon, mars" in str(found["district"])


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_chance_alone_is_hardly_ever_improbable(seed):
    """Of 60 pairs of sets of rows of one kind, with shares of many forms."""
    random = np.random.default_rng(seed)
    n, m, bins = (int(random.integers(1, most)) for most in (400, 400, 15))
    shares = random.dirichlet(np.full(bins, random.choice([0.1, 1.0, 50.0])))
    pairs = zip(random.multinomial(n, shares, 60), random.multinomial(m, shares, 60), strict=True)
    assert np.mean([probability(*pair) <= 0.01 for pair in pairs]) <= 0.05


def test_a_new_category_in_some_rows_is_no_chance(model):
    """Of none in 1,600, six of 300 come by chance in one of 90,000 comparisons."""
    table = with_days(flats(300, seed=4))
    districts = table["district"].to_pylist()
    found = of(drift(model, table.set_column(1, "district", pa.array(["moon"] * 6 + districts[6:]))))["district"]
    assert found.differs
    assert found.new == 6


def test_ties_and_columns_of_one_value_are_counted():
    table = pa.table({"zero": [0.0] * 150 + list(range(1, 51)), "one": [1.0, 2.0] * 100, "y": np.arange(200.0)})
    asked = TableSettings(target="y", hidden=(4,), epochs=2, engine="reference", ensemble=1, test=0.0)
    model = train(prepare(Reading(table), asked)).model
    assert drift(model, table).differing == ()
    assert of(drift(model, table))["zero"].distance < 0.02
    (first,) = drift(model, table.slice(150)).differing
    assert first.column == "zero"
    assert first.distance == pytest.approx(0.75, abs=0.02)


def test_a_row_says_nothing_and_it_is_said(model):
    found = drift(model, with_days(flats(1)))
    assert found.differing == ()
    assert "which chance may make (about " in str(found.columns[0])


def test_what_cannot_be_compared_is_said(model):
    table = with_days(flats(50))
    with pytest.raises(InputError, match="there are no rows to compare"):
        drift(model, table.slice(0, 0))
    with pytest.raises(TableError, match=r"no column 'size'"):
        drift(model, table.drop_columns("size"))
    old = TableModel(model.network, model.thetas, model.encoder, model.target, model.trivial)
    with pytest.raises(InputError, match=r"does not say what training had.*train again"):
        drift(old, table)


@pytest.mark.parametrize(
    "damage",
    [
        {"edges": [2.0, 1.0], "counts": [1, 1, 1, 1]},
        {"edges": [1.0], "counts": [1, -1, 1]},
        {"edges": [1.0], "counts": [1, 1]},
        {"edges": [float("nan")], "counts": [1, 1, 1]},
        {"edges": "1", "counts": []},
        7,
    ],
)
def test_a_damaged_summary_is_nothing_known(model, damage):
    kept = {**model.settings["summary"]["columns"], "size": damage}
    columns = {**model.settings, "summary": {"rows": 7, "columns": kept}}
    damaged = TableModel(model.network, model.thetas, model.encoder, model.target, model.trivial, settings=columns)
    assert "size" not in of(drift(damaged, with_days(flats(50))))


def test_the_function_is_not_hidden_by_a_file_of_its_name():
    import clearprop.tabular.drifting  # noqa: F401
    from clearprop import tabular

    assert callable(tabular.drift)
