"""How much memory a training takes whose rows stay on the disk: computed before it begins, and held.

The order in which rows come depends on how many are in memory at a time. So that is one of a few numbers, which only a
limit that is nearly reached changes, and a training that is gone on with keeps its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
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
    rows, lanes : int
        Rows of a buffer, and groups that are read side by side.
    """

    libraries: int
    networks: int
    buffers: int
    reading: int
    validation: int
    rows: int
    lanes: int

    @property
    def total(self) -> int:
        """The most that the process takes."""
        return self.libraries + self.networks + self.buffers + self.reading + self.validation

    def __str__(self) -> str:
        return (
            f"{in_words(self.total)} at most: {in_words(self.libraries)} of libraries and what is loaded, "
            f"{in_words(self.buffers)} for {N_BUFFERS} buffers of {self.rows:,} rows, {in_words(self.reading)} to read "
            f"{self.lanes} row group{'s' if self.lanes > 1 else ''} side by side, {in_words(self.networks)} for "
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


def settled(
    limit: int | None,
    table: Stored,
    job: Job,
    *,
    n_learn: int,
    n_validation: int,
    members: int,
    kept: Mapping[str, int] | None = None,
) -> Memory:
    """How many rows are in memory at a time, so that the limit is held.

    Parameters
    ----------
    limit : int or None
        Bytes that the process may take.
    table : Stored
    job : Job
    n_learn, n_validation : int
        Rows.
    members : int
        Networks that are trained at the same time.
    kept : mapping, optional
        The "buffer" and "lanes" of the training that is gone on with.

    Raises
    ------
    InputError
        When there is not enough memory, with what is needed.
    """
    batch = min(job.batch_size, n_learn)
    fewest = -(-min(n_learn, FEWEST_BATCHES * batch) // batch) * batch
    row = 4 * job.network.widths[0] + 24
    rows, lanes = fewest, max(1, min(LANES, len(table.groups)))
    while 2 * rows * row <= BUFFER and rows < n_learn:
        rows *= 2
    while lanes > 1 and lanes * table.lane_bytes > MOST_READING:
        lanes //= 2
    if kept is not None:
        rows, lanes, fewest = kept["buffer"], kept["lanes"], kept["buffer"]

    pa.default_memory_pool().release_unused()
    taken = resident() + LATER

    def of(rows: int, lanes: int) -> Memory:
        piece = ROWS_AT_ONCE * (2 * row + 4 * table.row_bytes)
        outputs = 3 * 4 * job.network.widths[-1]
        return Memory(
            taken,
            members * sum(needs(job, n_learn, np.float32)),
            members * N_BUFFERS * min(n_learn, rows + batch) * row,
            members * (lanes * (table.lane_bytes + 2 * ROWS_AT_ONCE * table.row_bytes) + piece),
            n_validation * (row + members * outputs),
            rows,
            lanes,
        )

    found = of(rows, lanes)
    while limit is not None and found.total > limit:
        if found.buffers >= found.reading and rows > fewest:
            rows = max(fewest, rows // 2)
        elif lanes > 1 and kept is None:
            lanes //= 2
        elif rows > fewest:
            rows = max(fewest, rows // 2)
        else:
            raise InputError(f"this training needs {found}; {in_words(limit)} may be used: raise --memory")
        found = of(rows, lanes)
    return found


def explained(table: Stored, limit: int | None, needed: int, *, was_asked: bool) -> str:
    """Why the rows stay on the disk, in a line."""
    about = f"the table would take about {in_words(needed)} in memory"
    if was_asked or limit is None:
        return f"from the disk, as was asked for ({about})"
    return f"from the disk, because {about}, and {in_words(limit)} may be used"
