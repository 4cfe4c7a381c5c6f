"""Training on a CPU: the calls of a step one after the other, on the memory of the state itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from clearprop.engines.torch.masks import dropping, keys_of
from clearprop.engines.torch.memory import shared
from clearprop.engines.torch.step import COST, L1_PART, L2_PART, NORM, Batch, Places, Step
from clearprop.engines.torch.stretches import Stretch, table
from clearprop.job.data import Data
from clearprop.job.divergence import divergence
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState


class HostTraining:
    """A job on rows in memory, ready to make updates of one state.

    Parameters
    ----------
    job : Job
    state : TrainingState
        Whose θ and memory are written.
    data : Data
    half : bool
        Of `Places`.
    """

    def __init__(self, job: Job, state: TrainingState, data: Data, *, half: bool) -> None:
        self.job, self.data = job, data
        self.vectors = state.theta, *state.memory
        theta, *memory = map(shared, self.vectors)
        told = torch.zeros(NORM + 1 + job.network.depth, dtype=theta.dtype)
        keys = torch.zeros(2 * len(dropping(job)), dtype=torch.int32)
        self.places = Places(theta, torch.empty_like(theta), tuple(memory), told, keys, half=half)
        self.told, self.keys = memoryview(told.numpy()), keys.numpy()
        self.X, self.Y = shared(data.X), shared(data.Y.codes if isinstance(data.Y, OneHot) else data.Y)
        self.weight = None if data.weight is None else shared(data.weight)[:, None]
        self.steps: dict[tuple[int, bool], HostStep] = {}

    def is_for(self, job: Job, state: TrainingState, data: Data) -> bool:
        """Whether it is ready for these."""
        vectors = state.theta, *state.memory
        same = len(vectors) == len(self.vectors) and all(map(_is, vectors, self.vectors))
        return same and data is self.data and job == self.job

    def run(self, state: TrainingState, order: Any, stretch: Stretch, ended: Endings | None) -> None:
        """Make the updates of a stretch."""
        rows = torch.from_numpy(order)
        in_order = len(order) == self.data.n_samples and bool((order == np.arange(len(order))).all())
        tables: dict[int, list[list[float]]] = {}
        keys = keys_of(self.job, stretch.numbers)
        last: HostStep | None = None
        for k, (start, stop, weight) in enumerate(zip(stretch.starts, stretch.stops, stretch.weights, strict=True)):
            if weight > 0:  # a batch whose weights are all zero says nothing
                count = int(stop - start)
                last = self._step(count, in_order and count == self.data.n_samples)
                if id(last) not in tables:
                    tables[id(last)] = table(last.step.program, stretch).tolist()
                last.step.program.row[:] = tables[id(last)][k]
                self.keys[:] = keys[k]
                self._update(state, last, rows[start:stop], weight, float(stretch.rates[k]))
            state.cursor += 1
            state.step += 1
            if stretch.ends[k]:
                self._tell_norms(state, last)
                assert ended is not None
                ended.append(state.end_epoch(self.data.n_samples))
        self._tell_norms(state, last)

    def _step(self, rows: int, whole: bool) -> HostStep:
        found = self.steps.get((rows, whole))
        if found is None:
            found = self.steps[rows, whole] = HostStep(self, rows, whole)
        return found

    def _update(self, state: TrainingState, one: HostStep, rows: Any, weight: float, rate: float) -> None:
        one.take(rows)
        for call in one.step.gradient:
            call()
        cost = one.cost(self.told, weight)
        if not math.isfinite(cost + self.told[NORM]):
            norms = self._norms(one)
            if not (math.isfinite(cost) and np.isfinite(norms).all()):
                raise divergence(self.job, state, cost, norms, rate)
        for call in one.step.update:
            call()
        state.loss_sum += cost * weight
        state.weight_sum += weight

    def _norms(self, one: HostStep) -> Any:
        for call in one.step.norms:
            call()
        return np.sqrt(np.array(self.told[NORM + 1 :], dtype=np.float64))

    def _tell_norms(self, state: TrainingState, last: HostStep | None) -> None:
        if last is not None:
            state.gradient_norms = self._norms(last)


class HostStep:
    """A step for a number of rows, and how its rows are taken."""

    def __init__(self, training: HostTraining, rows: int, whole: bool) -> None:
        self.training, self.whole = training, whole
        self.batch = Batch(training.job.network, rows, training.places, weighted=training.weight is not None)
        if whole and not isinstance(training.data.Y, OneHot):
            self.batch.x, self.batch.y, self.batch.weight = training.X, training.Y, training.weight
        self.step = Step(training.job, self.batch, training.places)
        self.c, self.c2, self.c1 = self.step.factors

    def cost(self, told: Any, weight: float) -> float:
        """The objective of the step under way."""
        found = self.c * told[COST]
        if self.c1 or self.c2:
            found += self.c2 * told[L2_PART] + self.c1 * told[L1_PART]
        return float(found / weight)

    def take(self, rows: Any) -> None:
        """Fill the batch with rows by their numbers."""
        training, batch = self.training, self.batch
        if batch.x is training.X:
            return
        torch.index_select(training.X, 0, rows, out=batch.x)
        if isinstance(training.data.Y, OneHot):
            batch.y.zero_().scatter_(1, training.Y[rows][:, None], 1.0)
        else:
            torch.index_select(training.Y, 0, rows, out=batch.y)
        if batch.weight is not None:
            torch.index_select(training.weight, 0, rows, out=batch.weight)


def _is(one: Any, other: Any) -> bool:
    return one is other
