"""Rows of other files that stand beside the table: those that are held out, and those that choose the best epoch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import ClearpropError, TableError, UnreadableTableError
from clearprop.tables import Encoder, ImageFormat, Moment, Reading, ReadOptions, Target, missing_column
from clearprop.tables.columns import texts
from clearprop.tabular.actual import actual_of, with_known_target
from clearprop.tabular.roles import times_of, weights
from clearprop.tabular.same_way import read_as_trained
from clearprop.tabular.settings import TableSettings


class Beside(NamedTuple):
    """The rows of another file, encoded as those of the table are.

    Attributes
    ----------
    X : float32 array of shape (n_rows, n_inputs)
    y : array of shape (n_rows,), or (n_rows, n_targets) of several
        Class numbers, −1 for a class that the table does not have, or numbers on the scale that is learned.
    weight : float32 array of shape (n_rows,) or None
    times : float array of shape (n_rows,) or None
        As of the table's `time_column`.
    notices : tuple of str
    """

    X: Any
    y: Any
    weight: Any = None
    times: Any = None
    notices: tuple[str, ...] = ()


def rows_of_file(
    path: str, encoder: Encoder, target: Target, images: ImageFormat | None, settings: TableSettings, reading: Reading
) -> Beside:
    """Read and encode another file.

    Parameters
    ----------
    path : str
    encoder, target, images
        Those of the table.
    settings : TableSettings
    reading : Reading
        The table, whose groups may not be in the other file as well.

    Raises
    ------
    UnreadableTableError
        When the file cannot be read.
    TableError
        As for the table, with the name of the file.
    """
    try:
        found = read_as_trained(Path(path), encoder, target, images)
    except TableError as error:
        raise UnreadableTableError(str(error)) from error
    try:
        table, notices = with_known_target(found.table, target, encoder.read, skip=settings.skip_missing_target)
        _check_groups(table, reading, settings)
        X, remarks = encoder.encode(table)
        y = actual_of(table, target, encoder.read)
        weight = times = None
        if settings.time_column is not None:
            name = reading.column(settings.time_column)
            times = times_of(table, name, _as_learned(settings.read, encoder, name), found.decimal)
        if settings.weights is not None:
            weight = weights(table, reading.column(settings.weights), settings.read, found.decimal)
    except ClearpropError as error:
        raise TableError(f"{path}: {error}") from None
    said = (*found.notices, *notices, *(str(remark) for remark in remarks if remark.kind != "rare"))
    return Beside(X, y, weight, times, tuple(f"{path}: {sentence}" for sentence in said))


def _as_learned(read: ReadOptions, encoder: Encoder, name: str) -> ReadOptions:
    """The options, with the order of day, month and year that was found in the table's column of this name."""
    orders = [step.order for step in encoder.steps if isinstance(step, Moment) and step.column == name and step.order]
    return replace(read, dates=orders[0]) if orders else read


def not_later(path: str, times: Any, last: float, name: str | None) -> tuple[str, ...]:
    """A note of the rows of another file that are not later than the last row of those that they are to follow."""
    n = int((times <= last).sum())
    if not n:
        return ()
    which = "1 row is" if n == 1 else f"{n:,} of {len(times):,} rows are"
    return (
        f"{path}: {which} not later, by {name!r}, than the last row that is learned from or chosen by: a score on such "
        "rows flatters what the network says of the future",
    )


def check_classes_known(path: str, found: Beside, target: Target) -> None:
    """Raise TableError where a row that is to choose the best epoch has a class that no network learns."""
    known = target.known(found.y)
    if not known.all():
        row = int(np.argmin(known)) + 1
        raise TableError(
            f"{path}: the class of {target.column!r} in row {row:,} is none of the table's, so none can be learned; "
            "leave such rows out of --validation-file"
        )


def _check_groups(table: pa.Table, reading: Reading, settings: TableSettings) -> None:
    """A group may not be on both sides."""
    if settings.group is None:
        return
    name = reading.column(settings.group)
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    here, there = (set(texts(each.column(name), name).to_pylist()) for each in (table, reading.table))
    both = sorted(filter(None, here & there))
    if both:
        raise TableError(
            f"the group {both[0]!r} of {name!r} is in the table as well, so its rows would be on both sides; leave it "
            "out of one of them, or leave --group out"
        )
