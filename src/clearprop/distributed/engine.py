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
        size, first = min(job.batch_size, data.n_samples), 0 if place is None else place.first
        if self._at_first is not None:
            at_first, self._at_first = self._at_first, None
            at_first(self, job, state, data)
        with BLAS.at_most(1), np.errstate(all="ignore"):
            for rate in rates:
                start = (state.cursor - first) * size
                total = self.total(job, state, data, order[start : start + size])
                weight = float(total.numbers[WEIGHT])
                if weight > 0:
                    self._finish(job, state, total, weight, float(rate))
                state.cursor += 1
                state.step += 1
                self.team.hear(total.numbers[WISHES])
                if self.team.is_over:
                    return

    def total(self, job: Job, state: TrainingState, data: Data, batch: Any) -> Part:
        """The sums of loss, weight and gradient over a batch; every process takes part."""
        gradients, tree = self._for(job, state)

        def put(part: Part, shard: int) -> None:
            rows = data.take(batch[rows_of(len(batch), tree.n_shards, shard)])
            gradients.put(part, state.theta, rows, state.step * tree.n_shards + shard)

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
