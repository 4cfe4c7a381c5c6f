"""Training in the lab: the engine, moved on by exactly so many updates, or for as long as a frame lasts."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from clearprop.engines import TrainingState
from clearprop.engines.blas_threads import suited_to
from clearprop.formulas import ReduceOnPlateau
from clearprop.job import Epoch, Job
from clearprop.job.records import Ended
from clearprop.job.state import rates
from clearprop.lab.project import Project
from clearprop.training.loop import epoch_order
from clearprop.training.stopping import Stopping, on_plateau

FIRST_STRETCH, LONGEST_STRETCH = 1, 4096  # updates of one call


def with_epochs(job: Job, at_least: int) -> Job:
    """The job with so many planned epochs at least: whoever steps past the last one goes on."""
    return job if job.epochs >= at_least else replace(job, epochs=at_least)


def advance(project: Project, job: Job, state: TrainingState, updates: int) -> None:
    """Make so many updates, and not one more.

    Parameters
    ----------
    project : Project
    job : Job
        By which they are made.
    state : TrainingState
        Moved on in place.
    updates : int

    Raises
    ------
    DivergenceError
        When a loss or gradient is not finite; the state is that before the update.
    """
    data, engine = project.rows.training, project.choice.engine
    n_samples = data.n_samples
    per_epoch = job.steps_per_epoch(n_samples)
    with _held(project, job):
        while updates > 0:
            planned = with_epochs(job, state.epoch + 1)
            made = min(updates, per_epoch - state.cursor)
            order = epoch_order(planned, state.epoch, n_samples, engine)
            of_these = rates(planned, state, n_samples, made)
            engine.steps(planned, state, data, order, of_these)
            updates -= made
            if state.cursor == per_epoch:
                _end(job, state, state.end_epoch(n_samples), float(of_these[-1]))


def _end(job: Job, state: TrainingState, ended: Ended, rate: float) -> None:
    """Lower the rate where the schedule goes by the loss of an epoch, as the reader of a fit does."""
    if isinstance(job.schedule, ReduceOnPlateau):
        norms = tuple(ended.gradient_norms.tolist())
        epoch = Epoch(state.epoch, ended.loss, norms, rate, 0.0, state.step)
        on_plateau(job.schedule, Stopping(), epoch, [state])


def frame(project: Project, job: Job, state: TrainingState, seconds: float, until: int) -> None:
    """Train for about so long, and not beyond so many epochs; parameters and errors else as of `advance`."""
    deadline, stretch = time.perf_counter() + seconds, FIRST_STRETCH
    per_epoch = job.steps_per_epoch(project.rows.n_training)
    while state.epoch < until and (began := time.perf_counter()) < deadline:
        left = (until - state.epoch) * per_epoch - state.cursor
        advance(project, job, state, min(stretch, left))
        took = max(time.perf_counter() - began, 1e-7)
        rest = deadline - time.perf_counter()
        stretch = max(1, min(2 * stretch, LONGEST_STRETCH, int(stretch * rest / took)))


def _held(project: Project, job: Job) -> AbstractContextManager[object]:
    """Holds the BLAS to as many threads as the products are worth."""
    return suited_to(job, project.rows.n_training, None) if project.choice.engine.uses_blas else nullcontext()
