"""A whole fit: the one reader of epochs, which decides when it ends and which weights are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial

from clearprop.distributed import Team
from clearprop.errors import DivergenceError
from clearprop.formulas import ReduceOnPlateau
from clearprop.job import Epoch, Progress, Retry
from clearprop.job.records import Records
from clearprop.training.divergence import broken_off, explained, go_back, planned
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.keeper import Keeper
from clearprop.training.outcome import Fit
from clearprop.training.source import Epochs, Source
from clearprop.training.stopping import (
    Callback,
    Ending,
    Stopping,
    asked_to_stop,
    no_improvement,
    on_plateau,
    out_of_time,
    see,
    see_all,
    take_several,
    until_stale,
)


class Fitting:
    """A fit under way: iterate over it for its epochs, and leave it when you like.

    At its end, however it comes, the best weights are put back where they are kept, and `result` says what it came to.

    Parameters
    ----------
    source : Source
        One network, or several; its states hold the weights of the epoch that was handed out last.
    stopping : Stopping
    callbacks : iterable of callable
        Each gets every Epoch; one that returns True ends training.
    resume : bool
        Go on with the fit that was under way when its states were copied, as if it had never stopped. Otherwise a new
        fit begins with these states.
    interrupts : Interrupts, optional
        Told of every Ctrl-C; who gives it raises the second one.
    looks : bool
        Whether the callbacks, or whoever asks for the epochs, look at the states. Where nobody does, short epochs are
        made several at a time, and the states are further than the records.
    keeper : Keeper, optional
        Takes snapshots of the fit, and hands them on. Callbacks of a fit that goes on from one see its epochs again.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
    >>> from clearprop.training import Fitting, OneNetwork, Stopping
    >>> net, X = Network.mlp([1, 1]), np.array([[0.0], [1.0]])
    >>> job = Job(net, epochs=100)
    >>> state = TrainingState.start(job, net.initial(seed=0).theta)
    >>> under_way = Fitting(OneNetwork(job, state, prepared(job, X, X), ReferenceEngine()), Stopping())
    >>> for epoch in under_way:
    ...     if epoch.n == 3:
    ...         break
    >>> under_way.close()
    >>> under_way.result.reason
    'stopped after epoch 3: its reader asked for no more'
    """

    def __init__(
        self,
        source: Source,
        stopping: Stopping,
        callbacks: Iterable[Callback] = (),
        *,
        resume: bool = False,
        interrupts: Interrupts | None = None,
        looks: bool = True,
        keeper: Keeper | None = None,
    ) -> None:
        self.source, self.stopping, self.callbacks, self.looks = source, stopping, tuple(callbacks), looks
        kept = source.states[0].progress if resume else None
        self.progress = Progress(first_epoch=source.states[0].epoch) if kept is None else kept
        self.keeper, self._halt, self._team = keeper, Halt.in_force(), Team.in_force()
        self._ended = None if self.progress.ended is None else Ending(*self.progress.ended)
        self._is_cut = False  # by Ctrl-C
        self._epochs: Epochs | None = None
        self._made: Records | None = None  # ahead, the last of them
        self.is_read = True  # each record is handed to who iterates; otherwise the last of those that came together
        self._retry: Retry | None = None  # that is planned and not yet carried out
        self.interrupts = Interrupts() if interrupts is None else interrupts
        self._raises = interrupts is None
        self._generator = self._run()

    def __iter__(self) -> Iterator[Epoch]:
        return self._generator

    def close(self) -> None:
        """End it here, as if the reader had never asked for more."""
        self._generator.close()

    def interrupted(self) -> None:
        """End it here for a Ctrl-C that came while its reader had an epoch. It may be called again."""
        self._is_cut = self._is_cut or self._ended is None
        self.close()

    def to_the_end(self) -> Fit:
        """Read every epoch, and return what the fit came to."""
        self.is_read = False
        found, came = None, False
        while found is None:
            try:
                if came:  # between two epochs, or after the last
                    self.interrupts.note()
                    self.interrupted()
                for _ in self._generator:
                    pass
                found = self.result
            except KeyboardInterrupt:
                came = True
        if self._raises:
            self.interrupts.raise_again()
        return found

    @property
    def result(self) -> Fit:
        """What the fit came to, once it has ended."""
        found = self.progress.best
        best = found.epoch if found is not None and found.thetas and self.stopping.restore_best else None
        kept = f"; the weights of epoch {best.n}, the best, were put back" if best is not None else ""
        left = f"stopped after epoch {self._n_done}: its reader asked for no more"
        ended = self._ended or (self._interruption() if self._is_cut else Ending("reader", left))
        retries = self.progress.retries
        if retries:
            kept += f"; it had diverged in epoch {', '.join(str(retry.epoch) for retry in retries)} and gone on with "
            kept += f"{retries[-1].rate_scale:g} times the learning rate"
        history = self.progress.history.copy() if self._ended is None else self.progress.history  # which grows no more
        return Fit(history, ended.reason + kept, ended.stopped_by, best, retries)

    @property
    def is_halted(self) -> bool:
        """Whether all fits beside it end too: see `clearprop.training.halting`."""
        return self._halt.is_over()

    @property
    def _n_read(self) -> int:
        """Whole epochs done, by the records that were read."""
        return self.progress.first_epoch + len(self.progress.history)

    @property
    def _n_done(self) -> int:
        """Whole epochs that every network has done."""
        return min(state.epoch for state in self.source.states)

    def _run(self) -> Generator[Epoch, None, None]:
        began = time.perf_counter() - self.progress.seconds
        deadline = math.inf if self.stopping.max_seconds is None else began + self.stopping.max_seconds
        try:
            self._begin()
            if self.keeper is not None:  # who reads the epochs has not seen those of an earlier process
                for seen in self.progress.history:
                    asked_to_stop(self.callbacks, seen)
            if self._ended is not None:
                return
            is_over = self._team.agreed_end(partial(self._is_over, deadline))
            made = partial(self.source.epochs, is_over, began, self._ahead, self.keeper)
            while (found := self._next(made)) is not None:
                self._ended = self._seen(found, deadline)
                if self._ended is not None:
                    self._put_back()
                yield found if isinstance(found, Epoch) else found[-1]
                if self._ended is not None:
                    return
            self._ended = self._ended or self._ended_by_itself()
        except KeyboardInterrupt:
            self._is_cut, self._ended = True, None
            self.interrupts.note()
        except DivergenceError as error:
            explained(self.progress, self.source.states, error)
            self._ended = Ending("divergence", f"stopped in epoch {error.epoch}: {error}")
            last = broken_off(self.progress, self.source.states, error, time.perf_counter() - began)
            self.progress.history.append(last)
            raise
        finally:
            whole = came = False
            while not whole:  # here and not in a function: Ctrl-C may come as one is entered
                try:
                    if came:
                        self.interrupts.note()
                    self._end()
                    whole = True
                except KeyboardInterrupt:
                    came = True
        if self._raises:
            self.interrupts.raise_again()

    def _is_over(self, deadline: float) -> bool:
        return self._is_cut or self._halt.is_over() or time.perf_counter() >= deadline

    def _ahead(self) -> int:
        """How many epochs may be made before anybody looks at the states, or training might end."""
        job = self.source.job
        if self._sees_each:
            return 1
        return int(min(until_stale(job, self.stopping, self.progress), job.epochs))

    @property
    def _sees_each(self) -> bool:
        """Whether the states are looked at after every epoch."""
        stopping, adapts = self.stopping, isinstance(self.source.job.schedule, ReduceOnPlateau)
        may_go_back = stopping.on_divergence == "retry"
        return self.looks or stopping.restore_best or adapts or may_go_back

    def _see(self, found: Epoch | Records) -> None:
        """Take epochs into account; the best weights are kept where the states are never further than the record."""
        if isinstance(found, Records):
            see_all(self.stopping, self.progress, found)
            return
        keeps = self._sees_each or not self.source.goes_ahead
        see(self.stopping, self.progress, found, self.source.states, keeps=keeps)

    def _catch_up(self) -> None:
        """Take account of epochs that were made ahead, where Ctrl-C came between their records."""
        epochs = self._epochs or iter(())
        while self._n_read < self._n_done and (found := self._unread() or next(epochs, None)) is not None:
            self._see(found)

    def _unread(self) -> Epoch | None:
        """The next record of those that were made ahead."""
        if self._made is None or (left := self._made.first + len(self._made) - 1 - self._n_read) <= 0:
            return None
        return self._made[-left]

    def _begin(self) -> None:
        """Take possession of the states, which know one fit at a time."""
        for state in self.source.states:
            state.progress = self.progress
        if self.stopping.on_divergence == "retry" and not self.progress.start:
            self.progress.start = tuple(state.copy() for state in self.source.states)
        if self.keeper is not None:
            self.keeper.begin(self.source.states, self.progress)

    def _next(self, made: Callable[[], Epochs]) -> Epoch | Records | None:
        """The next epoch, after one that diverged and is to be tried again too; None after the last.

        Those that came together are taken together where nobody reads each of them.
        """
        while (unread := self._unread()) is None:
            if self._epochs is None:
                self._epochs = made()
            try:
                with self.source.blas_threads():
                    found = next(self._epochs)
                self._made = None if isinstance(found, Epoch) else found
                if self._made is None or (not self.is_read and take_several(self.callbacks)):
                    return found
            except StopIteration as end:
                self._ended = end.value
                return None
            except DivergenceError as error:
                may_go_back = self.stopping.on_divergence == "retry"
                self._retry = planned(self.progress, self.source.states, error) if may_go_back else None
                if self._retry is None:
                    raise
            self._go_back()
        return unread

    def _go_back(self) -> None:
        """Carry out a retry that is planned; done again where Ctrl-C came in the middle of it."""
        if self._retry is None:
            return
        go_back(self.progress, self.source.states, self._retry)
        if self.keeper is not None:
            self.keeper.goes_back()
        self._epochs = None
        if self._retry not in self.progress.retries:
            self.progress.retries = (*self.progress.retries, self._retry)
        self._retry = None

    def _seen(self, found: Epoch | Records, deadline: float) -> Ending | None:
        """Take epochs into account; why training ends with the last, or None. The callbacks find whole states."""
        job, stopping, states = self.source.job, self.stopping, self.source.states
        epoch = found if isinstance(found, Epoch) else found[-1]
        self._see(found)
        least_rate = None
        if isinstance(job.schedule, ReduceOnPlateau):
            least_rate = on_plateau(job.schedule, stopping, epoch, states)
        ended = asked_to_stop(self.callbacks, found)
        is_last = epoch.n >= self._n_done  # the states are not further, so training can end here
        if ended is None and is_last:
            late = time.perf_counter() >= deadline
            ended = self._halt.ending(epoch.n) or (out_of_time(stopping, epoch.n) if late else None)
        return self._agreed(ended) or no_improvement(job, stopping, self.progress, epoch) or least_rate

    def _agreed(self, ended: Ending | None) -> Ending | None:
        """Why it ends, where it is for a reason that not every process of a team may have."""
        found = self._team.agreed(ended, [state.theta for state in self.source.states])
        return None if found is None else Ending(*found)

    def _interruption(self) -> Ending:
        return Ending("interrupt", f"interrupted after {len(self.progress.history)} whole epochs")

    def _ended_by_itself(self) -> Ending:
        planned = self.source.job.epochs
        if self._n_done < planned:
            limit = self.stopping.max_seconds
            late = None if limit is None else out_of_time(self.stopping, self._n_done + 1)
            ended = self._agreed(self._halt.ending(self._n_done) or late)
            assert ended is not None  # of one process at least
            return ended
        return Ending("epochs", f"stopped at the preset number of {planned - self.progress.first_epoch} epochs")

    def _end(self) -> None:
        """Have all threads end, put the best weights back, let go of the states that no other fit has taken over."""
        if self._is_cut and self._ended is None:
            self._catch_up()
            self._ended = self._interruption()
        if self._epochs is not None:
            self._epochs.close()
        self.source.close()
        self._go_back()
        self._put_back()
        if self.keeper is not None:  # a fit that was cut off goes on from there, and one that diverged does so again
            is_done = self._ended is not None and self._ended.stopped_by not in ("interrupt", "divergence")
            self.keeper.end(self._ended if is_done else None)
        for state in self.source.states:
            if state.progress is self.progress:
                state.progress = None

    def _put_back(self) -> None:
        best = self.progress.best
        kept = best.thetas if best is not None and self.stopping.restore_best else ()
        for state, theta in zip(self.source.states, kept, strict=False):
            if state.progress is self.progress:
                state.theta[:] = theta


def fit(
    source: Source,
    stopping: Stopping,
    callbacks: Iterable[Callback] = (),
    *,
    resume: bool = False,
    interrupts: Interrupts | None = None,
    looks: bool = True,
    keeper: Keeper | None = None,
) -> Fit:
    """Train until the preset number of epochs or until `stopping` says so.

    Ctrl-C ends training as any other reason does, with the best weights put back: `stopped_by` says "interrupt".
    A second one within two seconds, of this fit or another, is raised once they are.

    Parameters
    ----------
    source, stopping, callbacks, resume, interrupts, looks, keeper
        As for `Fitting`; the source's states hold the result.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C comes twice within two seconds, unless `interrupts` are given.
    DivergenceError
        When a loss or gradient is not finite, and `stopping` does not say to go on, or going on did not help. The
        states then hold the best weights where they are put back, otherwise the last good ones. The error has the best
        ones, unless short epochs were made several at a time, as nobody looked at them.
    """
    return Fitting(
        source, stopping, callbacks, resume=resume, interrupts=interrupts, looks=looks, keeper=keeper
    ).to_the_end()
