"""What several processes cost and gain, measured before the first step, in one sentence."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from clearprop.distributed.engine import ShardedEngine
from clearprop.distributed.group import Group
from clearprop.distributed.shards import Gradients, Part, Tree, rows_of
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.state import TrainingState

TIMES = 5  # that each is measured, after one that is not counted


def round_trip(group: Group, n_bytes: int, times: int = TIMES) -> float:
    """Seconds that summing so many bytes over all processes takes: the median, and the longest of any process."""
    if group.n_processes == 1:
        return 0.0
    mine, theirs = np.zeros(n_bytes, dtype=np.uint8), np.zeros(n_bytes, dtype=np.uint8)
    is_tree = group.n_processes & (group.n_processes - 1) == 0
    found = []
    for _ in range(times + 1):
        began, apart = time.perf_counter(), 1
        while is_tree and apart < group.n_processes:
            group.exchange(group.rank ^ apart, mine, theirs)
            apart *= 2
        if not is_tree:
            group.add_up(mine)
        found.append(time.perf_counter() - began)
    return float(group.gathered(round(1e9 * median(found[1:]))).max()) / 1e9


def report(engine: ShardedEngine, job: Job, state: TrainingState, data: Data, times: int = TIMES) -> str:
    """Whether several processes help, and why: every process takes part, and all come to the same sentence."""
    group = engine.team.group
    assert group is not None
    n = group.n_processes
    tree, part = Tree(group, engine.reproducible, 0, state.theta.dtype), Part(len(state.theta), state.theta.dtype)
    link = round_trip(group, len(part.buffer), times)
    batch = data.take(slice(0, job.batch_size))
    gradients = Gradients(engine.engine, job)
    own = data.take(rows_of(batch.n_samples, tree.n_shards, 0))
    whole_time, shard_time = (_seconds(gradients, part, state, rows, times) for rows in (batch, own))
    slowest = group.gathered(round(1e9 * whole_time), round(1e9 * shard_time)).max(axis=0) / 1e9
    alone, together = float(slowest[0]), float(slowest[1]) * tree.n_own + link
    size = len(part.buffer) / 1e6
    said = f"{n} process{'es' if n > 1 else ''}: the gradient of a batch takes {_ms(alone)} in one piece"
    if n == 1:
        return f"{said}, {_ms(together)} in {tree.n_shards} shards, which give the bits of 2, 4 and 8 processes"
    said += f", {_ms(together - link)} in {tree.n_own} of {tree.n_shards} shards"
    said += f", and {_ms(link)} to exchange {size:.2g} MB"
    if together < alone:
        return f"{said}: they help, about {alone / together:.2g} times as fast as one with as many threads as each has"
    why = "the link is slower than what it saves" if link > alone / 2 else "a shard has too few rows"
    return f"{said}: they do not help here ({why}), one process is faster; a larger batch or network changes that"


def _seconds(gradients: Gradients, part: Part, state: TrainingState, rows: Data, times: int) -> float:
    found = []
    with np.errstate(all="ignore"):
        for _ in range(times + 1):
            began = time.perf_counter()
            gradients.put(part, state.theta, rows, 0)
            found.append(time.perf_counter() - began)
    return median(found[1:])


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms" if seconds >= 0.01 else f"{1e3 * seconds:.2g} ms"
