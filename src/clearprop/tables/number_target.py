"""A target that is a number, and what targets of numbers have in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeGuard

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError
from clearprop.tables import columns
from clearprop.tables.class_target import no_trivial
from clearprop.tables.notation import Notation

LARGEST_LOGARITHM = float(np.log(np.finfo(np.float64).max))


class Numbers(ABC):
    """What one target of numbers and several have in common."""

    task: ClassVar[str] = "regression"
    usual: ClassVar[str] = "the mean"

    @property
    @abstractmethod
    def each(self) -> tuple[NumberTarget, ...]:
        """The targets, one by one."""

    @abstractmethod
    def decode(self, outputs: Any) -> Any:
        """Predictions on the scale that the network learned."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that they are in."""
        return tuple(target.column for target in self.each)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the outputs of the network are for: the columns."""
        return self.columns

    @property
    def predicted_names(self) -> tuple[str, ...]:
        """What predictions are called: as the columns."""
        return self.columns

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that a reader must leave as text."""
        return tuple(target.column for target in self.each if target.notation != columns.PLAIN)

    def in_unit(self, values: Any) -> Any:
        """From the scale that the network learned to the targets' own units."""
        return np.exp(values) if self.each[0].log else values

    def predicted(self, outputs: Any) -> tuple[Any, Any]:
        """The predictions in their own units, and no probabilities."""
        return self.in_unit(self.decode(outputs)), None

    def known(self, y: Any) -> Any:
        """Every number is one that can be predicted, bool (n_rows,)."""
        return np.ones(len(y), dtype=bool)

    def strata(self, y: Any) -> None:
        """Numbers have no proportions that a split could keep."""
        return

    def describe(self, number: Callable[[float], str]) -> str:
        """What is predicted, a line for each; `number` writes a number."""
        lines = []
        for target in self.each:
            low, high = (number(float(target.in_unit(value))) for value in (target.low, target.high))
            how = ", learned as its logarithm" if target.log else ""
            if target.high - target.low == math.inf:  # imported: nobody knows what it was in training
                lines.append(f"{target.column}, a number")
                continue
            lines.append(f"{target.column}, a number from {low} to {high}{how}")
        return "\n".join(lines)

    def comparable(self, found: Any, actual: Any, weight: Any) -> tuple[Any, Any, Any]:
        """Predictions, what is true, and weights, so that errors can be averaged: of several, standardised ones.

        Parameters
        ----------
        found, actual : array of shape (n_rows,) or (n_rows, n_targets)
            On the scale that is learned.
        weight : array of shape (n_rows,) or None
        """
        return found, actual, weight


@dataclass(frozen=True)
class NumberTarget(Numbers):
    """A target that is a number, standardised for the network (its logarithm, if `log`).

    Parameters
    ----------
    column : str
    log : bool
        Whether the network learns the natural logarithm.
    centre, scale : float
        Mean and standard deviation in training, of the logarithm if `log`.
    low, high : float
        Least and greatest in training, of the logarithm if `log`; no prediction lies outside.
    decimal, thousands, unit : str
        How it is written where it is text: see `clearprop.tables.notation.Notation`.
    """

    n_outputs: ClassVar[int] = 1
    column: str
    log: bool
    centre: float
    scale: float
    low: float
    high: float
    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        numbers = (self.centre, self.scale, self.low, self.high)
        if not all(np.isfinite(numbers)) or not self.scale > 0 or self.low > self.high:
            raise InputError(f"a number target needs finite numbers and a scale above 0, not {numbers}")
        if not self.notation.is_possible:
            raise InputError("a number target is not written with such marks")
        if self.log and self.high > LARGEST_LOGARITHM:
            raise InputError(f"a logarithm of {self.high:g} is that of no number")

    def values(self, column: pa.ChunkedArray) -> Any:
        """What the network learns, before it is standardised: float64 (n_rows,).

        Raises
        ------
        TableError
            Where a value is missing or no number or, with `log`, not above 0; with its row.
        """
        return target_numbers(column, self.column, self.log, self.notation)

    @property
    def notation(self) -> Notation:
        """How it is written where it is text."""
        return Notation(self.decimal, self.thousands, self.unit)

    def y_of(self, given: Sequence[pa.ChunkedArray]) -> Any:
        """What is learned of each row, from the columns of the target: numbers, their logarithms if `log`."""
        return self.values(given[0])

    def encode(self, y: Any) -> Any:
        """Standardised targets, float32 (n_rows, 1)."""
        return ((y - self.centre) / self.scale).astype(np.float32)[:, None]

    def decode(self, outputs: Any) -> Any:
        """Predictions on the scale that the network learned, float64 (n_rows,), kept between `low` and `high`."""
        with np.errstate(over="ignore"):  # the clip follows
            return np.clip(outputs[:, 0].astype(np.float64) * self.scale + self.centre, self.low, self.high)

    @property
    def each(self) -> tuple[NumberTarget, ...]:
        """It alone."""
        return (self,)

    @property
    def kind(self) -> str:
        """What it is, in a few words."""
        return "a number" + (", learned as its logarithm" if self.log else "")

    def check_trivial(self, given: object) -> float:
        """The trivial prediction of a file, which must be a number."""
        if is_finite(given):
            return float(given)
        raise no_trivial(given)

    def trivial(self, y: Any, weight: Any = None) -> float:
        """What always to say: the mean of these rows."""
        return float(np.average(self.in_unit(y), weights=weight))

    def always(self, trivial: Any, number: Callable[[float], str]) -> str:
        """What the trivial predictor says; `number` writes a number."""
        return f"{self.usual}, {number(float(trivial))}"

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, **asdict(self)}


