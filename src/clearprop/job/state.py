"""How far a fit has come: all that must survive between two updates, and the learning rates that follow from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.formulas import Clock, UpdateRule
from clearprop.job.job import Job
from clearprop.job.records import Ended, Epoch, History
from clearprop.network.parameters import Vector


def owned(array: Any) -> Any:
    """The array itself where its memory is NumPy's own and can be written, otherwise a copy.

    Engines write through the address. What was read from a file by mapping it, or shared with another process, is
    not to be written, and writing to read-only memory would end the process.
    """
    owner = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    flags = array.flags
    if type(array) is type(owner) is np.ndarray and flags.writeable and flags.c_contiguous and flags.aligned:
        return array
    return np.array(array, order="C", subok=False)


class Best(NamedTuple):
    """The best epoch so far.

    Attributes
    ----------
    value : float
        Of what is watched, turned so that lower is better.
    epoch : Epoch
    thetas : tuple of arrays of shape (n_parameters,)
        The weights of each network after it; () where they are not kept.
    states : tuple of TrainingState
        The state of each network after it, for a fit that may go back to it; () for any other.
    """

    value: float
    epoch: Epoch
    thetas: tuple[Vector, ...] = ()
    states: tuple[TrainingState, ...] = ()


class Retry(NamedTuple):
    """A fit diverged, and went on from its best weights so far with a lower learning rate.

    Attributes
    ----------
    epoch, step : int
        Where it diverged, as of `clearprop.errors.DivergenceError`. That epoch began again.
    layer : int or None
        The first layer whose gradient was not finite; None when only the loss was not.
    from_epoch : int
        The epoch after which the weights were those that it went on from.
    is_start : bool
        Whether these are the weights that the fit began with.
    rate_scale : float
        The factor on the learning rate since then.
    """

    epoch: int
    step: int
    layer: int | None
    from_epoch: int
    is_start: bool
    rate_scale: float

    def __str__(self) -> str:
        what = "the loss" if self.layer is None else f"the gradient of layer {self.layer}"
        weights = "its first weights" if self.is_start else f"the weights of epoch {self.from_epoch}, the best"
        return (
            f"training diverged in epoch {self.epoch}, step {self.step}: {what} was not finite. It went on from "
            f"{weights}, with {self.rate_scale:g} times the learning rate asked for"
        )


@dataclass
class Progress:
    """How a fit under way has gone so far. The reader of its epochs writes it.

    Attributes
    ----------
    first_epoch : int
        Whole epochs done before this fit.
    seconds : float
        Time that its epochs have taken.
    best : Best or None
    stale : int
        For how many epochs there has been no better one.
    history : History
        The records of all epochs of this fit.
    ended : (str, str) or None
        Of a fit that has ended: the word and the sentence that say why.
    start : tuple of TrainingState
        The state of each network when a fit began that may go back to it; () for any other.
    retries : tuple of Retry
    """

    first_epoch: int = 0
    seconds: float = 0.0
    best: Best | None = None
    stale: int = 0
    history: History = field(default_factory=History)
    ended: tuple[str, str] | None = None
    start: tuple[TrainingState, ...] = ()
    retries: tuple[Retry, ...] = ()


@dataclass
class TrainingState:
    """What must be carried from one update to the next.

    Engines write the weights, the loop counts epochs, and the reader of the epochs keeps the best ones. A copy that is
    taken while a fit is under way, by `copy.deepcopy` or pickle, goes on as that fit would have.

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
    plateau_best : float
        The best value that `ReduceOnPlateau` has watched, lower being better.
    plateau_stale : int
        For how many epochs it has seen no better one.
    progress : Progress or None
        Of the fit under way, the best weights included; of several networks trained together, the same one for each.
    search_start : array of shape (n_parameters,) or None
        Where the L-BFGS search under way began. What SciPy remembers since cannot be copied, so a search that is
        continued computes its iterations again, from here.
    searched : int
        How many iterations that is.
    """

    theta: Vector
    memory: list[Vector]
    step: int = 0
    epoch: int = 0
    cursor: int = 0
    samples: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    gradient_norms: Vector = None
    rate_scale: float = 1.0
    plateau_best: float = math.inf
    plateau_stale: int = 0
    progress: Progress | None = None
    search_start: Vector = None
    searched: int = 0

    @classmethod
    def start(cls, job: Job, theta: Vector) -> TrainingState:
        """The state before the first update; `theta` is copied."""
        names = job.update_rule.memory if isinstance(job.update_rule, UpdateRule) else ()
        theta = np.array(theta, order="C", subok=False)
        return cls(theta, [np.zeros_like(theta) for _ in names], gradient_norms=np.zeros(job.network.depth))

    @property
    def so_far(self) -> Ended:
        """What the epoch under way has come to."""
        return Ended(self.loss_sum, self.weight_sum, self.gradient_norms)

    def end_epoch(self, n_samples: int) -> Ended:
        """Begin the next epoch; what the one that ends here came to."""
        ended = self.so_far
        self.epoch, self.samples = self.epoch + 1, self.samples + n_samples
        self.cursor, self.loss_sum, self.weight_sum = 0, 0.0, 0.0
        return ended

    def end_epochs(self, rows: Any, n_samples: int) -> None:
        """Begin the epoch after several that one call has made; `rows` are what they came to: see `Endings`."""
        said = rows[:, 1] > 0.0
        said[0] = rows[0, 1] > self.weight_sum
        if not said.all():  # an epoch whose weights are all zero has the norms of the one before
            for k in np.flatnonzero(~said):
                rows[k, 2:] = rows[k - 1, 2:] if k else self.gradient_norms
        self.gradient_norms = rows[-1, 2:].copy()
        self.epoch, self.samples = self.epoch + len(rows), self.samples + len(rows) * n_samples
        self.loss_sum = self.weight_sum = 0.0

    def copy(self) -> TrainingState:
        """A state of its own, without the progress of the fit, which several networks share."""
        return replace(
            self,
            theta=self.theta.copy(),
            memory=[vector.copy() for vector in self.memory],
            gradient_norms=self.gradient_norms.copy(),
            progress=None,
        )

    def own(self) -> None:
        """Copy θ and the memory where they are not this state's to write: `owned`. Before anything is written."""
        self.theta, self.memory = owned(self.theta), [owned(vector) for vector in self.memory]


