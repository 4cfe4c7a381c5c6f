"""An engine that several processes are: each computes the shards that it has, with an engine of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from clearprop.distributed.launch import manner
from clearprop.distributed.shards import LOSS, NOT_FINITE, WEIGHT, WISHES, Gradients, Part, Tree, rows_of
from clearprop.distributed.team import Team
from clearprop.engines import Engine
from clearprop.engines.blas_threads import BLAS
from clearprop.engines.protocol import Updates
from clearprop.engines.reference import finish_step
from clearprop.errors import EngineRefusal, InputError
from clearprop.formulas import LBFGS
from clearprop.job.data import Data, Layout, Place
from clearprop.job.job import Job
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState
from clearprop.network import Network, Parameters

RowsOf = Callable[[int, int], Any]  # from a shard and how many there are to the numbers of its rows


class ShardedEngine:
    """Computes with the other processes of a team; all of them call it alike.

    Parameters
    ----------
    engine : Engine
        What computes here.
    team : Team
    reproducible : bool
        As of `shards.Tree`.
    at_first : callable, optional
        Called by every process before its first step, with this engine, the job, the state and the rows.
    """

    uses_blas = False  # outside `steps` it holds it itself, to one thread: sums of several have other bits
    crosses_epochs = False
    updates_at_once = 1  # that end in one state of all processes; the loop asks for no part of them

    def __init__(
        self, engine: Engine, team: Team, reproducible: bool, at_first: Callable[..., object] | None = None
    ) -> None:
        self.engine, self.team, self.reproducible, self._at_first = engine, team, reproducible, at_first
        self.name = engine.name
        self._prepared: tuple[Job, Any, Gradients, Tree] | None = None

    def __copy__(self) -> ShardedEngine:
        return ShardedEngine(self.engine, self.team, self.reproducible, self._at_first)

    def refuses(self, job: Job, layout: Layout) -> str | None:
        if isinstance(job.update_rule, LBFGS):
            return "lbfgs trains in one process: take adam or sgd, or start it without torchrun"
        if not isinstance(self.engine, Updates):
            return f"processes train together with the engines compiled and reference, not with {self.engine.name}"
        return self.engine.refuses(job, layout)

    def missing(self, dtype: Any) -> str | None:
        return self.engine.missing(dtype)

    def preparation(self, dtype: Any) -> str | None:
        return self.engine.preparation(dtype)

    def make_ready(
        self, job: Job, layout: Layout, *, predicts: bool = False, tell: Callable[[str], object] | None = None
    ) -> str | None:
        return self.engine.make_ready(job, layout, predicts=predicts, tell=tell)

    def remark(self, job: Job, layout: Layout) -> str:
        return self.engine.remark(job, layout)

    def made_with(self, job: Job, layout: Layout) -> str:
        return f"{self.engine.made_with(job, layout)}{manner()}"

    def shuffle(self, order: Any, key: int) -> None:
        self.engine.shuffle(order, key)

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        """Computed by every process for itself: all have the rows."""
        return self.engine.outputs(network, params, X)

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        """Computed in shards; a process without rows adds nothing."""
        tree = Tree(self._group, self.reproducible, 0, params.theta.dtype)

        def put(part: Part, shard: int) -> None:
            rows = data.take(rows_of(data.n_samples, tree.n_shards, shard))
            weight = rows.total_weight
            part.numbers[:] = 0.0
            if weight > 0:
                part.numbers[WEIGHT] = weight
                part.numbers[LOSS] = self.engine.loss(network, params, rows) * weight

        numbers = tree.summed(put).numbers
        return float(numbers[LOSS] / numbers[WEIGHT]) if numbers[WEIGHT] > 0 else 0.0

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        raise EngineRefusal("a gradient over all rows at once is not computed by several processes")

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
        """Fewer updates than asked for are made where one of the processes wants to end."""
        if ended is not None:
            raise InputError("several processes make the updates of one epoch at a time")
        rows_at = self._rows_at(job, data, order, place)
        self._look(job, state, data)
        with BLAS.at_most(1), np.errstate(all="ignore"):
            for rate in rates:
                total = self.total(job, state, data, rows_at(state.cursor))
                weight = float(total.numbers[WEIGHT])
                if weight > 0:
                    self._finish(job, state, total, weight, float(rate))
                state.cursor += 1
                state.step += 1
                self.team.hear(total.numbers[WISHES])
                if self.team.is_over:
                    return

    def _look(self, job: Job, state: TrainingState, data: Data) -> None:
        """Do what is done before the first step."""
        if self._at_first is not None:
            at_first, self._at_first = self._at_first, None
            at_first(self, job, state, data)

    def _rows_at(self, job: Job, data: Data, order: Any, place: Place | None) -> Callable[[int], RowsOf]:
        """From the number of an update to what says which rows each shard has in it."""
        first, size = 0 if place is None else place.first, min(job.batch_size, max(1, data.n_samples))
        if place is not None and place.cuts is not None:
            cuts, n_own = place.cuts, len(place.cuts)

            def own(step: int) -> RowsOf:
                return lambda shard, n_shards: order[slice(*cuts[shard % n_own, step - first : step - first + 2])]

            return own

        def of_all(step: int) -> RowsOf:
            batch = order[(step - first) * size : (step - first + 1) * size]
            return lambda shard, n_shards: batch[rows_of(len(batch), n_shards, shard)]

        return of_all

    def total(self, job: Job, state: TrainingState, data: Data, rows: RowsOf) -> Part:
        """The sums of loss, weight and gradient over a batch; every process takes part."""
        gradients, tree = self._for(job, state)

        def put(part: Part, shard: int) -> None:
            rows_of_shard = data.take(rows(shard, tree.n_shards))
            gradients.put(part, state.theta, rows_of_shard, state.step * tree.n_shards + shard)

        return tree.summed(put, self.team.wants_to_end())

    def _finish(self, job: Job, state: TrainingState, total: Part, weight: float, rate: float) -> None:
        """The update, which every process makes alike."""
        gradient = total.gradient
        gradient /= gradient.dtype.type(weight)
        cost = float(total.numbers[LOSS]) / weight if total.numbers[NOT_FINITE] == 0 else float("nan")
        assert isinstance(self.engine, Updates)  # `refuses` has asked
        finish_step(self.engine, job, state, cost, gradient, weight, rate)

    def _for(self, job: Job, state: TrainingState) -> tuple[Gradients, Tree]:
        """What was prepared for a job, kept for its next steps."""
        dtype = state.theta.dtype
        if self._prepared is None or self._prepared[0] is not job or self._prepared[1] != dtype:
            tree = Tree(self._group, self.reproducible, len(state.theta), dtype)
            self._prepared = job, dtype, Gradients(self.engine, job), tree
        return self._prepared[2:]

    @property
    def _group(self) -> Any:
        return self.team.group
