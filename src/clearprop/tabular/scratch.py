"""A temporary file with the encoded rows of a stream: after the first epoch they are read from it, not made again.

Encoding a row costs more than an update of a small network with it. The file holds what a buffer holds, byte for byte,
so training has the same bits with it and without. It has no name where the system allows that, and is gone with the
process in any case. Where memory has room for all rows there is none: see `clearprop.tabular.streamed_rows`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError
from clearprop.network.memory import in_words
from clearprop.tables.streaming_order import Segment

MOST_UNASKED = 8 * 2**30  # bytes that are taken without being asked for
SHARE_UNASKED = 4  # of the free room, a part of this size
MOUNTS = Path("/proc/mounts")
IN_MEMORY = {"tmpfs", "ramfs"}  # file systems that are no disk
NONE = "none"
FEWEST_ROWS = 50_000  # read from the file before its speed is judged


class ScratchPlace(NamedTuple):
    """Where encoded rows are kept, and what is said of it.

    Attributes
    ----------
    said : str
    folder : Path or None
        Of the file.
    in_memory : bool
        Whether there is no file, as memory has room for all. Without either, rows are encoded anew in each epoch.
    """

    said: str
    folder: Path | None = None
    in_memory: bool = False


ANEW = ScratchPlace("none: rows are encoded anew in each epoch")
ONCE = ScratchPlace("none: there is one epoch, which encodes each row once")


def place_for(n_bytes: int, asked: str | os.PathLike[str] | None, *, in_memory: bool = False) -> ScratchPlace:
    """The place for so many bytes of encoded rows.

    Parameters
    ----------
    n_bytes : int
    asked : path, optional
        A folder, or "none" to keep none. By default memory, or a folder for temporary files that is on a disk, where at
        least four times as much is free, and only up to 8 GiB.
    in_memory : bool
        Whether memory has room for them.

    Raises
    ------
    InputError
        When a folder that was asked for is none, cannot be written, or has not so much room.
    """
    size = in_words(n_bytes)
    if asked is not None and str(asked) == NONE:
        return ANEW
    if asked is not None:
        folder = Path(asked)
        if not folder.is_dir():
            raise InputError(f"the folder for encoded rows, {str(asked)!r}, is not there")
        if not os.access(folder, os.W_OK):
            raise InputError(f"the folder for encoded rows, {str(asked)!r}, cannot be written")
        free = shutil.disk_usage(folder).free
        if free < n_bytes:
            raise InputError(f"encoded rows take {size}, and {in_words(free)} are free in {str(asked)!r}")
        return ScratchPlace(f"{size} of encoded rows in {folder}, until training ends", folder)
    if in_memory:
        return ScratchPlace(f"{size} of encoded rows in memory, which has room for them", in_memory=True)
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp")):
        is_disk = os.access(folder, os.W_OK) and not _is_in_memory(folder)
        if is_disk and n_bytes <= min(MOST_UNASKED, shutil.disk_usage(folder).free // SHARE_UNASKED):
            return ScratchPlace(f"{size} of encoded rows in {folder}, until training ends", folder)
    return ScratchPlace(f"{ANEW.said}; a folder with {size} free would save that")


def _is_in_memory(folder: Path) -> bool:
    """Whether what is written there takes memory (Linux; elsewhere it does not)."""
    try:
        mounts = [line.split()[1:3] for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return False
    real = os.path.realpath(folder)
    holding = [(point, kind) for point, kind in mounts if os.path.commonpath([real, point]) == point]
    return bool(holding) and max(holding, key=lambda found: len(found[0]))[1] in IN_MEMORY


class Scratch:
    """The encoded rows that are learned from, each group's in its order, as far as they have been made.

    Parameters
    ----------
    folder : Path
    counts : sequence of int
        Rows of each group.
    like : sequence of arrays
        What a row is made of, arrays of shape (n, …): inputs, target, and weight where there is one.

    Notes
    -----
    The threads of several networks use it. What is read here is what was written, so the clock may decide whether the
    file or the encoder is faster: where the disk is slow, the file is given up.
    """

    def __init__(self, folder: Path, counts: Sequence[int], like: Sequence[Any]) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115, it lives on
        self.close: Callable[[], object] = weakref.finalize(self, self._file.close)
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self._counts, self._first, n_rows = list(counts), starts[:-1].tolist(), int(starts[-1])
        self._row_bytes = [each[:1].nbytes for each in like]
        self._regions = np.concatenate([[0], np.cumsum([n_rows * size for size in self._row_bytes])]).tolist()
        self._made = [0] * len(counts)  # rows of each group from its first on
        self._lock = threading.Lock()
        self._encoding, self._reading = _Pace(), _Pace()

    @property
    def is_open(self) -> bool:
        """Whether it can be used: the disk was not full, and it is not slower than encoding."""
        return not self._file.closed

    @property
    def is_whole(self) -> bool:
        """Whether all rows are in it."""
        return self.is_open and self._made == self._counts

    def has(self, group: int, stop: int) -> bool:
        """Whether the rows of a group up to this one are in it."""
        return self.is_open and self._made[group] >= stop

    def encoded(self, n_rows: int, seconds: float) -> None:
        """Tell it how long encoding took."""
        self._encoding.add(n_rows, seconds)

    def write(self, group: int, start: int, rows: Sequence[Any]) -> None:
        """Keep rows of a group, from number `start` of those that are learned from on."""
        with self._lock:
            if not self.is_open or self._made[group] != start:  # others before them were passed over
                return
            try:
                for number, each in enumerate(rows):
                    self._file.seek(self._place(number, group, start))
                    _whole(self._file.write, each)
            except OSError as error:
                self.close()
                warnings.warn(
                    f"encoded rows are made anew in each epoch from here on: their file cannot be written "
                    f"({error.strerror or error})",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return
            self._made[group] = start + len(rows[0])

    def read(self, group: int, start: int, rows: Sequence[Any]) -> bool:
        """Fill arrays with rows of a group, from number `start` on; False where they have to be encoded."""
        with self._lock:
            if not self.has(group, start + len(rows[0])):
                return False
            began = time.perf_counter()
            try:
                for number, each in enumerate(rows):
                    self._file.seek(self._place(number, group, start))
                    _whole(self._file.readinto, each)
            except OSError:
                self.close()  # what the table has is as good
                return False
            self._reading.add(len(rows[0]), time.perf_counter() - began)
            if self._reading.rows > FEWEST_ROWS and self._reading.is_slower_than(self._encoding):
                self.close()
            return True

    def soon(self, segments: Iterable[Segment]) -> None:
        """Tell it what is read next: the system reads that from a cold disk while training goes on."""
        with self._lock:
            if not self.is_open or not hasattr(os, "posix_fadvise"):
                return
            for group, start, stop in segments:
                for number, size in enumerate(self._row_bytes):
                    place, n_bytes = self._place(number, group, start), (stop - start) * size
                    os.posix_fadvise(self._file.fileno(), place, n_bytes, os.POSIX_FADV_WILLNEED)

    def _place(self, number: int, group: int, start: int) -> int:
        """Where a part of a row lies."""
        return int(self._regions[number] + (self._first[group] + start) * self._row_bytes[number])


class _Pace:
    """Rows, and the seconds that they took."""

    def __init__(self) -> None:
        self.rows, self.seconds = 0, 0.0

    def add(self, rows: int, seconds: float) -> None:
        self.rows, self.seconds = self.rows + rows, self.seconds + seconds

    def is_slower_than(self, other: _Pace) -> bool:
        return self.seconds * other.rows > other.seconds * self.rows > 0


def _whole(action: Callable[[Any], int | None], array: Any) -> None:
    """Read or write all bytes of an array, which the system may do in parts."""
    left = memoryview(array).cast("B")
    while left:
        done = action(left)
        if not done:
            raise OSError("it ends too early")
        left = left[done:]
