"""The data of a workspace: rows of numbers, what they are called, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.job import Data
from clearprop.lab import limits

SERIALS = count(1)
CLASSIFICATION, REGRESSION = "classification", "regression"


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that are learned from and held out.

    Attributes
    ----------
    kind, name : str
        Of the data: "circles"; of a case or a table its name.
    X, Y : array of shape (n, n_inputs) and (n, n_outputs), float64
    n_training : int
        The first so many are learned from, the others held out.
    inputs, outputs : tuple of str
    task : {"classification", "regression"}
    classes : tuple of str or None
    image : (height, width) or None
        Where the inputs are the points of a picture.
    recipe : mapping
        What makes them anew, as JSON holds it.
    notes : tuple of str
    table : object or None
        Of a table: see `clearprop.lab.tables_of.OfTable`.
    serial : int
        Another number for other rows, so that a page asks for the same ones once.
    """

    kind: str
    name: str
    X: Any
    Y: Any
    n_training: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    task: str
    classes: tuple[str, ...] | None = None
    image: tuple[int, int] | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    table: Any = None
    serial: int = field(init=False, default_factory=lambda: next(SERIALS))

    def __post_init__(self) -> None:
        limits.check_most("rows", len(self.X), limits.ROWS, "take fewer")
        limits.check_most("inputs", self.X.shape[1], limits.INPUTS, "take fewer columns")
        if not self.n_training:
            raise InputError("there are no rows to learn from: hold fewer out")

    @property
    def training(self) -> Data:
        """The rows that are learned from."""
        return Data(self.X[: self.n_training], self.Y[: self.n_training])

    @property
    def validation(self) -> Data | None:
        """The rows held out, if there are any."""
        if self.n_training == len(self.X):
            return None
        return Data(self.X[self.n_training :], self.Y[self.n_training :])

    def labels(self, Y: Any) -> Any:
        """The number of each row's class, by the same rule for targets and for outputs.

        With one output it is whether that is at least ½, with several which is the largest.
        """
        return (Y[:, 0] >= 0.5).astype(int) if Y.shape[1] == 1 else np.argmax(Y, axis=1)

    def with_notes(self, *notes: str) -> Rows:
        """The same rows with these notes."""
        return replace(self, notes=notes)


def held_out(share: float, n: int) -> int:
    """How many of n rows are learned from where this share is held out.

    Examples
    --------
    >>> from clearprop.lab.rows import held_out
    >>> held_out(0.2, 10), held_out(0, 10)
    (8, 10)
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 0.9:
        raise InputError(f"the share of rows to hold out must be from 0 to 0.9, not {share!r}")
    return n - int(share * n)
