"""A target of several numbers at once: one output of the network for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from clearprop.errors import InputError, ModelFileError
from clearprop.tables.targets import ClassTarget, NumberTarget, one_target_from_json

MOST_TARGETS = 1000


@dataclass(frozen=True)
class NumberTargets:
    """Several targets that are numbers.

    Parameters
    ----------
    each : tuple of NumberTarget
        At least two, of different columns; output k of the network is the k-th.
    """

    task: ClassVar[str] = "regression"
    each: tuple[NumberTarget, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(set(self.columns)) == len(self.each) <= MOST_TARGETS:
            raise InputError("several targets must be at least two different columns, and at most 1,000")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(target.column for target in self.each)

    @property
    def column(self) -> str:
        """The columns, as one text for people."""
        return ", ".join(self.columns)

    @property
    def n_outputs(self) -> int:
        """How many there are."""
        return len(self.each)

    @property
    def log(self) -> bool:
        """Whether their logarithms are learned."""
        return self.each[0].log

    @property
    def scale(self) -> Any:
        """The standard deviation of each in training, (n_targets,)."""
        return np.array([target.scale for target in self.each])

    @property
    def centre(self) -> Any:
        """The mean of each in training, (n_targets,)."""
        return np.array([target.centre for target in self.each])

    def standardised(self, values: Any) -> Any:
        """Standardised targets, float32 (n_rows, n_targets)."""
        return ((values - self.centre) / self.scale).astype(np.float32)

    def decode(self, outputs: Any) -> Any:
        """Predictions on the scale that is learned, float64 (n_rows, n_targets), each kept within training's."""
        return np.stack([target.decode(outputs[:, k : k + 1]) for k, target in enumerate(self.each)], axis=1)

    def in_unit(self, values: Any) -> Any:
        """From the scale that the network learned to the targets' own units."""
        return np.exp(values) if self.log else values

    def to_json(self) -> dict[str, Any]:
        """The targets as JSON holds them."""
        return {"task": self.task, "targets": [target.to_json() for target in self.each]}


Target = ClassTarget | NumberTarget | NumberTargets


def target_from_json(spec: object) -> Target:
    """The target, or the several, that `to_json` wrote.

    Raises
    ------
    ModelFileError
        For anything else.
    """
    match spec:
        case {"task": "regression", "targets": list() as targets}:
            found = [one_target_from_json(target) for target in targets[: MOST_TARGETS + 1]]
            try:
                return NumberTargets(tuple(target for target in found if isinstance(target, NumberTarget)))
            except InputError as error:
                raise ModelFileError(f"the description of the targets is damaged: {error}") from None
    return one_target_from_json(spec)


def comparable(target: object, found: Any, actual: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Predictions, what is true, and weights, so that errors can be averaged: of several targets, standardised ones.

    Parameters
    ----------
    target : NumberTarget or NumberTargets
    found, actual : array of shape (n_rows,) or (n_rows, n_targets)
        On the scale that is learned.
    weight : array of shape (n_rows,) or None
    """
    if not isinstance(target, NumberTargets):
        return found, actual, weight
    each = [((values - target.centre) / target.scale).ravel() for values in (found, actual)]
    return each[0], each[1], None if weight is None else np.repeat(weight, target.n_outputs)
