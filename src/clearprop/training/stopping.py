"""When training ends before its preset number of epochs, and which of its epochs was the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import LBFGS, ReduceOnPlateau
from clearprop.job import Best, Epoch, Job, Progress, TrainingState
from clearprop.job.records import Records

ON_DIVERGENCE = ("raise", "retry")
TRUTH_VALUES = (bool, np.bool_)
Callback = Callable[[Epoch], Any]  # called after each epoch; ends training by returning True


class Ending(NamedTuple):
    """Why training ended: a word for `Fit.stopped_by`, and a sentence."""

    stopped_by: str
    reason: str


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
        Epochs without improvement before stopping; infinite: never stop for this.
    restore_best : bool
        Put the weights of the best epoch back at the end (for a score; the training loss is a mean over moving
        weights).
    max_seconds : float, optional
        Time limit, looked at several times a second, inside an epoch too.
    later_within : float, optional
        A later epoch becomes the best one if its value is worse than the best by no more than this share of it. By
        default the first of equal epochs stays the best.
    on_divergence : {"raise", "retry"}
        When a loss or gradient is not finite: raise DivergenceError, or go on from the best weights so far, or
        the first ones, with half the learning rate, ten times at most: `clearprop.training.divergence`.
    """

    watch: str = "loss"
    higher_is_better: bool = False
    tolerance: float = 1e-4
    patience: float = 10
    restore_best: bool = False
    max_seconds: float | None = None
    later_within: float | None = None
    on_divergence: str = "raise"

    def __post_init__(self) -> None:
        check_on_divergence(self.on_divergence)
        if not (isinstance(self.tolerance, Real) and self.tolerance >= 0):
            raise InputError(f"tolerance must be at least 0, not {self.tolerance!r}")
        if not (isinstance(self.patience, Real) and self.patience >= 1):
            raise InputError(f"patience must be at least 1 epoch, not {self.patience!r}")
        if self.max_seconds is not None and not (isinstance(self.max_seconds, Real) and self.max_seconds > 0):
            raise InputError(f"max_seconds must be above 0, not {self.max_seconds!r}")


def watched(stopping: Stopping, epoch: Epoch) -> float:
    """What is watched, turned so that lower is better; NaN counts as infinitely bad."""
    found = epoch.loss if stopping.watch == "loss" else epoch.scores[stopping.watch]
    value = -found if stopping.higher_is_better else found
    return math.inf if math.isnan(value) else value


def check_on_divergence(given: object) -> None:
    """Raise UnknownNameError for what is not to be done when training diverges."""
    if not isinstance(given, str) or given not in ON_DIVERGENCE:
        raise UnknownNameError("on_divergence", given, ON_DIVERGENCE)


def check_rate_to_lower(on_divergence: str) -> None:
    """Raise InputError where lbfgs is asked to go on from a divergence with a lower learning rate: it has none."""
    if on_divergence == "retry":
        raise InputError(
            "on_divergence='retry' does not go with lbfgs: it has no learning rate to lower. Leave on_divergence out, "
            "or take adam or sgd"
        )


def see(
    stopping: Stopping, progress: Progress, epoch: Epoch, states: Sequence[TrainingState], *, keeps: bool = False
) -> None:
    """Take one more epoch into account; where it is the best so far, keep what is wanted of the states.

    `keeps` says that their weights are to be kept even where they are not put back at the end.
    """
    value, best = watched(stopping, epoch), math.inf if progress.best is None else progress.best.value
    progress.history.append(epoch)
    progress.seconds = epoch.seconds
    progress.stale = 0 if is_better(value, best, stopping.tolerance) else progress.stale + 1
    equals = stopping.later_within is not None and value <= best + stopping.later_within * abs(best)
    if progress.best is None or value < best or equals:
        whole = tuple(state.copy() for state in states) if stopping.on_divergence == "retry" else ()
        thetas = tuple(state.theta for state in whole)
        if not thetas and (keeps or stopping.restore_best):
            thetas = tuple(state.theta.copy() for state in states)
        progress.best = Best(value, epoch, thetas, whole)  # all of it at once: Ctrl-C may come at any call


