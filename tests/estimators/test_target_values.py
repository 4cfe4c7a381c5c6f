"""Odd targets and odd rows, by hand: each is refused with its row and a cure, in scikit-learn's kinds of errors."""

import datetime
import decimal
import fractions
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import InputError, TableError
from clearprop.estimators.target_values import Wanted, plain_targets, unmasked
from clearprop.tables import fit_encoder
from clearprop.tables.frames import one_column

TABULAR = {"hidden_layer_sizes": (2,), "max_iter": 1, "ensemble": 1, "random_state": 0, "engine": "reference"}
MLP = {"hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0}
MAKERS = {
    TabularClassifier: TABULAR, TabularRegressor: TABULAR, MLPClassifier: MLP, MLPRegressor: MLP,
}  # fmt: skip
N = 12
X = np.random.default_rng(0).normal(size=(N, 2))
pytestmark = pytest.mark.filterwarnings("ignore")


def objects(*values):
    made = np.empty(N, dtype=object)
    made[:] = [values[k % len(values)] for k in range(N)]
    return made


DAYS = pd.date_range("2024-01-01", periods=N)
MISSING = {
    "None": objects("a", None, "b"), "NaN": objects("a", np.nan), "NA": objects("a", pd.NA), "NaT": objects(1, pd.NaT),
    "string": pd.Series(["a", None] * 6, dtype="string"), "Int64": pd.Series([1, None] * 6, dtype="Int64"),
    "boolean": pd.Series([True, None] * 6, dtype="boolean"), "Float64": pd.Series([1.5, None] * 6, dtype="Float64"),
    "category": pd.Series(["a", None] * 6, dtype="category"), "polars": pl.Series(["a", None] * 6),
    "arrow": pa.array(["a", None] * 6), "chunks": pa.chunked_array([[1.5, None] * 6]), "list": ["a", float("nan")] * 6,
    "floats": np.where(np.arange(N) % 2 == 1, np.nan, 1.0), "masked": np.ma.array(np.arange(N), mask=np.arange(N) % 2),
    "decimal": objects(decimal.Decimal(1), decimal.Decimal("NaN")), "sNaN": objects(1, decimal.Decimal("sNaN")),
    "masked text": np.ma.array(["a", "b"] * 6, mask=[0, 1] * 6),
}  # fmt: skip
TIMES = {
    "dates": DAYS, "dates of NumPy": DAYS.to_numpy(), "NaT among dates": pd.Series([pd.NaT, *DAYS[1:]]),
    "lengths": DAYS - DAYS[0], "column": pd.Series(DAYS),
}  # fmt: skip
OBJECTS = {
    "sets": {1}, "frozen sets": frozenset({1}), "dicts": {"a": 1}, "lists": [1], "tuples": (1, 2), "functions": len,
    "dates": datetime.date(2024, 1, 1), "times": datetime.time(1), "moments": datetime.datetime(2024, 1, 1),
    "lengths": datetime.timedelta(1), "identifiers": uuid.UUID(int=1), "intervals": pd.Interval(0, 1),
    "periods": pd.Period("2024"), "complex": 1j, "arrays": np.arange(2), "bytes": b"a", "none at all": object(),
}  # fmt: skip
ORDERLESS = {"a dict": {"a": 1}, "a set": {1, 2}, "a generator": (k for k in range(N)), "a text": "abc", "bytes": b"a"}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", MISSING)
def test_a_missing_target_is_refused_with_its_row(kind, name):
    first = 2 if kind in (TabularClassifier, TabularRegressor) else 1
    said = rf"^Input y contains NaN\. The target is missing in \d rows, the first of them row {first}.*; leave such"
    with pytest.raises(InputError, match=said):
        kind(**MAKERS[kind]).fit(X, MISSING[name])


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", TIMES)
def test_dates_and_lengths_of_time_are_no_targets(kind, name):
    with pytest.raises(InputError, match=r"^y holds (dates|lengths of time)(;|, where numbers are expected;) "):
        kind(**MAKERS[kind]).fit(X, TIMES[name])


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", OBJECTS)
def test_odd_objects_are_refused_with_their_row(kind, name):
    classes = kind in (TabularClassifier, MLPClassifier)
    error, said = (TypeError, "argument must be a string or a number") if classes else (InputError, "a number is expec")
    with pytest.raises(error, match=rf"y holds .* in row [01]( \(counted from 0\))?[:,] .*{said}"):
        kind(**MAKERS[kind]).fit(X, objects(OBJECTS[name]))


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ORDERLESS)
def test_what_has_no_rows_is_refused_in_one_short_sentence(kind, name):
    for rows, y in ((X, ORDERLESS[name]), (ORDERLESS[name], np.arange(N) % 2)):
        with pytest.raises((TypeError, InputError), match=r"which has no rows|which column of 'abc'") as found:
            kind(**MAKERS[kind]).fit(rows, y)  # to the estimators of tables a text is the name of a file
        assert len(str(found.value)) < 200


