"""What a table says of the target, as it is learned: class numbers, or numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import ReadOptions, Target, missing_column, missing_rows
from clearprop.tables.columns import present
from clearprop.tables.spelling import rows_in_words


def actual_of(table: pa.Table, target: Target, read: ReadOptions) -> Any:
    """Class numbers (−1 for an unknown class), or numbers on the scale that is learned; a column for each of several.

    Raises
    ------
    TableError
        When a column is not there, or a value is missing or none that can be; with its row.
    """
    return target.y_of([present(_column(table, name), read.missing_words) for name in target.columns])


def with_known_target(
    table: pa.Table, target: Target, read: ReadOptions, *, skip: bool
) -> tuple[pa.Table, tuple[str, ...]]:
    """The rows that have a target, and a note of those left out.

    Raises
    ------
    TableError
        When rows have none, unless those are to be skipped and others remain.
    """
    notices: tuple[str, ...] = ()
    for name in target.columns:
        absent = missing_rows(_column(table, name), read.missing_words)
        if not absent.any():
            continue
        if absent.all():
            raise TableError(f"the target {name!r} is missing in every row: there is nothing to compare with")
        table = without_missing(table, name, absent, skip=skip)
        notices += (f"the target {name!r} is missing in {rows_in_words(absent)}: left out",)
    return table, notices


def without_missing(table: pa.Table, name: str, absent: Any, *, skip: bool) -> pa.Table:
    """The table without the rows whose target is absent; TableError where such rows are not to be skipped."""
    if not skip:
        rows = rows_in_words(absent)
        raise TableError(f"the target {name!r} is missing in {rows}; --skip-missing-target leaves out such rows")
    return table.filter(pa.array(~absent))


def absent_targets(table: pa.Table, names: Iterable[str], read: ReadOptions, *, skip: bool) -> Any:
    """Which rows lack a target, bool (n_rows,); TableError where there are such and they are not to be skipped."""
    found = np.zeros(table.num_rows, dtype=bool)
    for name in names:
        absent = missing_rows(_column(table, name), read.missing_words)
        if absent.any():
            without_missing(table, name, absent, skip=skip)
            found |= absent
    return found


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    return table.column(name)
