"""Reading Parquet, with what pandas noted in the file: which columns are categories, which are the index."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.naming import check_names
from clearprop.tables.source import Source
from clearprop.tables.storage import of_fields


def read_parquet(source: Source, known: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The table as it was in the data frame, if it was one, and what was left out.

    Categories of numbers come back from a file as plain numbers, in pandas too, and an index as a column: both are
    only noted in the metadata.
    """
    import pyarrow.parquet

    # Unlike a data set's, a file's errors say what is wrong with this file.
    with pyarrow.parquet.ParquetFile(source.input()) as file:
        table = file.read()
    check_names(source, table.column_names)  # before anything is done by name
    return of_pandas(sound(table), known)


def sound(table: pa.Table) -> pa.Table:
    """The table with texts that are texts, in a form that rows can be taken from.

    A Parquet file says that a column is text, and nothing on the way looks: what is not would come up much later. Of
    views pyarrow cannot take rows yet.

    Raises
    ------
    TableError
        Where a text is not UTF-8, with its row.
    """
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        kind = column.type
        if not _is_sound(column):
            raise TableError(
                f"column {name!r} should hold text, but in row {_first_unsound(column) + 1:,} it is not UTF-8; write "
                "the file anew with texts in UTF-8, or store the column as bytes"
            )
        if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
            flat = pa.string() if pa.types.is_string_view(kind) else pa.binary()
            table = table.set_column(place, pa.field(name, flat), column.cast(flat))
    return table


def _is_sound(column: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(column.type):
        return all(_is_sound(pa.chunked_array([chunk.dictionary])) for chunk in column.chunks)
    if not (
        pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    ):
        return True
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _first_unsound(column: pa.ChunkedArray) -> int:
    """The first row that is not sound, by halving; 0 where only categories that no row has are not."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        whole = pa.chunked_array([column.slice(low, middle - low).combine_chunks()])
        low, high = (middle, high) if _is_sound(whole) else (low, middle)
    return low


def of_pandas(table: pa.Table, known: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """What pandas noted about a table, applied to it.

    Parameters
    ----------
    table : pyarrow.Table
    known : collection of str
        Columns that are needed, the index or not.
    """
    noted = _noted(table)
    table = of_fields(table).replace_schema_metadata(None)
    for item in noted.get("columns", []):
        match item:
            case {"pandas_type": "categorical", "field_name": str() as name} if name in table.column_names:
                found = columns.texts(table.column(name), name).dictionary_encode()
                table = table.set_column(table.column_names.index(name), name, found)
    # A pandas index numbers or names rows and is no column of the frame.
    index = [name for name in noted.get("index_columns", []) if isinstance(name, str) and name in table.column_names]
    index += [name for name in table.column_names if name.startswith("__index_level_") and name not in index]
    index = [name for name in index if name not in known]
    if len(index) == table.num_columns:
        index = []
    named = [name for name in index if not name.startswith("__index_level_")]
    notices = tuple(
        f"{name!r} was the index of the data frame and is left out; reset_index() before saving makes it a column"
        for name in named
    )
    return table.drop_columns(index), notices


def _noted(table: pa.Table) -> dict[str, Any]:
    try:
        found = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    except ValueError:
        return {}
    lists = isinstance(found, dict) and all(
        isinstance(found.get(name, []), list) for name in ("columns", "index_columns")
    )
    return found if lists else {}
