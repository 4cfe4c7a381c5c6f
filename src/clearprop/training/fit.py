"""A whole fit: the loop, and the readers that decide when it ends and which weights are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.threads import suited_to
from clearprop.errors import InputError
from clearprop.formulas import LBFGS, ReduceOnPlateau
from clearprop.training.lbfgs import lbfgs_epochs
from clearprop.training.loop import Epoch, Measure, epochs

Callback = Callable[[Epoch], Any]  # called after each epoch; ends training by returning True


@dataclass(frozen=True)
class Stopping:
    """When training ends before its preset number of epochs.

    Parameters
    ----------
    watch : str
        "loss" (of training), or the name of a score that is measured after each epoch.
    higher_is_better : bool
    tolerance : float
        Better by less than this is no better.
    patience : float
        Epochs in a row without getting better that are still borne; infinite: never stop for this.
    restore_best : bool
        Put the weights of the best epoch back at the end (for a score; the training loss is a mean over moving
        weights).
    max_seconds : float, optional
        Time limit, looked at several times a second, inside an epoch too.
    """

    watch: str = "loss"
    higher_is_better: bool = False
    tolerance: float = 1e-4
    patience: float = 10
    restore_best: bool = False
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.tolerance, Real) and self.tolerance >= 0):
            raise InputError(f"tolerance must be at least 0, not {self.tolerance!r}")
        if not (isinstance(self.patience, Real) and self.patience >= 1):
            raise InputError(f"patience must be at least 1 epoch, not {self.patience!r}")
        if self.max_seconds is not None and not (isinstance(self.max_seconds, Real) and self.max_seconds > 0):
            raise InputError(f"max_seconds must be above 0, not {self.max_seconds!r}")


@dataclass(frozen=True)
class Fit:
    """What a fit came to.

    Attributes
    ----------
    history : tuple of Epoch
    reason : str
        A sentence saying why it ended.
    stopped_by : str
        "epochs", "no_improvement", "rate", "time", "callback" or "interrupt"; of lbfgs also "minimum", "evaluations" or
        "line_search".
    best : Epoch or None
        The epoch whose weights the state holds, where the best were put back.
    """

    history: tuple[Epoch, ...]
    reason: str
    stopped_by: str
    best: Epoch | None

    @property
    def converged(self) -> bool:
        """Whether training ended because nothing got better, rather than because it was cut off."""
        return self.stopped_by in ("no_improvement", "minimum", "rate")


class Watch:
    """Keeps the best value seen and for how many epochs there has been no better one."""

    def __init__(self, stopping: Stopping, tolerance: float) -> None:
        self.stopping, self.tolerance = stopping, tolerance
        self.best_value = math.inf
        self.best_epoch: Epoch | None = None
        self.best_theta: Any = None
        self.stale = 0

    def value(self, epoch: Epoch) -> float:
        """What is watched, turned so that lower is better; NaN counts as infinitely bad."""
        found = epoch.loss if self.stopping.watch == "loss" else epoch.scores[self.stopping.watch]
        value = -found if self.stopping.higher_is_better else found
        return math.inf if math.isnan(value) else value

    def see(self, epoch: Epoch, theta: Any) -> None:
        """Take one more epoch into account."""
        value = self.value(epoch)
        self.stale = 0 if is_better(value, self.best_value, self.tolerance) else self.stale + 1
        if self.best_epoch is None or value < self.best_value:
            self.best_value, self.best_epoch = value, epoch
            if self.stopping.restore_best:
                self.best_theta = theta.copy()


def is_better(value: float, best: float, tolerance: float) -> bool:
    """Whether a value is below the best one by the tolerance at least; an infinite one is never better."""
    return value < math.inf and value <= best - tolerance


def fit(
    job: Job,
    state: TrainingState,
    data: Data,
    engine: Engine,
    stopping: Stopping,
    *,
    measure: Measure | None = None,
    callbacks: Iterable[Callback] = (),
) -> Fit:
    """Train until the preset number of epochs or until `stopping` says so.

    Ctrl-C ends training as any other reason does, with the best weights put back: `stopped_by` says "interrupt".

    Parameters
    ----------
    job, state, data, engine, measure
        As for `clearprop.training.loop.epochs`; the state holds the result.
    stopping : Stopping
    callbacks : iterable of callable
        Each gets every Epoch; one that returns True ends training.

    Raises
    ------
    DivergenceError
        When a loss or gradient is not finite. The state then holds the best weights so far, where they are kept, or the
        last good ones.
    """
    watch = Watch(stopping, stopping.tolerance)
    plateau = Plateau(job.schedule, stopping) if isinstance(job.schedule, ReduceOnPlateau) else None
    history: list[Epoch] = []
    deadline = math.inf if stopping.max_seconds is None else time.perf_counter() + stopping.max_seconds
    ended = "epochs", f"stopped at the preset number of {job.epochs - state.epoch} epochs"
    records = Records(_records(job, state, data, engine, measure, deadline))
    try:
        with suited_to(job, data.n_samples):
            for epoch in records:
                history.append(epoch)
                watch.see(epoch, state.theta)
                verdict = _verdict(job, stopping, watch, epoch, deadline, callbacks)
                if verdict is None and plateau is not None:
                    verdict = plateau.see(epoch, state)
                if verdict is not None:
                    ended = verdict
                    break
            else:
                ended = records.ended or (
                    _out_of_time(stopping, state.epoch + 1) if state.epoch < job.epochs else ended
                )
    except KeyboardInterrupt:
        ended = "interrupt", f"interrupted after {len(history)} whole epochs"
    finally:
        if watch.best_theta is not None:
            state.theta[:] = watch.best_theta
    best = watch.best_epoch if stopping.restore_best else None
    kept = f"; the weights of epoch {best.n}, the best, were put back" if best is not None else ""
    return Fit(tuple(history), ended[1] + kept, ended[0], best)


class Records:
    """An iterator over epochs that keeps what its generator returns at its end."""

    def __init__(self, generator: Generator[Epoch, None, tuple[str, str] | None]) -> None:
        self.generator = generator
        self.ended: tuple[str, str] | None = None

    def __iter__(self) -> Iterator[Epoch]:
        self.ended = yield from self.generator


def _records(
    job: Job, state: TrainingState, data: Data, engine: Engine, measure: Measure | None, deadline: float
) -> Generator[Epoch, None, tuple[str, str] | None]:
    if isinstance(job.update_rule, LBFGS):
        return lbfgs_epochs(job, state, data, engine, measure=measure)
    return epochs(job, state, data, engine, measure=measure, is_over=lambda: time.perf_counter() >= deadline)


class Plateau:
    """Lowers the learning rate whenever what is watched has not got better for a while."""

    def __init__(self, schedule: ReduceOnPlateau, stopping: Stopping) -> None:
        self.schedule = schedule
        self.watch = Watch(stopping, schedule.tolerance)

    def see(self, epoch: Epoch, state: TrainingState) -> tuple[str, str] | None:
        """Take one more epoch into account; a reason to end training once the rate can fall no further.

        The count lives in the state, so that it goes on where training goes on.
        """
        value = self.watch.value(epoch)
        better = is_better(value, state.plateau_best, self.schedule.tolerance)
        state.plateau_stale = 0 if better else state.plateau_stale + 1
        state.plateau_best = min(state.plateau_best, value)
        if state.plateau_stale <= self.schedule.patience:
            return None
        if epoch.learning_rate <= self.schedule.minimum:
            return (
                "rate",
                f"stopped after epoch {epoch.n}: the learning rate fell to {epoch.learning_rate:g} (converged)",
            )
        state.rate_scale *= self.schedule.gamma
        state.plateau_stale = 0
        return None


def _out_of_time(stopping: Stopping, epoch: int) -> tuple[str, str]:
    return "time", f"stopped in epoch {epoch}: the time limit of {stopping.max_seconds:g} s was reached"


def _verdict(
    job: Job, stopping: Stopping, watch: Watch, epoch: Epoch, deadline: float, callbacks: Iterable[Callback]
) -> tuple[str, str] | None:
    """Why training ends after this epoch, or None if it goes on."""
    stop_asked = [callback(epoch) is True for callback in callbacks]  # every callback sees every epoch
    if any(stop_asked):
        return "callback", f"stopped after epoch {epoch.n}: a callback asked for it"
    if time.perf_counter() >= deadline:
        return _out_of_time(stopping, epoch.n)
    # The training loss of lbfgs falls at every iteration, so only a score can go stale there.
    judged = not isinstance(job.update_rule, LBFGS) or stopping.watch != "loss"
    if judged and watch.stale > stopping.patience:
        name = "training loss" if stopping.watch == "loss" else stopping.watch.replace("_", " ")
        by = f" by {stopping.tolerance:g}" if stopping.tolerance else ""
        return (
            "no_improvement",
            f"stopped after epoch {epoch.n}: the {name} was no better{by} for {stopping.patience:g} epochs (converged)",
        )
    return None
