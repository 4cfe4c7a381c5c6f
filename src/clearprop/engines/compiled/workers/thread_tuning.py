"""How many threads a call gets: what helps is measured as training goes on, and calls at the same time share the cores.

The number of threads changes no bit of any result, so it may change from call to call.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_WAIT, LONGEST_WAIT = 2, 16  # calls until the number of threads that was slower is tried again, doubled each time
TRIES = 2  # calls of a trial: the first may only wake a thread, which on an idle virtual core takes a millisecond
TRIED_PART, TRIED_SECONDS = 8, 2e-3  # each an eighth of a call, or of this length
GAIN = 1.1  # how many times quicker several threads must be than one, for what else their cores could do
PATIENCE = 8  # times as long for one thread alone: it is not quicker on idle cores, as all together are
KEPT = 0.75  # how much of an older, shorter time stays in the average


class Pace:
    """The time of an update with one thread and with all, and which is to be taken next.

    Threads that wait for each other several times in an update are quick on idle cores. On cores that other programs
    want too, one of them is often not running when the others wait for it, and one thread alone is quicker.

    Examples
    --------
    >>> from clearprop.engines.compiled.workers.thread_tuning import Pace
    >>> pace = Pace()
    >>> pace.threads(2)
    2
    >>> pace.saw(2, 3e-4)
    >>> pace.threads(2)
    1
    >>> pace.saw(1, 2e-4)
    >>> pace.threads(2)
    1
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._best = 0
        self._calls, self._wait = 0, FIRST_WAIT
        self._is_trial = False

    def threads(self, most: int) -> int:
        """How many threads the next call should have, at most `most`."""
        self._is_trial = False
        if most == 1:
            return 1
        for count in (most, 1):
            if count not in self._seconds:
                return count
        threads_help = self._seconds[1] > GAIN * self._seconds[most]
        best, other = (most, 1) if threads_help else (1, most)
        if best != self._best:
            self._best, self._calls, self._wait = best, 0, FIRST_WAIT
        self._calls += 1
        tries = self._calls - self._wait * (PATIENCE if other == 1 else 1)
        if tries <= 0:
            return best
        if tries == TRIES:
            self._calls, self._wait = 0, min(2 * self._wait, LONGEST_WAIT)
        self._is_trial = True
        return other

    def updates(self, threads: int, left: int) -> int:
        """How many of the updates that are left the next call makes with these threads: few, if that is a trial."""
        if not self._is_trial:
            return left
        return min(left, max(left // TRIED_PART, math.ceil(TRIED_SECONDS / self._seconds[threads])))

    def saw(self, threads: int, seconds: float) -> None:
        """Take the time of a call into account: a shorter one at once, as only what disturbs a call makes it longer."""
        before = min(self._seconds.get(threads, seconds), seconds)
        self._seconds[threads] = KEPT * before + (1 - KEPT) * seconds


class Crowd:
    """How many calls of this process are under way: they share its cores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0

    @contextmanager
    def share(self, threads: int) -> Iterator[int]:
        """The threads that one more call gets out of `threads`."""
        is_counted = False
        try:  # Ctrl-C may come at any call, and where it does, this one counts no longer
            with self._lock:
                self._calls += 1
                is_counted = True
            yield threads // self._calls or 1
        finally:
            if is_counted:
                with self._lock:
                    self._calls -= 1

    def forget(self) -> None:
        """Begin anew: a process that was forked off has none of its parent's calls, nor the holder of its lock."""
        self._lock = threading.Lock()
        self._calls = 0


CROWD = Crowd()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CROWD.forget)
