"""What a fit is asked to do (`Job`), with what (`Data`), and how far it has come (`TrainingState`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.formulas import (
    L1,
    L2,
    LBFGS,
    Adam,
    ClipByNorm,
    Clock,
    ConstantSchedule,
    LabelSmoothing,
    Schedule,
    UpdateRule,
)
from clearprop.network import Network


@dataclass(frozen=True)
class Job:
    """All that a fit can ask for, from the start and for its whole length.

    Parameters
    ----------
    network : Network
    update_rule : UpdateRule or LBFGS
    schedule : Schedule
    epochs : int
        Planned passes over the rows; the most there will be.
    batch_size : int
        Rows per update; more than there are means all of them.
    drop_last : bool
        Leave out a last batch that is not full.
    shuffle : bool
        Take the rows in a new random order each epoch.
    l1, l2 : float
        Penalties on the weights (not the biases), of the sum over samples; see `clearprop.formulas.regularisers`.
    label_smoothing : float
        For cross-entropies only.
    clip_norm : float, optional
        Longest gradient, over all parameters together.
    dropout : sequence of float
        For layers 0 … L − 1 the fraction of values not passed on in training; () for none.
    class_weight : sequence of float, optional
        One factor per output, on the weight of the samples whose target it is.
    seed : int
        Decides the order of the rows and the dropout.

    Raises
    ------
    InputError
        When a value is out of its range or does not go with the loss.
    """

    network: Network
    update_rule: UpdateRule | LBFGS = field(default_factory=Adam)
    schedule: Schedule = field(default_factory=ConstantSchedule)
    epochs: int = 200
    batch_size: int = 200
    drop_last: bool = False
    shuffle: bool = True
    l1: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    dropout: tuple[float, ...] = ()
    class_weight: tuple[float, ...] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise InputError(f"{name} must be a whole number of at least 1, not {getattr(self, name)!r}")
        L1(self.l1), L2(self.l2), LabelSmoothing(self.label_smoothing)  # they check their own ranges
        if self.clip_norm is not None:
            ClipByNorm(self.clip_norm)
        if self.label_smoothing and self.network.loss.natural_output not in ("softmax", "logistic"):
            raise InputError(f"label_smoothing is for cross-entropies, not for {self.network.loss.name!r}")
        if self.dropout and len(self.dropout) != self.network.depth:
            raise InputError(
                f"dropout must name a fraction for each of the layers 0 … {self.network.depth - 1}, "
                f"{self.network.depth} in all, not {len(self.dropout)}"
            )
        for fraction in self.dropout:
            if not 0 <= fraction < 1:
                raise InputError(f"a dropout fraction must be at least 0 and below 1, not {fraction!r}")
        if self.class_weight is not None and len(self.class_weight) != self.network.widths[-1]:
            raise InputError(
                f"class_weight must hold one factor per output, {self.network.widths[-1]}, not {len(self.class_weight)}"
            )
        if isinstance(self.update_rule, LBFGS) and (any(self.dropout) or self.clip_norm is not None):
            raise InputError(
                "lbfgs needs a loss without chance and its true gradient: no dropout and no clip_norm with it"
            )

    @property
    def smoothing_classes(self) -> int:
        """K of label smoothing: the outputs of a distribution, or 2 for each binary label."""
        return self.network.widths[-1] if self.network.loss.is_distribution else 2

    def steps_per_epoch(self, n_samples: int) -> int:
        """How many batches an epoch has."""
        size = min(self.batch_size, n_samples)
        return n_samples // size if self.drop_last else math.ceil(n_samples / size)

    def rates(self, state: TrainingState, n_samples: int, n_steps: int) -> Any:
        """The learning rates of the next `n_steps` updates, float64 (n_steps,)."""
        assert isinstance(self.update_rule, UpdateRule)
        steps = state.step + np.arange(n_steps, dtype=np.float64)
        planned = self.epochs * self.steps_per_epoch(n_samples)
        progress = (state.epoch * self.steps_per_epoch(n_samples) + state.cursor + np.arange(n_steps)) / planned
        clock = Clock(steps, float(state.epoch), float(state.samples), np.minimum(progress, 1.0))
        return self.update_rule.learning_rate * state.rate_scale * np.broadcast_to(self.schedule.factor(clock), n_steps)


class Data(NamedTuple):
    """The rows that a fit learns from.

    Attributes
    ----------
    X : array or SciPy sparse matrix of shape (n_samples, n₀)
    Y : array of shape (n_samples, n_L)
    weight : array of shape (n_samples,) or None
        Weight of each row in the loss; None where all are 1.
    """

    X: Any
    Y: Any
    weight: Any = None

    @property
    def n_samples(self) -> int:
        return int(self.X.shape[0])

    def take(self, rows: Any) -> Data:
        """Those rows, dense."""
        X = self.X[rows]
        return Data(
            X.toarray() if hasattr(X, "toarray") else X,
            self.Y[rows],
            None if self.weight is None else self.weight[rows],
        )


@dataclass
class TrainingState:
    """What must be carried from one update to the next, and is all that a checkpoint holds. Engines write it.

    Attributes
    ----------
    theta : array of shape (n_parameters,)
    memory : list of arrays of shape (n_parameters,)
        The update rule's, in the order of its `memory`.
    step : int
        Updates done.
    epoch : int
        Whole epochs done.
    cursor : int
        Updates done in the epoch under way.
    samples : int
        Rows seen in whole epochs.
    loss_sum, weight_sum : float
        Of the epoch under way: Σ(batch loss × batch weight) and Σ(batch weight).
    gradient_norms : array of shape (L,)
        ‖∂C/∂θ‖ of each layer (W and b) at the last update.
    rate_scale : float
        What plateaus have made of the learning rate.
    """

    theta: Any
    memory: list[Any]
    step: int = 0
    epoch: int = 0
    cursor: int = 0
    samples: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    gradient_norms: Any = None
    rate_scale: float = 1.0

    @classmethod
    def start(cls, job: Job, theta: Any) -> TrainingState:
        """The state before the first update; `theta` is copied."""
        names = job.update_rule.memory if isinstance(job.update_rule, UpdateRule) else ()
        return cls(theta.copy(), [np.zeros_like(theta) for _ in names], gradient_norms=np.zeros(job.network.depth))


def prepared(job: Job, X: Any, Y: Any, sample_weight: Any = None, dtype: Any = np.float64) -> Data:
    """The user's arrays as Data: checked, of one type, class weights folded into the row weights.

    Raises
    ------
    ShapeError, NotFiniteError, InputError
        Naming the row and column where there is one.
    """
    network = job.network
    if not hasattr(X, "toarray"):
        X = np.ascontiguousarray(X, dtype=dtype)
    network.check_inputs(X)
    Y = np.asarray(Y, dtype=dtype)
    Y = np.ascontiguousarray(Y[:, None] if Y.ndim == 1 and network.widths[-1] == 1 else Y)
    network.check_targets(Y, X.shape[0])
    if X.shape[0] == 0:
        raise ShapeError("there are no rows to learn from")
    _finite("X", X.data if hasattr(X, "toarray") else X)
    _finite("Y", Y)
    _check_target_values(network, Y)
    weight = None if sample_weight is None else np.array(sample_weight, dtype=dtype)
    if weight is not None:
        if weight.shape != (X.shape[0],):
            raise ShapeError(f"sample_weight must have shape ({X.shape[0]},), one per row, not {weight.shape}")
        _finite("sample_weight", weight)
        if (weight < 0).any():
            raise InputError(f"sample_weight[{int(np.argmax(weight < 0))}] is negative: weights must be at least 0")
    if job.class_weight is not None:
        factors = Y @ np.asarray(job.class_weight, dtype=dtype)
        weight = factors if weight is None else weight * factors
    return Data(X, Y, weight)


def _finite(name: str, array: Any) -> None:
    if not np.isfinite(array).all():
        place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        where = f"row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "")
        raise NotFiniteError(
            f"{name} is {array[tuple(place)]} at {where} (counted from 0); fill or drop such values first"
        )


def _check_target_values(network: Network, Y: Any) -> None:
    """Raise InputError for targets that the loss has no meaning for."""
    low, high = network.loss.targets
    outside = (low > Y) | (high < Y)
    if outside.any():
        row, column = (int(i) for i in np.argwhere(outside)[0])
        raise InputError(
            f"the loss {network.loss.name!r} needs targets between {low:g} and {high:g}; "
            f"Y is {Y[row, column]:g} at row {row}, column {column} (counted from 0)"
        )
    if network.loss.is_distribution:
        sums = Y.sum(axis=1)
        off = np.abs(sums - 1) > 1e-3
        if off.any():
            row = int(np.argmax(off))
            raise InputError(
                f"the loss {network.loss.name!r} needs each row of Y to be a distribution (one-hot for a known class); "
                f"row {row} sums to {sums[row]:g}"
            )


def dropout_rates(job: Job) -> Sequence[float]:
    """The fraction dropped after each of the layers 0 … L − 1."""
    return job.dropout or (0.0,) * job.network.depth
