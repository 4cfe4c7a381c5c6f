"""From a file or folder to a table: text in columns, Parquet, arrays, ARFF, JSON, Excel, images by class.

Everything becomes a pyarrow Table, so that whatever comes after (encoding, targets, splits) knows one kind of table.
A matrix or an image is one column whose values are vectors.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables.arff import read_arff
from clearprop.tables.arrays import read_arrays
from clearprop.tables.csv_files import read_csv
from clearprop.tables.csv_form import NUMBERED
from clearprop.tables.images import ImageFormat, read_images
from clearprop.tables.naming import check_names, missing_file
from clearprop.tables.options import ReadOptions
from clearprop.tables.other_files import READERS, cure_for, is_idx, is_libsvm, read_idx, read_libsvm
from clearprop.tables.parquet import read_parquet
from clearprop.tables.source import Source, source_of
from clearprop.tables.streaming import is_stored, stored
from clearprop.tables.streaming_read import read_whole

CSV_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat")
LIBSVM_SUFFIXES = (".libsvm", ".svmlight", ".svm")
KINDS = (
    "CSV (.csv, .tsv, .txt), Parquet (.parquet), Excel (.xlsx), ARFF (.arff), JSON (.json, .jsonl), libsvm (.libsvm), "
    "IDX, Feather (.feather), arrays X and y (.npz), each also as .zip, .gz or .bz2; or a folder of images by class"
)


class Reading(NamedTuple):
    """What a file held.

    Attributes
    ----------
    table : pyarrow.Table
    notices : tuple of str
        What was decided in reading, in sentences for the user.
    default_target : str or None
        The column that such a file has for its target, if it is of a kind that has one.
    images : ImageFormat or None
        For a folder of images, the form they were brought to.
    decimal : str or None
        The decimal mark of the numbers in a text file, where it was found out or said.
    """

    table: pa.Table
    notices: tuple[str, ...] = ()
    default_target: str | None = None
    images: ImageFormat | None = None
    decimal: str | None = None

    def column(self, name: str) -> str:
        """The column of that name; of a file without a header, a number is that of the column."""
        numbered = NUMBERED.format(name)
        return numbered if name not in self.table.column_names and numbered in self.table.column_names else name


def read(
    path: str | os.PathLike[str],
    *,
    text_columns: Collection[str] = (),
    images: ImageFormat | None = None,
    options: ReadOptions | Mapping[str, Any] | None = None,
    known: Collection[str] = (),
    sizes: Mapping[str, int] | None = None,
) -> Reading:
    """Read a table.

    Parameters
    ----------
    path : path
        A file of one of the `KINDS`, a folder with one folder of images per class, or a folder of Parquet files or a
        pattern that they match.
    text_columns : collection of str
        Columns of a CSV file to leave as text even if they look like numbers: those that were text in training.
    images : ImageFormat, optional
        The form to bring images to: that of training. By default it is decided from the images.
    options : ReadOptions or mapping, optional
        How the file is written, where that cannot be seen: see `ReadOptions`.
    known : collection of str
        Columns that a model needs.
    sizes : mapping of str to int, optional
        How many numbers the vectors of a column have, for formats that leave zeros out.

    Raises
    ------
    TableError
        When there is no such file (the nearest name is offered), or it cannot be read; the message says why.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from clearprop.tables import read
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("kind;weight\\ncat;4,2\\ndog;\\n")
    >>> read(path).table.to_pydict()
    {'kind': ['cat', 'dog'], 'weight': [4.2, None]}
    """
    path = Path(path)
    said = ReadOptions.of(options)
    try:
        if not path.is_file() and is_stored(path):
            found = stored(path)
            reading = Reading(read_whole(found), found.notices)
        elif not path.exists():
            raise missing_file(path)
        elif path.is_dir():
            reading = _of_images(path, images)
        else:
            reading = _of_source(source_of(path), text_columns, said, known, sizes or {})
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    return _checked(path, reading)


def read_content(name: str, content: bytes, options: ReadOptions | Mapping[str, Any] | None = None) -> Reading:
    """Read a table that is in memory; nothing is opened, not even what lies beside a file of that name.

    Parameters
    ----------
    name : str
        Of its kind by its ending; for messages.
    content : bytes
        Not compressed.
    options : ReadOptions or mapping, optional
        As for `read`.

    Raises
    ------
    TableError
        When it cannot be read; the message says why.

    Examples
    --------
    >>> from clearprop.tables.reading import read_content
    >>> read_content("pets.csv", b"kind,weight\\ncat,4.2\\n").table.to_pydict()
    {'kind': ['cat'], 'weight': [4.2]}
    """
    path = Path(Path(name).name)
    if is_idx(content[:16]):
        raise TableError(f"{path} is an IDX file, whose labels lie in another one: read it from the disk")
    try:
        reading = _of_source(Source(path, path.name, content), (), ReadOptions.of(options), (), {})
    except pa.ArrowException as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    return _checked(path, reading)


def _checked(path: Path, reading: Reading) -> Reading:
    """The reading; TableError where it has no rows or no right names."""
    check_names(path, reading.table.column_names)
    if reading.table.num_rows == 0:
        raise TableError(f"{path} has no rows")
    return reading


def _of_source(
    source: Source, text_columns: Collection[str], said: ReadOptions, known: Collection[str], sizes: Mapping[str, int]
) -> Reading:
    suffix = source.suffix
    if suffix in (".parquet", ".pq"):
        return Reading(*read_parquet(source, known))
    if suffix == ".npz":
        return _with_target(*read_arrays(source))
    if suffix == ".arff":
        table, notices = read_arff(source)
        last = table.column_names[-1] if table.num_columns else ""
        return Reading(table, notices, last if last.lower() == "class" else None)
    if suffix in READERS:
        found = READERS[suffix](source)
        return Reading(*found) if isinstance(found, tuple) else Reading(found)
    head = source.head(2**16)
    if is_idx(head):
        return _with_target(*read_idx(source))
    if suffix in LIBSVM_SUFFIXES or (suffix in ("", ".txt", ".data", ".dat") and is_libsvm(head)):
        return _with_target(*read_libsvm(source, sizes.get("X")))
    if suffix not in CSV_SUFFIXES:
        cure = cure_for(Path(source.name))
        raise TableError(
            f"{source} is not of a kind that clearprop reads: {KINDS}" + (f". Instead: {cure}" if cure else "")
        )
    found = read_csv(source, "\t" if suffix in (".tsv", ".tab") else None, text_columns, said, known)
    return Reading(found.table, found.notices, found.target, decimal=found.decimal)


def _with_target(table: pa.Table, notices: tuple[str, ...] = ()) -> Reading:
    return Reading(table, notices, "y" if "y" in table.column_names else None)


def _of_images(path: Path, images: ImageFormat | None) -> Reading:
    table, found, notices = read_images(path, images)
    return Reading(table, notices, "class" if "class" in table.column_names else None, found)
