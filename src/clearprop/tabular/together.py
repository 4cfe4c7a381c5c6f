"""Several networks trained side by side, epoch by epoch, each judged by rows that it does not learn from.

The best epoch is chosen for all of them at once, by the rows of all judging parts together: for a small table the judge
of one network alone is a few dozen rows, and would choose by luck. Each network computes what it would compute alone,
so nothing depends on how many threads there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.blas_threads import suited_to
from clearprop.tabular.crew import Crew
from clearprop.training import Callback, Epoch, Fit, Stopping, epochs
from clearprop.training.interrupts import Interrupts
from clearprop.training.stopping import Watch, out_of_time, verdict

EQUAL = 1e-6  # of a score: what is nearer than this is equally good, as rows of hardly any weight are right or wrong
Judge = Callable[[list[Any]], Mapping[str, float]]  # from each member's outputs for its judging rows to named scores


@dataclass(frozen=True)
class Member:
    """One network of the ensemble: its job, its rows, its engine, and the inputs of the rows that judge it."""

    job: Job
    data: Data
    engine: Engine  # its own: what an engine has prepared for one job, another would overwrite
    judged: Any  # (n_judging_rows, n_inputs)
    initial: Any  # θ to start from, (n_parameters,)


class LastOfTheBest(Watch):
    """A Watch that takes the later of two equally good epochs: the learning rate has fallen further by then."""

    def see(self, epoch: Epoch, theta: Any) -> None:
        if self.value(epoch) <= self.best_value + EQUAL * abs(self.best_value):
            self.best_epoch = None  # it gives way
        super().see(epoch, theta)


class Together:
    """The members in training; `thetas` (k, n_parameters) moves under them, a row for each.

    Parameters
    ----------
    members : sequence of Member
        Their jobs differ in nothing but the seed.
    judge : callable
    n_threads : int
        How many members are trained at the same time.
    """

    def __init__(self, members: Sequence[Member], judge: Judge, n_threads: int) -> None:
        self.members, self.judge = members, judge
        self.n_threads = max(1, min(n_threads, len(members)))
        self.thetas = np.stack([member.initial for member in members])
        self.states = [TrainingState.start(member.job, member.initial) for member in members]
        for state, theta in zip(self.states, self.thetas, strict=True):
            state.theta = theta
        self._is_over = False

    def fit(self, stopping: Stopping, interrupts: Interrupts, callbacks: Iterable[Callback] = ()) -> Fit:
        """Train until the preset number of epochs or until `stopping` says so; as `clearprop.training.fit` does.

        Ctrl-C ends it, and `interrupts` are told; a second one is not raised here.

        Raises
        ------
        DivergenceError
            When a loss or gradient is not finite. `thetas` then holds the best weights so far, where they are kept.
        """
        watch = LastOfTheBest(stopping, stopping.tolerance)
        deadline = math.inf if stopping.max_seconds is None else time.perf_counter() + stopping.max_seconds
        job, callbacks = self.members[0].job, list(callbacks)
        history: list[Epoch] = []
        ended = "epochs", f"stopped at the preset number of {job.epochs} epochs"
        records = self._epochs(deadline)
        try:
            with self._blas():
                for epoch in records:
                    history.append(epoch)
                    watch.see(epoch, self.thetas)
                    over = verdict(job, stopping, watch, epoch, deadline, callbacks)
                    if over is not None:
                        ended = over
                        break
            if ended[0] == "epochs" and len(history) < job.epochs:
                ended = out_of_time(stopping, len(history) + 1)
        except KeyboardInterrupt:
            interrupts.note()
            ended = "interrupt", f"interrupted after {len(history)} whole epochs"
        finally:
            interrupts.undisturbed(records.close)
            interrupts.undisturbed(lambda: self._put_back(watch))
        best = watch.best_epoch if stopping.restore_best else None
        kept = f"; the weights of epoch {best.n}, the best, were put back" if best is not None else ""
        return Fit(tuple(history), ended[1] + kept, ended[0], best)

    def _put_back(self, watch: Watch) -> None:
        """The best weights, in arrays that no thread writes that is still on its way out of an epoch."""
        self.thetas = self.thetas.copy() if watch.best_theta is None else watch.best_theta

    def outputs(self) -> list[Any]:
        """Each member's outputs for its judging rows."""
        return [self._judged(k) for k in range(len(self.members))]

    def _blas(self) -> AbstractContextManager[None]:
        """As many BLAS threads as a member's products are worth, for engines that use one."""
        first = self.members[0]
        return suited_to(first.job, first.data.n_samples) if first.engine.uses_blas else nullcontext()

    def _epochs(self, deadline: float) -> Generator[Epoch, None, None]:
        """A record for every epoch that all members have finished."""

        def is_over() -> bool:
            return self._is_over or time.perf_counter() >= deadline

        generators = [
            epochs(member.job, state, member.data, member.engine, is_over=is_over)
            for member, state in zip(self.members, self.states, strict=True)
        ]

        def advance(k: int) -> tuple[Epoch | None, Any]:
            record = next(generators[k], None)
            return record, None if record is None else self._judged(k)

        began = time.perf_counter()
        # Each member stays with one thread: an engine prepares itself for every thread that it is called from.
        crew = Crew(self.n_threads)
        try:
            while True:
                rounds = crew.did([partial(advance, k) for k in range(len(self.members))])
                records = [record for record, _ in rounds if record is not None]
                if len(records) < len(self.members):
                    return
                scores = self.judge([outputs for _, outputs in rounds])
                yield _merged(records, scores, time.perf_counter() - began)
                if not all(record.complete for record in records):
                    return
        finally:
            self._is_over = True  # whoever is within an epoch comes out of it within a stretch
            crew.end()

    def _judged(self, k: int) -> Any:
        member = self.members[k]
        with np.errstate(all="ignore"):
            return member.engine.outputs(member.job.network, member.job.network.views(self.thetas[k]), member.judged)


def _merged(records: Sequence[Epoch], scores: Mapping[str, float], seconds: float) -> Epoch:
    """One record of what all members did in an epoch: means of losses and gradient norms, the sum of steps."""
    norms = np.mean([record.gradient_norms for record in records], axis=0)
    return Epoch(
        n=records[0].n,
        loss=float(np.mean([record.loss for record in records])),
        gradient_norms=tuple(norms.tolist()),
        learning_rate=records[0].learning_rate,
        seconds=seconds,
        steps=sum(record.steps for record in records),
        scores=scores,
        complete=all(record.complete for record in records),
    )
