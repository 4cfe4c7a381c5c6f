"""The crew: helper threads, which share the work of a call with the thread that makes it.

A helper looks for more work for a moment (`worker_loop`), then sleeps, and exits after a second without work and before
a fork, so that a child process is not forked off from the middle of something. It goes by its own clock, whether
or not it was given back: Ctrl-C may end a call anywhere, and what that leaves behind belongs to nobody. While it helps,
it keeps off the core of the thread that it helps: where the operating system wakes a helper on that core, the two wait
for each other's time slices for some milliseconds, until it notices (docs/decisions/0013).
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

from clearprop.engines.compiled.codegen.addresses import CLOCK, STEADY, address_of, place
from clearprop.engines.compiled.codegen.fixed_kernels import alone
from clearprop.engines.compiled.kernels.layout import Mailbox, State

EXIT_AFTER = 1.0  # seconds without work
SPINS_FOR = 200_000  # nanoseconds: longer than Python takes from one call of a training to the next


# Tells the core that the calling thread runs on; None where threads cannot be kept off a core.
_current_core = getattr(ctypes.PyDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


def other_cores() -> set[int]:
    """The cores for helpers of the calling thread: all that it may use but its own, or its own if it has no other."""
    if _current_core is None:
        return set()
    allowed = os.sched_getaffinity(0)
    return allowed - {_current_core()} or allowed


class Work(Protocol):
    """What helpers help with: a compiled function of a thread's number and the address of a job."""

    run: Any
    address: int

    def have(self, threads: int) -> None:
        """Be done by so many threads."""
        ...


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
        return cls(work, next_share, (place(next_share), threads, run, work.address))


class Helper:
    """One thread that takes one piece of work after the other.

    Parameters
    ----------
    may_exit : callable
        Asked by the helper when it has waited for long; True ends it.
    """

    def __init__(self, may_exit: Callable[[Helper], bool]) -> None:
        self._mailbox = Mailbox(clock=address_of(CLOCK), clock_id=STEADY, patience=SPINS_FOR)
        self._woken: SimpleQueue[Shares | None] = SimpleQueue()
        # While it takes up the one, it may still be on its way out of the other, and read and write there.
        self._given: deque[Shares] = deque(maxlen=2)
        self._next_share: Any = None  # of the last shares; as long as it is kept, no other has its address
        self._may_exit = may_exit
        self._giving = threading.Lock()  # held while it is given work, and while it decides to go
        self._waited = 0  # times that nothing came
        self._has_exited = False
        self._cores: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="clearprop helper", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._has_exited:
            try:
                shares = self._woken.get(timeout=EXIT_AFTER)
            except Empty:
                self._time_out()
                continue
            if shares is None:
                return
            self._attend()
            del shares  # they own the memory of a plan, which may be large

    def _attend(self) -> None:
        alone("attend")(ctypes.addressof(self._mailbox))
        self._given.clear()
        self._waited = 0

    def _time_out(self) -> None:
        """Exit if nobody needs it; do what it was given without being woken, because Ctrl-C came just then."""
        if self._mailbox.state == State.GIVEN:
            self._attend()
            return
        self._waited += 1
        dismissed = self._may_exit(self)
        with self._giving:
            # One that is not idle is about to be given work, or was never given back.
            self._has_exited = self._mailbox.state != State.GIVEN and (dismissed or self._waited > 1)

    def start(self, shares: Shares, cores: set[int]) -> bool:
        """Begin with one of these shares, on these cores only (none: wherever it is). False if it has exited."""
        with self._giving:
            if self._has_exited:
                return False
            if cores != self._cores and self._thread.native_id is not None:
                with suppress(OSError):  # a sandbox may forbid it; then the operating system decides alone
                    os.sched_setaffinity(self._thread.native_id, cores)
                self._cores = cores
            if self._next_share is shares.next_share and self._mailbox.next_share == shares.numbers[0]:
                # Ctrl-C came after these were given. Given again, they could be taken in place of the next call's.
                self._woken.put(shares)
                return True
            self._given.append(shares)
            self._next_share = shares.next_share
            if alone("give")(ctypes.addressof(self._mailbox), *shares.numbers):
                self._woken.put(shares)
            return True

    def stop(self) -> None:
        """Exit, and wait until it has."""
        self._woken.put(None)
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

        The others may then still be on the way out of theirs: work itself has to wait for what it needs of them. Where
        the process can have no more threads, there are fewer shares.
        """
        mine = self._taken(threads - 1) if threads > 1 else []
        work.have(1 + len(mine))
        if not mine:
            work.run(0, work.address)
            return
        shares, cores, interrupted = Shares.of(work, 1 + len(mine)), other_cores(), None
        try:
            try:
                interrupted = self._start(mine, shares, cores)
            except BaseException as error:  # Ctrl-C as it was called, or between two rounds of its loop
                interrupted = self._start(mine, shares, cores) or error
        finally:
            try:
                work.run(0, work.address)
            finally:
                with self._lock:
                    self._idle += mine
        if interrupted is not None:
            raise interrupted

    def _taken(self, count: int) -> list[Helper]:
        """So many helpers, or as many as can be had."""
        with self._lock:
            mine = [self._idle.pop() for _ in range(min(count, len(self._idle)))]
        try:
            while len(mine) < count:
                mine.append(Helper(self._may_exit))
        except RuntimeError:  # the process may have no more threads, or is ending
            pass
        return mine

    def _start(self, mine: list[Helper], shares: Shares, cores: set[int]) -> BaseException | None:
        """Have all of them begin; what interrupted that, if anything did.

        Those that have begun wait for the others, so all have to. Who has begun may be told again.
        """
        interrupted: BaseException | None = None
        k = 0
        while k < len(mine):
            try:
                while k < len(mine):
                    if not mine[k].start(shares, cores):
                        mine[k] = Helper(self._may_exit)
                        continue
                    k += 1
            except BaseException as error:
                interrupted = error
        return interrupted

    def _may_exit(self, helper: Helper) -> bool:
        """Whether an idle helper may go; one that was taken in this moment may not."""
        with self._lock:
            if helper in self._idle:
                self._idle.remove(helper)
                return True
            return False

    def stop_idle(self) -> None:
        """End the helpers that are idle."""
        with self._lock:
            leaving, self._idle = self._idle, []
        for helper in leaving:
            helper.stop()


CREW = Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=CREW.stop_idle, after_in_child=CREW.forget)
