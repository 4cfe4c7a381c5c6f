"""Files that commands write: refused early, written whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from clearprop.cli import exits
from clearprop.errors import FileError
from clearprop.files.writing import destination, sweep, write_whole
from clearprop.network.memory import in_words

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq")
MODEL_SUFFIXES = (".clearprop", ".safetensors")
MOST_NAMES = 1000  # that are tried until one is free


def check_output(path: Path, *, force: bool, inputs: Collection[Path]) -> None:
    """Raise FileError unless `path` can be written, so that no work is done in vain. Makes its folder.

    Parameters
    ----------
    path : Path
        A link is followed.
    force : bool
        Whether a file of that name may be replaced.
    inputs : collection of Path
        Files and folders that the command reads; they are never replaced.
    """
    exits.check_here(path)
    try:
        for source in inputs:
            if path.exists() and os.path.exists(source) and path.samefile(source):
                raise FileError(f"the output {path} is also the input; choose another --output")
        if path.is_dir():
            raise FileError(f"the output {path} is a folder; name a file in it, as {path / 'NAME'}")
        end = destination(path)
        if end.exists() and not force:
            raise FileError(f"{path} exists already; --force replaces it, --output writes to another file")
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}") from None
    try:
        end.parent.mkdir(parents=True, exist_ok=True)
        sweep(end.parent)
        # Only trying tells: permissions, full and read-only file systems all show here.
        with tempfile.NamedTemporaryFile(dir=end.parent, prefix=".clearprop-"):
            pass
    except OSError as error:
        raise FileError(f"nothing can be written to the folder {end.parent}: {error.strerror or error}") from None


def check_model_suffix(path: Path) -> None:
    """Raise FileError for a name that says that it is another kind of file."""
    suffix = path.suffix.lower()
    if suffix[1:2].isalpha() and suffix not in MODEL_SUFFIXES:
        raise FileError(
            f"the output {path} is a model file, and its name should end in .clearprop, not {suffix}: "
            f"take {path.with_suffix('.clearprop')}"
        )


def save_somewhere(save: Callable[[Path], None], path: Path) -> tuple[Path, str | None]:
    """Save what took long to make, if not where it was to go, then elsewhere.

    Parameters
    ----------
    save : callable
        Writes to a path, and raises FileExistsError where it may not replace what is there.
    path : Path
        Where it is to go. A file that appeared there meanwhile stays; a number is then added to the name.

    Returns
    -------
    The path that was written, and why it is another one than was asked for, or None.
    """
    why = None
    try:
        for number in range(1, MOST_NAMES):
            place = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
            try:
                save(place)
            except FileExistsError:
                why = f"{path} appeared meanwhile and was not replaced"
                continue
            return place, why
    except (OSError, FileError) as error:  # the disk is full by now, or the folder gone
        why = f"{path} cannot be written ({getattr(error, 'strerror', None) or error})"
    place = Path(tempfile.mkdtemp(prefix="clearprop-")) / path.name
    save(place)
    return place, why or f"{path} exists by now, and so do {MOST_NAMES:,} names like it"


def check_table_suffix(path: Path) -> None:
    """Raise FileError unless the name says which kind of table to write."""
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise FileError(f"the output {path} must end in .csv, .tsv or .parquet, which says what kind of file to write")


def write_output(path: Path, content: bytes | Callable[[BinaryIO], None], *, force: bool) -> None:
    """Write a file whole or not at all; what is called writes to the open file.

    Raises
    ------
    FileError
        When it cannot be written, or appeared meanwhile and is not to be replaced.
    """
    try:
        write_whole(path, content, replace=force)
    except FileExistsError:
        raise FileError(f"{path} appeared meanwhile and was not replaced; --force replaces it") from None
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from None


def write_table(path: Path, table: pa.Table, *, force: bool = False) -> None:
    """Write a table as CSV, TSV or Parquet, whole or not at all."""
    sink = pa.BufferOutputStream()
    if path.suffix.lower() in (".parquet", ".pq"):
        pyarrow.parquet.write_table(table, sink)
    else:
        write_csv(table, sink, "\t" if path.suffix.lower() == ".tsv" else ",")
    write_output(path, sink.getvalue().to_pybytes(), force=force)


def table_writer(path: Path, sink: Any) -> Any:
    """What writes tables one after the other as CSV, TSV or Parquet, by the name of the file."""
    if path.suffix.lower() in (".parquet", ".pq"):
        return _Later(lambda schema: pyarrow.parquet.ParquetWriter(sink, schema))
    return csv_writer(sink, "\t" if path.suffix.lower() == ".tsv" else ",")


def csv_writer(sink: Any, separator: str = ",") -> Any:
    """The same as CSV, to anything that takes bytes."""
    options = pyarrow.csv.WriteOptions(delimiter=separator, quoting_style="needed")
    return _Later(lambda schema: pyarrow.csv.CSVWriter(sink, schema, write_options=options))


class _Later:
    """A writer that is made when the first table comes, whose columns it needs to know."""

    def __init__(self, make: Callable[[pa.Schema], Any]) -> None:
        self._make = make
        self._writer: Any = None

    def __enter__(self) -> _Later:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Write some rows."""
        if self._writer is None:
            self._writer = self._make(table.schema)
        self._writer.write_table(table)


def write_csv(table: pa.Table, sink: Any, separator: str = ",") -> None:
    """Write a table as CSV to anything that takes bytes; quotes only where they are needed."""
    options = pyarrow.csv.WriteOptions(delimiter=separator, quoting_style="needed")
    pyarrow.csv.write_csv(table, sink, options)


def size_of(path: Path) -> str:
    """The size of a file in words: "245 kB"."""
    return in_words(os.path.getsize(path))