@dataclass(frozen=True)
class Snapshot:
    """A fit between two updates of each of its networks: all that it takes to go on from there.

    Attributes
    ----------
    states : tuple of TrainingState
        Of each network, without its progress; copies.
    progress : Progress
        Of all of them.
    unread : tuple of Epoch or None
        Of each network the record of the epoch that it has just ended, where the others have not yet.
    """

    states: tuple[TrainingState, ...]
    progress: Progress
    unread: tuple[Epoch | None, ...]

    def restored(self) -> list[TrainingState]:
        """The states with their progress, to go on from; not copied."""
        for state in self.states:
            state.progress = self.progress
        return list(self.states)


def clock(job: Job, state: TrainingState, n_samples: int, ahead: Any = 0.0) -> Clock:
    """Where training stands, by which a schedule goes; or where it will be some updates ahead, a number or an array."""
    per_epoch = job.steps_per_epoch(n_samples)
    progress = (ahead + (state.epoch * per_epoch + state.cursor)) / (job.epochs * per_epoch)
    return Clock(ahead + state.step, float(state.epoch), float(state.samples), np.minimum(progress, 1.0))


def rates(job: Job, state: TrainingState, n_samples: int, n_steps: int) -> Vector:
    """The learning rates of the next `n_steps` updates, float64 (n_steps,)."""
    assert isinstance(job.update_rule, UpdateRule)
    rates = np.full(n_steps, job.update_rule.learning_rate * state.rate_scale)
    if not job.schedule.is_constant:
        rates *= job.schedule.factor(clock(job, state, n_samples, np.arange(n_steps, dtype=np.float64)))
    return rates