@pytest.mark.parametrize("kind", MAKERS)
def test_infinity_is_refused_with_its_place(kind):
    y = np.where(np.arange(N) == 3, np.inf, np.arange(N) % 2)
    with pytest.raises(InputError, match=r"Input y contains infinity or a value too large in row [34]"):
        kind(**MAKERS[kind]).fit(X, y)
    rows = np.where(np.arange(2 * N).reshape(N, 2) == 7, np.inf, X)
    with pytest.raises(ValueError, match=r"inf.* in row 3, column 1|column 'x1' is inf in row 4"):
        kind(**MAKERS[kind]).fit(rows, np.arange(N) % 2)


@pytest.mark.parametrize(
    ("y", "classes", "error", "said"),
    [
        (np.zeros(3, dtype=[("a", "i8"), ("b", "f8")]), False, InputError, "records of several values"),
        (objects("a", 1), True, InputError, "y holds 'a' in row 0 .* and 1 in row 1 .*: classes must be all text or"),
        (objects(10**30, 1), True, InputError, "more than 64 bits; write such classes as text"),
        (objects(10**400), False, InputError, "y holds 1000.* in row 0 .*, where a number is expected"),
        (objects(decimal.Decimal("1.5")), True, TypeError, "y.astype.float. makes numbers of them"),
        (objects(fractions.Fraction(1, 2)), True, TypeError, "y.astype.float. makes numbers of them"),
        (np.array([b"1", b"b"]), False, InputError, "y holds b'b' in row 1 "),
        (pl.DataFrame({"y": [1.0]}).lazy(), False, TypeError, r"give y\.collect\(\)"),
    ],
)
def test_other_targets_that_cannot_be(y, classes, error, said):
    with pytest.raises(error, match=said):
        plain_targets(y, Wanted(classes))


def test_several_labels_in_a_row_have_a_way():
    with pytest.raises(TypeError, match="for several labels in a row take scikit-learn's MultiLabelBinarizer"):
        MLPClassifier().fit(X, objects({1}, {1, 2}))


@pytest.mark.parametrize(
    ("y", "classes", "kind"),
    [
        (objects(1, 2), True, "i"), (objects(1, 2.5), False, "f"), (objects(True, False), True, "b"),
        (objects(np.int64(1), 2), True, "i"), (objects(2**63, 1), False, "f"), ([1, 2], True, "i"),
        (objects(1.0, np.float32(2)), True, "f"), (np.ma.array([1, 2], mask=False), True, "i"),
    ],
)  # fmt: skip
def test_objects_that_are_all_numbers_are_numbers(y, classes, kind):
    found = plain_targets(y, Wanted(classes))
    assert found.dtype.kind == kind
    assert found.tolist() == list(y)


def test_texts_of_numpy_are_classes():
    y = np.array(["a", "b"] * 6, dtype=np.dtypes.StringDType())
    for kind in (TabularClassifier, MLPClassifier):
        assert set(kind(**MAKERS[kind]).fit(X, y).predict(X)) <= {"a", "b"}


@pytest.mark.parametrize("kind", "fiUMO")
def test_what_a_mask_hides_is_missing(kind):
    made = np.ma.array(np.arange(3).astype({"U": "U1", "M": "M8[s]", "i": "i8", "f": "f4", "O": object}[kind]))
    made[1] = np.ma.masked
    found = unmasked(made)
    assert found.dtype.kind == {"i": "f", "U": "O"}.get(kind, kind)
    assert pd.isna(found).tolist() == [False, True, False]
    assert found[2] == made[2]


