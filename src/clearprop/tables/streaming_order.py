"""Where each row of a table on the disk goes, and in which order it comes: functions of the seed and of places alone.

A row is learned from, chooses the best epoch or is held out by a hash of its place in the table. The order of an epoch
is shuffled twice: row groups are dealt out in random order to a few lanes, which are read side by side and fill a
buffer together; and the rows of each buffer are shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clearprop.job import Place
from clearprop.job.hashing import GOLDEN, finalised
from clearprop.job.randomness import state_of

LEARN, VALIDATION, TEST = 0, 1, 2
OF_PARTS, OF_SAMPLE, OF_GROUPS, OF_BUFFER = 101, 102, 103, 104  # what random numbers are for


def fractions(seed: int, what: int, first: int, n_rows: int) -> Any:
    """A number from 0 to 1 for each of so many rows, by its place: float64 (n_rows,).

    Number `place` of the generator SplitMix64 (Steele, Lea & Flood 2014), as a fraction of 2⁵³.

    Examples
    --------
    >>> from clearprop.tables.streaming_order import fractions
    >>> (fractions(0, 101, 0, 5)[2:] == fractions(0, 101, 2, 3)).all()
    np.True_
    """
    places = np.arange(first, first + n_rows, dtype=np.uint64)
    return (finalised(np.uint64(state_of(seed, what)) + places * GOLDEN) >> np.uint64(11)) * 2.0**-53


@dataclass(frozen=True)
class Shares:
    """The shares of the rows that are held out, and that choose the best epoch."""

    seed: int
    test: float
    validation: float

    def parts(self, first: int, n_rows: int) -> Any:
        """What each of so many rows is for, uint8 (n_rows,): LEARN, VALIDATION or TEST."""
        drawn = fractions(self.seed, OF_PARTS, first, n_rows)
        rest = self.test + (1 - self.test) * self.validation
        return (drawn < self.test).astype(np.uint8) * TEST + ((drawn >= self.test) & (drawn < rest)) * np.uint8(
            VALIDATION
        )

    def sampled(self, first: int, n_rows: int, share: float) -> Any:
        """Which of so many rows are in a sample of this share: bool (n_rows,)."""
        return fractions(self.seed, OF_SAMPLE, first, n_rows) < share


class Segment(NamedTuple):
    """Rows of one group that are learned from: number `start` … `stop` − 1 of those in it."""

    group: int
    start: int
    stop: int


class Buffer(NamedTuple):
    """Rows that are in memory together.

    Attributes
    ----------
    epoch, number : int
        From 0.
    steps : range
        The updates of the epoch that are made with them.
    segments : tuple of Segment
        In the order in which they lie in the buffer.
    """

    epoch: int
    number: int
    steps: range
    segments: tuple[Segment, ...]

    @property
    def n_rows(self) -> int:
        """In all segments."""
        return sum(segment.stop - segment.start for segment in self.segments)


@dataclass(frozen=True)
class Order:
    """In which order the rows of a table are learned from.

    Parameters
    ----------
    counts : tuple of int
        Rows of each group that are learned from.
    seed : int
    rows : int
        Of a buffer, a multiple of the batch size.
    lanes : int
        Groups that are read side by side.
    batch_size : int
    """

    counts: tuple[int, ...]
    seed: int
    rows: int
    lanes: int
    batch_size: int

    @property
    def n_rows(self) -> int:
        """Of an epoch."""
        return sum(self.counts)

    @property
    def most(self) -> int:
        """Rows of the fullest buffer: a last batch that is not full goes with the one before."""
        return min(self.n_rows, self.rows + self.batch_size - 1)

    def buffers(self, epoch: int, shuffle: Callable[[Any, int], None]) -> Iterator[Buffer]:
        """The buffers of an epoch, one after the other.

        Parameters
        ----------
        epoch : int
        shuffle : callable
            An engine's: brings an int64 array into the random order of a key.
        """
        order = np.flatnonzero(np.array(self.counts))
        shuffle(order, state_of(self.seed, epoch, OF_GROUPS))
        lanes = [Lane(order[k :: self.lanes].tolist(), self.counts) for k in range(self.lanes)]
        first, number = 0, 0
        while first < self.n_rows:
            left = self.n_rows - first
            wanted = left if left < self.rows + self.batch_size else self.rows
            steps = range(first // self.batch_size, -(-(first + wanted) // self.batch_size))
            yield Buffer(epoch, number, steps, tuple(_taken(lanes, wanted)))
            first, number = first + wanted, number + 1

    def within(self, buffer: Buffer, shuffle: Callable[[Any, int], None]) -> Any:
        """The order of a buffer's rows, int64 (n_rows,)."""
        order = np.arange(buffer.n_rows, dtype=np.int64)
        shuffle(order, state_of(self.seed, buffer.epoch, OF_BUFFER, buffer.number))
        return order

    def part(self, buffer: Buffer, shuffle: Callable[[Any, int], None]) -> tuple[Any, Place | None]:
        """The same, and where these rows belong in the epoch."""
        return self.within(buffer, shuffle), Place(buffer.steps.start, self.n_rows)

    def whole(self, epoch: int, shuffle: Callable[[Any, int], None]) -> tuple[Any, Place | None]:
        """`places`, of rows that are all there is of the epoch."""
        return self.places(epoch, shuffle), None

    def places(self, epoch: int, shuffle: Callable[[Any, int], None]) -> Any:
        """The order of a whole epoch, int64 (n_rows,): rows by their number among all that are learned from."""
        first, found = np.concatenate([[0], np.cumsum(self.counts)]), []
        for buffer in self.buffers(epoch, shuffle):
            rows = [np.arange(start, stop) + first[group] for group, start, stop in buffer.segments]
            found.append(np.concatenate(rows)[self.within(buffer, shuffle)])
        return np.concatenate(found)


class Lane:
    """Groups that are read one after the other."""

    def __init__(self, groups: Sequence[int], counts: Sequence[int]) -> None:
        self.groups, self.counts, self.start = list(reversed(groups)), counts, 0

    def take(self, wanted: int) -> Iterator[Segment]:
        """The next rows, as many as are wanted if there are so many."""
        while wanted and self.groups:
            group = self.groups[-1]
            stop = min(self.counts[group], self.start + wanted)
            yield Segment(group, self.start, stop)
            wanted -= stop - self.start
            self.start = stop
            if stop == self.counts[group]:
                self.groups.pop()
                self.start = 0


def _taken(lanes: Sequence[Lane], wanted: int) -> Iterator[Segment]:
    """So many rows, in equal parts from all lanes that still have some."""
    while wanted:
        there = [lane for lane in lanes if lane.groups]
        for k, lane in enumerate(there):
            for segment in lane.take(-(-wanted // (len(there) - k))):
                wanted -= segment.stop - segment.start
                yield segment
