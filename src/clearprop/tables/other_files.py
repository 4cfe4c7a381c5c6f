"""Reading JSON, libsvm, IDX, Excel and Feather, and how to convert files of other kinds."""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables.arrays import vectors
from clearprop.tables.frames import one_column
from clearprop.tables.options import SHEET_ERRORS
from clearprop.tables.parquet import of_pandas, sound
from clearprop.tables.source import Source, lines_of, source_of

LARGEST_INDEX = 100_000  # of a libsvm file: its rows are written out in full
LIBSVM = re.compile(rb"^\s*[^\s:#,]+(?:\s+qid:\d+)?(?:\s+\d+:[^\s:,]+)+\s*(?:#.*)?$")
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}

BY_PANDAS = 'python -c "import pandas; pandas.{}({!r}).to_csv({!r}, index=False)"'
CURES = {
    ".xls": "open it in Excel or LibreOffice and save it as .xlsx or CSV",
    ".ods": "open it in LibreOffice and save it as CSV",
    ".numbers": "export it as CSV",
    ".sav": "read_spss", ".dta": "read_stata", ".sas7bdat": "read_sas", ".xpt": "read_sas", ".pkl": "read_pickle",
    ".pickle": "read_pickle", ".h5": "read_hdf", ".hdf5": "read_hdf", ".xml": "read_xml", ".html": "read_html",
    ".npy": "put it beside its targets: numpy.savez('table.npz', X=numpy.load(file), y=targets)",
    ".rds": "in R: write.csv(readRDS(file), 'table.csv', row.names = FALSE)",
    ".rda": "in R: load(file), then write.csv(…, 'table.csv', row.names = FALSE)",
    ".rdata": "in R: load(file), then write.csv(…, 'table.csv', row.names = FALSE)",
    ".mat": "in Python: scipy.io.loadmat, then numpy.savez('table.npz', X=…, y=…)",
    ".sqlite": "sqlite3 -header -csv FILE 'select * from TABLE' > table.csv",
    ".db": "sqlite3 -header -csv FILE 'select * from TABLE' > table.csv",
    ".7z": "unpack it first", ".rar": "unpack it first", ".tar": "unpack it first", ".tgz": "unpack it first",
    ".xz": "unpack it first (unxz)", ".pdf": "copy the table into a spreadsheet and save it as CSV",
}  # fmt: skip


def cure_for(path: Path) -> str:
    """How to get from this kind of file to one that is read; "" where nothing is known of it."""
    cure = CURES.get(path.suffix.lower(), "")
    if cure.startswith("read_"):
        return f"convert it, where pandas is installed: {BY_PANDAS.format(cure, str(path), path.stem + '.csv')}"
    return cure


def read_json_lines(source: Source) -> pa.Table:
    """One object with the columns' values in each line."""
    import pyarrow.json

    content = source.content()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # pyarrow would let it through, and fail at the first look at such a text
        raise TableError(f"{source} is not text in UTF-8") from None
    try:
        return pyarrow.json.read_json(pa.BufferReader(content))
    except pa.ArrowInvalid:
        pass  # a column of several types, or an error that is said below with its line
    records = []
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            try:
                records.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise TableError(f"{source}: line {number} is not JSON ({error})") from None
    return _of_records(source, records)


def read_json(source: Source) -> pa.Table:
    """An array of objects, or an object of arrays; or one object in each line."""
    try:
        found = json.loads(source.content())
    except (ValueError, RecursionError):
        return read_json_lines(source)
    if isinstance(found, dict) and found and all(isinstance(values, list) for values in found.values()):
        if len({len(values) for values in found.values()}) == 1:
            return pa.table({name: one_column(values, name) for name, values in found.items()})
        parts = ", ".join(map(repr, list(found)[:6]))
        raise TableError(f"{source} holds {parts}, of different lengths: save one of them as a file of its own")
    if isinstance(found, dict):
        return _of_records(source, [found])
    return _of_records(source, found)


