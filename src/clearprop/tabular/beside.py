"""Rows of other files that stand beside the table: those that are held out, and those that choose the best epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import ClearpropError, TableError, UnreadableTableError
from clearprop.tables import ClassTarget, Encoder, ImageFormat, Reading, Target, missing_column
from clearprop.tables.columns import texts
from clearprop.tabular.actual import actual_of, with_known_target
from clearprop.tabular.roles import weights
from clearprop.tabular.same_way import read_as_trained
from clearprop.tabular.settings import TableSettings


class Beside(NamedTuple):
    """The rows of another file, encoded as those of the table are.

    Attributes
    ----------
    X : float32 array of shape (n_rows, n_inputs)
    learned : array of shape (n_rows,)
        Class numbers, −1 for a class that the table does not have, or numbers on the scale that is learned.
    weight : float32 array of shape (n_rows,) or None
    notices : tuple of str
    """

    X: Any
    learned: Any
    weight: Any = None
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
    except OSError as error:
        raise UnreadableTableError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        table, notices = with_known_target(found.table, target, encoder.read, skip=settings.skip_missing_target)
        _check_groups(table, reading, settings)
        X, remarks = encoder.encode(table)
        learned = actual_of(table, target, encoder.read)
        weight = None
        if settings.weights is not None:
            weight = weights(table, reading.column(settings.weights), settings.read, found.decimal)
    except ClearpropError as error:
        raise TableError(f"{path}: {error}") from None
    said = (*found.notices, *notices, *(str(remark) for remark in remarks if remark.kind != "rare"))
    return Beside(X, learned, weight, tuple(f"{path}: {sentence}" for sentence in said))


def check_classes_known(path: str, found: Beside, target: Target) -> None:
    """Raise TableError where a row that is to choose the best epoch has a class that no network learns."""
    if isinstance(target, ClassTarget) and (found.learned < 0).any():
        row = int(np.argmax(found.learned < 0)) + 1
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
