"""Training on a device of its own: whole steps as captured graphs, from which nothing comes back within a stretch.

θ, the rows and their order lie on the device. What differs from step to step (rate, t, where the batch begins, the keys
of dropout) stands in tables that are taken there before a stretch; a counter on the device says which line is next, so
that every replay of a graph is another step. What each step tells is written into a table too, and read once, at the
end. A step whose loss or gradient is not finite is found there: the stretch is made again up to it, to the same bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from clearprop.engines.torch.accounts import Account
from clearprop.engines.torch.graphs import capture
from clearprop.engines.torch.masks import dropping, keys_of
from clearprop.engines.torch.memory import shared
from clearprop.engines.torch.step import NORM, Batch, Places, Step
from clearprop.engines.torch.stretches import Stretch, table
from clearprop.job.data import Data
from clearprop.job.divergence import divergence
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState

AT_ONCE = 16  # steps of one replay
MOST_STEPS, MOST_ROWS = 4096, 2**20  # of a stretch that is made before anything is read


class DeviceTraining:
    """A job on rows that lie on the device, ready to make updates.

    Parameters
    ----------
    job : Job
    state : TrainingState
    data : Data
    device : torch.device
    half : bool
        Of `Places`.
    """

    def __init__(self, job: Job, state: TrainingState, data: Data, device: Any, *, half: bool) -> None:
        self.job, self.data, self.device = job, data, device

        def there(array: Any) -> Any:
            return shared(array).to(device, copy=True)

        theta, *memory = (there(vector) for vector in (state.theta, *state.memory))
        self.told = torch.zeros((1, NORM + 1 + job.network.depth), dtype=theta.dtype, device=device)
        self.keys = torch.zeros((1, 2 * len(dropping(job))), dtype=torch.int32, device=device)
        self.places = Places(
            theta, torch.empty_like(theta), tuple(memory), self.told[0], self.keys[0], half=half, numbers=False
        )
        self.X, self.Y = there(data.X), there(data.Y.codes if isinstance(data.Y, OneHot) else data.Y)
        self.weight = None if data.weight is None else there(data.weight)[:, None]
        size = min(job.batch_size, data.n_samples)
        self.counter = torch.zeros(1, dtype=torch.int64, device=device)
        self.order = torch.zeros(max(MOST_ROWS, size), dtype=torch.int64, device=device)
        self.starts = torch.zeros(MOST_STEPS, dtype=torch.int64, device=device)
        self.all_keys = torch.zeros((MOST_STEPS, self.keys.shape[1]), dtype=torch.int32, device=device)
        self.records = torch.zeros((MOST_STEPS, self.told.shape[1]), dtype=theta.dtype, device=device)
        self.steps: dict[int, DeviceStep] = {}

    def is_for(self, job: Job, state: TrainingState, data: Data) -> bool:
        """Whether it is ready for these."""
        return data is self.data and job == self.job and len(state.memory) == len(self.places.memory)

    def run(self, state: TrainingState, order: Any, stretch: Stretch, ended: Endings | None) -> None:
        """Make the updates of a stretch."""
        account = Account(self.job, self.data.n_samples, state, stretch, ended)
        counts = stretch.stops - stretch.starts
        for count in set(counts[np.array(stretch.weights) > 0].tolist()):
            if count not in self.steps:  # it is tried, and moves θ, before anything is taken there
                self.steps[count] = DeviceStep(self, count)
        first = 0
        while first < len(counts):
            fitting = np.cumsum(counts[first : first + MOST_STEPS]) <= len(self.order)
            first = self._part(state, order, stretch, account, first, first + max(1, int(fitting.sum())))

    def _part(self, state: TrainingState, order: Any, stretch: Stretch, account: Account, first: int, stop: int) -> int:
        """Make some of the updates and write them into the state; the first that is still to be made."""
        made = [k for k in range(first, stop) if stretch.weights[k] > 0]
        self._take_there(order, stretch, made)
        noted = account.noted(made, stop)
        self._launch(state, stretch, made, noted)
        records = self.records[: len(made)].cpu().numpy().astype(np.float64)
        costs = [account.cost(self._step(stretch, k), records[i], k) for i, k in enumerate(made)]
        bad = next((i for i, cost in enumerate(costs) if not math.isfinite(cost + records[i, NORM])), None)
        if bad is None:
            self._take_back(state)
            account.write(first, stop, made, costs, records)
            return stop
        self._launch(
            state, stretch, made[:bad], account.noted(made[:bad], made[bad])
        )  # to the same bits, but no further
        one, k = self._step(stretch, made[bad]), made[bad]
        told = one.try_gradient()
        cost, norms = account.cost(one, told, k), np.sqrt(told[NORM + 1 :])
        self._take_back(state)
        account.write(first, k, made[:bad], costs, self.records[: len(made)].cpu().numpy().astype(np.float64))
        if not (math.isfinite(cost) and np.isfinite(norms).all()):
            raise divergence(self.job, state, cost, norms, float(stretch.rates[k]))
        one.move()  # the norms of the layers can be told, only their sum was too large
        self._take_back(state)
        account.write(k, k + 1, [k], [cost], told[None])
        return k + 1

    def _step(self, stretch: Stretch, k: int) -> DeviceStep:
        return self.steps[int(stretch.stops[k] - stretch.starts[k])]

    def _take_there(self, order: Any, stretch: Stretch, made: list[int]) -> None:
        """The rows' numbers, and what differs from step to step."""
        if not made:
            return
        rows = np.concatenate([order[stretch.starts[k] : stretch.stops[k]] for k in made])
        counts = (stretch.stops - stretch.starts)[made]
        self.order[: len(rows)].copy_(shared(rows))
        self.starts[: len(made)].copy_(shared(np.cumsum(counts) - counts))
        if self.keys.numel():
            self.all_keys[: len(made)].copy_(shared(keys_of(self.job, stretch.numbers[made])))
        for one in self.steps.values():
            one.table[: len(made)].copy_(shared(table(one.step.program, stretch)[made]))

    def _launch(self, state: TrainingState, stretch: Stretch, made: list[int], noted: set[int]) -> None:
        """Make these updates from the θ of the state on; the host waits for none of them."""
        for there, here in zip((self.places.theta, *self.places.memory), (state.theta, *state.memory), strict=True):
            there.copy_(shared(here))
        self.counter.zero_()
        i = 0
        while i < len(made):
            one = self._step(stretch, made[i])
            alike = made[i : i + AT_ONCE]
            if (
                len(alike) == AT_ONCE
                and not noted.intersection(alike)
                and all(self._step(stretch, k) is one for k in alike)
            ):
                one.many()
                i += AT_ONCE
            else:
                (one.noted if made[i] in noted else one.single)()
                i += 1

    def _take_back(self, state: TrainingState) -> None:
        for there, here in zip((self.places.theta, *self.places.memory), (state.theta, *state.memory), strict=True):
            shared(here).copy_(there)


