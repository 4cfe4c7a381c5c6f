"""The training loop: a generator of immutable Epoch records.

Whoever reads the records decides what they are for: a progress bar, early stopping, checkpoints, plots, a live page.
Whoever wants to stop stops asking. All that must survive between two updates is in the TrainingState, so a run that is
continued from a copy of its state, inside an epoch too, makes the same updates to the bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.job import Epoch
from clearprop.job.randomness import state_of
from clearprop.job.state import rates as rates_of

SECONDS_PER_STRETCH = 0.05  # how long the loop may be away from Ctrl-C, time limits and progress


Measure = Callable[[Any], Mapping[str, float]]  # from θ to named scores


def epoch_order(job: Job, epoch: int, n_samples: int, engine: Engine) -> Any:
    """The order of the rows in an epoch (from 0), int64: a function of the job's seed and the epoch's number alone.

    A batch of all rows is the same in any order.
    """
    order = np.arange(n_samples, dtype=np.int64)
    if job.shuffle and job.batch_size < n_samples:
        engine.shuffle(order, state_of(job.seed, epoch))
    return order


def epochs(
    job: Job,
    state: TrainingState,
    data: Data,
    engine: Engine,
    *,
    measure: Measure | None = None,
    is_over: Callable[[], bool] = lambda: False,
    began: float | None = None,
) -> Generator[Epoch, None, None]:
    """Train, and yield a record after every pass over the rows.

    Parameters
    ----------
    job : Job
    state : TrainingState
        Moved on in place; start from `TrainingState.start` or from a copy of an earlier state. Arrays that are
        read-only, mapped or shared are replaced by copies first.
    data : Data
    engine : Engine
    measure : callable, optional
        Called with θ at the end of each pass; its numbers go into the record.
    is_over : callable, optional
        Asked between stretches of updates; True ends training inside a pass, with a last, incomplete record.
    began : float, optional
        When training began, by `time.perf_counter`; by default now.

    Yields
    ------
    Epoch

    Raises
    ------
    DivergenceError
        When a loss or gradient is not finite; `state.theta` holds the last good parameters.
    """
    state.own()
    began = time.perf_counter() if began is None else began
    n_steps = job.steps_per_epoch(data.n_samples)
    stretch = 1
    while state.epoch < job.epochs:
        order = epoch_order(job, state.epoch, data.n_samples, engine)
        rate = float("nan")
        while state.cursor < n_steps and not is_over():
            rates = rates_of(job, state, data.n_samples, min(stretch, n_steps - state.cursor))
            started = time.perf_counter()
            engine.steps(job, state, data, order, rates)
            took = max(time.perf_counter() - started, 1e-7)
            # Twice as long as before, though the end of the epoch may have cut this one short.
            stretch = max(1, min(2 * stretch, int(len(rates) * SECONDS_PER_STRETCH / took)))
            rate = float(rates[-1])
        if state.cursor == 0:
            return
        complete = state.cursor == n_steps
        record = Epoch(
            n=state.epoch + 1,
            loss=state.loss_sum / state.weight_sum if state.weight_sum > 0 else 0.0,
            gradient_norms=tuple(float(norm) for norm in state.gradient_norms),
            learning_rate=rate,
            seconds=time.perf_counter() - began,
            steps=state.step,
            scores={} if measure is None else measure(state.theta),
            complete=complete,
        )
        if complete:
            state.epoch += 1
            state.samples += data.n_samples
            state.cursor, state.loss_sum, state.weight_sum = 0, 0.0, 0.0
        yield record
        if not complete:
            return
