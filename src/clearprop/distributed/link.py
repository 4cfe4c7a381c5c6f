"""What several processes cost and gain, measured before the first step, in one sentence."""

from __future__ import annotations

import math
import time
from statistics import median
from typing import NamedTuple

import numpy as np

from clearprop.distributed.engine import ShardedEngine
from clearprop.distributed.group import Group
from clearprop.distributed.launch import SHARDS
from clearprop.distributed.shards import Gradients, Part, Tree
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.state import TrainingState

MOST_LOCAL = 64  # steps between averages that are proposed: with more the processes part too far
SHARE_OF_LINK = 0.1
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


class Measured(NamedTuple):
    """What was measured before the first step, in seconds: the longest of any process.

    Attributes
    ----------
    n : int
        Processes.
    whole, part : float
        The gradient of a batch in one piece, and of the rows that one of n processes has of it, in one piece too.
    shards, grown : float
        Of all shards that a process has, and of those of a batch that is n times as large.
    link, more : float
        Summing one buffer of the gradient's size over all processes, and one that has the update rule's memory as well.
    """

    n: int
    whole: float
    part: float
    shards: float
    grown: float
    link: float
    more: float

    @property
    def every(self) -> int:
        """The fewest local steps, a power of two, between averages that take a tenth of the time at most."""
        wanted = min(MOST_LOCAL, self.more / (SHARE_OF_LINK * self.part))
        return 1 << max(1, math.ceil(math.log2(max(1.0, wanted))))

    @property
    def gains(self) -> dict[str, float]:
        """Each way, and how many times the rows that it learns from in the time of one process."""
        return {
            "summing gradients": self.whole / (self.shards + self.link),
            f"local steps, averaged every {self.every} (sync_every={self.every})": self.whole
            / (self.part + self.more / self.every),
            f"batches {self.n} times as large (batch_grows)": self.n * self.whole / (self.grown + self.link),
        }


def measured(engine: ShardedEngine, job: Job, state: TrainingState, data: Data, times: int = TIMES) -> Measured:
    """Measure link and gradients; every process takes part."""
    group, n_parameters, dtype = engine.team.group, len(state.theta), state.theta.dtype
    assert group is not None
    tree, part = Tree(group, engine.reproducible, 0, dtype), Part(n_parameters, dtype)
    n_bytes = len(part.buffer)
    links = [round_trip(group, size, times) for size in (n_bytes, n_bytes + sum(v.nbytes for v in state.memory))]
    gradients, n = Gradients(engine.engine, job), group.n_processes
    rows = [job.batch_size, job.batch_size // n, job.batch_size // tree.n_shards, n * job.batch_size // tree.n_shards]
    found = [_seconds(gradients, part, state, data.take(slice(0, max(1, each))), times) for each in rows]
    whole, own, shard, larger = group.gathered(*(round(1e9 * each) for each in found)).max(axis=0) / 1e9
    return Measured(n, whole, own, tree.n_own * shard, tree.n_own * larger, *links)


def report(engine: ShardedEngine, job: Job, state: TrainingState, data: Data, times: int = TIMES) -> str:
    """Which way of using several processes helps, and why: all come to the same sentence."""
    found = measured(engine, job, state, data, times)
    n, size = found.n, len(Part(len(state.theta), state.theta.dtype).buffer) / 1e6
    said = f"{n} process{'es' if n > 1 else ''}: the gradient of a batch takes {_ms(found.whole)} in one piece"
    if n == 1:
        return f"{said}, {_ms(found.shards)} in {SHARDS} shards, which give the bits of 2, 4 and 8 processes"
    said += f", {_ms(found.shards)} in the shards of a process, and {_ms(found.link)} to exchange {size:.2g} MB"
    each = ", ".join(f"{way} {gain:.2g}" for way, gain in found.gains.items())
    said += f". Rows in the time of one process: {each}, trainings that are shared out (ensembles, searches) {n}. "
    if engine.updates_at_once > 1:
        return f"{said}Here {engine.updates_at_once} local steps are made between averages"
    if found.gains["summing gradients"] > 1:
        return f"{said}They help here, where gradients are summed"
    why = "the link is slower than what it saves" if found.link > found.whole / 2 else "a shard has too few rows"
    best = max(found.gains, key=lambda way: found.gains[way])
    other = f"{best} may help, another training" if found.gains[best] > 1 else "one process is faster"
    return f"{said}Summing gradients does not help here ({why}): {other}"


def _seconds(gradients: Gradients, part: Part, state: TrainingState, rows: Data, times: int) -> float:
    found = []
    with np.errstate(all="ignore"):
        for _ in range(times + 1):
            began = time.perf_counter()
            gradients.put(part, state.theta, rows, 0)
            found.append(time.perf_counter() - began)
    return min(found[1:])  # what else the machine does makes it longer, and nothing shorter


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms" if seconds >= 0.01 else f"{1e3 * seconds:.2g} ms"
