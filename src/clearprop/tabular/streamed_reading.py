"""The rows of a table on the disk that are for something: read group by group, several groups side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_order import LEARN, Segment, Shares
from clearprop.tables.streaming_read import ROWS_AT_ONCE, Opened, Piece, within
from clearprop.tabular.survey import Asked, parts_of


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


def together(rows: Iterator[Chosen]) -> Iterator[list[Chosen]]:
    """The same, so many at a time that encoding them is worth a call."""
    found: list[Chosen] = []
    for each in rows:
        found.append(each)
        if sum(len(part.table) for part in found) >= ROWS_AT_ONCE:
            yield found
            found = []
    if found:
        yield found
