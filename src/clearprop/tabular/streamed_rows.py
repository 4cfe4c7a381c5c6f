"""The rows of a table on the disk as training takes them: encoded, in buffers that a thread of its own fills ahead.

Where memory has room for all of them, encoded, they are read once, and training is what it is from memory, in the order
of a stream.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, pairwise, starmap
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Data, Engine, Job, prepared
from clearprop.errors import FileError
from clearprop.job import Layout
from clearprop.tables import ClassTarget, Encoder, NumberTargets, Target, columns
from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_order import Buffer, Order, Segment, Shares
from clearprop.tables.streaming_read import within
from clearprop.tables.streaming_shards import ShardedOrder, Split
from clearprop.tabular.actual import actual_of
from clearprop.tabular.scratch import ANEW, ONCE, Scratch, ScratchPlace, place_for
from clearprop.tabular.streamed_reading import Chosen, Reader, together
from clearprop.tabular.survey import Asked
from clearprop.training.parts import Part
from clearprop.training.read_ahead import SOON, Done, ReadAhead

N_BUFFERS = 2  # one is trained on while the other is filled


class Encoding(NamedTuple):
    """How rows become what a network learns from.

    Attributes
    ----------
    encoder : Encoder
    target : Target
    most_weight : float
        The largest weight of a row, by which all are divided; 0 where rows have none.
    """

    encoder: Encoder
    target: Target
    most_weight: float = 0.0

    def y(self, table: pa.Table) -> Any:
        """Class numbers, or numbers on the scale that is learned."""
        return actual_of(table, self.target, self.encoder.read)

    def weight(self, table: pa.Table, name: str | None) -> Any:
        """The weights of the rows over the largest, float32 (n_rows,), or None."""
        if name is None:
            return None
        return (columns.numbers(table.column(name), name) / self.most_weight).astype(np.float32)


class Slot(NamedTuple):
    """Room for the rows of a buffer."""

    X: Any
    y: Any
    weight: Any = None

    def rows(self, start: int, stop: int) -> list[Any]:
        """What there is of some of them."""
        return [each[start:stop] for each in self if each is not None]


class Held:
    """All rows of a stream, encoded, for all networks that learn from them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: Data | None = None

    def data(self, made: Callable[[], Data | None], is_over: Callable[[], bool]) -> Data | None:
        """The rows, which `made` makes once; None where it is over before."""
        while not self._lock.acquire(timeout=SOON):
            if is_over():
                return None
        try:
            self._data = self._data or made()
            return self._data
        finally:
            self._lock.release()


class Coming(NamedTuple):
    """A buffer that is to be filled, and the one after it."""

    buffer: Buffer
    next: Buffer | None


