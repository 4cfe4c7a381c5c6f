"""Data of a table: encoded as the library encodes tables, with the rows as they are written kept beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.job.one_hot import dense_targets
from clearprop.lab import limits
from clearprop.lab.rows import CLASSIFICATION, Rows
from clearprop.tables import Encoder, Reading, Target, Vector
from clearprop.tables.origin import Origin
from clearprop.tables.origins import origins
from clearprop.tabular.actual import actual_of
from clearprop.tabular.model import TableModel
from clearprop.tabular.preparation import prepare_table, table_of
from clearprop.tabular.settings import TableSettings

LONGEST_VALUE = 60  # letters of a value that is shown
SMALLEST_IMAGE = 4  # pixels a side


@dataclass(frozen=True, eq=False)
class OfTable:
    """The table behind rows.

    Attributes
    ----------
    encoder : Encoder
    target : Target
    table : pyarrow.Table
        The columns of the inputs, a row for each of the rows.
    """

    encoder: Encoder
    target: Target
    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.table.column_names)

    def raw(self, i: int) -> list[str]:
        """A row as it is written."""
        return [_shown(self.table.column(name)[i].as_py()) for name in self.columns]

    def origin(self, i: int, k: int) -> Origin:
        """Where input k of row i comes from."""
        return origins(self.encoder, self.table.slice(i, 1))[k]

    def decoded(self, outputs: Any) -> Any:
        """Outputs of the network as numbers in the target's own unit."""
        return self.target.in_unit(self.target.decode(outputs))  # type: ignore[union-attr]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value):,} numbers"
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def rows_of_table(
    reading: Reading, name: str, target: str | None, validation: float = 0.2, seed: int = 0
) -> Rows:  # fmt: skip
    """The rows of a table, some of them held out.

    Parameters
    ----------
    reading : Reading
    name : str
        What the table is called.
    target : str or None
        The column to predict; by default that of the kind of file.
    validation : float
        The share of the rows that is held out.
    seed : int
        Decides which.

    Raises
    ------
    TableError, InputError
        When it cannot be learned from, or is more than the lab takes.
    """
    limits.check_most("rows", reading.table.num_rows, limits.ROWS, "take fewer, or use clearprop train --watch")
    limits.check_most("columns", reading.table.num_columns, limits.COLUMNS, "leave some out")
    settings = TableSettings(
        target=target, test=validation, seed=seed, ensemble=1, engine="reference", hidden=(),
        target_means=0,  # of rows that are learned from they are not what the row alone says
    )  # fmt: skip
    table = table_of(reading, settings)
    ready = prepare_table(table)
    order = np.concatenate([ready.parts.train, ready.parts.validation, ready.parts.test])
    limits.check_most("inputs", ready.encoder.n_inputs, limits.INPUTS, "leave out columns")
    recipe = {"kind": "table", "name": name, "target": ready.target.column, "validation": validation, "seed": seed}
    return _rows(
        name, ready.encoder, ready.target, table.inputs.take(pa.array(order)), ready.X[order], ready.y[order],
        len(order) - len(ready.parts.test), recipe, ready.notices,
    )  # fmt: skip


def _rows(
    name: str, encoder: Encoder, target: Target, table: pa.Table, X: Any, y: Any, n_training: int,
    recipe: Mapping[str, Any], notes: tuple[str, ...],
) -> Rows:  # fmt: skip
    Y = dense_targets(target.encode(y)).astype(np.float64)
    is_classes = target.task == CLASSIFICATION
    labels = tuple(map(str, target.labels)) if is_classes else None
    outputs = labels if labels is not None else tuple(target.columns)
    return Rows(
        "table", name, X.astype(np.float64), Y, n_training, encoder.names, outputs, target.task, labels,
        image=_image_of(encoder), recipe=recipe, notes=notes, table=OfTable(encoder, target, table),
    )  # fmt: skip


def _image_of(encoder: Encoder) -> tuple[int, int] | None:
    """The shape of the picture that the inputs are, where they are a square number of points in one column."""
    if len(encoder.steps) != 1 or not isinstance(encoder.steps[0], Vector):
        return None
    side = math.isqrt(encoder.n_inputs)
    return (side, side) if side * side == encoder.n_inputs and side >= SMALLEST_IMAGE else None


def rows_of_model(model: TableModel, reading: Reading, name: str) -> Rows:
    """The rows of a table as a trained model sees them; all of them are for learning.

    Raises
    ------
    TableError, InputError
        When the table does not fit the model, or is more than the lab takes.
    """
    table = reading.table
    limits.check_most("rows", table.num_rows, limits.ROWS, "take fewer")
    y = actual_of(table, model.target, model.encoder.read)
    known = model.target.known(y)
    if not known.any():
        raise InputError(f"none of the rows of {name} has a target that the model knows")
    table, y = table.filter(pa.array(known)), y[known]
    X, remarks = model.encoder.encode(table)
    notes = tuple(dict.fromkeys(str(remark) for remark in remarks))
    dropped = int((~known).sum())
    if dropped:
        notes = (f"{dropped:,} rows whose target the model does not know are left out", *notes)
    columns = list(dict.fromkeys(step.column for step in model.encoder.steps))
    recipe = {"kind": "table", "name": name, "target": model.target.column, "validation": 0.0, "seed": 0}
    return _rows(name, model.encoder, model.target, table.select(columns), X, y, len(y), recipe, notes)
