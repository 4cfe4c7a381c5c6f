"""A batch in shards: which rows each has, its gradient, and the one tree along which gradients are summed.

The cut and the tree depend on the batch alone, not on the number of processes, so the sum has the same bits with 1, 2,
4 and 8 of them: a process sums the subtree of its own shards, and then pairs of processes exchange what they have.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.distributed.group import Group
from clearprop.distributed.launch import SHARDS
from clearprop.engines import Engine
from clearprop.errors import DivergenceError
from clearprop.formulas import Adam, ConstantSchedule
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.state import TrainingState
from clearprop.network.parameters import Vector

LOSS, WEIGHT, NOT_FINITE, WISHES = range(4)  # places in a part's numbers
KEPT_ENGINES = 6  # an engine prepares itself for a number of rows: those of a full shard, of one more, of the last ones


class Part:
    """What a shard, or several, come to: one buffer, which is what processes exchange.

    Attributes
    ----------
    numbers : float64 array of shape (4,)
        Σ(loss × weight), Σ weight, how many shards were not finite, how many processes want to end. They are sums,
        as gloo's greatest and least lose NaN.
    gradient : array of shape (n_parameters,)
        Σ(gradient × weight).
    buffer : uint8 array
        Both, one after the other.
    """

    def __init__(self, n_parameters: int, dtype: Any) -> None:
        n_bytes = (WISHES + 1) * 8
        self.buffer = np.zeros(n_bytes + n_parameters * np.dtype(dtype).itemsize, dtype=np.uint8)
        self.numbers, self.gradient = self.buffer[:n_bytes].view(np.float64), self.buffer[n_bytes:].view(dtype)

    def add(self, other: Part) -> None:
        """Take in another part. Which of two is added to which changes no bit."""
        self.numbers += other.numbers
        self.gradient += other.gradient


def rows_of(n_rows: int, n_shards: int, shard: int) -> slice:
    """The rows of a batch that a shard has; none where there are fewer rows than shards.

    Examples
    --------
    >>> from clearprop.distributed.shards import rows_of
    >>> [len(range(10)[rows_of(10, 4, shard)]) for shard in range(4)]
    [2, 3, 2, 3]
    """
    return slice(n_rows * shard // n_shards, n_rows * (shard + 1) // n_shards)


class Gradients:
    """Gradients of shards by an engine's own doors, without penalties and clipping, which belong to the whole batch.

    Parameters
    ----------
    engine : Engine
    job : Job
    """

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine, self._engines = engine, dict[int, Engine]()
        # With dropout a gradient is what an update of this rule leaves in its memory: m = 0·m + 1·g, and θ at rate 0.
        self._job = replace(
            job, update_rule=Adam(beta1=0.0), schedule=ConstantSchedule(), l1=0.0, l2=0.0, clip_norm=None, shuffle=False
        )

    def put(self, part: Part, theta: Vector, rows: Data, draw: int) -> None:
        """Loss and gradient of these rows into a part.

        Parameters
        ----------
        part : Part
        theta : array of shape (n_parameters,)
        rows : Data
        draw : int
            Which decisions of dropout: one number for each shard of each step.
        """
        weight = rows.total_weight
        part.numbers[:] = 0.0
        if not weight > 0:
            part.gradient[:] = 0
            return
        engine, part.numbers[WEIGHT] = self._suited(rows.n_samples), weight
        if not any(self._job.dropout):
            loss, gradient = engine.loss_and_gradient(self._job, theta, rows)
        else:
            state = TrainingState.start(self._job, theta)
            state.step = draw
            try:
                engine.steps(self._job, state, rows, np.arange(rows.n_samples), np.zeros(1))
            except DivergenceError:
                part.numbers[NOT_FINITE], part.gradient[:] = 1.0, 0
                return
            loss, gradient = state.so_far.loss, state.memory[0]
        part.numbers[LOSS] = loss * weight
        np.multiply(gradient, part.gradient.dtype.type(weight), out=part.gradient)

    def _suited(self, n_rows: int) -> Engine:
        """An engine that has prepared itself for so many rows."""
        if n_rows not in self._engines:
            if len(self._engines) >= KEPT_ENGINES:
                self._engines.pop(next(iter(self._engines)))
            self._engines[n_rows] = copy(self._engine)
        return self._engines[n_rows]


class Tree:
    """Sums parts over the shards of this process, and over all processes.

    Parameters
    ----------
    group : Group
    reproducible : bool
        Whether along the fixed tree; otherwise each process has one shard, and gloo sums them.
    n_parameters : int
    dtype : numpy dtype
    """

    def __init__(self, group: Group, reproducible: bool, n_parameters: int, dtype: Any) -> None:
        self.group, self.reproducible = group, reproducible
        self.n_shards = SHARDS if reproducible else group.n_processes
        self.n_own = self.n_shards // group.n_processes
        self._parts = [Part(n_parameters, dtype) for _ in range(1 + self.n_own.bit_length())]

    def summed(self, put: Any, wishes: bool = False) -> Part:
        """The sum of all shards, the same in every process.

        Parameters
        ----------
        put : callable
            Given a part and the number of a shard, puts what that comes to into it.
        wishes : bool
            Whether this process wants to end.
        """
        own = self._subtree(put, self.group.rank * self.n_own, self.n_own, 0)
        own.numbers[WISHES] = wishes
        self.over_processes(own)
        return own

    def _subtree(self, put: Any, first: int, count: int, depth: int) -> Part:
        part = self._parts[depth]
        if count == 1:
            with np.errstate(all="ignore"):
                put(part, first)
            return part
        self._subtree(put, first, count // 2, depth)
        other = self._subtree(put, first + count // 2, count // 2, depth + 1)
        with np.errstate(all="ignore"):
            part.add(other)
        return part

    @property
    def own(self) -> Part:
        """What this process has of a sum."""
        return self._parts[0]

    def over_processes(self, own: Part) -> None:
        """Sum the parts of all processes, in place."""
        group = self.group
        if group.n_processes > 1 and not self.reproducible:
            group.add_up(own.gradient, own.numbers)
            return
        theirs, apart = self._parts[-1], 1
        while apart < group.n_processes:
            group.exchange(group.rank ^ apart, own.buffer, theirs.buffer)
            with np.errstate(all="ignore"):
                own.add(theirs)
            apart *= 2