@dataclass(eq=False)
class RowStream:
    """Rows that are read while training goes on: a `clearprop.training.parts.Stream`.

    Parameters
    ----------
    table : Stored
    asked : Asked
    shares : Shares
    counts : tuple of int
        Rows of each group that are learned from.
    encoding : Encoding
    rows, lanes : int
        Of a buffer, a multiple of the batch size; and groups that are read side by side.
    split : Split, optional
        Where several processes learn from the rows together: this one reads those of its shards alone. The groups that
        are read side by side are then as many as the shards.
    kept_at : ScratchPlace
        Where encoded rows are kept after the first epoch.
    """

    table: Stored
    asked: Asked
    shares: Shares
    counts: tuple[int, ...]
    encoding: Encoding
    rows: int
    lanes: int
    split: Split | None = None
    kept_at: ScratchPlace = ANEW
    _scratch: Scratch | None = field(default=None, init=False, repr=False)
    _held: Held = field(default_factory=Held, init=False, repr=False)
    _ahead: ReadAhead[Coming, Data] | None = field(default=None, init=False, repr=False)
    _next: tuple[int, int] = field(default=(-1, -1), init=False, repr=False)
    _slots: list[Slot] = field(default_factory=list, init=False, repr=False)

    @property
    def n_samples(self) -> int:
        """All rows of an epoch."""
        return sum(self.counts)

    @property
    def layout(self) -> Layout:
        """What an engine must know of them."""
        return Layout.dense(self.n_samples, np.float32)

    @property
    def identity(self) -> dict[str, Any]:
        """What the bits of a training depend on beside the rows that validate, as JSON holds it."""
        return {"table": self.table.fingerprint, "shares": repr(self.shares), **self.buffers}

    @property
    def buffers(self) -> dict[str, int]:
        """How many rows are in memory at a time, and how many groups are read side by side."""
        shards = {} if self.split is None else {"shards": self.split.n}
        return {"buffer": self.rows, "lanes": self.lanes, **shards}

    def order(self, job: Job) -> Order | ShardedOrder:
        """In which order they come."""
        batch_size = min(job.batch_size, self.n_samples)
        if self.split is None:
            return Order(self.counts, job.seed, self.rows, self.lanes, batch_size)
        shards = self.split.shards_of(self.table.groups)
        return ShardedOrder(self.counts, shards, self.split, job.seed, self.rows, batch_size)

    @property
    def own(self) -> tuple[int, ...]:
        """Rows of each group that this process learns from."""
        if self.split is None:
            return self.counts
        each = zip(self.counts, self.split.shards_of(self.table.groups), strict=True)
        return tuple(count if shard in self.split.own else 0 for count, shard in each)

    def another(self) -> RowStream:
        """The same rows for another network, with buffers and a thread of its own."""
        other = replace(self)
        other._scratch, other._held = self._kept, self._held
        return other

    def parts(self, job: Job, epoch: int, cursor: int, engine: Engine, is_over: Callable[[], bool]) -> Iterator[Part]:
        """See `clearprop.training.parts.Stream`."""
        order, n_steps, scratch = self.order(job), job.steps_per_epoch(self.n_samples), self._kept
        if self.kept_at.in_memory:
            whole = self._held.data(partial(self._all, job, is_over), is_over)
            if whole is not None:
                yield Part(whole, *order.whole(epoch, engine.shuffle))
            return
        # Reading what is encoded is so quick that it had better not take a core from the threads of the engine.
        n_slots = 1 if scratch is not None and scratch.is_whole else N_BUFFERS
        while cursor < n_steps:
            if self._ahead is None or self._next != (epoch, cursor) or self._ahead.n_slots != n_slots:
                self._begin(job, epoch, cursor, engine, n_slots)
            assert self._ahead is not None
            done: Done[Coming, Data] | None = self._ahead.next(is_over)
            if done is None:
                return
            part = Part(done.made, *order.part(done.item.buffer, engine.shuffle))
            cursor = part.ends(job)
            self._next = (epoch, cursor) if cursor < n_steps else (epoch + 1, 0)
            yield part

    def keep_in(self, asked: str | os.PathLike[str] | None, *, in_memory: bool, epochs: int) -> str:
        """Choose where encoded rows are kept, as `clearprop.tabular.scratch.place_for` does; in words."""
        row = self._slot(1).rows(0, 1)
        found = place_for(sum(self.own) * sum(each.nbytes for each in row), asked, in_memory=in_memory)
        self.kept_at = found if epochs > 1 else ONCE
        return self.kept_at.said

    @property
    def _kept(self) -> Scratch | None:
        """The file of encoded rows; made when it is first asked for, None where there is none."""
        if self._scratch is None and self.kept_at.folder is not None:
            self._scratch = Scratch(self.kept_at.folder, self.own, self._slot(1).rows(0, 1))
        return self._scratch

    def _all(self, job: Job, is_over: Callable[[], bool]) -> Data | None:
        """Every row, read and encoded here and now; None where it is over before."""
        reader, slot, start = Reader(self.table, self.asked, self.shares), self._slot(sum(self.own)), 0
        segments = (Segment(group, 0, count) for group, count in enumerate(self.own) if count)
        try:
            for parts in together(each for segment in segments for each in reader.segment(segment)):
                if is_over():
                    return None
                start += self._encode(parts, slot, start)
        finally:
            reader.close()
        return self._data(job, slot.rows(0, start))

    def close(self) -> None:
        """Return when nothing reads ahead any more."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _begin(self, job: Job, epoch: int, cursor: int, engine: Engine, n_slots: int) -> None:
        self.close()
        order = self.order(job)
        self._slots = [*self._slots, *(self._slot(order.most) for _ in range(n_slots - len(self._slots)))][:n_slots]

        def buffers() -> Iterator[Buffer]:
            for number in range(epoch, job.epochs):
                for buffer in order.buffers(number, engine.shuffle):
                    if number > epoch or buffer.steps.stop > cursor:
                        yield buffer

        checks: list[Callable[[], None]] = []
        reader = Reader(self.table, self.asked, self.shares, lambda: checks[0]())

        def make(coming: Coming, slot: int, check: Callable[[], None]) -> Data:
            checks[:] = [check]
            made = self._filled(job, reader, coming.buffer, self._slots[slot], check)
            if self._kept is not None and coming.next is not None:
                self._kept.soon(coming.next.segments)
            return made

        items = starmap(Coming, pairwise(chain(buffers(), [None])))
        self._ahead = ReadAhead(items, make, n_slots, reader.close)

    def _slot(self, rows: int) -> Slot:
        target, encoder = self.encoding.target, self.encoding.encoder
        y: Any
        if isinstance(target, ClassTarget):
            y = np.zeros(rows, dtype=np.int64)
        else:
            y = np.zeros((rows, len(target.each)) if isinstance(target, NumberTargets) else rows)
        weight = None if self.asked.weights is None else np.zeros(rows, dtype=np.float32)
        return Slot(np.zeros((rows, encoder.n_inputs), dtype=np.float32), y, weight)

    def _filled(self, job: Job, reader: Reader, buffer: Buffer, slot: Slot, check: Callable[[], None]) -> Data:
        """The rows of a buffer, read and encoded, or as they were encoded before, and checked."""
        kept = self._kept
        stop, others = 0, list[tuple[Segment, int]]()
        for segment in buffer.segments:
            check()
            start, stop = stop, stop + segment.stop - segment.start
            if kept is None or not kept.read(segment.group, segment.start, slot.rows(start, stop)):
                others.append((segment, start))
        for run in _runs(others):
            began, start = time.perf_counter(), run[0][1]
            for parts in together(each for segment, _ in run for each in reader.segment(segment)):
                start += self._encode(parts, slot, start)
            if kept is not None:
                kept.encoded(start - run[0][1], time.perf_counter() - began)
                for segment, first in run:
                    kept.write(segment.group, segment.start, slot.rows(first, first + segment.stop - segment.start))
        return self._data(job, slot.rows(0, stop), is_finite=not others)

    def _data(self, job: Job, rows: Sequence[Any], *, is_finite: bool = False) -> Data:
        """Encoded rows, checked, with targets as the network learns them."""
        X, y, weight = Slot(*rows)
        if not len(X):  # of a process that has fewer row groups than others
            Y = self.encoding.target.encode(y).astype(np.float32)
            return Data(X, Y[:, None] if Y.ndim == 1 else Y, weight)
        return prepared(job, X, self.encoding.target.encode(y), weight, np.float32, is_finite=is_finite)

    def _encode(self, parts: list[Chosen], slot: Slot, start: int) -> int:
        """Encode rows into those of a buffer, from number `start` on; how many there were."""
        table = pa.concat_tables([part.table for part in parts], promote_options="permissive")
        stop = start + len(table)
        try:
            self.encoding.encoder.encode(table, slot.X[start:stop])
        except FileError:
            for piece, _ in parts:
                with within(self.table, piece):
                    self.encoding.encoder.encode(piece.table)  # which says in which of its rows it is
            raise
        slot.y[start:stop] = self.encoding.y(table)
        if slot.weight is not None:
            slot.weight[start:stop] = self.encoding.weight(table, self.asked.weights)
        return len(table)


def _runs(segments: list[tuple[Segment, int]]) -> Iterator[list[tuple[Segment, int]]]:
    """Segments and their first rows in a buffer, those together that lie there one after the other."""
    run: list[tuple[Segment, int]] = []
    for segment, start in segments:
        if run and run[-1][1] + run[-1][0].stop - run[-1][0].start != start:
            yield run
            run = []
        run.append((segment, start))
    if run:
        yield run
