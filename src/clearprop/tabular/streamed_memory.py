"""How much memory a training takes whose rows stay on the disk: computed before it begins, and held.

The order in which rows come depends on how many are in memory at a time. So that is one of a few numbers, which only a
limit that is nearly reached changes, and a training that is gone on with keeps its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.job import Job
from clearprop.job.memory import needs
from clearprop.network.memory import available, in_words
from clearprop.tables import column_types
from clearprop.tables.fitting import BINS, MOST_BINNED_ENTRIES
from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_read import ROWS_AT_ONCE
from clearprop.tabular.streamed_rows import N_BUFFERS

STATM = Path("/proc/self/statm")
LATER = 48 * 2**20  # bytes that are taken as training begins, by what loads machine code and what is not given back
LIBRARIES = 200 * 2**20  # bytes, where the system does not say what this process takes
BUFFER = 48 * 2**20  # bytes of a buffer, where memory is no matter
ORDER = 16  # bytes of a row's number in the order of an epoch, as it is made
FEWEST_BATCHES = 8  # in a buffer: with fewer, hardly any row is beside one from another group
LANES = 8  # groups that are read side by side, at most
MOST_READING = 96 * 2**20  # bytes that several of them may take; otherwise there are fewer
INPUTS_OF_TEXT = 20  # that a column of text makes, by a rough guess
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


class Memory(NamedTuple):
    """What a training takes, in bytes.

    Attributes
    ----------
    libraries : int
        What the process has before it begins.
    networks, buffers, reading, validation : int
    encoded : int
        Of all rows as the network takes them, instead of buffers; 0 where memory has no room for them.
    rows, lanes : int
        Rows of a buffer, and groups that are read side by side.
    """

    libraries: int
    networks: int
    buffers: int
    reading: int
    validation: int
    encoded: int
    rows: int
    lanes: int

    @property
    def total(self) -> int:
        """The most that the process takes."""
        return self.libraries + self.networks + self.buffers + self.reading + self.validation + self.encoded

    def __str__(self) -> str:
        rows = f"{in_words(self.buffers)} for {N_BUFFERS} buffers of {self.rows:,} rows"
        if self.encoded:
            rows = f"{in_words(self.encoded)} for all rows, encoded, which are shuffled {self.rows:,} at a time"
        side_by_side = 1 if self.encoded else self.lanes
        return (
            f"{in_words(self.total)} at most: {in_words(self.libraries)} of libraries and what is loaded, "
            f"{rows}, {in_words(self.reading)} to read "
            f"{side_by_side} row group{'s side by side' if side_by_side > 1 else ''}, {in_words(self.networks)} for "
            f"networks, {in_words(self.validation)} for rows that validate"
        )


def bytes_of(text: str | int | None) -> int | None:
    """Bytes that a text as "512MB" or "2GiB" says; a number is that many.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> from clearprop.tabular.streamed_memory import bytes_of
    >>> bytes_of("512MB"), bytes_of("1.5 GiB"), bytes_of(1000)
    (512000000, 1610612736, 1000)
    """
    if text is None:
        return None
    found = SIZE.fullmatch(str(text).strip())
    if found is None or float(found[1]) <= 0:
        raise InputError(f"an amount of memory is a number and its unit, as 512MB or 2GiB, not {text!r}")
    step = 1024 if found[3] else 1000
    return int(float(found[1]) * step ** " kmgt".index(found[2].lower() or " "))


def resident() -> int:
    """What this process takes now."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return LIBRARIES


def room(limit: int | None) -> int | None:
    """What the process may take in all: what was said, or what it has and what can be had; None if unknown."""
    if limit is not None:
        return limit
    there = available()
    return None if there is None else there + resident()