def _of_records(source: Source, records: Any) -> pa.Table:
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise TableError(f'{source} must hold one JSON object for each row, as {{"size": 1.5, "kind": "a"}}')
    names = dict.fromkeys(name for record in records for name in record)
    nested = next((name for record in records for name, value in record.items() if isinstance(value, dict)), None)
    if nested is not None:
        raise TableError(
            f"{source}: {nested!r} holds objects within objects; make columns of them, as pandas.json_normalize does"
        )
    return pa.table({name: one_column([record.get(name) for record in records], name) for name in names})


def is_libsvm(head: bytes) -> bool:
    """Whether the first lines of a text are those of a libsvm file, as "-1 1:0.5 7:2"."""
    lines = [line for line in head.splitlines()[:5] if line.strip() and not line.startswith(b"#")]
    return bool(lines) and all(LIBSVM.match(line) for line in lines)


def read_libsvm(source: Source, size: int | None) -> tuple[pa.Table, tuple[str, ...]]:
    """Vectors "X" and labels "y". Indices begin at 1, unless a 0 occurs; what a line leaves out is 0.

    Parameters
    ----------
    source : Source
    size : int, optional
        How many numbers a vector has; by default as many as the largest index needs.
    """
    labels: list[str] = []
    rows, places, values = [], [], []
    n_queries = 0
    for number, line in enumerate(source.content().split(b"\n"), start=1):
        parts = line.split(b"#")[0].split()
        if not parts:
            continue
        labels.append(parts[0].decode("utf-8", "replace"))
        for part in parts[1:]:
            index, _, value = part.partition(b":")
            if index == b"qid":
                n_queries += 1
                continue
            try:
                rows.append(len(labels) - 1)
                places.append(int(index))
                values.append(float(value))
            except ValueError:
                shown = part[:30].decode("utf-8", "replace")
                raise TableError(
                    f"{source}: line {number} holds {shown!r}, where an index and a number are expected, as 3:0.5"
                ) from None
    start = 0 if min(places, default=1) == 0 else 1
    needed = max(places, default=0) + 1 - start
    if min(places, default=0) < 0 or needed > LARGEST_INDEX:
        raise TableError(f"{source} has an index beyond 0 to {LARGEST_INDEX:,}")
    if size is not None and needed > size:
        raise TableError(
            f"{source} has an index of {max(places)}, but the model was trained on {size} numbers in each row"
        )
    X = np.zeros((len(labels), max(size or needed, 1)))
    X[rows, np.array(places, dtype=np.int64) - start] = values
    notices = [f"indices begin at {start}; what a line leaves out is 0"]
    if n_queries:
        which = "1 line names" if n_queries == 1 else f"{n_queries:,} lines name"
        notices.append(f"{which} a query (qid), which is left out: rows are learned one by one")
    return pa.table({"X": vectors(X), "y": _labels(labels)}), tuple(notices)


def _labels(labels: list[str]) -> pa.Array:
    try:
        numbers = np.array(labels, dtype=np.float64)
    except ValueError:
        return pa.array(labels)
    whole = bool((numbers == np.floor(numbers)).all())
    return pa.array(numbers.astype(np.int64) if whole else numbers)


def is_idx(head: bytes) -> bool:
    """Whether a file begins as IDX files do."""
    return len(head) > 8 and head[:2] == b"\0\0" and head[2] in IDX_TYPES and 1 <= head[3] <= 8


def read_idx(source: Source) -> tuple[pa.Table, tuple[str, ...]]:
    """Images (or other rows) as vectors "X" and, where the file of labels lies beside them, "y"."""
    X = _idx_array(source)
    if X.ndim < 2:
        raise TableError(f"{source} holds labels alone; name the file with the images, which lies beside it")
    columns: dict[str, Any] = {"X": vectors(X.reshape(len(X), -1))}
    beside = source.path.with_name(re.sub(r"images([-.])idx\d", r"labels\1idx1", source.path.name))
    if beside == source.path or not beside.exists():
        return pa.table(columns), ()
    y = _idx_array(source_of(beside))
    if y.shape != X.shape[:1]:
        raise TableError(f"{beside} must hold one label for each of the {len(X):,} images, not {y.shape}")
    return pa.table({**columns, "y": pa.array(y)}), (f"the labels are those of {beside.name}",)


