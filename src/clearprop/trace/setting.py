"""The setting of a trace: what a step of training is asked to do, with which rows, from which state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.formulas import LBFGS, ConstantSchedule, UpdateRule, update_rule
from clearprop.job import Data, Job, TrainingState, prepared
from clearprop.job.randomness import masks
from clearprop.job.state import clock
from clearprop.network import Network, Parameters, loss
from clearprop.network.parameters import Mask
from clearprop.trace.graph import Step


@dataclass(frozen=True, eq=False)
class Setting:
    """One step of a fit.

    Attributes
    ----------
    job : Job
    X, Y : array of shape (n, n₀) and (n, n_L)
        The rows of this step.
    is_batch : bool
        Whether they were given as a batch; otherwise there is one, and it is explained without its axis.
    sample_weight : array of shape (n,) or None
        As it was given; None where all are 1.
    state : TrainingState
        Before the step: the optimizer's memory and how far the fit has come. Its θ is not read.
    n_samples : int
        Rows of the whole fit, by which a schedule knows how long an epoch is.
    mask : mapping of int to array of shape (n, n_l)
        What dropout multiplies the activations of each layer by, as in a Tape.
    """

    job: Job
    X: Any
    Y: Any
    is_batch: bool
    sample_weight: Any
    state: TrainingState
    n_samples: int
    mask: Mask

    @property
    def network(self) -> Network:
        """The network of the job."""
        return self.job.network

    @property
    def rule(self) -> UpdateRule:
        """The update rule of the job."""
        return self.step.rule

    @cached_property
    def target(self) -> Any:
        """Y, or Y after label smoothing: what the loss compares the outputs with."""
        return self.job.smoothed(self.Y)

    @cached_property
    def data(self) -> Data:
        """The rows with their weights, those of their classes included."""
        return prepared(self.job, self.X, self.Y, self.sample_weight)

    @property
    def weight(self) -> Any:
        """The weight of each row; None where all are 1."""
        return self.data.weight

    @property
    def total_weight(self) -> float:
        """Σ of the weights, by which a penalty is divided."""
        return self.data.total_weight

    @property
    def step(self) -> Step:
        """What the graph of this step depends on."""
        rows = len(self.X) if self.is_batch else None
        return Step(self.job, rows, self.sample_weight is not None, self.state.rate_scale != 1)

    @property
    def clock(self) -> dict[str, float]:
        """Where training stands: what a schedule and plateaus go by."""
        known = clock(self.job, self.state, self.n_samples)._asdict()
        return {name: float(value) for name, value in known.items()} | {"scale": self.state.rate_scale}

    @property
    def is_plain(self) -> bool:
        """Whether the step asks for nothing but the mean loss and an update rule at its own rate."""
        job = self.job
        asks = (job.l1, job.l2, job.label_smoothing, job.clip_norm, self.mask)
        weighs = self.sample_weight is not None or job.class_weight is not None
        return not any(asks) and not weighs and isinstance(job.schedule, ConstantSchedule) and not job.schedule.warmup

    def loss(self, theta: Any) -> float:
        """The loss of these rows, with their masks, by the engine's forward propagation."""
        return loss(self.network, self.network.views(theta), self.X, self.target, self.weight, self.mask)

    def cost(self, theta: Any) -> float:
        """The loss and the penalties: what the step minimises."""
        return self.loss(theta) + self.job.add_penalties(theta, np.zeros_like(theta), self.total_weight)

    def after(self, theta: Any, memory: list[Any]) -> TrainingState:
        """The state after the step; after the last batch of an epoch a new one begins."""
        state, job = self.state, self.job
        cursor, epoch, samples = state.cursor + 1, state.epoch, state.samples
        if cursor >= job.steps_per_epoch(self.n_samples):
            cursor, epoch, samples = 0, epoch + 1, samples + self.n_samples
        return replace(
            state, theta=theta, memory=memory, step=state.step + 1, epoch=epoch, cursor=cursor, samples=samples
        )

    def alone(self, i: int) -> Setting:
        """The same step with one of its samples alone, its own dropout mask kept."""
        weight = None if self.sample_weight is None else self.sample_weight[i : i + 1]
        mask = {l: values[i : i + 1] for l, values in self.mask.items()}
        return replace(self, X=self.X[i : i + 1], Y=self.Y[i : i + 1], is_batch=False, sample_weight=weight, mask=mask)


def setting_of(
    job: Job, params: Parameters, x: Any, y: Any, state: TrainingState | None, sample_weight: Any, n_samples: int | None
) -> Setting:
    """The setting of these rows, checked; see `clearprop.explain.explain`."""
    if isinstance(job.update_rule, LBFGS):
        raise InputError(
            "L-BFGS chooses its steps itself and has no update formula to explain; explain a step of another "
            "optimizer, for example sgd(0.1) or adam()"
        )
    job.network.check_parameters(params)
    _check_finite(job.network, params)
    X, Y, weight, is_batch = _rows(job, x, y, sample_weight)
    state = TrainingState.start(job, params.theta) if state is None else state
    rule = update_rule(job.update_rule)
    if len(state.memory) != len(rule.memory) or state.theta.shape != params.theta.shape:
        raise InputError(
            f"the state does not belong to this network and optimizer: {rule.name} keeps {len(rule.memory)} "
            f"vector(s) of {len(params.theta)} numbers"
        )
    mask = masks(job, state.step, len(X), np.float64)
    found = Setting(job, X, Y, is_batch, weight, state, len(X) if n_samples is None else n_samples, mask)
    if found.weight is not None and not found.weight.any():
        raise InputError(
            "the weight of every row is zero, so the step changes nothing; give at least one row a weight above zero"
        )
    return found


def _check_finite(network: Network, params: Parameters) -> None:
    """Raise NotFiniteError with the name of the first weight or bias that is not finite."""
    theta = np.asarray(params.theta)
    if np.isfinite(theta).all():
        return
    first = int(np.argmin(np.isfinite(theta)))
    block = next(block for block in network.blocks if first < block.stop)
    place = np.unravel_index(first - block.start, block.shape)
    name = f"{block.name}[{','.join(str(int(i)) for i in place)}]"
    raise NotFiniteError(f"{name} is {theta[first]}; every weight and bias must be a finite number")


def _rows(job: Job, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any, bool]:
    """X, Y and the weights as matrices and a vector, checked, and whether they were a batch."""
    widths = job.network.widths
    X, Y = _numbers("x", x.toarray() if hasattr(x, "toarray") else x), _numbers("y", y)
    weight = None if sample_weight is None else _numbers("sample_weight", sample_weight)
    is_batch = X.ndim == 2
    if not is_batch:
        if X.shape != widths[:1]:
            raise ShapeError(f"x must hold {widths[0]} numbers, one per input, not an array of shape {X.shape}")
        if Y.size != widths[-1] or Y.ndim > 1:
            raise ShapeError(f"y must hold {widths[-1]} number(s), one per output, not an array of shape {Y.shape}")
        X, Y = X[None, :], Y.reshape(1, -1)
        weight = None if weight is None else weight.reshape(-1)
    data = prepared(Job(job.network), X, Y, weight)
    return data.X, data.Y, data.weight, is_batch


def _numbers(name: str, values: Any) -> Any:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be made of numbers ({error})") from None