def test_a_masked_value_of_a_table_is_a_gap_and_not_what_lies_behind_the_mask():
    rows = np.ma.array(X, mask=np.arange(2 * N).reshape(N, 2) == 4)
    gaps = np.where(rows.mask, np.nan, X)
    y = np.arange(N) / N
    expected = TabularRegressor(**TABULAR).fit(gaps, y).predict(gaps)
    np.testing.assert_array_equal(TabularRegressor(**TABULAR).fit(rows, y).predict(rows), expected)
    with pytest.raises(InputError, match=r"Input X contains NaN in row 2, column 0 \(counted from 0\).*TabularRegr"):
        MLPRegressor(**MLP).fit(rows, y)
    with pytest.raises(InputError, match="Input X contains NaN in row 2"):
        MLPRegressor(**MLP).fit(X, y).predict(rows)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    "rows",
    [pa.Table.from_arrays([pa.array(X[:, 0])] * 2, names=["a", "a"]), pd.DataFrame(X, columns=["a", "a"])],
    ids=["arrow", "pandas"],
)
def test_two_columns_of_one_name_are_refused(kind, rows):
    with pytest.raises(TableError, match="two columns named 'a'; rename one of them"):
        kind(**MAKERS[kind]).fit(rows, np.arange(N) % 2)


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [
        (pd.DataFrame({"t": DAYS}), InputError, r"X holds dates in column 't' .* take TabularRegressor"),
        (pd.DataFrame({"t": DAYS - DAYS[0]}), InputError, r"X holds lengths of time in column 't'"),
        (pd.DataFrame({"s": objects({1})}), TypeError, r"X holds \{1\} in row 0, column 's' .*a string or a number"),
        (
            pd.DataFrame({"s": objects(1, decimal.Decimal("sNaN"))}),
            InputError,
            r"X holds .*sNaN.* in row 1, column 's'",
        ),
        (pd.DataFrame({"s": objects(1, [2])}), InputError, r"X holds \[2\] in row 1, column 's'"),
        (pa.table({"s": pa.array([{"a": 1}] * N)}), TypeError, r"X holds \{'a': 1\} in row 0, column 's'"),
        (pl.DataFrame({"s": [[1.0]] * N}), InputError, r"X holds .* in row 0, column 's'"),
        (np.array([[b"1", b"x"]] * N), InputError, r"X holds the text b'x' in row 0, column 1"),
        (np.array([["1", "x"]] * N, dtype=np.dtypes.StringDType()), InputError, r"the text 'x' in row 0, column 1"),
        (pl.DataFrame({"a": [1.0]}).lazy(), TypeError, r"X is a LazyFrame.*give X\.collect\(\)"),
        (np.zeros(N, dtype=[("a", "f8")]), TypeError, r"array of records; give a data frame, as pandas\.DataFrame"),
    ],
)
def test_rows_that_an_mlp_cannot_take(rows, error, said):
    with pytest.raises(error, match=said):
        MLPRegressor(**MLP).fit(rows, np.arange(N) % 2)


def test_lists_of_text_are_a_table_as_arrays_of_text_are():
    rows = [["a", 1], ["b", 2]] * 6
    expected = TabularRegressor(**TABULAR).fit(np.array(rows), np.arange(N)).predict(np.array(rows))
    np.testing.assert_array_equal(TabularRegressor(**TABULAR).fit(rows, np.arange(N)).predict(rows), expected)


EAST = datetime.timezone(datetime.timedelta(hours=5))
WEST = datetime.timezone(datetime.timedelta(hours=-5))


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([decimal.Decimal("sNaN"), decimal.Decimal(2)], "number"),
        ([datetime.datetime(1, 1, 1, tzinfo=EAST), datetime.datetime(2024, 1, 1)], "date"),
        (
            [datetime.datetime(9999, 12, 31, 23, tzinfo=WEST), DAYS[0]],
            "date",
        ),
    ],
)
def test_values_at_the_end_of_what_can_be(values, what):
    table = pa.table({"c": one_column(values * 9, "c")})
    assert what in fit_encoder(table).encoder.steps[0].describe()


@pytest.mark.parametrize("value", ["\ud800", datetime.timedelta.max], ids=["half a letter", "for ever"])
def test_values_that_no_column_holds_are_named_with_their_row(value):
    with pytest.raises(TableError, match=r"column 'c' holds .* in row 2, which cannot be used \("):
        one_column([type(value)(), value], "c")