@dataclass(frozen=True)
class CountTarget(NumberTarget):
    """A target of at least 0, as counts and rates are, divided by its mean for a network whose output is eᶻ.

    Its loss is half the Poisson deviance, which amounts need not be whole numbers for. No prediction is below 0.
    """

    kind: ClassVar[str] = "a number of at least 0, by the Poisson loss"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.log or self.centre != 0 or self.low < 0:
            raise InputError("a target of the Poisson loss is at least 0, has the centre 0 and no logarithm")

    def values(self, column: pa.ChunkedArray) -> Any:
        """As of other numbers; a value below 0 is a TableError too."""
        return not_negative(super().values(column), self.column)

    @classmethod
    def of(cls, target: NumberTarget, mean: float) -> CountTarget:
        """The target of these numbers, which have this mean, as counts."""
        return cls(**{**asdict(target), "centre": 0.0, "scale": mean or 1.0})

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "counts": True}


def not_negative(values: Any, name: str) -> Any:
    """These numbers, float64 (n_rows,); raises TableError where one is below 0."""
    if (values < 0).any():
        row = int(np.argmax(values < 0))
        raise TableError(
            f"the target {name!r} is {values[row]:g} in row {row + 1}, and the Poisson loss is of counts and amounts "
            "of at least 0: correct the value, leave such rows out, or train with --loss squared_error"
        )
    return values


def is_finite(given: object) -> TypeGuard[float]:
    """Whether this is a float, neither infinite nor NaN."""
    return isinstance(given, float) and math.isfinite(given)


def fit_number_target(values: Any, name: str, *, log: bool, notation: Notation = columns.PLAIN) -> NumberTarget:
    """Centre, scale and range of the training rows' target (of its logarithm, with `log`)."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        shown = np.exp(low) if log else low
        raise TableError(
            f"the target {name!r} is {shown:g} in every training row: there is nothing to learn; choose another target"
        )
    return NumberTarget(name, log, float(values.mean()), float(values.std()), low, high, *notation)


def target_numbers(column: pa.ChunkedArray, name: str, log: bool, notation: Notation = columns.PLAIN) -> Any:
    """The target as float64 (n_rows,), its natural logarithm if `log`."""
    values = columns.numbers(column, name, notation=notation)
    if np.isnan(values).any():
        row = int(np.argmax(np.isnan(values)))
        raise TableError(f"the target {name!r} is missing in row {row + 1}")
    if log:
        if (values <= 0).any():
            row = int(np.argmax(values <= 0))
            raise TableError(
                f"the target {name!r} is {values[row]:g} in row {row + 1}, and only numbers above 0 have a logarithm; "
                "train without --log-target, or leave out such rows"
            )
        return np.log(values)
    return values
