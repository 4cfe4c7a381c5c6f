"""A target of several numbers at once: one output of the network for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, ModelFileError
from clearprop.tables.class_target import ClassTarget, no_trivial
from clearprop.tables.notation import Notation
from clearprop.tables.number_target import CountTarget, Numbers, NumberTarget, is_finite

MOST_TARGETS = 1000


@dataclass(frozen=True)
class NumberTargets(Numbers):
    """Several targets that are numbers.

    Parameters
    ----------
    each : tuple of NumberTarget
        At least two, of different columns; output k of the network is the k-th.
    """

    usual: ClassVar[str] = "the means"
    each: tuple[NumberTarget, ...] = ()

    def __post_init__(self) -> None:
        if not 2 <= len(set(self.columns)) == len(self.each) <= MOST_TARGETS:
            raise InputError("several targets must be at least two different columns, and at most 1,000")

    @property
    def column(self) -> str:
        """The columns, as one text for people."""
        return ", ".join(self.columns)

    @property
    def n_outputs(self) -> int:
        """How many there are."""
        return len(self.each)

    @property
    def scale(self) -> Any:
        """The standard deviation of each in training, (n_targets,)."""
        return np.array([target.scale for target in self.each])

    @property
    def centre(self) -> Any:
        """The mean of each in training, (n_targets,)."""
        return np.array([target.centre for target in self.each])

    @property
    def kind(self) -> str:
        """What they are, in a few words."""
        return "each " + self.each[0].kind

    def y_of(self, given: Sequence[pa.ChunkedArray]) -> Any:
        """What is learned of each row, from the columns of the targets, float64 (n_rows, n_targets)."""
        return np.stack([target.values(column) for target, column in zip(self.each, given, strict=True)], axis=1)

    def encode(self, y: Any) -> Any:
        """Standardised targets, float32 (n_rows, n_targets)."""
        return ((y - self.centre) / self.scale).astype(np.float32)

    def decode(self, outputs: Any) -> Any:
        """Predictions on the scale that is learned, float64 (n_rows, n_targets), each kept within training's."""
        return np.stack([target.decode(outputs[:, k : k + 1]) for k, target in enumerate(self.each)], axis=1)

    def comparable(self, found: Any, actual: Any, weight: Any) -> tuple[Any, Any, Any]:
        found, actual = (((values - self.centre) / self.scale).ravel() for values in (found, actual))
        return found, actual, None if weight is None else np.repeat(weight, self.n_outputs)

    def trivial(self, y: Any, weight: Any = None) -> list[float]:
        """What always to say: the mean of each over these rows."""
        means: list[float] = np.average(self.in_unit(y), weights=weight, axis=0).tolist()
        return means

    def check_trivial(self, given: object) -> list[float]:
        """The trivial prediction of a file, which must be a number for each."""
        if isinstance(given, list) and len(given) == self.n_outputs and all(map(is_finite, given)):
            return given
        raise no_trivial(given)

    def always(self, trivial: Any, number: Callable[[float], str]) -> str:
        """What the trivial predictor says; `number` writes a number."""
        return f"{self.usual}, {', '.join(map(number, trivial))}"

    def to_json(self) -> dict[str, Any]:
        """The targets as JSON holds them."""
        return {"task": self.task, "targets": [target.to_json() for target in self.each]}


@dataclass(frozen=True)
class LabelTargets(NumberTargets):
    """Several labels, each in a column of its own that is 1 where it holds; output k is the probability of the k-th."""

    usual: ClassVar[str] = "the shares"

    @property
    def predicted_names(self) -> tuple[str, ...]:
        """What predictions are called: the labels that hold are one text."""
        return ("labels",)

    @property
    def kind(self) -> str:
        """What they are, in a few words."""
        return "labels"

    def predicted(self, outputs: Any) -> tuple[Any, Any]:
        """The labels that hold, more probable than not, with commas between them, and the probability of each."""
        probabilities = self.decode(outputs)
        names = self.columns
        held = [", ".join(name for name, p in zip(names, row, strict=True) if p > 0.5) for row in probabilities]
        return held, probabilities

    def describe(self, number: Callable[[float], str]) -> str:
        """What is predicted, a line for each."""
        return "\n".join(f"{column}, a label" for column in self.columns)

    def to_json(self) -> dict[str, Any]:
        """The labels as JSON holds them."""
        return {**super().to_json(), "are_labels": True}


Target = ClassTarget | NumberTarget | NumberTargets


def target_from_json(spec: object) -> Target:
    """The target, or the several, that `to_json` wrote.

    Raises
    ------
    ModelFileError
        For anything else.
    """
    match spec:
        case {"task": "regression", "targets": list() as targets, **rest}:
            found = [one_target_from_json(target) for target in targets[: MOST_TARGETS + 1]]
            make = LabelTargets if rest.get("are_labels") is True else NumberTargets
            try:
                return make(tuple(target for target in found if isinstance(target, NumberTarget)))
            except InputError as error:
                raise ModelFileError(f"the description of the targets is damaged: {error}") from None
    return one_target_from_json(spec)


def one_target_from_json(spec: object) -> ClassTarget | NumberTarget:
    """The target that `to_json` wrote.

    Raises
    ------
    ModelFileError
        For anything else.
    """
    try:
        match spec:
            case {"task": "classification", "column": str() as column, "classes": list() as classes, **rest}:
                kinds = set(map(type, classes))
                if (kinds not in ({str}, {bool}) and not kinds <= {int, float}) or not _fit_int64(classes):
                    raise ModelFileError("the classes of the target are neither texts nor numbers")
                (threshold,) = _floats({"threshold": 0.5, **rest}, "threshold")
                return ClassTarget(column, tuple(classes), threshold)
            case {"task": "regression", "column": str() as column, "log": bool() as log, **rest}:
                written = [str(rest.get(name, mark)) for name, mark in Notation()._asdict().items()]
                centre, scale, low, high = _floats(rest, "centre", "scale", "low", "high")
                make = CountTarget if rest.get("counts") is True else NumberTarget
                return make(column, log, centre, scale, low, high, *written)
    except (InputError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelFileError(f"the description of the target is damaged: {error}") from None
    raise ModelFileError("the description of the target is damaged")


def _fit_int64(labels: list[Any]) -> bool:
    return all(-(2**63) <= label < 2**63 for label in labels if isinstance(label, int))


def _floats(found: Any, *names: str) -> list[float]:
    return [float(found[name]) for name in names]
