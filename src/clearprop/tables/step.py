"""What every step of the encoder is, and what it remarks on values that training has not prepared for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError


class Remark(NamedTuple):
    """Values that training has not prepared for, how many, and what was done.

    Attributes
    ----------
    kind : {"unseen", "rare", "missing", "order"}
    in_all_rows : bool
        Whether no row has a value that training prepared for.
    """

    column: str
    kind: str
    n_values: int
    first_row: int  # from 1
    example: str
    in_all_rows: bool = False

    def __str__(self) -> str:
        values = f"{self.n_values:,} value{'s' if self.n_values > 1 else ''}"
        if self.kind == "unseen":
            none = ", which is all of them: is it the same column, written in the same way?" if self.in_all_rows else ""
            return (
                f"column {self.column!r}: {values} that training did not have{none} "
                f"(the first is {self.example!r} in row {self.first_row:,}), treated as an unknown category"
            )
        if self.kind == "rare":
            return (
                f"column {self.column!r}: {values} of none of the categories with an input of their own "
                f"(the first is {self.example!r} in row {self.first_row:,}), treated as rare ones are"
            )
        if self.kind == "order":
            return (
                f"column {self.column!r}: {self.example}, as in training; nothing in these rows tells whether day and "
                "month are not the other way round"
            )
        return (
            f"column {self.column!r}: {values} missing, though none was in training "
            f"(the first in row {self.first_row:,}); {self.example} stands in"
        )


Encoded = tuple[Any, tuple[Remark, ...]]  # float32 (n_rows, width), and what was met


@dataclass(frozen=True)
class Step:
    """Base of the steps.

    Parameters
    ----------
    column : str
        The column that it reads.
    """

    kind: ClassVar[str]
    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each input that it makes."""
        raise NotImplementedError

    @property
    def n_inputs(self) -> int:
        """How many inputs it makes."""
        return len(self.names)

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        """The inputs, float32 (n_rows, len(names)), and remarks. Raises TableError where a value does not fit."""
        raise NotImplementedError

    def describe(self) -> str:
        """What it does, in a few words for people."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **{field.name: getattr(self, field.name) for field in fields(self)}}


def with_missing(step: Any, parts: list[Any], absent: Any, stand_in: str) -> Encoded:
    """The parts side by side, with the input for missing values if the step has one, else a remark about them."""
    remarks: tuple[Remark, ...] = ()
    if step.missing:
        parts = [*parts, absent[:, None]]
    elif absent.any():
        remarks = (Remark(step.column, "missing", int(absent.sum()), int(np.argmax(absent)) + 1, stand_in),)
    made = np.empty((len(absent), sum(part.shape[1] for part in parts)), dtype=np.float32)
    start = 0
    for part in parts:
        made[:, start : start + part.shape[1]] = part
        start += part.shape[1]
    return made, remarks


def or_missing(step: Any) -> str:
    """The end of a step's description, if it has an input for missing values."""
    return ", or missing" if step.missing else ""


def check_finite(column: str, *values: float, most: float) -> None:
    """Raise InputError unless all of these are numbers of at most this magnitude."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
            raise InputError(f"column {column!r}: {value!r} is not a finite number of at most {most:g}")
