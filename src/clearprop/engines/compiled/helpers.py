"""Helper threads: those that share the work of a call with the thread that makes it.

A helper looks for more work for a moment (`attending`), then sleeps, and goes home when none has come for a while, and
before a fork, so that a child process is not forked off from the middle of something. While it helps, it keeps off the
core of the thread that it helps: where the operating system wakes a helper on that core, the two wait for each other's
time slices for some milliseconds, until it notices (docs/decisions/0013).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

import numpy as np

from clearprop.engines.compiled import letterbox
from clearprop.engines.compiled.parts import alone
from clearprop.engines.compiled.plan_base import place
from clearprop.engines.compiled.system import CLOCK, STEADY, address_of

HOME_AFTER = 1.0  # seconds without work
LOOKS_FOR = 200_000  # nanoseconds: longer than Python takes from one call of a training to the next


# Tells the core that the calling thread runs on; None where threads cannot be kept off a core.
_current_core = getattr(ctypes.PyDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


def other_cores() -> set[int]:
    """The cores for helpers of the calling thread: all that it may use but its own, or its own if it has no other."""
    if _current_core is None:
        return set()
    allowed = os.sched_getaffinity(0)
    return allowed - {_current_core()} or allowed


class Work(Protocol):
    """What helpers help with: a compiled function of a thread's number and three addresses."""

    run: Any
    arguments: tuple[int, int, int]


class Shares(NamedTuple):
    """The shares of one call, and what has to stay in memory for them."""

    work: Work
    next_share: Any
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, work: Work, threads: int) -> Shares:
        """All shares but the first, which the caller's thread does itself."""
        next_share = np.ones(1, dtype=np.int64)
        run = ctypes.cast(work.run, ctypes.c_void_p).value or 0
        return cls(work, next_share, (place(next_share), threads, run, *work.arguments))


class Helper:
    """One thread that takes one piece of work after the other.

    Parameters
    ----------
    is_dismissed : callable
        Asked by the helper when it has waited for long; True ends it.
    """

    def __init__(self, is_dismissed: Callable[[Helper], bool]) -> None:
        self._letterbox = np.zeros(letterbox.LENGTH, dtype=np.int64)
        self._letterbox[letterbox.CLOCK] = address_of(CLOCK)
        self._letterbox[letterbox.CLOCK_ID] = STEADY
        self._letterbox[letterbox.PATIENCE] = LOOKS_FOR
        self._woken: SimpleQueue[Shares | None] = SimpleQueue()
        # While it takes up the one, it may still be on its way out of the other, and read and write there.
        self._given: deque[Shares] = deque(maxlen=2)
        self._is_dismissed = is_dismissed
        self._cores: set[int] = set()
        self._thread = threading.Thread(target=self._live, name="clearprop helper", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        while True:
            try:
                shares = self._woken.get(timeout=HOME_AFTER)
            except Empty:
                if self._is_dismissed(self):
                    return
                continue
            if shares is None:
                return
            alone("attend")(place(self._letterbox))
            self._given.clear()
            del shares  # they own the memory of a plan, which may be large

    def start(self, shares: Shares, cores: set[int]) -> None:
        """Begin with one of these shares, on these cores only (none: wherever it is). Does not wait."""
        if cores != self._cores and self._thread.native_id is not None:
            with suppress(OSError):  # a sandbox may forbid it; then the operating system decides alone
                os.sched_setaffinity(self._thread.native_id, cores)
            self._cores = cores
        self._given.append(shares)
        if alone("give")(place(self._letterbox), *shares.numbers):
            self._woken.put(shares)

    def dismiss(self) -> None:
        """Have it go home after what it has been given."""
        self._woken.put(None)

    def leave(self) -> None:
        """Go home, and wait until it has."""
        self.dismiss()
        self._thread.join()


class Crew:
    """The helpers of a process. A call takes those that it needs and gives them back."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: a process that was forked off has none of its parent's threads, nor the holder of a lock."""
        self._lock = threading.Lock()
        self._idle: list[Helper] = []

    def help(self, work: Work, threads: int) -> None:
        """Run share 0 of `work` in this thread and the others in helpers; return when share 0 is done.

        The others may then still be on the way out of theirs: work itself has to wait for what it needs of them.
        """
        if threads == 1:
            work.run(0, *work.arguments)
            return
        shares = Shares.of(work, threads)
        with self._lock:
            mine = [self._idle.pop() for _ in range(min(threads - 1, len(self._idle)))]
        mine += [Helper(self._may_go) for _ in range(threads - 1 - len(mine))]
        cores = other_cores()
        try:
            for helper in mine:
                helper.start(shares, cores)
        except BaseException:  # Ctrl-C just now: those that have begun wait for the others, so all have to come
            for helper in mine:
                helper.dismiss()
                Helper(lambda helper: True).start(shares, cores)
            mine.clear()
            raise
        finally:
            work.run(0, *work.arguments)
            with self._lock:
                self._idle += mine

    def _may_go(self, helper: Helper) -> bool:
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
