"""From a file or folder to a table: CSV, TSV, Parquet, arrays in an .npz, images by class.

Everything becomes a pyarrow Table, so that whatever comes after (encoding, targets, splits) knows one kind of table.
A matrix or an image is one column whose values are vectors.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from clearprop.errors import TableError, nearest
from clearprop.tables.arrays import read_arrays
from clearprop.tables.csv_files import read_csv
from clearprop.tables.images import ImageFormat, read_images

CSV_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
COMPRESSED = (".gz", ".bz2", ".zst")
KINDS = "CSV (.csv), TSV (.tsv), Parquet (.parquet), arrays X and y (.npz), or a folder of images by class"


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
    """

    table: pa.Table
    notices: tuple[str, ...] = ()
    default_target: str | None = None
    images: ImageFormat | None = None


def read(
    path: str | os.PathLike[str], *, text_columns: Collection[str] = (), images: ImageFormat | None = None
) -> Reading:
    """Read a table.

    Parameters
    ----------
    path : path
        A CSV, TSV or Parquet file, an .npz with arrays X and y, or a folder with one folder of images per class.
    text_columns : collection of str
        Columns of a CSV file to leave as text even if they look like numbers: those that were text in training.
    images : ImageFormat, optional
        The form to bring images to: that of training. By default it is decided from the images.

    Raises
    ------
    TableError
        When there is no such file (the nearest name is offered), or it cannot be read; the message says why.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from clearprop.tables import read
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("kind,weight\\ncat,4.2\\ndog,\\n")
    >>> read(path).table.to_pydict()
    {'kind': ['cat', 'dog'], 'weight': [4.2, None]}
    """
    path = Path(path)
    if not path.exists():
        raise missing_file(path)
    suffix = _suffix(path)
    try:
        if path.is_dir():
            reading = _of_images(path, images)
        elif suffix in CSV_SUFFIXES:
            reading = Reading(*read_csv(path, "\t" if suffix in (".tsv", ".tab") else None, text_columns))
        elif suffix in (".parquet", ".pq"):
            reading = Reading(_parquet(path))
        elif suffix == ".npz":
            table = read_arrays(path)
            reading = Reading(table, default_target="y" if "y" in table.column_names else None)
        else:
            raise TableError(f"{path} is not of a kind that clearprop reads: {KINDS}")
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    _check_names(path, reading.table.column_names)
    if reading.table.num_rows == 0:
        raise TableError(f"{path} has no rows")
    return reading


def missing_file(path: Path) -> TableError:
    """The error for a file that is not there, with the nearest name in its folder."""
    folder = path.parent
    if not folder.is_dir():
        return TableError(f"there is no folder {str(folder)!r}, so no {path.name!r} in it")
    near = nearest(path.name, sorted(entry.name for entry in folder.iterdir()))
    return TableError(f"there is no file {str(path)!r}" + (f"; did you mean {str(folder / near)!r}?" if near else ""))


def missing_column(name: str, known: Iterable[str], what: str = "the table") -> TableError:
    """The error for a column that is not there, with the nearest name."""
    names = list(known)
    near = nearest(name, names)
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    hint = f"; did you mean {near!r}?" if near is not None else "."
    return TableError(f"{what} has no column {name!r}{hint} Its columns: {shown}")


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in COMPRESSED and suffixes[-2] in CSV_SUFFIXES:
        return suffixes[-2]
    return suffixes[-1] if suffixes else ""


def _parquet(path: Path) -> pa.Table:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:  # unlike a data set's, its errors say what is wrong with this file
        table = file.read()
    # A pandas index travels as a column of this name; it numbers rows and is no property of them.
    index = [name for name in table.column_names if name.startswith("__index_level_")]
    return table.drop_columns(index).replace_schema_metadata(None)


def _of_images(path: Path, images: ImageFormat | None) -> Reading:
    table, found, notices = read_images(path, images)
    return Reading(table, notices, "class" if "class" in table.column_names else None, found)


def _check_names(path: Path, names: list[str]) -> None:
    if not names:
        raise TableError(f"{path} has no columns")
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if name in seen:
            first = names.index(name) + 1
            raise TableError(f"{path} has two columns named {name!r}, columns {first} and {number}: rename one of them")
        seen.add(name)
