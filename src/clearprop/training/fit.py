"""A whole fit: the loop, and the readers that decide when it ends and which weights are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.blas_threads import suited_to
from clearprop.errors import DivergenceError
from clearprop.formulas import LBFGS, ReduceOnPlateau
from clearprop.training.interrupts import Interrupted, Interrupts
from clearprop.training.lbfgs import lbfgs_epochs
from clearprop.training.loop import Epoch, Measure, epochs
from clearprop.training.stopping import Callback, Plateau, Stopping, Watch, out_of_time, verdict


@dataclass(frozen=True)
class Fit:
    """What a fit came to.

    Attributes
    ----------
    history : tuple of Epoch
    reason : str
        A sentence saying why it ended.
    stopped_by : str
        "epochs", "no_improvement", "rate", "time", "callback", "interrupt", "divergence" or, when whoever read the
        epochs left, "reader"; of lbfgs also "minimum", "evaluations" or "line_search".
    best : Epoch or None
        The epoch whose weights the state holds, where the best were put back.
    """

    history: tuple[Epoch, ...]
    reason: str
    stopped_by: str
    best: Epoch | None

    @property
    def converged(self) -> bool:
        """Whether training ended because nothing got better, rather than because it was cut off."""
        return self.stopped_by in ("no_improvement", "minimum", "rate")


class Fitting:
    """A fit under way: iterate over it for its epochs, and leave it when you like.

    At its end, however it comes, the best weights are put back where they are kept, and `result` says what it came to.

    Parameters
    ----------
    job, state, data, engine, stopping, measure, callbacks, n_threads
        As for `fit`; the state holds the weights of the epoch that was handed out last.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
    >>> from clearprop.training import Fitting, Stopping
    >>> net, X = Network.mlp([1, 1]), np.array([[0.0], [1.0]])
    >>> job = Job(net, epochs=100)
    >>> state = TrainingState.start(job, net.initial(seed=0).theta)
    >>> under_way = Fitting(job, state, prepared(job, X, X), ReferenceEngine(), Stopping())
    >>> for epoch in under_way:
    ...     if epoch.n == 3:
    ...         break
    >>> under_way.close()
    >>> under_way.result.reason
    'stopped after epoch 3: its reader asked for no more'
    """

    def __init__(
        self,
        job: Job,
        state: TrainingState,
        data: Data,
        engine: Engine,
        stopping: Stopping,
        *,
        measure: Measure | None = None,
        callbacks: Iterable[Callback] = (),
        n_threads: int | None = None,
    ) -> None:
        self.job, self.state, self.data, self.engine, self.stopping = job, state, data, engine, stopping
        self.measure, self.callbacks, self.n_threads = measure, tuple(callbacks), n_threads
        self.history: list[Epoch] = []
        self._watch = Watch(stopping, stopping.tolerance)
        self._planned = job.epochs - state.epoch
        self._ended: tuple[str, str] | None = None
        self._interrupts = Interrupts()
        self._generator = self._run()

    def __iter__(self) -> Iterator[Epoch]:
        return self._generator

    def close(self) -> None:
        """End it here, as if the reader had never asked for more."""
        self._generator.close()

    def interrupted(self) -> None:
        """End it here for a Ctrl-C that came while its reader had an epoch."""
        if self._ended is None:
            self._ended = self._interruption()
        self._interrupts.undisturbed(self.close)

    def to_the_end(self) -> Fit:
        """Read every epoch, and return what the fit came to."""
        try:
            for _ in self._generator:
                pass
        except Interrupted:
            raise
        except KeyboardInterrupt:  # between two epochs
            self._interrupts.note()
            self.interrupted()
            self._interrupts.raise_again()
        return self.result

    @property
    def result(self) -> Fit:
        """What the fit came to, once it has ended."""
        best = self._watch.best_epoch if self.stopping.restore_best else None
        kept = f"; the weights of epoch {best.n}, the best, were put back" if best is not None else ""
        stopped_by, reason = self._ended or (
            "reader",
            f"stopped after epoch {self.state.epoch}: its reader asked for no more",
        )
        return Fit(tuple(self.history), reason + kept, stopped_by, best)

    def _run(self) -> Generator[Epoch, None, None]:
        began = time.perf_counter()
        deadline = math.inf if self.stopping.max_seconds is None else began + self.stopping.max_seconds
        schedule = self.job.schedule
        plateau = Plateau(schedule, self.stopping) if isinstance(schedule, ReduceOnPlateau) else None
        records = Records(_records(self.job, self.state, self.data, self.engine, self.measure, deadline))
        try:
            while (epoch := self._next(records)) is not None:
                self.history.append(epoch)
                self._watch.see(epoch, self.state.theta)
                self._ended = verdict(self.job, self.stopping, self._watch, epoch, deadline, self.callbacks)
                if self._ended is None and plateau is not None:
                    self._ended = plateau.see(epoch, self.state)
                last = self._ended is not None
                if last:
                    self._put_back()
                yield from self._handed_out(epoch)
                if last:
                    return
            self._ended = records.ended or self._ended_by_itself()
        except KeyboardInterrupt:
            self._interrupts.note()
            self._ended = self._interruption()
        except DivergenceError as error:
            self._ended = "divergence", f"stopped in epoch {error.epoch}: {error}"
            self.history.append(self._broken_off(error, time.perf_counter() - began))
            raise
        finally:
            self._interrupts.undisturbed(records.close)
            self._interrupts.undisturbed(self._put_back)
        self._interrupts.raise_again()

    def _interruption(self) -> tuple[str, str]:
        return "interrupt", f"interrupted after {len(self.history)} whole epochs"

    def _handed_out(self, epoch: Epoch) -> Generator[Epoch, None, None]:
        """Hand out an epoch, and if the reader leaves with it, see whether the weights are still ours to put back."""
        try:
            yield epoch
        except GeneratorExit:
            if self.state.step != epoch.steps:  # another fit went on from here
                self._watch.best_theta = None
            raise

    def _next(self, records: Records) -> Epoch | None:
        """The next epoch, computed with as many BLAS threads as it is worth; None after the last."""
        if self.engine.uses_blas or isinstance(self.job.update_rule, LBFGS):
            with suited_to(self.job, self.data.n_samples, self.n_threads):
                return next(records, None)
        return next(records, None)

    def _broken_off(self, error: DivergenceError, seconds: float) -> Epoch:
        """The record of the epoch that diverged, of which nothing can be said."""
        nothing = float("nan")
        scores = dict.fromkeys(self.history[-1].scores, nothing) if self.history else {}
        norms = (nothing,) * self.job.network.depth
        return Epoch(error.epoch, nothing, norms, nothing, seconds, self.state.step, scores, complete=False)

    def _ended_by_itself(self) -> tuple[str, str]:
        if self.state.epoch < self.job.epochs:
            return out_of_time(self.stopping, self.state.epoch + 1)
        return "epochs", f"stopped at the preset number of {self._planned} epochs"

    def _put_back(self) -> None:
        if self._watch.best_theta is not None:
            self.state.theta[:] = self._watch.best_theta


def fit(
    job: Job,
    state: TrainingState,
    data: Data,
    engine: Engine,
    stopping: Stopping,
    *,
    measure: Measure | None = None,
    callbacks: Iterable[Callback] = (),
    n_threads: int | None = None,
) -> Fit:
    """Train until the preset number of epochs or until `stopping` says so.

    Ctrl-C ends training as any other reason does, with the best weights put back: `stopped_by` says "interrupt".
    A second one within two seconds, of this fit or another, is raised once they are.

    Parameters
    ----------
    job, state, data, engine, measure
        As for `clearprop.training.loop.epochs`; the state holds the result.
    stopping : Stopping
    callbacks : iterable of callable
        Each gets every Epoch; one that returns True ends training.
    n_threads : int, optional
        The most threads of a BLAS, for an engine that uses one; by default as many as the products are worth.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C comes twice within two seconds.
    DivergenceError
        When a loss or gradient is not finite. The state then holds the best weights so far, where they are kept, or the
        last good ones.
    """
    under_way = Fitting(job, state, data, engine, stopping, measure=measure, callbacks=callbacks, n_threads=n_threads)
    return under_way.to_the_end()


class Records:
    """The epochs of a generator, and what it returns at its end."""

    def __init__(self, generator: Generator[Epoch, None, tuple[str, str] | None]) -> None:
        self.generator = generator
        self.ended: tuple[str, str] | None = None

    def __iter__(self) -> Iterator[Epoch]:
        return self

    def __next__(self) -> Epoch:
        try:
            return next(self.generator)
        except StopIteration as end:
            self.ended = end.value
            raise

    def close(self) -> None:
        """End the generator where it stands."""
        self.generator.close()


def _records(
    job: Job, state: TrainingState, data: Data, engine: Engine, measure: Measure | None, deadline: float
) -> Generator[Epoch, None, tuple[str, str] | None]:
    if isinstance(job.update_rule, LBFGS):
        return lbfgs_epochs(job, state, data, engine, measure=measure)
    return epochs(job, state, data, engine, measure=measure, is_over=lambda: time.perf_counter() >= deadline)
