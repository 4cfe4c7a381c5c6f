"""Files that commands write: refused early, written whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from clearprop.errors import FileError
from clearprop.files.writing import write_whole
from clearprop.network.memory import in_words

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq")


def check_output(path: Path, *, force: bool, inputs: tuple[Path, ...]) -> None:
    """Raise FileError unless `path` can be written, so that no work is done in vain. Makes its folder.

    Parameters
    ----------
    path : Path
    force : bool
        Whether a file of that name may be replaced.
    inputs : tuple of Path
        Files that the command reads; they are never replaced.
    """
    for source in inputs:
        if path.exists() and source.exists() and path.samefile(source):
            raise FileError(f"the output {path} is also the input; choose another --output")
    if path.is_dir():
        raise FileError(f"the output {path} is a folder; name a file in it, as {path / 'NAME'}")
    if path.exists() and not force:
        raise FileError(f"{path} exists already; --force replaces it, --output writes to another file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only trying tells: permissions, full and read-only file systems all show here.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:100]}."):
            pass
    except OSError as error:
        raise FileError(f"nothing can be written to the folder {path.parent}: {error.strerror or error}") from None


def check_table_suffix(path: Path) -> None:
    """Raise FileError unless the name says which kind of table to write."""
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise FileError(f"the output {path} must end in .csv, .tsv or .parquet, which says what kind of file to write")


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as CSV, TSV or Parquet, whole or not at all."""
    sink = pa.BufferOutputStream()
    if path.suffix.lower() in (".parquet", ".pq"):
        import pyarrow.parquet

        pyarrow.parquet.write_table(table, sink)
    else:
        write_csv(table, sink, "\t" if path.suffix.lower() == ".tsv" else ",")
    try:
        write_whole(path, sink.getvalue().to_pybytes())
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from None


def write_csv(table: pa.Table, sink: Any, separator: str = ",") -> None:
    """Write a table as CSV to anything that takes bytes; quotes only where they are needed."""
    import pyarrow.csv

    options = pyarrow.csv.WriteOptions(delimiter=separator, quoting_style="needed")
    pyarrow.csv.write_csv(table, sink, options)


def size_of(path: Path) -> str:
    """The size of a file in words: "245 kB"."""
    return in_words(os.path.getsize(path))
