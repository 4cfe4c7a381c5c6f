"""What a file that the page sends would take, found out before it is read: a few kilobytes can hold very many rows."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from clearprop.lab import limits
from clearprop.tables.other_files import is_libsvm
from clearprop.tables.reading import CSV_SUFFIXES, LIBSVM_SUFFIXES
from clearprop.tables.source import UNREADABLE_ZIP

PIECE = 64  # rows of a Parquet file that are unpacked at a time
CELL = 8  # bytes
BETWEEN = (b",", b";", b"\t", b"|")  # columns of a text
# What damaged files raise; whoever reads them afterwards says what is wrong with them.
UNREADABLE = (*UNREADABLE_ZIP, pa.ArrowException, KeyError, ValueError, TypeError, OSError, SyntaxError, RecursionError)


class Size(NamedTuple):
    """How much is in a file: rows, columns, and bytes of memory where that is not about the length of the file."""

    rows: int = 0
    columns: int = 0
    unpacked: int = 0

    @property
    def is_too_much(self) -> bool:
        """Whether the lab takes less."""
        return self.rows > limits.ROWS or self.columns > limits.COLUMNS or self.unpacked > limits.UNPACKED


def check_size(ending: str, content: bytes) -> None:
    """Raise TooLargeError where a file holds more than the lab takes.

    Parameters
    ----------
    ending : str
        One of `ENDINGS`.
    content : bytes

    Examples
    --------
    >>> from clearprop.lab.sent import check_size
    >>> check_size(".csv", b"a,b\\n1,2\\n")
    """
    limits.check_most("bytes", len(content), limits.UPLOAD, "start with the file: clearprop lab FILE")
    try:
        found = MEASURES.get(ending, _of_text)(content)
    except UNREADABLE:
        return
    limits.check_most("rows", found.rows, limits.ROWS, "take fewer")
    limits.check_most("columns", found.columns, limits.COLUMNS, "leave some out")
    limits.check_most("bytes, unpacked,", found.unpacked, limits.UNPACKED, "take fewer rows")


def _of_text(content: bytes) -> Size:
    """Of the first line; how many rows there are is seen when it is read."""
    if is_libsvm(content[: 2**16]):
        return _of_libsvm(content)
    first = content.split(b"\n", 1)[0]
    return Size(columns=1 + max(map(first.count, BETWEEN)))


def _of_libsvm(content: bytes) -> Size:
    """Each row is written out up to the largest index."""
    largest = max(map(int, re.findall(rb"(\d{1,18}):", content)), default=0)
    rows = content.count(b"\n")
    return Size(rows, largest, CELL * rows * largest)


def _of_arff(content: bytes) -> Size:
    lines = [line.lstrip()[:10].lower() for line in content.splitlines()]
    rows = sum(bool(line) and line[:1] not in b"@%" for line in lines)
    columns = lines.count(b"@attribute")
    return Size(rows, columns, CELL * rows * columns)


def _of_json(content: bytes) -> Size:
    """An array of objects, an object of arrays, or an object in each line."""
    try:
        found = json.loads(content)
    except ValueError:
        return _of_records(json.loads(line) for line in content.splitlines() if line.strip())
    if isinstance(found, dict):
        return Size(max((len(one) for one in found.values() if isinstance(one, list)), default=1), len(found))
    return _of_records(found)


def _of_records(records: Iterable[Any]) -> Size:
    names: set[str] = set()
    found = Size()
    for rows, record in enumerate(records, start=1):
        names.update(record if isinstance(record, dict) else ())
        found = Size(rows, len(names))
        if found.is_too_much:
            break
    return found


def _of_zip(content: bytes) -> Size:
    """Of what lies in a ZIP archive, as an .npz is one: no more than its list says can be unpacked from it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return Size(unpacked=sum(member.file_size for member in archive.infolist()))


def _of_excel(content: bytes) -> Size:
    """A sheet names the places of its cells, and the gaps between them are rows and columns too."""
    found = _of_zip(content)
    try:
        from openpyxl import load_workbook
    except ImportError:
        return found
    if found.is_too_much:
        return found
    for sheet in load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets:
        cells = 0
        for rows, row in enumerate(sheet.iter_rows(values_only=True)):
            cells += len(row)
            filled = max((place for place, cell in enumerate(row, start=1) if cell is not None), default=0)
            found = Size(max(found.rows, rows), max(found.columns, filled), max(found.unpacked, CELL * cells))
            if found.is_too_much:
                return found
    return found


def _of_parquet(content: bytes) -> Size:
    """What the file says of itself, then piece after piece: one long text can be meant in every row."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(pa.BufferReader(content)) as file:
        told = file.metadata
        groups = [told.row_group(i) for i in range(told.num_row_groups)]
        values = sum(group.column(k).num_values for group in groups for k in range(told.num_columns))
        unpacked = max(CELL * values, sum(group.total_byte_size for group in groups))
        found = Size(told.num_rows, told.num_columns, unpacked)
        if found.is_too_much:
            return found
        unpacked = 0
        for piece in file.iter_batches(PIECE):
            unpacked += piece.nbytes
            if unpacked > limits.UNPACKED:
                break
    return found._replace(unpacked=max(found.unpacked, unpacked))


MEASURES: Mapping[str, Callable[[bytes], Size]] = {
    ".parquet": _of_parquet, ".pq": _of_parquet, ".arff": _of_arff, ".json": _of_json, ".jsonl": _of_json,
    ".ndjson": _of_json, ".npz": _of_zip, ".xlsx": _of_excel, ".xlsm": _of_excel,
    **dict.fromkeys(LIBSVM_SUFFIXES, _of_libsvm),
}  # fmt: skip
ENDINGS = (*CSV_SUFFIXES, *MEASURES)  # what the page may send; of Feather nobody knows how much it holds