class DeviceStep:
    """A step for a number of rows, as graphs: one step, one whose layers' norms are told, and several.

    Attributes
    ----------
    single, noted, many : callable
    table : tensor of shape (MOST_STEPS, n_changing)
    """

    def __init__(self, training: DeviceTraining, rows: int) -> None:
        self.training = training
        self.batch = Batch(training.job.network, rows, training.places, weighted=training.weight is not None)
        self.step = Step(training.job, self.batch, training.places)
        self.factors = self.step.factors
        device, n = training.device, len(self.step.program.changing)
        self.table = torch.zeros((MOST_STEPS, n), dtype=training.places.theta.dtype, device=device)
        self.arange = torch.arange(rows, dtype=torch.int64, device=device)
        self.positions, self.rows = torch.empty_like(self.arange), torch.empty_like(self.arange)
        self.codes = torch.empty((rows, 1), dtype=torch.int64, device=device)
        self.start = torch.empty(1, dtype=torch.int64, device=device)
        begin, end = self._begin, self._end
        one = [begin, *self.step.gradient, end, *self.step.update]
        self.single = capture(device, one)
        self.noted = capture(device, [begin, *self.step.gradient, *self.step.norms, end, *self.step.update])
        self.many = capture(device, one * AT_ONCE)

    def _begin(self) -> None:
        """Look up this step's numbers and take its rows."""
        training, batch = self.training, self.batch
        counter = training.counter
        if self.table.shape[1]:
            torch.index_select(self.table, 0, counter, out=self.step.now)
        if training.keys.numel():
            torch.index_select(training.all_keys, 0, counter, out=training.keys)
        torch.index_select(training.starts, 0, counter, out=self.start)
        torch.add(self.arange, self.start, out=self.positions)
        torch.index_select(training.order, 0, self.positions, out=self.rows)
        torch.index_select(training.X, 0, self.rows, out=batch.x)
        if isinstance(training.data.Y, OneHot):
            torch.index_select(training.Y, 0, self.rows, out=self.codes[:, 0])
            batch.y.zero_().scatter_(1, self.codes, 1.0)
        else:
            torch.index_select(training.Y, 0, self.rows, out=batch.y)
        if batch.weight is not None:
            torch.index_select(training.weight, 0, self.rows, out=batch.weight)

    def _end(self) -> None:
        """Write down what the step tells, and count it."""
        self.training.records.index_copy_(0, self.training.counter, self.training.told)
        self.training.counter.add_(1)

    def try_gradient(self) -> Any:
        """What the next step tells, with the norms of its layers; nothing is moved."""
        for call in (self._begin, *self.step.gradient, *self.step.norms):
            call()
        return self.training.told[0].cpu().numpy().astype(np.float64)

    def move(self) -> None:
        """Move θ by the gradient that was tried."""
        for call in self.step.update:
            call()
