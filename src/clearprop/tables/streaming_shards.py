"""The rows of a table on the disk where several processes learn from it: each reads the row groups of its own shards.

The table is cut into as many shards as a batch is, whatever the number of processes: row groups that lie together. An
update takes its share from every shard, so what it learns from does not depend on who reads it. Where a shard has no
rows, as there are fewer row groups than shards, the others' shares are larger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from clearprop.job import Place
from clearprop.job.randomness import state_of
from clearprop.tables.streaming import Group
from clearprop.tables.streaming_order import OF_BUFFER, OF_GROUPS, Buffer, Lane, Segment


class Split(NamedTuple):
    """How many shards there are, and which of them this process has.

    Examples
    --------
    >>> from clearprop.tables.streaming import Group
    >>> from clearprop.tables.streaming_shards import Split
    >>> groups = [Group(0, k, 100 * k, 100) for k in range(3)]
    >>> Split(8, range(4)).shards_of(groups)
    (0, 2, 5)
    """

    n: int
    own: range

    def shards_of(self, groups: Sequence[Group]) -> tuple[int, ...]:
        """The shard of each row group of a table, by the place of its first row."""
        n_rows = groups[-1].first + groups[-1].n_rows
        return tuple(group.first * self.n // n_rows for group in groups)

    def groups_of(self, shard: int, groups: Sequence[Group]) -> list[Group]:
        """The row groups of a shard."""
        return [each for each, its in zip(groups, self.shards_of(groups), strict=True) if its == shard]


@dataclass(frozen=True)
class ShardedOrder:
    """In which order this process learns from the rows of its shards.

    Parameters
    ----------
    counts : tuple of int
        Rows of each group of the whole table that are learned from.
    shards : tuple of int
        The shard of each group.
    split : Split
    seed : int
    rows : int
        Of the buffers of all processes together, a multiple of the batch size.
    batch_size : int
    """

    counts: tuple[int, ...]
    shards: tuple[int, ...]
    split: Split
    seed: int
    rows: int
    batch_size: int

    @cached_property
    def n_steps(self) -> int:
        """Updates of an epoch."""
        return -(-sum(self.counts) // self.batch_size)

    @cached_property
    def sizes(self) -> Any:
        """Rows of each shard, int64 (n_shards,)."""
        found = np.zeros(self.split.n, dtype=np.int64)
        np.add.at(found, np.array(self.shards), np.array(self.counts))
        return found

    @property
    def most(self) -> int:
        """Rows of the fullest buffer."""
        return max((sum(self._bounds(each)[:, -1] - self._bounds(each)[:, 0]) for each in self._parts()), default=0)

    def buffers(self, epoch: int, shuffle: Callable[[Any, int], None]) -> Iterator[Buffer]:
        """As of `Order`, of the rows of this process; a buffer may have none."""
        lanes = {}
        for shard in self.split.own:
            groups = np.flatnonzero((np.array(self.shards) == shard) & (np.array(self.counts) > 0))
            shuffle(groups, state_of(self.seed, epoch, OF_GROUPS, shard))
            lanes[shard] = Lane(groups.tolist(), self.counts)
        for number, steps in enumerate(self._parts()):
            bounds, segments = self._bounds(steps), list[Segment]()
            for k, shard in enumerate(self.split.own):
                segments += lanes[shard].take(int(bounds[k, -1] - bounds[k, 0]))
            yield Buffer(epoch, number, steps, tuple(segments))

    def part(self, buffer: Buffer, shuffle: Callable[[Any, int], None]) -> tuple[Any, Place]:
        """The order of a buffer's rows, shard by shard, and where the rows of each update are in it."""
        bounds = self._bounds(buffer.steps)
        firsts = np.concatenate([[0], np.cumsum(bounds[:, -1] - bounds[:, 0])])
        orders = [
            self._shuffled(buffer, shard, int(bounds[k, -1] - bounds[k, 0]), shuffle) + firsts[k]
            for k, shard in enumerate(self.split.own)
        ]
        cuts = bounds - bounds[:, :1] + firsts[:-1, None]
        return np.concatenate(orders), Place(buffer.steps.start, sum(self.counts), cuts)

    def whole(self, epoch: int, shuffle: Callable[[Any, int], None]) -> tuple[Any, Place]:
        """The same of a whole epoch: rows by their number among all that this process has."""
        own = np.where(np.isin(self.shards, self.split.own), self.counts, 0)
        first = np.concatenate([[0], np.cumsum(own)])
        orders: list[list[Any]] = [[] for _ in self.split.own]
        for buffer in self.buffers(epoch, shuffle):
            order, place = self.part(buffer, shuffle)
            rows = [np.arange(start, stop) + first[group] for group, start, stop in buffer.segments]
            there = np.concatenate([np.empty(0, dtype=np.int64), *rows])[order]
            for k, cuts in enumerate(place.cuts):
                orders[k].append(there[cuts[0] : cuts[-1]])
        bounds = self._bounds(range(self.n_steps))
        firsts = np.concatenate([[0], np.cumsum(bounds[:, -1])])
        return np.concatenate([each for shard in orders for each in shard]), Place(
            0, sum(self.counts), bounds + firsts[:-1, None]
        )

    def _shuffled(self, buffer: Buffer, shard: int, n_rows: int, shuffle: Callable[[Any, int], None]) -> Any:
        order = np.arange(n_rows, dtype=np.int64)
        shuffle(order, state_of(self.seed, buffer.epoch, OF_BUFFER, buffer.number, shard))
        return order

    def _parts(self) -> Iterator[range]:
        """The updates of each buffer."""
        length = max(1, self.rows // self.batch_size)
        for first in range(0, self.n_steps, length):
            yield range(first, min(first + length, self.n_steps))

    def _bounds(self, steps: range) -> Any:
        """How many rows of each own shard come before each of these updates and after the last: int64 (n_own, n + 1).

        Shards of one size give all updates alike: Σₛ ⌊x + s/n⌋ = ⌊n·x⌋ (Hermite's identity), so no batch is larger by
        more than a row than another.
        """
        n, total = self.split.n, self.n_steps
        at, shards = np.arange(steps.start, steps.stop + 1, dtype=np.int64), np.array(self.split.own)[:, None]
        return (n * self.sizes[shards] * at + shards * total) // (n * total)