def see_all(stopping: Stopping, progress: Progress, records: Records) -> None:
    """Take several epochs into account at once, as `see` does one after the other; nothing of the states is kept.

    No score is watched: epochs that are measured are not made several at a time.
    """
    if stopping.later_within is not None:
        for epoch in records:
            see(stopping, progress, epoch, ())
        return
    values = -records.losses if stopping.higher_is_better else records.losses
    values = np.where(np.isnan(values), math.inf, values)
    best = math.inf if progress.best is None else progress.best.value
    least = np.minimum.accumulate(np.concatenate([[best], values]))  # before each of them, and after the last
    better = np.flatnonzero((values < math.inf) & (values <= least[:-1] - stopping.tolerance))
    stale = len(values) - 1 - int(better[-1]) if len(better) else progress.stale + len(values)
    if progress.best is None or least[-1] < best:
        first = int(np.argmin(values))
        progress.best = Best(float(values[first]), records[first])
    progress.stale, progress.seconds = stale, records[-1].seconds
    progress.history.extend(records)  # the last, as Ctrl-C may come at any call


def is_better(value: float, best: float, tolerance: float) -> bool:
    """Whether a value is below the best one by the tolerance at least; an infinite one is never better."""
    return value < math.inf and value <= best - tolerance


def on_plateau(
    schedule: ReduceOnPlateau, stopping: Stopping, epoch: Epoch, states: Sequence[TrainingState]
) -> Ending | None:
    """Lower the learning rate where what is watched has been no better for a while.

    Parameters
    ----------
    schedule : ReduceOnPlateau
    stopping : Stopping
        Says what is watched.
    epoch : Epoch
        The last one.
    states : sequence of TrainingState
        Of all networks that are trained together. The count lives in them, so that it goes on where training goes on.

    Returns
    -------
    Ending or None
        Why training ends, once the rate can fall no further.
    """
    value, (first, *others) = watched(stopping, epoch), states
    better = is_better(value, first.plateau_best, schedule.tolerance)
    first.plateau_stale = 0 if better else first.plateau_stale + 1
    first.plateau_best = min(first.plateau_best, value)
    ending = None
    if first.plateau_stale > schedule.patience:
        if epoch.learning_rate <= schedule.minimum:
            fell = f"the learning rate fell to {epoch.learning_rate:g} (converged)"
            ending = Ending("rate", f"stopped after epoch {epoch.n}: {fell}")
        else:
            first.rate_scale *= schedule.gamma
            first.plateau_stale = 0
    for state in others:
        state.plateau_best, state.plateau_stale = first.plateau_best, first.plateau_stale
        state.rate_scale = first.rate_scale
    return ending


def out_of_time(stopping: Stopping, epoch: int) -> Ending:
    """The end by the time limit, in this epoch."""
    return Ending("time", f"stopped in epoch {epoch}: the time limit of {stopping.max_seconds:g} s was reached")


def no_improvement(job: Job, stopping: Stopping, progress: Progress, epoch: Epoch) -> Ending | None:
    """The end once there has been no better epoch for too long."""
    if until_stale(job, stopping, progress) > 0:
        return None
    name = "training loss" if stopping.watch == "loss" else stopping.watch.replace("_", " ")
    by = f" by {stopping.tolerance:g}" if stopping.tolerance else ""
    stale = f"the {name} was no better{by} for {stopping.patience:g} epochs (converged)"
    return Ending("no_improvement", f"stopped after epoch {epoch.n}: {stale}")


def until_stale(job: Job, stopping: Stopping, progress: Progress) -> float:
    """After how many more epochs, at the earliest, there has been no better one for too long."""
    # The training loss of lbfgs falls at every iteration, so only a score can go stale there.
    if isinstance(job.update_rule, LBFGS) and stopping.watch == "loss":
        return math.inf
    return math.floor(stopping.patience) + 1 - progress.stale if stopping.patience < math.inf else math.inf


def look_at_states(callbacks: Iterable[Callback]) -> bool:
    """Whether any of these looks at the states of a fit; one that says ``looks = False`` reads the records alone."""
    return any(getattr(callback, "looks", True) for callback in callbacks)


def take_several(callbacks: Iterable[Callback]) -> bool:
    """Whether each of these takes the records of several epochs at once, by a method ``take``, and ends no training."""
    return all(hasattr(callback, "take") for callback in callbacks)


def asked_to_stop(callbacks: Iterable[Callback], found: Epoch | Records) -> Ending | None:
    """Show an epoch to every callback, or those of several; the end where one of them returns True."""
    if not isinstance(found, Epoch):
        for callback in callbacks:
            callback.take(found)  # type: ignore[attr-defined]
        return None
    ends = False
    for callback in callbacks:
        answer = callback(found)
        ends = ends or (isinstance(answer, TRUTH_VALUES) and bool(answer))
    if ends:
        return Ending("callback", f"stopped after epoch {found.n}: a callback asked for it")
    return None
