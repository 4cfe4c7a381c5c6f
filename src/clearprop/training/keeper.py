"""Taking snapshots of a fit under way, and handing them to whoever writes them. It knows no files.

The networks of an ensemble are trained in threads of their own. A snapshot is taken within one round, from its first
update to the last network's end of the epoch, as what all of them share is written only between two rounds. Each
network is copied by its own thread between two updates, and one that has ended its epoch, and rests, by the last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from clearprop.job import Epoch, Progress, Snapshot, TrainingState

SHARE = 0.02  # of the time of training that copies may take


class Keeper:
    """Keeps the last whole snapshot of a fit, and hands one on from time to time, and when the fit ends.

    Parameters
    ----------
    write : callable
        Given a `Snapshot`; called by whichever thread completes it, one at a time.
    seconds : float
        At least so long after another one, but for the last.
    """

    def __init__(self, write: Callable[[Snapshot], None], seconds: float) -> None:
        self._write, self._seconds = write, seconds
        self._lock = threading.Lock()
        self._states: Sequence[TrainingState] = ()
        self._progress = Progress()
        self._copies: dict[int, tuple[TrainingState, Epoch | None]] = {}  # of the snapshot that is being taken
        self._resting: dict[int, Epoch | None] = {}
        self._next_copy = self._next_write = self._cost = 0.0
        self._latest: Snapshot | None = None  # not yet written

    def begin(self, states: Sequence[TrainingState], progress: Progress) -> None:
        """These are trained from now on."""
        self._states, self._progress = states, progress
        self._next_copy = time.monotonic()
        self._next_write = self._next_copy + self._seconds

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next copies."""
        return time.monotonic() >= self._next_copy

    def at(self, k: int) -> None:
        """Network k is between two updates, in its own thread."""
        if self.is_due:
            with self._lock:
                self._copy(k, None)

    def rests(self, k: int, record: Epoch | None) -> None:
        """Network k has ended its epoch, with this record, and waits for the others."""
        with self._lock:
            self._resting[k] = record
            if self._copies or self.is_due:
                self._copy(k, record)

    def goes_on(self) -> None:
        """All networks have ended their epochs, and their records are read next."""
        with self._lock:
            self._resting.clear()

    def goes_back(self) -> None:
        """All networks were put back to an earlier epoch, so what was copied in this round belongs to no snapshot."""
        with self._lock:
            self._resting.clear()
            self._copies.clear()

    def end(self, ended: tuple[str, str] | None) -> None:
        """Write what there is: the end of the fit, or where it was cut off the last whole snapshot of it.

        No network is trained any more.
        """
        with self._lock:
            if ended is not None:
                states = tuple(state.copy() for state in self._states)
                self._latest = Snapshot(states, replace(self._progress, ended=ended), (None,) * len(states))
            if self._latest is not None:
                self._write_latest()

    def _copy(self, k: int, record: Epoch | None) -> None:
        began = time.monotonic()
        n_read = self._progress.first_epoch + len(self._progress.history)
        if self._states[k].epoch != n_read + (record is not None):
            return  # Ctrl-C came as a record was handed on, and it is lost
        for place, its_record in {**self._resting, k: record}.items():
            if place not in self._copies:
                self._copies[place] = self._states[place].copy(), its_record
        self._cost += time.monotonic() - began
        if len(self._copies) < len(self._states):
            return
        states, unread = zip(*(self._copies[place] for place in range(len(self._states))), strict=True)
        self._latest = Snapshot(states, replace(self._progress, history=self._progress.history.copy()), unread)
        now = time.monotonic()
        self._copies, self._cost, self._next_copy = {}, 0.0, now + self._cost / SHARE
        if now >= self._next_write:
            self._write_latest()
            self._next_write = time.monotonic() + self._seconds

    def _write_latest(self) -> None:
        assert self._latest is not None
        self._write(self._latest)
        self._latest = None