def in_memory(table: Stored) -> int:
    """What training on the whole table in memory would take, about: its columns, its inputs, and a copy of these."""
    numbers = sum(column_types.is_number(field.type) for field in table.empty.schema)
    most = max(1, MOST_BINNED_ENTRIES // max(1, table.n_rows) // max(1, numbers))
    inputs = numbers * (1 + min(BINS, most)) + INPUTS_OF_TEXT * (len(table.names) - numbers)
    return resident() + table.n_rows * (table.row_bytes + 2 * 4 * inputs)


@dataclass(frozen=True)
class Sizes:
    """What the memory of a training depends on.

    Attributes
    ----------
    table : Stored
    job : Job
    n_learn, n_validation : int
        Rows.
    members : int
        Networks that are trained at the same time.
    n_targets : int
        Columns that are learned.
    n_own : int, optional
        The rows that this process learns from, where others have the rest; by default all.
    own_lanes : int, optional
        The groups that it reads side by side then.
    """

    table: Stored
    job: Job
    n_learn: int
    n_validation: int
    members: int
    n_targets: int
    n_own: int | None = None
    own_lanes: int | None = None

    @property
    def own(self) -> int:
        """The rows that this process learns from."""
        return self.n_learn if self.n_own is None else self.n_own

    @property
    def row(self) -> int:
        """Bytes of a row: its inputs, its targets as they are and as they are learned, its weight."""
        return 4 * self.job.network.widths[0] + 12 * self.n_targets + 12

    def memory(self, taken: int, rows: int, lanes: int, *, holds: bool = False) -> Memory:
        """With buffers of so many rows, or all of them held; `taken` is what the process has already."""
        row, width = self.row, self.table.row_bytes
        buffer = -(-min(self.n_learn, rows + self.job.batch_size) * self.own // self.n_learn) * row
        lanes = lanes if self.own_lanes is None else self.own_lanes
        readers, side_by_side = (1, 1) if holds else (self.members, lanes)
        reading = side_by_side * (self.table.lane_bytes + 2 * ROWS_AT_ONCE * width) + ROWS_AT_ONCE * (
            2 * row + 4 * width
        )
        return Memory(
            taken,
            self.members * sum(needs(self.job, self.n_learn, np.float32)),
            0 if holds else self.members * N_BUFFERS * buffer,
            readers * reading,
            self.n_validation * (row + self.members * 3 * 4 * self.job.network.widths[-1]),
            self.own * (row + ORDER) if holds else 0,
            rows,
            lanes,
        )


def settled(limit: int | None, sizes: Sizes, kept: Mapping[str, int] | None = None, *, holds: bool = False) -> Memory:
    """How many rows are in memory at a time, so that the limit is held.

    Whether all of them are held, encoded, changes no bit, so that depends on what memory there is now.

    Parameters
    ----------
    limit : int or None
        Bytes that the process may take.
    sizes : Sizes
    kept : mapping, optional
        The "buffer" and "lanes" of the training that is gone on with.
    holds : bool
        Whether all rows may be held, encoded, where there is room.

    Raises
    ------
    InputError
        When there is not enough memory, with what is needed.
    """
    table, n_learn, batch = sizes.table, sizes.n_learn, min(sizes.job.batch_size, sizes.n_learn)
    fewest = -(-min(n_learn, FEWEST_BATCHES * batch) // batch) * batch
    rows, lanes = fewest, max(1, min(LANES, len(table.groups)))
    while 2 * rows * sizes.row <= BUFFER and rows < n_learn:
        rows *= 2
    while lanes > 1 and lanes * table.lane_bytes > MOST_READING:
        lanes //= 2
    if kept is not None:
        rows, lanes, fewest = kept["buffer"], kept["lanes"], kept["buffer"]
    if sizes.own_lanes is not None:
        lanes = 1  # of each shard
    pa.default_memory_pool().release_unused()
    taken, most = resident() + LATER, room(limit)
    whole, found = sizes.memory(taken, rows, lanes, holds=True), sizes.memory(taken, rows, lanes)
    if holds and most is not None and whole.total <= most:
        return whole
    while limit is not None and found.total > limit:
        if found.buffers >= found.reading and rows > fewest:
            rows = max(fewest, rows // 2)
        elif lanes > 1 and kept is None:
            lanes //= 2
        elif rows > fewest:
            rows = max(fewest, rows // 2)
        else:
            raise InputError(f"this training needs {found}; {in_words(limit)} may be used: raise --memory")
        found = sizes.memory(taken, rows, lanes)
    return found


def explained(table: Stored, limit: int | None, needed: int, *, was_asked: bool) -> str:
    """Why the rows stay on the disk, in a line."""
    about = f"the table would take about {in_words(needed)} in memory"
    if was_asked or limit is None:
        return f"from the disk, as was asked for ({about})"
    return f"from the disk, because {about}, and {in_words(limit)} may be used"
