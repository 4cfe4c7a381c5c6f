"""Reading Parquet, with what pandas noted in the file: which columns are categories, which are the index."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pyarrow as pa

from clearprop.tables import columns
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
    return of_pandas(table, known)


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
