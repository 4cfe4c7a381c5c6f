"""From a data frame to a table: pandas, Polars, pyarrow and whatever else narwhals reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import columns


def is_frame(given: object) -> bool:
    """Whether this is a data frame (held in memory) of a library that narwhals reads."""
    import narwhals as nw

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

    narrow = nw.from_native(frame, eager_only=True)
    made = {str(series.name): _column(series, str(series.name)) for series in narrow.iter_columns()}
    if len(made) < len(narrow.columns):
        raise TableError("two columns have the same name; rename one of them")
    return pa.table(made)


def _column(series: Any, name: str) -> Any:
    """One column. A category is text, whatever it is made of: 1, 2, 3 are then names and no amounts."""
    import narwhals as nw

    is_category = series.dtype in (nw.Categorical, nw.Enum)
    try:
        found = series.to_arrow()
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = one_column(series.to_list(), name)
    found = found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])
    return columns.texts(found, name).dictionary_encode() if is_category else found


def one_column(values: list[Any], name: str) -> pa.Array:
    """Python's own values as a column, of text where they are of several types.

    Whether nearly all of such a text says numbers is then found out as it is for a file.

    Raises
    ------
    TableError
        Where a value is none that a column can hold; with its row.
    """
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass  # of several types
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str | bool | int | float | np.generic | None):
            raise TableError(
                f"column {name!r} holds {type(value).__name__!r} in row {row}, where a number, text, a date or true "
                "or false is expected"
            )
    return pa.array([None if value is None or value != value else str(value) for value in values], pa.string())
