"""The options about tables that do not fit into memory, and whether a table is one of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from clearprop.cli import exits, words
from clearprop.cli.option_types import Flag

if TYPE_CHECKING:
    from clearprop.tables import ReadOptions
    from clearprop.tables.streaming import Stored

FIRST_CONVERT = "{} cannot be read in pieces as Parquet can: --convert {} writes it as Parquet, and reads that"


@Parameter(name="*", group="Tables larger than memory")
@dataclass(frozen=True)
class StreamOptions:
    """How much memory there is, and whether rows are read as they are needed.

    Parameters
    ----------
    memory
        The most memory that the process may take, as 512MB or 2GiB; by default what the machine, or the container, has.
        A Parquet table that needs more is read in pieces.
    stream
        Read the table in pieces even if it fits.
    convert
        Write FILE, text in columns, to this Parquet file first, and read that.
    scratch
        A folder for the rows as the network takes them, in a temporary file from which they are read after the first
        epoch; or none, to make them anew in each. By default they are kept in memory where it has room for all, and
        otherwise on a disk with plenty of free room, up to 8 GiB.
    """

    memory: str | None = None
    stream: Annotated[bool, Flag] = False
    convert: Path | None = None
    scratch: str | None = None


STREAMS = StreamOptions()
COPIES = 2  # of a text file that are in memory together: the text and the table


class OnDisk(NamedTuple):
    """A table that stays on the disk.

    Attributes
    ----------
    table : Stored
    limit : int or None
        Bytes that the process may take.
    why : str
        A line for people.
    scratch : str or None
        The folder for encoded rows that was asked for.
    """

    table: Stored
    limit: int | None
    why: str
    scratch: str | None = None


def converted(file: Path, options: StreamOptions, read: ReadOptions) -> Path:
    """The file to read: the one that was named, or the Parquet file that it has been written to.

    Raises
    ------
    UsageError
        When it is Parquet already.
    UnreadableError
        When it is not text in columns, or cannot be read.
    FileError
        When the other one exists, or cannot be written.
    """
    if options.convert is None:
        return file
    from clearprop.cli.output_files import check_output, size_of, write_output
    from clearprop.tables.conversion import convertible
    from clearprop.tables.streaming import SUFFIXES, is_stored

    if is_stored(file):
        raise exits.UsageError(f"{file} is Parquet already: leave --convert out")
    if options.convert.suffix.lower() not in SUFFIXES:
        raise exits.UsageError(f"--convert writes Parquet: {options.convert} must end in .parquet")
    if options.convert.exists():
        raise exits.UsageError(f"{options.convert} exists already: leave --convert out and name it in place of {file}")
    check_output(options.convert, force=False, inputs=(file,))
    with exits.reading(file):
        write_output(options.convert, convertible(file, read).write, force=False)
    out = words.console(error=True)
    out.print(f"wrote {file} as {options.convert} ({size_of(options.convert)})")
    return options.convert


def on_disk(file: Path, options: StreamOptions, *, began: bool = False) -> OnDisk | None:
    """The table, if its rows are to be read as they are needed; None for one that is read into memory.

    Parameters
    ----------
    file : Path
    options : StreamOptions
    began : bool
        Whether a training that is gone on with read it so.

    Raises
    ------
    UsageError
        When the options are about another kind of file.
    UnreadableError
        When its files cannot be read, or do not belong together.
    """
    from clearprop.network.memory import in_words
    from clearprop.tables.streaming import is_stored, stored
    from clearprop.tabular.streamed_memory import bytes_of, explained, in_memory, room
    from clearprop.training.joining import first_says

    with exits.asking():
        limit = bytes_of(options.memory)
    if not is_stored(file):
        if options.stream or limit is not None or options.scratch is not None:
            raise exits.UsageError(FIRST_CONVERT.format(file, file.with_suffix(".parquet").name))
        most = room(None)
        if os.path.isfile(file) and most is not None and COPIES * file.stat().st_size > most:
            size, there = in_words(file.stat().st_size), in_words(most)
            raise exits.UsageError(
                f"{file} has {size}, and {there} of memory can be had: "
                + FIRST_CONVERT.format("it", file.with_suffix(".parquet").name)
            )
        return None
    with exits.reading(file):
        table = stored(file)
    limit, needed = first_says((room(limit), in_memory(table)))
    asked = options.stream or began
    if not asked and (limit is None or needed <= limit):
        return None
    return OnDisk(table, limit, explained(table, limit, needed, was_asked=asked), options.scratch)
