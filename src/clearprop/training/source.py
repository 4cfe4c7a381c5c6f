"""Where epochs come from: the protocol of a source, and the source that is one network.

An ensemble is another source (`clearprop.tabular.together`). What a fit does with the epochs, when it ends, which
weights it keeps, is the same for all of them and is written in `clearprop.training.fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.blas_threads import suited_to
from clearprop.formulas import LBFGS
from clearprop.job import Epoch
from clearprop.job.records import Records
from clearprop.training.keeper import Keeper
from clearprop.training.lbfgs import lbfgs_epochs
from clearprop.training.loop import Measure, may_cross, records
from clearprop.training.stopping import Ending

Epochs = Generator[Epoch | Records, None, Ending | None]


class Source(Protocol):
    """Something that is trained epoch by epoch. All that it must carry from one epoch to the next is in its states."""

    @property
    def job(self) -> Job:
        """What is asked for; of several networks, that of the first."""
        ...

    @property
    def states(self) -> Sequence[TrainingState]:
        """The state of each network, written in place."""
        ...

    def epochs(
        self, is_over: Callable[[], bool], began: float, ahead: Callable[[], int], keeper: Keeper | None = None
    ) -> Epochs:
        """Train, and yield a record after every epoch, or those of several that were made ahead in one call.

        Parameters
        ----------
        is_over : callable
            Asked several times a second; True ends training inside an epoch.
        began : float
            When training began, by `time.perf_counter`.
        ahead : callable
            How many epochs, 1 at least, the states may be further than the records: nobody looks at them meanwhile.
        keeper : Keeper, optional
            Told when a network is between two updates and no record of it is left to be read.

        Returns
        -------
        Ending or None
            Why it ended, where that is something else than `is_over` or the job's number of epochs.
        """
        ...

    @property
    def goes_ahead(self) -> bool:
        """Whether the states may be further than the records, where nobody looks."""
        ...

    def close(self) -> None:
        """Return once no thread writes the states any more. It may be called again where Ctrl-C has cut it short."""
        ...

    def blas_threads(self) -> AbstractContextManager[object]:
        """Holds the BLAS to as many threads as an epoch is worth."""
        ...


@dataclass(eq=False)
class OneNetwork:
    """A single network as a source of epochs.

    Parameters
    ----------
    job, state, data, engine, measure
        As for `clearprop.training.loop.epochs`; of L-BFGS too. The state holds the weights of the last epoch.
    n_threads : int, optional
        The most threads of a BLAS, where one is used; by default as many as the products are worth.
    """

    job: Job
    state: TrainingState
    data: Data
    engine: Engine
    measure: Measure | None = None
    n_threads: int | None = None

    @property
    def states(self) -> Sequence[TrainingState]:
        """The state alone."""
        return (self.state,)

    def epochs(
        self, is_over: Callable[[], bool], began: float, ahead: Callable[[], int], keeper: Keeper | None = None
    ) -> Epochs:
        """See `Source`."""
        given, measure = (self.job, self.state, self.data, self.engine), self.measure

        def is_kept_and_over() -> bool:
            if keeper is not None:
                keeper.at(0)
            return is_over()

        if isinstance(self.job.update_rule, LBFGS):
            found = lbfgs_epochs(*given, measure=measure, ahead=ahead, began=began)
            return found if keeper is None else _kept(found, keeper)
        return records(*given, measure=measure, is_over=is_kept_and_over, ahead=ahead, began=began)

    @property
    def goes_ahead(self) -> bool:
        """See `Source`; a search may be ahead, its state is not."""
        is_search = isinstance(self.job.update_rule, LBFGS)
        return not is_search and may_cross(self.job, self.data, self.engine, self.measure)

    def close(self) -> None:
        """There is nothing to wait for: the state is written by who reads the epochs."""

    def blas_threads(self) -> AbstractContextManager[object]:
        """See `Source`."""
        if self.engine.uses_blas or isinstance(self.job.update_rule, LBFGS):
            return suited_to(self.job, self.data.n_samples, self.n_threads)
        return nullcontext()


def _kept(found: Epochs, keeper: Keeper) -> Epochs:
    """The iterations of a search, whose state is that of the last record."""
    try:
        while True:
            keeper.at(0)
            try:
                epoch = next(found)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            yield epoch
    finally:
        found.close()
