"""Tables that stay on the disk: Parquet in a file, a folder, a glob or a Hive-partitioned data set, read in pieces.

Nothing is read but the ends of the files, which say what is where; rows come by `clearprop.tables.streaming_read`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa

from clearprop.errors import TableError, first_line
from clearprop.tables import column_types
from clearprop.tables.naming import check_is_file, check_names, missing_file
from clearprop.tables.parquet import of_pandas
from clearprop.tables.storage import plain

SUFFIXES = (".parquet", ".pq")
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # the name that Hive gives a missing value
MOST_OF_PAGES = 3 * 2**20  # bytes of a column: most writers make pages of 1 MiB
BYTES_OF_TEXT = 24  # that a text takes in memory, by a rough guess


class File(NamedTuple):
    """One file of a table, as it was when it was looked at.

    Attributes
    ----------
    path : Path
    size, changed : int
        In bytes, and when it was last written, in nanoseconds.
    values : mapping of str to int, str or None
        What the names of its folders say of all its rows.
    """

    path: Path
    size: int
    changed: int
    values: Mapping[str, Any] = {}

    def check(self) -> None:
        """Raise TableError unless the file is still the same."""
        found = _look(self.path)
        if (found.size, found.changed) != (self.size, self.changed):
            raise TableError(
                f"{self.path} was changed while it was being read: begin anew, and let nothing write to it meanwhile"
            )


class Group(NamedTuple):
    """A row group: some rows of a file that lie together.

    Attributes
    ----------
    file, number : int
        Of the file among the files, and of the group in its file, from 0.
    first, n_rows : int
        The place of its first row in the whole table, and how many there are.
    """

    file: int
    number: int
    first: int
    n_rows: int


@dataclass(frozen=True)
class Stored:
    """A table on the disk.

    Attributes
    ----------
    path : Path
        As it was named.
    files : tuple of File
    groups : tuple of Group
        In the order of the rows.
    empty : pyarrow.Table
        No rows of it: the names and types of its columns, as the first file has them.
    notices : tuple of str
    row_bytes : int
        What a row takes in memory before it is encoded, about.
    lane_bytes : int
        What reading a group takes, about: a page of each column as it is packed and unpacked, and its dictionary.
    fingerprint : str
        Of the ends of all files, which change with nearly everything in them.
    """

    path: Path
    files: tuple[File, ...]
    groups: tuple[Group, ...]
    empty: pa.Table
    notices: tuple[str, ...] = ()
    row_bytes: int = 0
    lane_bytes: int = 0
    fingerprint: str = field(default="", repr=False)

    @property
    def n_rows(self) -> int:
        """Of all files."""
        return sum(group.n_rows for group in self.groups)

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return list(self.empty.column_names)

    def named(self, group: Group) -> str:
        """A row group, in words."""
        return f"{self.files[group.file].path}, row group {group.number + 1}"


def is_stored(path: str | os.PathLike[str]) -> bool:
    """Whether a path names Parquet: a file, a folder with such files in it, or a pattern that they match."""
    given = Path(path)
    if os.path.isdir(path):
        return any(_is_parquet(each) for each in given.rglob("*"))
    # os.path says no of a name that is too long, which reading the file refuses in a sentence; Path raises.
    return _is_parquet(given) or (not os.path.exists(path) and bool(_matching(path)))


def stored(path: str | os.PathLike[str], needed: Collection[str] | None = None) -> Stored:
    """Look at the files of a table.

    Parameters
    ----------
    path : path
        A file, a folder, or a pattern as ``data/2024-*.parquet``; folders named ``year=2024`` make a column ``year``.
    needed : collection of str, optional
        Columns that every file must have, of one kind; by default all.

    Raises
    ------
    TableError
        When there is no such file, one is no Parquet, has no rows, or has other columns than the first.

    Examples
    --------
    >>> import pathlib, tempfile, pyarrow as pa, pyarrow.parquet
    >>> from clearprop.tables.streaming import stored
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> pyarrow.parquet.write_table(pa.table({"x": [1, 2, 3]}), folder / "a.parquet", row_group_size=2)
    >>> found = stored(folder)
    >>> found.n_rows, len(found.groups), found.names
    (3, 2, ['x'])
    """
    import pyarrow.parquet

    paths = _paths(path)
    root = Path(path) if Path(path).is_dir() else None
    files = tuple(_look(each)._replace(values=_of_folders(each, root)) for each in paths)
    columns = _types(tuple(file.values for file in files))
    groups: list[Group] = []
    digest, first, lane_bytes = sha256(), 0, 0
    seen: tuple[pa.Table, tuple[str, ...]] | None = None
    for number, file in enumerate(files):
        try:
            with pyarrow.parquet.ParquetFile(file.path) as opened:
                metadata, schema = opened.metadata, opened.schema_arrow
        except (OSError, pa.ArrowException) as error:
            raise TableError(f"{file.path} cannot be read as Parquet: {first_line(error)}") from None
        empty = with_values(schema.empty_table(), file, columns)
        check_names(file.path, empty.column_names)  # before anything is done by name
        table, notices = of_pandas(empty, needed or ())
        seen = seen or (table, notices)
        _check_alike(files[0].path, seen[0], file.path, table, needed)
        for place in range(metadata.num_row_groups):
            group = metadata.row_group(place)
            groups.append(Group(number, place, first, group.num_rows))
            first += group.num_rows
            sizes = (group.column(k).total_uncompressed_size for k in range(group.num_columns))
            lane_bytes = max(lane_bytes, sum(min(size, MOST_OF_PAGES) for size in sizes))
            digest.update(repr((group.num_rows, group.total_byte_size, _statistics(group))).encode())
        digest.update(repr((file.path.name, file.size, sorted(file.values.items()))).encode())
    if seen is None or first == 0:
        raise TableError(f"{path} has no rows")
    row_bytes = sum(BYTES_OF_TEXT if not column_types.is_number(each.type) else 8 for each in seen[0].schema)
    kept = tuple(group for group in groups if group.n_rows)
    return Stored(Path(path), files, kept, seen[0], seen[1], row_bytes, lane_bytes, digest.hexdigest())


def with_values(table: pa.Table, file: File, types: Mapping[str, pa.DataType]) -> pa.Table:
    """The table with the columns that the names of folders make."""
    for name, kind in types.items():
        text = file.values.get(name)
        value = int(text) if text is not None and kind == pa.int64() else text
        column = pa.repeat(pa.scalar(value, kind), len(table))
        table = table.append_column(name, column)
    return table


def types_of_folders(table: Stored) -> dict[str, pa.DataType]:
    """The columns that the names of folders make, with their types."""
    return _types(tuple(file.values for file in table.files))


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "_"))


def _matching(path: str | os.PathLike[str]) -> list[Path]:
    pattern = os.fspath(path)
    if not glob.has_magic(pattern):
        return []
    return sorted(each for each in map(Path, glob.glob(pattern, recursive=True)) if _is_parquet(each))


def _paths(path: str | os.PathLike[str]) -> list[Path]:
    """The files, in the order of their names."""
    given = Path(path)
    if given.is_dir():
        inside = [each for each in given.rglob("*") if _is_parquet(each) and each.is_file()]
        hidden = [each for each in inside if any(part.startswith((".", "_")) for part in each.relative_to(given).parts)]
        found = sorted(set(inside) - set(hidden))
        if not found:
            raise TableError(f"{given} holds no Parquet files (*.parquet)")
        return found
    found = [given] if given.exists() else _matching(path)
    if not found:
        if glob.has_magic(os.fspath(path)):
            raise TableError(f"no Parquet file matches {os.fspath(path)!r}")
        raise missing_file(given)
    return found


def _look(path: Path) -> File:
    check_is_file(path)
    try:
        found = path.stat()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from None
    return File(path, found.st_size, found.st_mtime_ns)


def _of_folders(path: Path, root: Path | None) -> dict[str, Any]:
    """What folders named NAME=VALUE say; those above the folder that was named do not count."""
    parts = path.parent.parts if root is None else path.parent.relative_to(root).parts
    found: dict[str, Any] = {}
    for part in parts:
        name, sign, value = part.partition("=")
        if sign and name:
            found[unquote(name)] = None if value == NO_VALUE else unquote(value)
    return found


def _types(values: tuple[Mapping[str, Any], ...]) -> dict[str, pa.DataType]:
    """Whole numbers where all of a column's values are, otherwise text."""
    found: dict[str, pa.DataType] = {}
    for name in dict.fromkeys(name for each in values for name in each):
        known = [each[name] for each in values if each.get(name) is not None]
        whole = bool(known) and all(text.lstrip("-").isdecimal() and str(int(text)) == text for text in known)
        found[name] = pa.int64() if whole else pa.string()
    return found


