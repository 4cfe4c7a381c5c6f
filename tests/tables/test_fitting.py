import datetime

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import TableError
from clearprop.tables import Category, Moment, Number, Truth, Vector, fit_encoder

N = 400


def fitted(**given):
    return fit_encoder(pa.table({name: pa.array(values) for name, values in given.items()}))


def the_step(values):
    return fitted(column=values).encoder.steps[0]


def test_a_number_is_centred_by_its_median_and_scaled_by_its_quartiles():
    step = the_step([1.0, 2.0, 3.0, 4.0, 1000.0])
    assert step == Number("column", 3.0, 2.0)


def test_a_number_with_one_frequent_value_is_scaled_by_half_its_range():
    assert the_step([0.0] * 9 + [8.0]) == Number("column", 0.0, 4.0)


def test_a_number_has_bins_where_there_are_rows_enough_for_them():
    values = np.arange(1000, dtype=float)
    step = the_step(values)
    assert len(step.edges) > 3
    counts, _ = np.histogram(values, step.edges)
    assert counts.max() - counts.min() <= 1
    assert the_step(values[:20]).edges == ()
    assert the_step([0.0, 1.0] * (N // 2)).edges == ()


def test_many_columns_of_numbers_have_fewer_bins():
    random = np.random.default_rng(0)
    table = {f"c{i}": random.normal(size=2000) for i in range(500)}
    assert len(fitted(**table).encoder.names) <= 500 + 2000


def test_missing_numbers_get_an_input_that_says_so():
    assert the_step([1.0, None, 3.0]).missing
    assert not the_step([1.0, 2.0, 3.0]).missing


def test_a_constant_is_left_out_and_said():
    found = fitted(a=[1.0, 1.0], b=["x", "x"], c=[True, True], d=[None, None], e=[1, 2])
    assert [step.column for step in found.encoder.steps] == ["e"]
    assert found.notices[0] == "column 'a' is left out: it is 1 in every training row"
    assert found.encoder.left_out == {
        "a": "it is 1 in every training row",
        "b": "it is 'x' in every training row",
        "c": "it is true in every training row",
        "d": "it has no values",
    }


def test_a_constant_with_gaps_is_kept_for_the_gaps():
    assert the_step([1.0, None, 1.0]) == Number("column", 1.0, 1.0, missing=True)
    assert the_step(["x", None]) == Category("column", ("x",), missing=True)


def test_text_that_names_the_rows_is_left_out_and_said():
    found = fitted(name=[f"n{i}" for i in range(N)], size=range(N))
    assert "looks like an identifier" in found.encoder.left_out["name"]
    assert "400 different texts in 400 rows" in found.notices[0]


@pytest.mark.parametrize("name", ["id", "PassengerId", "row", "customer_id", "unnamed 1", "No"])
def test_numbers_of_rows_are_left_out_and_said(name):
    found = fitted(**{name: np.random.default_rng(0).permutation(5 * N)[:N], "size": np.arange(N) % 7})
    assert "it numbers the rows" in found.encoder.left_out[name]


@pytest.mark.parametrize("name", ["humid", "paid", "year", "narrow", "grid"])
def test_names_that_only_end_alike_are_kept(name):
    assert fitted(**{name: range(N)}).encoder.left_out == {}


def test_a_huge_number_of_categories_shares_an_input_and_is_said():
    values = [f"z{i // 2}" if i < 300 else f"common{i % 60}" for i in range(1000)]
    found = fitted(zip=values)
    step = found.encoder.steps[0]
    assert isinstance(step, Category)
    assert len(step.categories) == 100
    assert step.rare
    assert {f"common{i}" for i in range(60)} <= set(step.categories)
    assert found.notices == (
        "column 'zip': of its 210 different values the 100 most frequent get an input each; "
        "the others, 220 rows, share one",
    )


def test_numbers_with_a_few_words_among_them_are_numbers_and_it_is_said():
    found = fitted(age=[str(i) for i in range(98)] + ["unknown", "?"])
    assert found.encoder.steps[0].missing_words == ("unknown",)  # "?" is missing in every column
    assert found.encoder.steps[0].missing
    assert found.notices == ("column 'age': 1 of 99 values is no number ('unknown') and counts as missing",)


def test_kinds_of_columns():
    days = [datetime.datetime(2020, 1, 1) + datetime.timedelta(hours=7 * i) for i in range(N)]
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2.0 * N)), 2)
    table = {"t": [True, False] * (N // 2), "w": days, "v": vectors, "k": ["a", "b"] * (N // 2), "n": range(N)}
    found = fit_encoder(pa.table(table)).encoder
    assert [type(step) for step in found.steps] == [Truth, Moment, Vector, Category, Number]
    assert len(found.steps[1].periods) == 3  # its hours differ, and it spans days and part of a year


def test_a_type_that_cannot_be_used_is_left_out_and_said():
    found = fitted(nested=[{"a": 1}, {"a": 2}], ok=[1, 2])
    assert "cannot be used" in found.encoder.left_out["nested"]


def test_dropped_columns_are_not_used_and_a_wrong_name_offers_the_nearest():
    table = pa.table({"size": [1, 2], "price": [3, 4]})
    assert fit_encoder(table, drop=["price"]).encoder.left_out == {"price": "it was asked to be dropped"}
    with pytest.raises(TableError, match="no column 'prise'; did you mean 'price'"):
        fit_encoder(table, drop=["prise"])


def test_nothing_left_to_learn_from():
    with pytest.raises(TableError, match=r"no column is left to learn from \(column 'a' is left out: it is 1"):
        fitted(a=[1, 1])
    with pytest.raises(TableError, match="no column is left"):
        fit_encoder(pa.table({"a": [1, 2]}), drop=["a"])


def test_numbers_too_large_do_not_disturb_the_others():
    assert the_step([1.0, 2.0, 3.0, float("inf")]).centre == 2.0


def test_a_vector_is_standardised_number_by_number():
    values = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan], [2.0, 5.0, 4.0]])
    step = the_step(pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), from_pandas=True), 3))
    np.testing.assert_allclose(step.centres, [2, 5, 4])
    np.testing.assert_allclose(step.scales, [np.std([1, 3, 2]), 1, 1])


def test_declared_categories_are_categories_even_if_they_look_like_numbers():
    column = pa.chunked_array([["1", "2", None, "1"]]).dictionary_encode()
    (step,) = fit_encoder(pa.table({"code": column})).encoder.steps
    assert step == Category("code", ("1", "2"), rare=False, missing=True)


def test_bins_that_would_be_too_few_are_none():
    table = pa.table({"x": np.arange(1000.0)})
    assert len(fit_encoder(table).encoder.steps[0].edges) == 6
    assert fit_encoder(table, fewest_bins=6).encoder.steps[0].edges == ()
