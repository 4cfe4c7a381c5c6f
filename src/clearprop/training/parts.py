"""The rows of an epoch in parts that are in memory one after the other: all of them at once, or a stream's.

Whatever the loop trains on is `Rows`: arrays that hold every row, or a `Stream`, which has some of them in memory while
updates are made with these. An engine counts the updates of the epoch either way (`clearprop.job.Place`), so the same
rows in the same order give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from clearprop.engines import Data, Engine, Job
from clearprop.job import Layout, Place


class Part(NamedTuple):
    """Rows that are in memory together.

    Attributes
    ----------
    data : Data
    order : int64 array of shape (n_rows,)
        In which they are learned from.
    place : Place or None
        Where they belong in the epoch; None for all of its rows.
    """

    data: Data
    order: Any
    place: Place | None = None

    def ends(self, job: Job) -> int:
        """How many updates of the epoch are made once these rows are used up."""
        first, cuts = (0, None) if self.place is None else (self.place.first, self.place.cuts)
        return first + (job.steps_per_epoch(self.data.n_samples) if cuts is None else cuts.shape[1] - 1)


class Stream(Protocol):
    """Rows of which some are in memory at a time."""

    @property
    def n_samples(self) -> int:
        """All rows of an epoch."""
        ...

    @property
    def layout(self) -> Layout:
        """What an engine must know of them beforehand."""
        ...

    def parts(self, job: Job, epoch: int, cursor: int, engine: Engine, is_over: Callable[[], bool]) -> Iterator[Part]:
        """The rows of an epoch, from the part on with which its update number `cursor` is made.

        A part holds whole batches, but for the last of the epoch, and at least one, if the epoch has one. Which rows it
        has, and their order, depend on the job's seed and the epoch alone. `is_over` is asked several times a second
        while there is nothing to hand out; once it is True there are no more.
        """
        ...

    def close(self) -> None:
        """Stop reading ahead, and return when nothing reads any more. It may be called again."""
        ...


Rows = Data | Stream
