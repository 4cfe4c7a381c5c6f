"""Columns that are not learned from but have another use: groups, times, weights, and what predictions carry along."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError
from clearprop.tables import Reading, columns, missing_column, missing_rows
from clearprop.tables.column_types import in_words, is_moment, is_number, is_time
from clearprop.tables.kinds import Kind, kinds
from clearprop.tables.notation import Notation
from clearprop.tables.options import ReadOptions
from clearprop.tables.spelling import rows_in_words
from clearprop.tabular.settings import TableSettings


class Roles(NamedTuple):
    """What the columns with another use hold, for each row.

    Attributes
    ----------
    groups : int array or None
    times : float array or None
        Seconds, or numbers.
    weight : float32 array or None
        The largest is 1.
    left_out : mapping of str to str
        Columns that are not learned from, and why.
    notices : tuple of str
    """

    groups: Any
    times: Any
    weight: Any
    left_out: dict[str, str]
    notices: tuple[str, ...]


def roles_of(table: pa.Table, reading: Reading, settings: TableSettings, targets: tuple[str, ...]) -> Roles:
    """Read the columns that the settings give another use.

    Raises
    ------
    TableError, InputError
        When there is no such column, a value is missing or cannot be, or the column has two uses.
    """
    used = {"--group": settings.group, "--time-column": settings.time_column, "--weights": settings.weights}
    named = {option: reading.column(name) for option, name in used.items() if name is not None}
    several = {"--keep": settings.keep, "--drop": settings.drop, "--category": settings.category}
    kept, dropped, _ = lists = [list(map(reading.column, names)) for names in several.values()]
    each = [(option, name) for option, names in zip(several, lists, strict=True) for name in names]
    for option, name in [*named.items(), *each]:
        if name not in table.column_names:
            raise missing_column(name, table.column_names)
        if name in targets:
            what = "dropped" if option == "--drop" else f"used by {option}"
            raise InputError(f"the column {name!r} cannot be both the target and {what}")
    left_out = dict.fromkeys(dropped, "it was asked to be dropped")
    left_out |= dict.fromkeys(kept, "it is kept for the predictions alone")
    decimal = settings.read.decimal or reading.decimal
    groups = times = weight = None
    notices: tuple[str, ...] = ()
    if "--group" in named:
        groups = _groups(table, named["--group"], settings.read)
        left_out[named["--group"]] = "its rows are kept together, which would help no new value of it"
    if "--time-column" in named:
        times = times_of(table, named["--time-column"], settings.read, decimal)
    if "--weights" in named:
        weight = weights(table, named["--weights"], settings.read, decimal)
        left_out[named["--weights"]] = "it holds the weights of the rows"
        n_zero = int((weight == 0).sum())
        which = "1 row has the weight 0, and counts" if n_zero == 1 else f"{n_zero:,} rows have the weight 0, and count"
        notices = (f"{which} for nothing",) if n_zero else ()
    return Roles(groups, times, weight, left_out, notices)


def weights(table: pa.Table, name: str, read: ReadOptions, decimal: str | None = None) -> Any:
    """A column of weights as float32 (n_rows,), over the largest of them.

    Raises
    ------
    TableError
        When it is not there, or a weight is missing, negative or no number, or all are 0; with the row.
    """
    found = _numbers(table, name, read, decimal, "a weight")
    if (found < 0).any():
        row = int(np.argmax(found < 0))
        raise TableError(f"the weight {name!r} is {found[row]:g} in row {row + 1:,}: weights must be at least 0")
    if not found.any():
        raise TableError(f"the weight {name!r} is 0 in every row; at least one must be above 0")
    return (found / found.max()).astype(np.float32)


def _groups(table: pa.Table, name: str, read: ReadOptions) -> Any:
    column = columns.present(table.column(name), read.missing_words)
    _refuse_missing(missing_rows(column), name, "a group")
    words = columns.texts(column, name)
    return words.dictionary_encode().indices.to_numpy(zero_copy_only=False)


def times_of(table: pa.Table, name: str, read: ReadOptions, decimal: str | None = None) -> Any:
    """A column of dates (seconds), times or numbers, to order rows by: float64 (n_rows,).

    Raises
    ------
    TableError
        When it is not there, or a value is missing or no time; with the row.
    """
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    kind, column = _kind(table, name, read, decimal)
    if is_moment(column.type) or kind.name == "moment":
        found = columns.moments(column, name, kind.order, kind.missing_words)
    elif is_number(column.type) or kind.name in ("number", "time"):
        return _numbers(table, name, read, decimal, "a time")
    else:
        raise TableError(f"the column {name!r} holds {in_words(column.type)}, which cannot be ordered in time")
    _refuse_missing(np.isnan(found), name, "a time")
    return found


def _numbers(table: pa.Table, name: str, read: ReadOptions, decimal: str | None, what: str) -> Any:
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    kind, column = _kind(table, name, read, decimal)
    if pa.types.is_string(column.type) and kind.name not in ("number", "time"):
        raise TableError(f"the column {name!r} holds text, as {column.drop_null()[0].as_py()!r}: it is not {what}")
    notation = kind.notation._replace(unit=columns.TIME) if is_time(column.type) else kind.notation
    found = columns.numbers(column, name, kind.missing_words, notation=notation)
    _refuse_missing(np.isnan(found), name, what)
    return found


def _kind(table: pa.Table, name: str, read: ReadOptions, decimal: str | None) -> tuple[Kind, pa.ChunkedArray]:
    plain = Kind("number", Notation(decimal or "."))
    column = columns.present(table.column(name), read.missing_words)
    if column.null_count == len(column):
        raise TableError(f"the column {name!r} has no values")
    return kinds(table, [name], read, decimal, strict=True).get(name, plain), column


def _refuse_missing(absent: Any, name: str, what: str) -> None:
    if absent.any():
        rows = rows_in_words(absent)
        raise TableError(f"{name!r} is missing in {rows}, where {what} is needed: fill it in, or leave such rows out")
