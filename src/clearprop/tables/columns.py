"""One column of a table as numbers, as texts or as vectors, with an error that names the row where it is not that.

Rows are counted from 1, as people count the lines below a header.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError

LARGEST = 1e150  # numbers beyond this, infinity among them, are refused: their squares would overflow
LARGEST_IN_VECTOR = 1e30  # the same for the float32 of vectors
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without the ways of storing it that mean nothing here: dictionaries, views, large strings."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_primitive(kind.value_type):
        lengths = pc.unique(pc.list_value_length(column))
        if len(lengths) == 1 and lengths[0].is_valid and lengths[0].as_py() > 0:
            return column.cast(pa.list_(kind.value_type, lengths[0].as_py()))
    return column


def is_number(kind: pa.DataType) -> bool:
    """Whether values of this type are numbers, or lengths of time."""
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_time(kind)
        or types.is_duration(kind)
    )


def is_moment(kind: pa.DataType) -> bool:
    """Whether values of this type are dates or times of a day that is known."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def is_vector(kind: pa.DataType) -> bool:
    """Whether each value of this type is a row of so many numbers."""
    return bool(pa.types.is_fixed_size_list(kind) and (is_number(kind.value_type) or kind.value_type == pa.bool_()))


def numbers(column: pa.ChunkedArray, name: str, missing_words: Collection[str] = (), *, lenient: bool = False) -> Any:
    """The column as float64 (n_rows,), NaN where a value is missing.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        For messages.
    missing_words : collection of str
        Texts that stand for a missing value.
    lenient : bool
        Give NaN for values that are too large too: the rows are some of a table, and whoever reads all of it can say
        in which of its rows they are.

    Raises
    ------
    TableError
        Where a value is text or too large, or the column is of a type that holds no numbers.
    """
    column = plain(column)
    if pa.types.is_string(column.type):
        found = _parsed(column, name, missing_words)
    elif pa.types.is_null(column.type):
        found = np.full(len(column), np.nan)
    elif is_number(column.type) or pa.types.is_boolean(column.type):
        found = _as_float(column)
    else:
        raise TableError(f"column {name!r} should hold numbers, but holds values of type {column.type}")
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
    if pa.types.is_time32(column.type):
        column = column.cast(pa.int32())
    elif pa.types.is_time64(column.type) or pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    # safe=False: an integer beyond 2⁵³ is rounded, as every number is.
    return pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()


def _parsed(column: pa.ChunkedArray, name: str, missing_words: Collection[str]) -> Any:
    """Numbers written as text. Each distinct text is read once."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    values = np.array([as_number(text, missing_words) for text in texts] + [np.nan], dtype=object)
    codes = pc.fill_null(encoded.indices, len(texts)).to_numpy()
    bad = [i for i, value in enumerate(values) if value is None]
    if bad:
        row = int(np.argmax(np.isin(codes, bad)))
        raise TableError(
            f"column {name!r} holds {texts[codes[row]]!r} in row {row + 1}, where a number is expected; "
            "correct the value, or leave it empty if it is missing"
        )
    return values[codes].astype(np.float64)


def as_number(text: str, missing_words: Collection[str] = ()) -> float | None:
    """The number that a text says, NaN for a missing one, None if it says none.

    Examples
    --------
    >>> from clearprop.tables.columns import as_number
    >>> as_number(" 4.5"), as_number("four"), as_number("unknown", ["unknown"])
    (4.5, None, nan)
    """
    if text in missing_words or not text.strip():
        return float("nan")
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def texts(column: pa.ChunkedArray, name: str) -> pa.Array:
    """The column as text, null where a value is missing.

    Raises
    ------
    TableError
        When its type has no form as text.
    """
    column = plain(column)
    if pa.types.is_floating(column.type):  # 3.0 and 3 are the same category, whichever type the file has
        whole = pc.all(pc.equal(pc.floor(column), column)).as_py()
        column = pc.if_else(pc.is_nan(column), None, column)
        column = column.cast(pa.int64(), safe=False) if whole is not False and _fits_int64(column) else column
    try:
        found = column.cast(pa.string())
    except pa.ArrowException:
        raise TableError(f"column {name!r} should hold text, but holds values of type {column.type}") from None
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _fits_int64(column: Any) -> bool:
    largest = pc.max(pc.abs(column)).as_py()
    return largest is None or largest < 2**53


def truths(column: pa.ChunkedArray, name: str) -> Any:
    """The column as 1 for true, −1 for false, NaN for missing: float64 (n_rows,)."""
    column = plain(column)
    if pa.types.is_boolean(column.type):
        return 2 * _as_float(column) - 1
    if pa.types.is_string(column.type):
        words = pc.utf8_lower(pc.utf8_trim_whitespace(column)).combine_chunks()
    else:
        words = texts(column, name)
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


def moments(column: pa.ChunkedArray, name: str) -> Any:
    """The column as seconds since 1970, float64 (n_rows,), NaN for missing; a time zone is brought to UTC."""
    column = plain(column)
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if not is_moment(kind):
        column, kind = _dates_from_text(column, name), pa.timestamp("us")
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("s"))
    per_second = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    return _as_float(column.cast(pa.int64())) / per_second


def _dates_from_text(column: pa.ChunkedArray, name: str) -> Any:
    words = texts(column, name)
    try:
        return words.cast(pa.timestamp("us"))
    except pa.ArrowException:
        row = next(i for i in range(len(words)) if not _is_date(words[i]))
        raise TableError(
            f"column {name!r} holds {words[row].as_py()!r} in row {row + 1}, where a date is expected, as 2025-12-31"
        ) from None


def _is_date(word: pa.Scalar) -> bool:
    try:
        word.cast(pa.timestamp("us"))
    except pa.ArrowException:
        return False
    return True


def matrix(column: pa.ChunkedArray, name: str) -> Any:
    """A column of vectors as float32 (n_rows, n_numbers), NaN for missing.

    Raises
    ------
    TableError
        When its values are no vectors of one length, or one is infinite.
    """
    column = plain(column)
    if not is_vector(column.type):
        raise TableError(f"column {name!r} should hold vectors of one length, but holds values of type {column.type}")
    size = column.type.list_size
    parts: list[Any] = []
    for chunk in column.chunks:
        if chunk.null_count:
            row = int(np.argmin(chunk.is_valid().to_numpy(zero_copy_only=False)))
            raise TableError(f"column {name!r} has no vector in row {sum(len(part) for part in parts) + row + 1}")
        values = chunk.flatten().cast(pa.float32(), safe=False)
        parts.append(pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False).reshape(-1, size))
    found = np.concatenate(parts) if parts else np.empty((0, size), dtype=np.float32)
    large = np.abs(found) > LARGEST_IN_VECTOR
    if large.any():
        row, place = np.argwhere(large)[0]
        raise TableError(
            f"column {name!r} is {found[row, place]:g} in row {row + 1}, number {place + 1}, "
            "more than can be computed with"
        )
    return found
