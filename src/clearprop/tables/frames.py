"""From a data frame, or a sequence of Python's own values, to a table: pandas, Polars, pyarrow, what narwhals reads."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError, shortened
from clearprop.tables import columns, spelling
from clearprop.tables.storage import native, plain

WHOLE = (int, np.integer)
REAL = (float, np.floating)
DATES = (datetime.date, np.datetime64)  # of which Python's and pandas' moments are
LENGTHS = (datetime.timedelta, np.timedelta64)
SEQUENCES = (list, tuple, np.ndarray)
CANNOT_BE = (pa.ArrowException, ArithmeticError, TypeError, ValueError)


def is_frame(given: object) -> bool:
    """Whether this is a data frame (held in memory) of a library that narwhals reads."""
    import narwhals as nw

    _check_names(given)
    return isinstance(nw.from_native(given, eager_only=True, pass_through=True), nw.DataFrame)


def from_frame(frame: Any) -> pa.Table:
    """The columns of a data frame, declared categories as dictionaries of text.

    Parameters
    ----------
    frame : data frame
        Of pandas, Polars, pyarrow or another library that narwhals reads; held in memory.

    Raises
    ------
    TableError
        When a column holds what no column of a table can, with its name.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import from_frame
    >>> from_frame(pa.table({"carat": [0.23, None]})).schema.field("carat").type
    DataType(double)
    """
    import narwhals as nw

    _check_names(frame)
    narrow = nw.from_native(frame, eager_only=True)
    made = {str(series.name): _column(series, str(series.name)) for series in narrow.iter_columns()}
    if len(made) < len(narrow.columns):
        raise TableError("two columns have the same name; rename one of them")
    return pa.table(made)


def _check_names(frame: Any) -> None:
    """Raise TableError where a frame has two columns of one name, which narwhals refuses in its own words."""
    if isinstance(frame, pa.Table | pa.RecordBatch):
        names = list(frame.schema.names)
    elif hasattr(frame, "iloc") and hasattr(frame, "columns"):
        names = [str(name) for name in frame.columns]
    else:
        return
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise TableError(f"the data frame has two columns named {twice!r}; rename one of them")


def _column(series: Any, name: str) -> Any:
    """One column. A category is text, whatever it is made of: 1, 2, 3 are then names and no amounts."""
    import narwhals as nw

    is_category = series.dtype in (nw.Categorical, nw.Enum)
    found = one_column(series.to_list(), name) if series.dtype == nw.Object else _of_series(series, name)
    found = found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])
    return columns.texts(found, name).dictionary_encode() if is_category else plain(found)


def _of_series(series: Any, name: str) -> Any:
    try:
        return series.alias("").to_arrow()  # Polars panics where a column's name holds a NUL
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # as for whole numbers of 128 bits
        return one_column(series.to_list(), name)


def of_array(values: Any, name: str) -> pa.Array:
    """A column of an array: numbers where all of it says numbers, otherwise what it is.

    Raises
    ------
    TypeError
        Where a value of an array of objects is none that a column can hold, with its row.
    """
    values = native(values)
    if values.dtype.kind in "biufMm":
        return pa.array(values)
    if values.dtype.kind == "S":
        return pa.array(np.char.decode(values, "utf-8", "replace"))
    if values.dtype.kind == "U":
        return _made(_strings, values.tolist(), name)
    if values.dtype.kind == "T":
        return one_column(values.astype(object).tolist(), name)
    for row, value in enumerate(values, start=1):
        if isinstance(value, dict | list | tuple | set | frozenset | complex | np.ndarray):
            raise TypeError(
                f"column {name!r} holds a {type(value).__name__} in row {row}: argument must be a string or a number"
            )
    return one_column(values.tolist(), name)


def one_column(values: Sequence[Any], name: str) -> pa.Array:
    """Python's own values as a column; of text, in one spelling, where they are of several kinds.

    Whether nearly all of such a text says numbers is then found out as it is for a file. pyarrow alone would take the
    kind from the first value: a moment after a date would lose its time of day, and a set would be a list.

    Raises
    ------
    TableError
        Where a value is none that a column can hold; with its row.
    """
    known = [None if spelling.is_missing(value) else value for value in values]
    types = {type(value) for value in known if value is not None}
    for make, fits in MAKERS:
        if types and all(map(fits, types)):
            return _made(make, known, name)
    if all(issubclass(kind, SEQUENCES) for kind in types):
        return _vectors(known, name)
    return _made(_strings, [_text(value, name, row) for row, value in enumerate(known, start=1)], name)


def _made(make: Callable[[list[Any]], pa.Array], values: list[Any], name: str) -> pa.Array:
    """The values as a column; where one cannot be (half a letter, a million years), the error names its row."""
    try:
        return make(values)
    except CANNOT_BE:
        for row, value in enumerate(values, start=1):
            try:
                make([value])
            except CANNOT_BE as error:
                raise TableError(
                    f"column {name!r} holds {shortened(ascii(value), 60)} in row {row}, which cannot be used "
                    f"({shortened(str(error), 100)})"
                ) from None
        raise  # each for itself could be


def _text(value: Any, name: str, row: int) -> str | None:
    text = None if value is None else spelling.of_object(value)
    if text is None and value is not None:
        raise TableError(
            f"column {name!r} holds {_named(value)} in row {row}, where a number, text, a date or true or false is "
            "expected"
        )
    return text


def _named(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeio' else 'a'} {kind}" if kind != "object" else "an object"


def _of(*kinds: type, but: tuple[type, ...] = ()) -> Callable[[type], bool]:
    return lambda kind: issubclass(kind, kinds) and not issubclass(kind, but)


def _strings(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _bytes(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else value.decode("utf-8", "replace") for value in values], pa.string())


def _truths(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else bool(value) for value in values], pa.bool_())


def _integers(values: list[Any]) -> pa.Array:
    try:
        return pa.array([None if value is None else int(value) for value in values], pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        return _reals(values)


def _reals(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else _float(value) for value in values], pa.float64())


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return float("inf") if value > 0 else float("-inf")


def _dates(values: list[Any]) -> pa.Array:
    ticks = [None if value is None else _ticks(value) for value in values]
    return pa.array(ticks, pa.int64()).cast(pa.timestamp("us"))


def _ticks(value: Any) -> int:
    """Microseconds since 1970, in UTC."""
    if isinstance(value, np.datetime64):
        return int(value.astype("datetime64[us]").astype(np.int64))
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    return spelling.since_1970(value)


def _periods(values: list[Any]) -> pa.Array:
    return _dates([None if value is None else value.start_time for value in values])


def _lengths(values: list[Any]) -> pa.Array:
    ticks = [
        None if v is None else int(v.astype("timedelta64[us]").astype(np.int64)) if isinstance(v, np.timedelta64)
        else spelling.microseconds(v)
        for v in values
    ]  # fmt: skip
    return pa.array(ticks, pa.int64()).cast(pa.duration("us"))


def _times(values: list[Any]) -> pa.Array:
    return pa.array(values, pa.time64("us"))


def _vectors(values: list[Any], name: str) -> pa.Array:
    """Rows of numbers, each a list, a tuple or an array."""
    rows = [None if value is None else list(value) for value in values]
    try:
        return pa.array(rows)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        first = next(row for row, value in enumerate(rows, start=1) if value is not None)
        raise TableError(
            f"column {name!r} holds {_named(values[first - 1])} in row {first}, and not all of its rows hold numbers"
        ) from None


MAKERS: tuple[tuple[Callable[[list[Any]], pa.Array], Callable[[type], bool]], ...] = (
    (_strings, _of(str)),
    (_truths, _of(bool, np.bool_)),
    (_integers, _of(*WHOLE, but=(bool, np.timedelta64))),
    (_reals, _of(*WHOLE, *REAL, Decimal, but=(bool, np.timedelta64))),
    (_lengths, _of(*LENGTHS)),
    (_dates, _of(*DATES)),
    (_times, _of(datetime.time)),
    (_bytes, _of(bytes)),
    (_periods, lambda kind: hasattr(kind, "start_time") and hasattr(kind, "freqstr")),
)