def _idx_array(source: Source) -> Any:
    content = source.content()
    if not is_idx(content[:16]):
        raise TableError(f"{source} is not an IDX file, as those of MNIST are")
    n_axes = content[3]
    shape = struct.unpack(f">{n_axes}I", content[4 : 4 + 4 * n_axes]) if len(content) >= 4 + 4 * n_axes else (-1,)
    dtype = np.dtype(IDX_TYPES[content[2]])
    if 0 in shape or len(content) != 4 + 4 * n_axes + math.prod(shape) * dtype.itemsize:
        raise TableError(f"{source} is damaged: it does not hold what its header says, an array of shape {shape}")
    found = np.frombuffer(content, dtype, offset=4 + 4 * n_axes).reshape(shape)
    return found.astype(dtype.newbyteorder("="))  # no library of ours takes the other byte order


def read_excel(source: Source) -> tuple[pa.Table, tuple[str, ...]]:
    """The first sheet that holds anything; its first row with more than one value names the columns."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise TableError(
            f"reading {source.name} needs openpyxl: pip install 'clearprop[excel]'; or save the sheet as CSV"
        ) from None
    try:
        book = load_workbook(io.BytesIO(source.content()), read_only=True, data_only=True)
        sheets = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError, SyntaxError) as error:
        raise TableError(f"{source} is damaged or not an Excel file ({type(error).__name__}: {error})") from None
    full = {title: rows for title, rows in sheets.items() if any(_filled(row) for row in rows)}
    if not full:
        raise TableError(f"{source} has no rows")
    title, rows = next(iter(full.items()))
    notices = [f"sheet {title!r} of {len(full)} sheets: save another as a file of its own"] if len(full) > 1 else []
    widest = max(map(_filled, rows))
    start = next(k for k, row in enumerate(rows) if _filled(row) >= min(2, widest))
    if any(_filled(row) for row in rows[:start]):
        notices.append(f"the names of the columns are those of row {start + 1}")
    below = _rows_below(rows[start + 1 :], widest)
    n_empty = _last_filled(rows) - start - len(below)
    if n_empty:
        notices.append(f"{n_empty:,} empty row{'s' if n_empty > 1 else ''} among the rows, skipped")
    errors = Counter(cell for row in below for cell in row if cell in SHEET_ERRORS)
    if errors:
        shown = ", ".join(errors)
        n, many = errors.total(), "cells hold" if errors.total() > 1 else "cell holds"
        notices.append(f"{n:,} {many} an error of Excel ({shown}) and count{'' if n > 1 else 's'} as missing")
    return _of_cells(rows[start], below), tuple(notices)


def _last_filled(rows: list[list[Any]]) -> int:
    """The place of the last row that holds anything."""
    return next((k for k in reversed(range(len(rows))) if _filled(rows[k])), -1)


def _rows_below(rows: list[list[Any]], widest: int) -> list[list[Any]]:
    """The rows of the table: without those that hold nothing, but for the gaps of a single column."""
    return rows[: _last_filled(rows) + 1] if widest == 1 else [row for row in rows if _filled(row)]


def _filled(row: list[Any]) -> int:
    return sum(cell is not None for cell in row)


def _of_cells(names: list[Any], rows: list[list[Any]]) -> pa.Table:
    arrays, titles = [], []
    for place in range(max([len(names), *map(len, rows)])):
        cells = [row[place] if place < len(row) else None for row in rows]
        name = names[place] if place < len(names) else None
        if name is None and not any(cell is not None for cell in cells):
            continue
        titles.append(f"unnamed {place + 1}" if name is None else str(name).strip())
        arrays.append(one_column([None if cell in SHEET_ERRORS else cell for cell in cells], titles[-1]))
    return pa.Table.from_arrays(arrays, names=titles)


def read_feather(source: Source) -> tuple[pa.Table, tuple[str, ...]]:
    """A Feather file, or any other file in Arrow's own format, with what pandas noted in it."""
    import pyarrow.feather

    return of_pandas(sound(pyarrow.feather.read_table(source.input())), ())


READERS: Mapping[str, Callable[[Source], Any]] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".feather": read_feather,
    ".arrow": read_feather,
    ".xlsx": read_excel,
    ".xlsm": read_excel,
}
