"""The training loop: a generator of immutable Epoch records.

Whoever reads the records decides what they are for: a progress bar, early stopping, checkpoints, plots, a live page.
Whoever wants to stop stops asking. All that must survive between two updates is in the TrainingState, so a run that is
continued from a copy of its state, inside an epoch too, makes the same updates to the bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.errors import DivergenceError
from clearprop.job import Epoch
from clearprop.job.randomness import state_of
from clearprop.job.records import Endings, Records
from clearprop.job.state import rates as rates_of
from clearprop.training.parts import Part, Rows

SECONDS_PER_STRETCH = 0.05  # how long the loop may be away from Ctrl-C, time limits and progress
# Of an update, before any was seen: at least so long on any machine, and so many operations are done in a second.
SLOWEST_UPDATE, FEWEST_OPERATIONS = 1e-4, 5e8
ROWS_AHEAD = 65_536  # the orders of several epochs that are made in one call: half a megabyte


Measure = Callable[[Any], Mapping[str, float]]  # from θ to named scores


def epoch_order(job: Job, epoch: int, n_samples: int, engine: Engine) -> Any:
    """The order of the rows in an epoch (from 0), int64: a function of the job's seed and the epoch's number alone.

    A batch of all rows is the same in any order.
    """
    order = np.arange(n_samples, dtype=np.int64)
    if job.shuffle and job.batch_size < n_samples:
        engine.shuffle(order, state_of(job.seed, epoch))
    return order


def epoch_orders(job: Job, epoch: int, n_epochs: int, n_samples: int, engine: Engine) -> Any:
    """The orders of the rows in several epochs, one after the other, int64 (n_epochs · n_samples,)."""
    if not job.shuffle or job.batch_size >= n_samples:
        return _in_place(n_samples, n_epochs)
    return np.concatenate([epoch_order(job, epoch + k, n_samples, engine) for k in range(n_epochs)])


@lru_cache(maxsize=1)  # networks of one table have it in common, and engines only read it
def _in_place(n_samples: int, n_epochs: int) -> Any:
    return np.tile(np.arange(n_samples, dtype=np.int64), n_epochs)


def parts_of(
    job: Job, epoch: int, cursor: int, rows: Rows, engine: Engine, is_over: Callable[[], bool]
) -> Iterator[Part]:
    """The parts of an epoch, from the one on in which its update number `cursor` is."""
    if isinstance(rows, Data):
        return iter([Part(rows, epoch_order(job, epoch, rows.n_samples, engine))])
    return rows.parts(job, epoch, cursor, engine, is_over)


def epochs(
    job: Job,
    state: TrainingState,
    data: Rows,
    engine: Engine,
    *,
    measure: Measure | None = None,
    is_over: Callable[[], bool] = lambda: False,
    ahead: Callable[[], int] = lambda: 1,
    began: float | None = None,
) -> Generator[Epoch, None, None]:
    """Train, and yield a record after every pass over the rows.

    Parameters
    ----------
    job : Job
    state : TrainingState
        Moved on in place; start from `TrainingState.start` or from a copy of an earlier state. Arrays that are
        read-only, mapped or shared are replaced by copies first.
    data : Data or Stream
        All rows in memory, or rows that come in parts: see `clearprop.training.parts`.
    engine : Engine
    measure : callable, optional
        Called with θ at the end of each pass; its numbers go into the record.
    is_over : callable, optional
        Asked between stretches of updates; True ends training inside a pass, with a last, incomplete record.
    ahead : callable, optional
        How many passes may be made before their records are read: the state is then that many passes further. Short
        ones are made together, for a twentieth of a second at most, and share its time evenly.
    began : float, optional
        When training began, by `time.perf_counter`; by default now.

    Yields
    ------
    Epoch

    Raises
    ------
    DivergenceError
        When a loss or gradient is not finite; `state.theta` holds the last good parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
    >>> from clearprop.training import epochs
    >>> net, X = Network.mlp([1, 1]), np.array([[0.0], [1.0]])
    >>> job = Job(net, epochs=3)
    >>> state = TrainingState.start(job, net.initial(seed=0).theta)
    >>> [epoch.n for epoch in epochs(job, state, prepared(job, X, X), ReferenceEngine())]
    [1, 2, 3]
    """
    for found in records(job, state, data, engine, measure=measure, is_over=is_over, ahead=ahead, began=began):
        if isinstance(found, Records):
            yield from found
        else:
            yield found


def records(
    job: Job,
    state: TrainingState,
    data: Rows,
    engine: Engine,
    *,
    measure: Measure | None = None,
    is_over: Callable[[], bool] = lambda: False,
    ahead: Callable[[], int] = lambda: 1,
    began: float | None = None,
) -> Generator[Epoch | Records, None, None]:
    """As `epochs`, but those that were made in one call come together."""
    state.own()
    began = time.perf_counter() if began is None else began
    n_samples, n_steps = data.n_samples, job.steps_per_epoch(data.n_samples)
    crosses = may_cross(job, data, engine, measure)
    stretch = _first_stretch(job, n_samples) if crosses else 1
    while state.epoch < job.epochs:
        count = min(stretch // n_steps, ROWS_AHEAD // n_samples) if crosses and state.cursor == 0 else 0
        count = min(count, job.epochs - state.epoch, ahead()) if count > 1 else count
        if count > 1 and isinstance(data, Data) and not is_over():
            started = time.perf_counter()
            yield from _several(job, state, data, engine, count, began)
            stretch = _longer(stretch, count * n_steps, time.perf_counter() - started)
            continue
        rate = float("nan")
        for part in parts_of(job, state.epoch, state.cursor, data, engine, is_over):
            ends, where = part.ends(job), () if part.place is None else (None, part.place)
            while state.cursor < ends and not is_over():
                rates = rates_of(job, state, n_samples, _whole(stretch, state.cursor, ends, engine))
                started = time.perf_counter()
                engine.steps(job, state, part.data, part.order, rates, *where)
                stretch = _longer(stretch, len(rates), time.perf_counter() - started)
                rate = float(rates[-1])
            if state.cursor < ends:
                break
        if state.cursor == 0:
            return
        complete = state.cursor == n_steps
        norms, seconds = tuple(float(norm) for norm in state.gradient_norms), time.perf_counter() - began
        scores = {} if measure is None else measure(state.theta)
        record = Epoch(state.epoch + 1, state.so_far.loss, norms, rate, seconds, state.step, scores, complete)
        if complete:
            state.end_epoch(n_samples)
        yield record
        if not complete:
            return


def _whole(stretch: int, cursor: int, ends: int, engine: Engine) -> int:
    """About so many updates, up to where several processes have one state, or to the end."""
    at_once = getattr(engine, "updates_at_once", 1)
    return min(-(-(cursor + stretch) // at_once) * at_once, ends) - cursor


def may_cross(job: Job, data: Rows, engine: Engine, measure: Measure | None) -> bool:
    """Whether several epochs may be made in one call of the engine."""
    is_plain = engine.crosses_epochs and measure is None and job.schedule.is_constant and isinstance(data, Data)
    return is_plain and ROWS_AHEAD // data.n_samples > 1


def _first_stretch(job: Job, n_samples: int) -> int:
    """How many updates may be made before it is known how long one takes."""
    operations = 6.0 * job.network.n_parameters * min(job.batch_size, n_samples)
    return max(1, int(SECONDS_PER_STRETCH / (SLOWEST_UPDATE + operations / FEWEST_OPERATIONS)))


def _longer(stretch: int, n_steps: int, seconds: float) -> int:
    """The next stretch after one of `n_steps`: twice as long as before, though an epoch's end may have cut it short."""
    return max(1, min(2 * stretch, int(n_steps * SECONDS_PER_STRETCH / max(seconds, 1e-7))))


def _several(
    job: Job, state: TrainingState, data: Data, engine: Engine, n_epochs: int, began: float
) -> Generator[Records, None, None]:
    """So many whole epochs in one call, and then their records."""
    order = epoch_orders(job, state.epoch, n_epochs, data.n_samples, engine)
    per_epoch, epoch, step = job.steps_per_epoch(data.n_samples), state.epoch, state.step
    rates = rates_of(job, state, data.n_samples, n_epochs * per_epoch)
    ended, started = Endings(), time.perf_counter() - began
    failed: BaseException | None = None
    try:
        engine.steps(job, state, data, order, rates, ended)
    except (DivergenceError, KeyboardInterrupt) as error:  # after the records of what was made before it
        failed = error
    if ended:
        each = (time.perf_counter() - began - started) / len(ended)
        before = epoch, started, step
        yield Records(ended.losses, ended.gradient_norms, float(rates[-1]), before, (each, per_epoch))
    if failed is not None:
        raise failed
