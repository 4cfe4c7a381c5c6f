"""What a trace of a trained model belongs to: where its inputs come from, its other networks, and what it predicts.

Nothing is computed here but by the model itself: its networks' outputs and its prediction are taken as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from clearprop.job import Job
from clearprop.network import Network
from clearprop.tables.origin import Origin

if TYPE_CHECKING:
    import pyarrow as pa

    from clearprop.tables import Encoder, Target


Kind = Literal["class", "labels", "numbers"]


class TableModel(Protocol):
    """What is asked of a model of a table; see `clearprop.tabular.model.TableModel`."""

    @property
    def network(self) -> Network: ...
    @property
    def thetas(self) -> Any: ...
    def job(self, member: int) -> Job | None: ...
    @property
    def encoder(self) -> Encoder: ...
    @property
    def target(self) -> Target: ...
    @property
    def temperature(self) -> float: ...
    def predict(self, table: pa.Table) -> Any: ...
    def member_outputs(self, table: pa.Table) -> Any: ...
    def mean_outputs(self, table: pa.Table) -> Any: ...


@dataclass(frozen=True)
class Unit:
    """How an output becomes a number in the target's own unit.

    Attributes
    ----------
    centre, scale : float
        The output times the scale plus the centre is what the network learned.
    low, high : float
        No prediction lies outside.
    log : bool
        Whether that is the logarithm of the target.
    unbounded, learned : float
        This prediction before and after it is kept within the bounds, the logarithm not yet undone.
    """

    centre: float
    scale: float
    low: float
    high: float
    log: bool
    unbounded: float
    learned: float


@dataclass(frozen=True, eq=False)
class Trained:
    """What a trace of a trained model belongs to.

    Attributes
    ----------
    inputs : tuple of Origin
        For every input of the network; () where they have no names.
    target : str
        What is predicted.
    actual : str or float
        What the row says of it.
    kind : {"class", "labels", "numbers"}
        What is predicted: one of several classes, any of several labels, or numbers.
    labels : tuple of str
        What each output stands for.
    members : array of shape (k, n_outputs)
        The outputs of each network for this row.
    member : int
        Which of them is explained, from 0.
    mean, probabilities : array of shape (n_outputs,)
        Their mean, and the same at the model's temperature.
    temperature : float
    answer : object
        What `predict` answers.
    units : tuple of Unit
        For numbers that were standardised, one for each output; else ().
    step : {"known", "assumed", "asked"}
        Whether the step is the one that its training would make, one of a plain rule because that is not known, or one
        of a rule that was asked for.
    threshold : float
        Of two classes: the probability from which on the second is said.
    """

    inputs: tuple[Origin, ...]
    target: str
    actual: Any
    kind: Kind
    labels: tuple[str, ...]
    members: Any
    member: int
    mean: Any
    probabilities: Any
    temperature: float
    answer: Any
    units: tuple[Unit, ...]
    step: str
    threshold: float = 0.5


def trained_on_arrays(
    names: Sequence[str], row: Any, kind: Kind, labels: Sequence[Any], actual: Any, outputs: Any, answer: Any, step: str
) -> Trained:
    """What a single network belongs to that was given its inputs directly."""
    inputs = tuple(Origin(str(name), str(name), float(value)) for name, value in zip(names, row, strict=False))
    return Trained(
        inputs, "y", actual, kind, tuple(map(str, labels)), outputs[None], 0, outputs, outputs, 1.0, answer, (), step
    )


def kind_of(*, has_classes: bool, is_multilabel: bool) -> Kind:
    """What a network predicts, by what is known of its targets."""
    if not has_classes:
        return "numbers"
    return "labels" if is_multilabel else "class"
