"""One column of a table as numbers, truths, dates or texts, with an error that names the row where it is not that.

Whatever the type it is stored in, a value becomes the same: lengths of time and times of day are seconds, dates are
seconds since 1970, and a text is written in one way (`clearprop.tables.spelling`).
Rows are counted from 1, as people count the lines below a header.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import dates, spelling
from clearprop.tables.column_types import in_words, is_moment, is_number, is_time
from clearprop.tables.notation import Notation, parsed
from clearprop.tables.storage import plain

LARGEST = 1e150  # numbers beyond this, infinity among them, are refused: their squares would overflow
TIME = "time"  # the unit of a column of times of day or lengths of time, in seconds
UNKNOWN_TIME = "?"  # that of a model file of a version that did not keep it
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")
PLAIN = Notation()


def present(column: pa.ChunkedArray, words: Collection[str]) -> pa.ChunkedArray:
    """The column, `plain`, with null for each text, or number, that stands for a missing value."""
    column = plain(column)
    if pa.types.is_string(column.type):
        different = pc.unique(column)
        absent = different.filter(
            pc.is_in(pc.utf8_trim_whitespace(different), value_set=pa.array(list(words), pa.string()))
        )
        return pc.if_else(pc.is_in(column, value_set=absent), None, column) if len(absent) else column
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers = [value for word in words if (value := _finite(word)) is not None]
        if numbers:
            absent = np.isin(_as_float(column), numbers)
            return pc.if_else(pa.array(absent), None, column) if absent.any() else column
    return column


def _finite(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def numbers(
    column: pa.ChunkedArray,
    name: str,
    missing_words: Collection[str] = (),
    *,
    notation: Notation = PLAIN,
    lenient: bool = False,
) -> Any:
    """The column as float64 (n_rows,), NaN where a value is missing.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        For messages.
    missing_words : collection of str
        Texts that stand for a missing value.
    notation : Notation
        How numbers in text are written; with the unit "time" they are times of day or lengths of time, in seconds.
    lenient : bool
        Give NaN for values that are too large too: the rows are some of a table, and whoever reads all of it can say
        in which of its rows they are.

    Raises
    ------
    TableError
        Where a value is text or too large, or the column is of a type that holds no such numbers.
    """
    column = plain(column)
    kind = column.type
    if pa.types.is_string(kind):
        found = _parsed(column, name, missing_words, notation)
    elif pa.types.is_null(kind):
        found = np.full(len(column), np.nan)
    elif is_time(kind) == (notation.unit == TIME) and (is_number(kind) or pa.types.is_boolean(kind)):
        found = _as_float(column)
    elif notation.unit == UNKNOWN_TIME and is_number(kind):
        found = _as_then(column, name)
    elif column.null_count == len(column) and not pa.types.is_nested(kind):
        found = np.full(len(column), np.nan)
    else:
        expected = "times of day or lengths of time, as 02:30:00," if notation.unit == TIME else "numbers"
        raise TableError(f"column {name!r} should hold {expected} but holds {in_words(kind)}")
    large = np.abs(found) > LARGEST
    if lenient:
        return np.where(large, np.nan, found)
    if large.any():
        row = int(np.argmax(large))
        raise TableError(
            f"column {name!r} is {found[row]:g} in row {row + 1}, more than can be computed with; "
            "leave the value empty or correct it"
        )
    return found


def _as_float(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if is_time(kind):
        return ticks_in_seconds(column, PER_SECOND[kind.unit])
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    # safe=False: an integer beyond 2⁵³ is rounded, as every number is.
    return pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()


def ticks_in_seconds(column: pa.ChunkedArray, per_second: int) -> Any:
    """Times as seconds, float64 (n_rows,), NaN for null: the same number whatever unit they are counted in."""
    if pa.types.is_time32(column.type) or pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    ticks = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    whole, rest = np.divmod(ticks, per_second)
    return np.where(pc.is_null(column).to_numpy(), np.nan, whole + rest / per_second)


def _as_then(column: pa.ChunkedArray, name: str) -> Any:
    """Numbers for a step that does not know whether it learned numbers or lengths of time, nor in which unit."""
    if is_time(column.type) and column.type.unit != "s":
        raise TableError(
            f"column {name!r} holds {in_words(column.type)}, and the model was saved by a version of clearprop that "
            "did not keep the unit of such columns: train it again"
        )
    return _as_float(column)


def _parsed(column: pa.ChunkedArray, name: str, missing_words: Collection[str], notation: Notation) -> Any:
    """Numbers written as text. Each distinct text is read once."""
    encoded = column.combine_chunks().dictionary_encode()
    words = encoded.dictionary
    if notation.unit == TIME:
        values = dates.lengths(words)
        known = ~np.isnan(values)
    else:
        values, known = parsed(words, notation)
    trimmed = pc.utf8_trim_whitespace(words)
    blank = pc.is_in(trimmed, value_set=pa.array(["", *missing_words], pa.string())).to_numpy(zero_copy_only=False)
    values = np.append(np.where(blank, np.nan, values), np.nan)
    bad = np.append(~(known | blank), False)
    codes = pc.fill_null(encoded.indices, len(words)).to_numpy()
    if bad.any():
        row = int(np.argmax(bad[codes]))
        raise TableError(
            f"column {name!r} holds {words[codes[row]].as_py()!r} in row {row + 1}, where a number is expected; "
            "correct the value, or leave it empty if it is missing"
        )
    return values[codes]


def texts(column: pa.ChunkedArray, name: str, *, exact: bool = False) -> pa.Array:
    """The column as text in one spelling, null where a value is missing.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        For messages.
    exact : bool
        Leave texts as they are.

    Raises
    ------
    TableError
        When its type has no form as text.
    """
    column = plain(column)
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_string(kind):
        found = column.cast(pa.string())
        found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
        return found if exact or not pa.types.is_string(kind) else _spelled(found)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    made = _writer(column.type)
    if made is None:
        raise TableError(f"column {name!r} should hold text but holds {in_words(kind)}")
    encoded = column.combine_chunks().dictionary_encode()
    words = pa.array([made(value) for value in _values(encoded.dictionary)], pa.string())
    return words.take(encoded.indices)


def _spelled(words: pa.Array) -> pa.Array:
    """Texts in one spelling; only those are looked at that may have another."""
    encoded = words.dictionary_encode()
    found = encoded.dictionary
    if not pc.any(pc.match_substring_regex(found, spelling.TO_LOOK_AT)).as_py():
        return words
    return pa.array([spelling.spelled(text) for text in found.to_pylist()], pa.string()).take(encoded.indices)


def _writer(kind: pa.DataType) -> Callable[[Any], str | None] | None:
    """How one value of this type, as `_values` gives it, is written."""
    types = pa.types
    if types.is_floating(kind):
        return lambda value: None if np.isnan(value) else spelling.of_object(value)
    if types.is_decimal(kind):
        return spelling.of_object
    per_second = PER_SECOND.get(getattr(kind, "unit", "s"), 1)
    if types.is_timestamp(kind):
        return lambda ticks: spelling.moment(ticks, per_second)
    if types.is_date(kind):
        return lambda days: spelling.moment(days * spelling.DAY, 1)
    if types.is_time(kind):
        return lambda ticks: spelling.time_of_day(ticks, per_second)
    if types.is_duration(kind):
        return lambda ticks: spelling.length(ticks, per_second)
    return None


def _values(different: pa.Array) -> Any:
    """Floats of their own precision, decimals, or whole numbers of days or ticks."""
    kind, types = different.type, pa.types
    if types.is_floating(kind):
        return different.to_numpy()
    if types.is_decimal(kind):
        return different.to_pylist()
    if types.is_date64(kind):
        different = different.cast(pa.date32())
    small = types.is_date(kind) or types.is_time32(kind)
    return different.cast(pa.int32() if small else pa.int64()).to_pylist()


def truths(column: pa.ChunkedArray, name: str) -> Any:
    """The column as 1 for true, −1 for false, NaN for missing: float64 (n_rows,)."""
    column = plain(column)
    if pa.types.is_boolean(column.type):
        return 2 * _as_float(column) - 1
    words = pc.utf8_lower(texts(column, name))
    found = np.full(len(words), np.nan)
    for known, value in ((TRUE, 1.0), (FALSE, -1.0)):
        found[pc.is_in(words, value_set=pa.array(known)).to_numpy(zero_copy_only=False)] = value
    bad = np.isnan(found) & words.is_valid().to_numpy(zero_copy_only=False)
    if bad.any():
        row = int(np.argmax(bad))
        raise TableError(
            f"column {name!r} holds {words[row].as_py()!r} in row {row + 1}, where true or false is expected"
        )
    return found


def moments(column: pa.ChunkedArray, name: str, order: str = "", missing_words: Collection[str] = ()) -> Any:
    """The column as seconds since 1970, float64 (n_rows,), NaN for missing; a time zone is brought to UTC.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        For messages.
    order : str
        Of day, month and year in a text, or a format; see `clearprop.tables.dates.seconds`.
    missing_words : collection of str
        Texts that stand for a missing value.
    """
    column = plain(column)
    kind = column.type
    if pa.types.is_null(kind) or (column.null_count == len(column) and not pa.types.is_nested(kind)):
        return np.full(len(column), np.nan)
    if pa.types.is_date(kind):
        return spelling.DAY * ticks_in_seconds(column.cast(pa.date32()), 1)
    if is_moment(kind):
        return ticks_in_seconds(column, PER_SECOND[kind.unit])
    if not pa.types.is_string(kind) and not pa.types.is_integer(kind):
        raise TableError(f"column {name!r} should hold dates, as 2025-12-31, but holds {in_words(kind)}")
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    words = encoded.dictionary
    blank = pc.is_in(pc.utf8_trim_whitespace(words), value_set=pa.array(["", *missing_words], pa.string()))
    values = np.append(dates.seconds(words, order), np.nan)
    bad = np.append(np.isnan(values[:-1]) & ~blank.to_numpy(zero_copy_only=False), False)
    codes = pc.fill_null(encoded.indices, len(words)).to_numpy()
    if bad.any():
        row = int(np.argmax(bad[codes]))
        raise TableError(
            f"column {name!r} holds {words[codes[row]].as_py()!r} in row {row + 1}, where a date is expected, "
            f"as {example(order)}"
        )
    return values[codes]


def example(order: str) -> str:
    """A date in that order."""
    shown = {"dmy": "31.12.2025", "mdy": "12/31/2025", "ymd": "2025/12/31", "": "2025-12-31"}
    return shown.get(order, f"the format {order} has it")
