import datetime

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.column_vectors import matrix
from clearprop.tables.notation import Notation


def column(*values, type=None):
    """In two chunks, so that rows are counted across them."""
    whole = pa.array(values, type)
    return pa.chunked_array([whole[:1], whole[1:]])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (column(1, None, 3), [1, np.nan, 3]),
        (column(1.5, float("nan"), None), [1.5, np.nan, np.nan]),
        (column(True, False, None), [1, 0, np.nan]),
        (column("1", " 2.5 ", ""), [1, 2.5, np.nan]),
        (column(None, None, None), [np.nan] * 3),
        (column(2**63 - 1, None), [2.0**63, np.nan]),
        (column(*map(str, (1, 2))).dictionary_encode(), [1, 2]),
        (column("1.25", None).cast(pa.decimal128(5, 2)), [1.25, np.nan]),
        (column("7", None).cast(pa.large_string()), [7, np.nan]),
    ],
)
def test_numbers(given, expected):
    np.testing.assert_array_equal(columns.numbers(given, "n"), expected)


@pytest.mark.parametrize(
    "given",
    [column(datetime.timedelta(minutes=1), None, type=pa.duration(unit)) for unit in ("s", "ms", "us", "ns")]
    + [column(datetime.time(0, 1), None, type=pa.time32(unit)) for unit in ("s", "ms")]
    + [column(datetime.time(0, 1), None, type=pa.time64(unit)) for unit in ("us", "ns")]
    + [column(text, None) for text in ("00:01", "0:01:00", "00:01:00.000", "0 days 00:01:00", "PT1M", "12:01 am")],
)
def test_times_of_day_and_lengths_of_time_are_seconds_whatever_their_unit(given):
    np.testing.assert_array_equal(columns.numbers(given, "n", notation=Notation(unit="time")), [60, np.nan])


def test_lengths_of_time_are_no_numbers_and_numbers_no_lengths_of_time():
    length = column(datetime.timedelta(seconds=2), None, type=pa.duration("ms"))
    with pytest.raises(TableError, match="column 'n' should hold numbers but holds lengths of time"):
        columns.numbers(length, "n")
    with pytest.raises(TableError, match="should hold times of day or lengths of time, as 02:30:00, but holds numbers"):
        columns.numbers(column(1, 2), "n", notation=Notation(unit="time"))


@pytest.mark.parametrize("word", ["twelve", "1_000", "1,5", "0x10"])
def test_text_among_numbers_is_named_with_its_row(word):
    with pytest.raises(TableError, match=f"column 'age' holds '{word}' in row 3, where a number is expected"):
        columns.numbers(column("1", "2", word, word), "age")


def test_words_for_missing_values_are_missing():
    np.testing.assert_array_equal(columns.numbers(column("1", "gone"), "n", ["gone"]), [1, np.nan])


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1e200])
def test_numbers_too_large_to_compute_with_are_named_with_their_row(value):
    given = column(1.0, value)
    with pytest.raises(TableError, match=r"column 'n' is .* in row 2, more than can be computed with"):
        columns.numbers(given, "n")
    np.testing.assert_array_equal(columns.numbers(given, "n", lenient=True), [1, np.nan])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (column(1, None), ["1", None]),
        (column(1.0, float("nan"), None, 2.0), ["1", None, None, "2"]),
        (column(1.5, 2.0), ["1.5", "2"]),
        (column(1e300, 2.0), ["1e+300", "2"]),
        (column(True, None), ["true", None]),
        (column(None, None), [None, None]),
        (column("a", None).dictionary_encode(), ["a", None]),
    ],
)
def test_texts(given, expected):
    assert columns.texts(given, "c").to_pylist() == expected


def test_lists_are_no_text():
    with pytest.raises(TableError, match="should hold text but holds several values in each row"):
        columns.texts(column([1], [2, 3]), "c")


@pytest.mark.parametrize(
    "given", [column(True, False, None), column("TRUE", "no", None), column(1, 0, None), column(1.0, 0.0, None)]
)
def test_truths(given):
    np.testing.assert_array_equal(columns.truths(given, "t"), [1, -1, np.nan])


def test_what_is_neither_true_nor_false_is_named_with_its_row():
    with pytest.raises(TableError, match="column 't' holds 'maybe' in row 2, where true or false is expected"):
        columns.truths(column("true", "maybe"), "t")


NEW_YEAR = datetime.datetime(2021, 1, 1)


@pytest.mark.parametrize(
    "given",
    [
        column(NEW_YEAR, None),
        column(NEW_YEAR.date(), None),
        column("2021-01-01", None),
        column("2021-01-01 00:00:00", None),
        column(NEW_YEAR, None, type=pa.timestamp("ns")),
        column(NEW_YEAR, None, type=pa.timestamp("s", "UTC")),
        column(NEW_YEAR.date(), None, type=pa.date64()),
    ],
)
def test_moments(given):
    np.testing.assert_array_equal(columns.moments(given, "when"), [1609459200, np.nan])


def test_text_that_is_no_date_is_named_with_its_row():
    with pytest.raises(TableError, match="column 'when' holds 'later' in row 3, where a date is expected"):
        columns.moments(column("2021-01-01", None, "later"), "when")


@pytest.mark.parametrize("type", [pa.list_(pa.int64(), 2), pa.list_(pa.float64()), pa.large_list(pa.float32())])
def test_vectors(type):
    made = matrix(column([1, 2], [3, None], [5, 6], type=type), "v")
    np.testing.assert_array_equal(made, [[1, 2], [3, np.nan], [5, 6]])
    np.testing.assert_array_equal(
        matrix(column([1, 2], None, [5, 6], type=type), "v"), [[1, 2], [np.nan, np.nan], [5, 6]]
    )


def test_vectors_that_are_uneven_or_infinite():
    with pytest.raises(TableError, match="vectors of one length"):
        matrix(column([1, 2], [3]), "v")
    with pytest.raises(TableError, match="column 'v' is inf in row 2, number 1"):
        matrix(column([1.0], [float("inf")]), "v")
