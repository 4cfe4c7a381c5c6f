"""When training ends before its preset number of epochs, and which of its epochs was the best."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from clearprop.engines import Job, TrainingState
from clearprop.errors import InputError
from clearprop.formulas import LBFGS, ReduceOnPlateau
from clearprop.training.loop import Epoch

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


def out_of_time(stopping: Stopping, epoch: int) -> tuple[str, str]:
    """The end by the time limit, in this epoch: a word and a sentence."""
    return "time", f"stopped in epoch {epoch}: the time limit of {stopping.max_seconds:g} s was reached"


def verdict(
    job: Job, stopping: Stopping, watch: Watch, epoch: Epoch, deadline: float, callbacks: Iterable[Callback]
) -> tuple[str, str] | None:
    """Why training ends after this epoch, or None if it goes on."""
    answers = [callback(epoch) for callback in callbacks]  # every callback sees every epoch
    if any(isinstance(answer, bool | np.bool_) and answer for answer in answers):
        return "callback", f"stopped after epoch {epoch.n}: a callback asked for it"
    if time.perf_counter() >= deadline:
        return out_of_time(stopping, epoch.n)
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
