"""Reading a table on the disk row group by row group, some thousand rows at a time, with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pyarrow as pa

from clearprop.errors import FileError, TableError, UnreadableTableError, shortened
from clearprop.tables.parquet import of_pandas, sound
from clearprop.tables.streaming import Group, Stored, types_of_folders, with_values

ROWS_AT_ONCE = 8192  # that are decoded and encoded together: they stay in the cache
MOST_OPEN = 32  # files
BUFFER = 2**16  # bytes of a column that are read from the disk together


class Piece(NamedTuple):
    """Some rows of a group.

    Attributes
    ----------
    group : Group
    start : int
        The first of them in the group.
    table : pyarrow.Table
    """

    group: Group
    start: int
    table: pa.Table

    @property
    def first(self) -> int:
        """The place of the first of them in the whole table."""
        return self.group.first + self.start


class Opened:
    """The files of a table, opened as they are needed. It is used by one thread.

    Parameters
    ----------
    table : Stored
    columns : sequence of str, optional
        The columns to read; by default all.
    check : callable, optional
        Asked before every piece; what it raises ends the reading.
    """

    def __init__(
        self, table: Stored, columns: Sequence[str] | None = None, check: Callable[[], None] = lambda: None
    ) -> None:
        self.table, self.columns, self._check = table, columns, check
        self._files: dict[int, Any] = {}
        self._of_folders = types_of_folders(table)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def pieces(self, groups: Collection[Group] | None = None) -> Iterator[Piece]:
        """All rows, or those of some groups, in their order."""
        for group in self.table.groups if groups is None else groups:
            yield from self.of_group(group)

    def of_group(self, group: Group) -> Iterator[Piece]:
        """The rows of a group, `ROWS_AT_ONCE` at a time.

        Raises
        ------
        UnreadableTableError
            When the file has changed, or is damaged there.
        """
        start = 0
        with self._reading(group):
            file = self._file(group)
            wanted = self._wanted(file)
            batches = iter(
                file.iter_batches(ROWS_AT_ONCE, row_groups=[group.number], columns=wanted, use_threads=False)
            )
        while True:
            self._check()
            with self._reading(group):
                batch = next(batches, None)
                if batch is None:
                    break
                table = self._as_table(batch, group, file)
            yield Piece(group, start, table)
            start += len(table)
        with self._reading(group):
            self.table.files[group.file].check()
        if start != group.n_rows:
            raise UnreadableTableError(
                f"{self.table.named(group)} has {start:,} rows, and should have {group.n_rows:,}"
            )

    def _file(self, group: Group) -> Any:
        """The file of a group; the one that was opened first is closed where there are too many."""
        import pyarrow.parquet

        self.table.files[group.file].check()
        if group.file not in self._files:
            if len(self._files) >= MOST_OPEN:
                self._files.pop(next(iter(self._files)))  # closed once nothing is read from it any more
            path = self.table.files[group.file].path
            self._files[group.file] = pyarrow.parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        return self._files[group.file]

    def _wanted(self, file: Any) -> list[str] | None:
        """The columns to read from a file; None for all, also where a dot in a name would mean a part of a column."""
        if self.columns is None or any("." in name for name in file.schema_arrow.names):
            return None
        return [name for name in self.columns if name not in self._of_folders]

    def _as_table(self, batch: pa.RecordBatch, group: Group, file: Any) -> pa.Table:
        table = pa.Table.from_batches([batch]).replace_schema_metadata(file.schema_arrow.metadata)
        table = with_values(sound(table), self.table.files[group.file], self._of_folders)
        table, _ = of_pandas(table, self.columns or ())
        return table if self.columns is None else table.select([n for n in self.columns if n in table.column_names])

    @contextmanager
    def _reading(self, group: Group) -> Iterator[None]:
        try:
            yield
        except TableError as error:
            where = "" if "was changed" in str(error) else f"{self.table.named(group)}: "
            raise UnreadableTableError(f"{where}{error}") from None
        except (OSError, pa.ArrowException, UnicodeError) as error:
            said = shortened((str(error).splitlines() or [type(error).__name__])[0], 200)
            raise UnreadableTableError(
                f"{self.table.named(group)}, cannot be read: {said}. It is damaged: write the file anew, or leave "
                "it out"
            ) from None


@contextmanager
def within(table: Stored, piece: Piece) -> Iterator[None]:
    """Add to what is wrong with a value in which rows it is: those of the piece are counted from 1."""
    try:
        yield
    except FileError as error:
        raise TableError(
            f"{table.named(piece.group)}: {error} (counted from row {piece.start + 1:,} of the row group on)"
            if piece.start
            else f"{table.named(piece.group)}: {error}"
        ) from None


def read_whole(table: Stored) -> pa.Table:
    """All of it, in memory."""
    with Opened(table) as opened:
        found = [piece.table for piece in opened.pieces()]
    return pa.concat_tables(found, promote_options="permissive")
