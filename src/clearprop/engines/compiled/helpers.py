"""Helper threads: those that share the work of a call with the thread that makes it.

A helper sleeps between calls and goes home when none has come for a while, and before a fork, so that a child process
is not forked off from the middle of something. While it helps, it keeps off the core of the thread that it helps:
where the operating system wakes a helper on that core, the two wait for each other's time slices for some
milliseconds, until it notices (docs/decisions/0013).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

HOME_AFTER = 1.0  # seconds without work


# Tells the core that the calling thread runs on; None where threads cannot be kept off a core.
_current_core = getattr(ctypes.PyDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


def other_cores() -> set[int]:
    """The cores for helpers of the calling thread: all that it may use but its own, or its own if it has no other."""
    if _current_core is None:
        return set()
    allowed = os.sched_getaffinity(0)
    return allowed - {_current_core()} or allowed


class Helper:
    """One thread that takes one piece of work after the other.

    Parameters
    ----------
    is_dismissed : callable
        Asked by the helper when it has waited for long; True ends it.
    """

    def __init__(self, is_dismissed: Callable[[Helper], bool]) -> None:
        self._given: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._is_dismissed = is_dismissed
        self._cores: set[int] = set()
        self._thread = threading.Thread(target=self._live, name="clearprop helper", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        while True:
            try:
                work = self._given.get(timeout=HOME_AFTER)
            except Empty:
                if self._is_dismissed(self):
                    return
                continue
            if work is None:
                return
            work()
            del work  # it owns the memory of a plan, which may be large

    def start(self, work: Callable[[], None], cores: set[int]) -> None:
        """Begin with a piece of work, on these cores only (none: wherever it is). Does not wait."""
        if cores != self._cores and self._thread.native_id is not None:
            with suppress(OSError):  # a sandbox may forbid it; then the operating system decides alone
                os.sched_setaffinity(self._thread.native_id, cores)
            self._cores = cores
        self._given.put(work)

    def leave(self) -> None:
        """Go home, and wait until it has."""
        self._given.put(None)
        self._thread.join()


class Crew:
    """The helpers of a process. A call takes those that it needs and gives them back."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: a process that was forked off has none of its parent's threads, nor the holder of a lock."""
        self._lock = threading.Lock()
        self._idle: list[Helper] = []

    def help(self, work: Callable[[int], None], threads: int) -> None:
        """Do `work(0)` in this thread and `work(1)`, … in others; return when `work(0)` has.

        The others may then still be on the way out of theirs: work itself has to wait for what it needs of them.
        """
        if threads == 1:
            work(0)
            return
        shares = list(range(1, threads))

        def take_a_share() -> None:
            """Whoever comes takes one, so none is done twice."""
            try:
                share = shares.pop()
            except IndexError:
                return
            work(share)

        with self._lock:
            mine = [self._idle.pop() for _ in range(min(threads - 1, len(self._idle)))]
        mine += [Helper(self._dismiss) for _ in range(threads - 1 - len(mine))]
        cores = other_cores()
        try:
            for helper in mine:
                helper.start(take_a_share, cores)
        except BaseException:  # Ctrl-C just now: those that have begun wait for the others, so all have to come
            for _ in mine:
                threading.Thread(target=take_a_share, daemon=True).start()
            raise
        finally:
            work(0)
            with self._lock:
                self._idle += mine

    def _dismiss(self, helper: Helper) -> bool:
        """Whether an idle helper may go; one that was taken in this moment may not."""
        with self._lock:
            if helper in self._idle:
                self._idle.remove(helper)
                return True
            return False

    def send_home(self) -> None:
        """End the helpers that are idle."""
        with self._lock:
            leaving, self._idle = self._idle, []
        for helper in leaving:
            helper.leave()


CREW = Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=CREW.send_home, after_in_child=CREW.forget)
