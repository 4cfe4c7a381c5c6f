"""What a fit is asked to do: a frozen Job, which holds all of it from the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from numbers import Integral

from clearprop.errors import InputError
from clearprop.formulas import (
    L1,
    L2,
    LBFGS,
    Adam,
    ClipByNorm,
    ConstantSchedule,
    LabelSmoothing,
    Schedule,
    UpdateRule,
)
from clearprop.network import Network
from clearprop.network.parameters import Matrix, Vector


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
        One factor per output, on the weight of the samples whose target it is; for cross_entropy, one class per row.
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
            object.__setattr__(self, name, _whole(name, getattr(self, name), at_least=1))
        object.__setattr__(self, "seed", _whole("seed", self.seed, at_least=0))
        for name in ("dropout", "class_weight"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))  # a job is a key of caches
        for name in ("drop_last", "shuffle"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} must be True or False, not {getattr(self, name)!r}")
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
        if self.class_weight is not None and not all(0 <= factor < math.inf for factor in self.class_weight):
            raise InputError(f"class_weight must be finite and at least 0, not {self.class_weight}")
        if self.class_weight is not None and not self.network.loss.is_distribution:
            raise InputError(
                "class_weight is for one class per row, the loss cross_entropy; "
                f"for {self.network.loss.name!r} give every row its sample_weight"
            )
        if isinstance(self.update_rule, LBFGS):
            self._check_full_batch()

    def with_seed(self, seed: int) -> Job:
        """The same with another seed; the rest is not looked at again.

        Raises
        ------
        InputError
            When it is no whole number of at least 0.
        """
        return self._with("seed", _whole("seed", seed, at_least=0))

    def with_epochs(self, epochs: int) -> Job:
        """The same up to another epoch; the rest is not looked at again.

        Raises
        ------
        InputError
            When it is no whole number of at least 1.
        """
        return self._with("epochs", _whole("epochs", epochs, at_least=1))

    def _with(self, name: str, value: int) -> Job:
        job = copy(self)
        object.__setattr__(job, name, value)
        return job

    def _check_full_batch(self) -> None:
        """Raise InputError for what a minimiser that chooses its own steps cannot honour."""
        if not isinstance(self.schedule, ConstantSchedule) or self.schedule.warmup:
            raise InputError("lbfgs chooses the length of its steps itself and takes no schedule")
        if any(self.dropout) or self.clip_norm is not None:
            raise InputError(
                "lbfgs needs a deterministic loss and its true gradient: no dropout and no clip_norm with it"
            )

    @property
    def smoothing_classes(self) -> int:
        """K of label smoothing: the outputs of a distribution, or 2 for each binary label."""
        return self.network.widths[-1] if self.network.loss.is_distribution else 2

    def smoothed(self, Y: Matrix) -> Matrix:
        """The targets as the loss sees them, (n_samples, n_L)."""
        return LabelSmoothing(self.label_smoothing).forward(Y, self.smoothing_classes) if self.label_smoothing else Y

    def add_penalties(self, theta: Vector, gradient: Vector, weight: float) -> float:
        """Add the slopes of l2 and l1 to the gradient, which is changed, and return their value.

        Penalties are of the sum over samples, hence the division by the weight of the rows.
        """
        cost = 0.0
        for kind, strength in ((L2, self.l2), (L1, self.l1)):
            for block in self.network.blocks:
                if strength and block.decay and weight > 0:
                    penalty = kind(strength * block.decay / weight)
                    part = slice(block.start, block.stop)
                    slope = penalty.compute("slope", theta=theta[part])
                    gradient[part] += slope
                    cost += float(theta[part] @ slope) / penalty.degree  # Euler's theorem saves passes over θ
        return cost

    def steps_per_epoch(self, n_samples: int) -> int:
        """How many batches an epoch has."""
        size = min(self.batch_size, n_samples)
        return n_samples // size if self.drop_last else math.ceil(n_samples / size)


def _whole(name: str, value: object, at_least: int) -> int:
    """`value` as Python's int, NumPy's among the whole numbers that are taken."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        allowed = f"of at least {at_least}" if at_least else "from 0"
        raise InputError(f"{name} must be a whole number {allowed}, not {value!r}")
    return int(value)


def dropout_rates(job: Job) -> Sequence[float]:
    """The fraction dropped after each of the layers 0 … L − 1."""
    return job.dropout or (0.0,) * job.network.depth