def _statistics(group: Any) -> list[Any]:
    """The least and greatest value of each column, where they were written down."""
    each = [group.column(place) for place in range(group.num_columns)]
    return [
        (column.total_compressed_size, s.min_raw, s.max_raw) if (s := column.statistics) and s.has_min_max else None
        for column in each
    ]


def _check_alike(
    first_path: Path, first: pa.Table, path: Path, table: pa.Table, needed: Collection[str] | None
) -> None:
    """Raise TableError for a column that one file has and another has not, or that is of another kind there."""
    here, there = set(first.column_names), set(table.column_names)
    if needed is not None:
        here, there = here & set(needed), there & set(needed)
    for name in sorted(here ^ there):
        without, other = (path, first_path) if name in here else (first_path, path)
        raise TableError(
            f"{without} has no column {name!r}, which {other} has: all files of a table must have the same columns; "
            "write it anew, or name the files that belong together"
        )
    for name in sorted(here):
        kinds = [column_types.in_words(_plain_type(each.schema.field(name).type)) for each in (first, table)]
        if kinds[0] != kinds[1] and "nothing" not in kinds:
            raise TableError(
                f"column {name!r} holds {kinds[1]} in {path} and {kinds[0]} in {first_path}: all files of a table must "
                "hold the same; write one of them anew"
            )


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return plain(pa.chunked_array([], kind)).type
