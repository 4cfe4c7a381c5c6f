"""The rows of a table on the disk as training takes them: encoded, in buffers that a thread of its own fills ahead."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Data, Engine, Job, prepared
from clearprop.errors import FileError
from clearprop.job import Layout, Place
from clearprop.tables import ClassTarget, Encoder, NumberTargets, Target, columns
from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_order import LEARN, Buffer, Order, Segment, Shares
from clearprop.tables.streaming_read import ROWS_AT_ONCE, Opened, Piece, within
from clearprop.tabular.actual import actual_of
from clearprop.tabular.scratch import Scratch, place_for
from clearprop.tabular.survey import Asked, parts_of
from clearprop.training.parts import Part
from clearprop.training.read_ahead import Done, ReadAhead

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


class Chosen(NamedTuple):
    """Rows of a piece that are learned from, or held out."""

    piece: Piece
    table: pa.Table


class Reader:
    """Reads the rows of some groups that are for something, each group from its beginning on, several side by side."""

    def __init__(self, table: Stored, asked: Asked, shares: Shares, check: Callable[[], None] = lambda: None) -> None:
        self.table, self.asked, self.shares = table, asked, shares
        self.opened = Opened(table, asked.columns, check)
        self._groups: dict[int, _OfGroup] = {}

    def close(self) -> None:
        """Close all files."""
        self._groups.clear()
        self.opened.close()

    def chosen(self, group: Any, what: int) -> Iterator[Chosen]:
        """The rows of a group that are for this."""
        for piece in self.opened.of_group(group):
            with within(self.table, piece):
                parts = parts_of(piece, self.shares, self.asked)
            yield Chosen(piece, piece.table.filter(pa.array(parts == what)))

    def segment(self, segment: Segment) -> Iterator[Chosen]:
        """The rows of a segment; those before it are passed over."""
        group = self._groups.get(segment.group)
        if group is None or group.position > segment.start:
            group = self._groups[segment.group] = _OfGroup(self.chosen(self.table.groups[segment.group], LEARN))
        while group.position < segment.start:
            group.take(segment.start - group.position)
        while group.position < segment.stop:
            yield group.take(segment.stop - group.position)
        if group.is_over:
            del self._groups[segment.group]


class _OfGroup:
    """How far a group has been read."""

    def __init__(self, rows: Iterator[Chosen]) -> None:
        self.rows, self.position, self.is_over = rows, 0, False
        self._left: Chosen | None = None
        self._next()

    def take(self, most: int) -> Chosen:
        """The next rows, at most so many, at least one."""
        assert self._left is not None
        piece, table = self._left
        taken = Chosen(piece, table.slice(0, most))
        self.position += len(taken.table)
        self._left = Chosen(piece, table.slice(most))
        if not len(self._left.table):
            self._next()
        return taken

    def _next(self) -> None:
        self._left = next((each for each in self.rows if len(each.table)), None)
        self.is_over = self._left is None


class Slot(NamedTuple):
    """Room for the rows of a buffer."""

    X: Any
    y: Any
    weight: Any

    def rows(self, start: int, stop: int) -> list[Any]:
        """What there is of some of them."""
        return [each[start:stop] for each in self if each is not None]


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
    folder : Path, optional
        Where encoded rows are kept while there is more than one epoch.
    """

    table: Stored
    asked: Asked
    shares: Shares
    counts: tuple[int, ...]
    encoding: Encoding
    rows: int
    lanes: int
    folder: Path | None = None
    _scratch: Scratch | None = field(default=None, init=False, repr=False)
    _ahead: ReadAhead[Buffer, Data] | None = field(default=None, init=False, repr=False)
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
        return {"buffer": self.rows, "lanes": self.lanes}

    def order(self, job: Job) -> Order:
        """In which order they come."""
        return Order(self.counts, job.seed, self.rows, self.lanes, min(job.batch_size, self.n_samples))

    def another(self) -> RowStream:
        """The same rows for another network, with buffers and a thread of its own."""
        other = replace(self)
        other._scratch = self._kept
        return other

    def parts(self, job: Job, epoch: int, cursor: int, engine: Engine, is_over: Callable[[], bool]) -> Iterator[Part]:
        """See `clearprop.training.parts.Stream`."""
        order, n_steps = self.order(job), job.steps_per_epoch(self.n_samples)
        while cursor < n_steps:
            if self._ahead is None or self._next != (epoch, cursor):
                self._begin(job, epoch, cursor, engine)
            assert self._ahead is not None
            done: Done[Buffer, Data] | None = self._ahead.next(is_over)
            if done is None:
                return
            buffer = done.item
            place = Place(buffer.first // order.batch_size, self.n_samples)
            part = Part(done.made, order.within(buffer, engine.shuffle), place)
            cursor = part.ends(job)
            self._next = (epoch, cursor) if cursor < n_steps else (epoch + 1, 0)
            yield part

    def keep_in(self, asked: str | os.PathLike[str] | None) -> str:
        """Choose the folder of the file for encoded rows, as `clearprop.tabular.scratch.place_for` does; in words."""
        place = place_for(self.n_samples * sum(each.nbytes for each in self._slot(1).rows(0, 1)), asked)
        self.folder = place.folder
        return place.said

    @property
    def _kept(self) -> Scratch | None:
        """The file of encoded rows; made when it is first asked for."""
        if self._scratch is None and self.folder is not None:
            self._scratch = Scratch(self.folder, self.counts, self._slot(1).rows(0, 1))
        return self._scratch

    def close(self) -> None:
        """Return when nothing reads ahead any more."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _begin(self, job: Job, epoch: int, cursor: int, engine: Engine) -> None:
        self.close()
        order = self.order(job)
        if not self._slots:
            self._slots = [self._slot(order.most) for _ in range(N_BUFFERS)]

        def items() -> Iterator[Buffer]:
            for number in range(epoch, job.epochs):
                for buffer in order.buffers(number, engine.shuffle):
                    stop = -(-(buffer.first + buffer.n_rows) // order.batch_size)
                    if number > epoch or stop > cursor:
                        yield buffer

        checks: list[Callable[[], None]] = []
        reader = Reader(self.table, self.asked, self.shares, lambda: checks[0]())

        def make(buffer: Buffer, slot: int, check: Callable[[], None]) -> Data:
            checks[:] = [check]
            return self._filled(job, reader, buffer, self._slots[slot], check)

        self._ahead = ReadAhead(items(), make, N_BUFFERS, reader.close)

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
        kept = self._kept if job.epochs > 1 else None
        stop, others = 0, list[tuple[Segment, int]]()
        for segment in buffer.segments:
            check()
            start, stop = stop, stop + segment.stop - segment.start
            if kept is None or not kept.read(segment.group, segment.start, slot.rows(start, stop)):
                others.append((segment, start))
        for run in _runs(others):
            began, start = time.perf_counter(), run[0][1]
            for parts in _together(each for segment, _ in run for each in reader.segment(segment)):
                table = pa.concat_tables([part.table for part in parts], promote_options="permissive")
                self._encode(parts, table, slot, start)
                start += len(table)
            if kept is not None:
                kept.encoded(start - run[0][1], time.perf_counter() - began)
                for segment, first in run:
                    kept.write(segment.group, segment.start, slot.rows(first, first + segment.stop - segment.start))
        Y = self.encoding.target.encode(slot.y[:stop])
        return prepared(job, slot.X[:stop], Y, None if slot.weight is None else slot.weight[:stop], np.float32)

    def _encode(self, parts: list[Chosen], table: pa.Table, slot: Slot, start: int) -> None:
        """Encode rows into those of a buffer, from number `start` on."""
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


def _together(rows: Iterator[Chosen]) -> Iterator[list[Chosen]]:
    """The same, so many at a time that encoding them is worth a call."""
    found: list[Chosen] = []
    for each in rows:
        found.append(each)
        if sum(len(part.table) for part in found) >= ROWS_AT_ONCE:
            yield found
            found = []
    if found:
        yield found
