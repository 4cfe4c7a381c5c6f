"""How long training will take, by a few updates before it begins, and how many epochs a time limit has room for.

A cosine that was planned for more epochs than there is time for would be cut off while the learning rate is high.
"""

from __future__ import annotations

import time
from copy import copy
from math import ceil
from typing import Any

import numpy as np

from clearprop.engines import Choice, Job, TrainingState, prepared
from clearprop.errors import DivergenceError
from clearprop.tables import Fold
from clearprop.training import epochs

TRIAL = 0.03  # seconds of updates that are measured
BATCHES = 8  # that they are made with
FEWEST, MOST = 4, 10_000  # epochs over them
AT_ONCE = 1.15  # how much longer an update takes on a core whose neighbours work too
VALIDATING = 1 / 3  # of the time to learn from a row, to predict one
SHARE = 0.93  # of a time limit that is planned for: the rest is for what was underestimated


def seconds_per_epoch(job: Job, X: Any, Y: Any, weight: Any, folds: tuple[Fold, ...], choice: Choice) -> float | None:
    """About how long an epoch of all networks takes, with its validation; None where a first update diverges.

    Parameters
    ----------
    job : Job
        Of one network.
    X, Y, weight : arrays
        All rows, as networks learn them.
    folds : tuple of Fold
        One for each network.
    choice : Choice
        The engine of each network, and how many threads all of them may use together.
    """
    learn, validation = folds[0]
    trial, size = learn[: BATCHES * job.batch_size], min(job.batch_size, len(learn))
    data = prepared(job, X[trial], Y[trial], None if weight is None else weight[trial], np.float32)
    each = _seconds_per_update(job, data, copy(choice.engine))
    if each is None:
        return None
    at_once = min(choice.n_threads, len(folds))
    rows = job.steps_per_epoch(len(learn)) * size + VALIDATING * len(validation)
    return each / size * rows * ceil(len(folds) / at_once) * (AT_ONCE if at_once > 1 else 1.0)


def _seconds_per_update(job: Job, data: Any, engine: Any) -> float | None:
    """The median of epochs over a few batches; the first, in which everything is made ready, is left out."""
    theta = job.network.initial(job.seed, dtype=np.float32).theta
    state, found = TrainingState.start(job, theta), list[float]()
    began = last = time.perf_counter()
    try:
        for epoch in epochs(job.with_epochs(MOST), state, data, engine):
            now = time.perf_counter()
            found.append((now - last) * epoch.n / epoch.steps)
            last = now
            if len(found) > FEWEST and now - began > TRIAL:
                break
    except DivergenceError:
        return None
    return float(np.median(found[1:]))


def epochs_in(limit: float, each: float, planned: int) -> int:
    """How many of the planned epochs there is time for, where each takes so many seconds; 1 at least.

    Examples
    --------
    >>> from clearprop.tabular.timing import epochs_in
    >>> epochs_in(10.0, 0.5, 40), epochs_in(10.0, 0.1, 40)
    (18, 40)
    """
    return max(1, min(planned, int(SHARE * limit / each)))
