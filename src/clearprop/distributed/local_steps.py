"""Local steps: each process makes updates with its own rows of every batch, and now and then all are averaged.

Local SGD (Stich, 2019, "Local SGD converges fast and communicates little"; Lin, Stich, Patel & Jaggi, 2020). What is
averaged are the weights and the update rule's memory too, as Yu, Jin & Yang (2019, "On the linear speedup analysis of
communication efficient momentum SGD", algorithm 2) do with the momentum; each process counts by the weight of the rows
that it has learned from since, as in FedAvg (McMahan et al., 2017). So between two averages there is one state again,
which checkpoints hold and scores belong to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.distributed.engine import ShardedEngine
from clearprop.distributed.launch import SAME_BITS
from clearprop.distributed.shards import LOSS, NOT_FINITE, WEIGHT, WISHES, Part, Tree, rows_of
from clearprop.errors import DivergenceError, EngineRefusal, InputError
from clearprop.job.data import Data, Place
from clearprop.job.job import Job
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState

SEED = 7_919  # between the seeds of the processes' dropout: they have rows of their own at the same places


class LocalEngine(ShardedEngine):
    """As `ShardedEngine`, with `updates_at_once` updates of each process between two averages.

    Its bits depend on the number of processes, and are the same from run to run.
    """

    def __init__(self, *given: Any, every: int) -> None:
        super().__init__(*given)
        self.updates_at_once = every
        self._own: tuple[Job, Job] | None = None

    def __copy__(self) -> LocalEngine:
        return LocalEngine(self.engine, self.team, self.reproducible, self._at_first, every=self.updates_at_once)

    def steps(
        self,
        job: Job,
        state: TrainingState,
        data: Data,
        order: Any,
        rates: Any,
        ended: Endings | None = None,
        place: Place | None = None,
    ) -> None:
        """Updates are made up to an average: the loop asks for as many."""
        if ended is not None:
            raise InputError("several processes make the updates of one epoch at a time")
        if place is not None:
            raise EngineRefusal("local steps need all rows in memory: leave sync_every out")
        self._look(job, state, data)
        made, n_steps = 0, job.steps_per_epoch(data.n_samples)
        while made < len(rates) and not self.team.is_over:
            every = self.updates_at_once
            n = min(every - state.cursor % every, n_steps - state.cursor, len(rates) - made)
            begun = state.copy()
            failed = self._local(job, state, data, order, rates[made : made + n])
            self._average(state, begun, n, failed)
            made += n

    def _local(self, job: Job, state: TrainingState, data: Data, order: Any, rates: Any) -> DivergenceError | None:
        """Some updates with the rows of this process; how it diverged, if it did."""
        size = min(job.batch_size, data.n_samples)
        part = rows_of(size, self._group.n_processes, self._group.rank)
        first, n_whole = state.cursor, min(len(rates), data.n_samples // size - state.cursor)
        batches = order[first * size : (first + n_whole) * size].reshape(n_whole, size)
        own = np.ascontiguousarray(batches[:, part]).ravel()
        try:
            if len(own):
                place = Place(first, data.n_samples)
                self.engine.steps(
                    self._own_job(job, len(own) // n_whole), state, data, own, rates[:n_whole], None, place
                )
            if n_whole < len(rates):  # the last batch of the epoch, which is smaller
                batch = order[(data.n_samples // size) * size :]
                self._update(
                    job,
                    state,
                    data.take(batch[rows_of(len(batch), self._group.n_processes, self._group.rank)]),
                    rates[-1],
                )
        except DivergenceError as error:
            return error
        return None

    def _own_job(self, job: Job, batch_size: int) -> Job:
        """What an engine of this process is asked for; made once, as engines prepare themselves for a job."""
        if self._own is None or self._own[0] is not job:
            self._own = job, replace(job, batch_size=batch_size, seed=job.seed + SEED * self._group.rank)
        return self._own[1]

    def _update(self, job: Job, state: TrainingState, rows: Data, rate: float) -> None:
        """One update with a part of a batch that has another size than the others."""
        gradients, _ = self._for(job, state)
        part = Part(len(state.theta), state.theta.dtype)
        gradients.put(part, state.theta, rows, state.step * self._group.n_processes + self._group.rank)
        if part.numbers[WEIGHT] > 0:
            self._finish(job, state, part, float(part.numbers[WEIGHT]), float(rate))

    def _average(
        self, state: TrainingState, begun: TrainingState, n_steps: int, failed: DivergenceError | None
    ) -> None:
        """Have the same state in every process, n_steps updates after the one that was begun with."""
        vectors = [state.theta, *state.memory, state.gradient_norms]
        before = [begun.theta, *begun.memory, begun.gradient_norms]
        weight = 0.0 if failed else state.weight_sum - begun.weight_sum
        tree = Tree(self._group, self._group.n_processes in SAME_BITS, sum(map(len, vectors)), state.theta.dtype)
        part = tree.own
        part.numbers[[LOSS, WEIGHT, NOT_FINITE, WISHES]] = (
            0.0 if failed else state.loss_sum - begun.loss_sum,
            weight,
            failed is not None,
            self.team.wants_to_end(),
        )
        moved = np.concatenate(
            [(now - then).astype(state.theta.dtype) for now, then in zip(vectors, before, strict=True)]
        )
        if weight > 0:
            np.multiply(moved, moved.dtype.type(weight), out=part.gradient)
        else:  # what moved may be no number
            part.gradient.fill(0)
        tree.over_processes(part)
        total = float(part.numbers[WEIGHT])
        start = 0
        for vector, then in zip(vectors, before, strict=True):
            vector[:] = then
            if total > 0 and not part.numbers[NOT_FINITE]:
                vector += part.gradient[start : start + len(vector)] / vector.dtype.type(total)
            start += len(vector)
        if part.numbers[NOT_FINITE]:
            state.step, state.cursor = begun.step, begun.cursor
            state.loss_sum, state.weight_sum = begun.loss_sum, begun.weight_sum
            raise next(each for each in self._group.told(failed) if each is not None)
        state.loss_sum, state.weight_sum = begun.loss_sum + float(part.numbers[LOSS]), begun.weight_sum + total
        state.cursor, state.step = begun.cursor + n_steps, begun.step + n_steps
        self.team.hear(part.numbers[WISHES])
