"""Threads that train networks side by side, and are gone when these are trained.

The networks of an ensemble go round by round, each in a thread of its own (`Crew.did`). Networks that have nothing to
do with each other, and fits of a search, are taken from one queue by whoever is free (`Turns`).

They are plain threads, so that they work while the interpreter ends too, and they look by themselves whether they are
still needed, which is whether anybody still has their crew: Ctrl-C may end the thread that they work for anywhere.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from weakref import ref

LOOKS_AFTER = 1.0  # seconds without work after which a thread looks whether it is still needed

Work = Callable[[], Any]


class Crew:
    """So many threads, each with a queue of its own; they begin with the first work, and `end` ends them.

    Where the process can have no more threads, the work is done by those there are, or by the caller's.

    Examples
    --------
    >>> from clearprop.training.crew import Crew
    >>> crew = Crew(2)
    >>> crew.did([lambda: 1, lambda: 2, lambda: 3])
    [1, 2, 3]
    >>> crew.end()
    """

    def __init__(self, n_threads: int) -> None:
        self._missing, self.is_over = n_threads, False
        self._queues: list[SimpleQueue[Work | None]] = []
        self._threads: list[threading.Thread] = []

    def did(self, works: Sequence[Work]) -> list[Any]:
        """What each returns; the same place in the sequence always goes to the same thread.

        Raises
        ------
        BaseException
            The first that one of them raised, once all are done.
        """
        if not self._begun():
            return [work() for work in works]
        done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        for k, work in enumerate(works):
            self._queues[k % len(self._queues)].put(partial(_report, done, k, work))
        found = sorted((done.get() for _ in works), key=lambda item: item[0])
        for _, _, error in found:
            if error is not None:
                raise error
        return [result for _, result, _ in found]

    def each(self, work: Work) -> int:
        """Have every thread do this; how many there are."""
        n_threads = self._begun()
        for queue in self._queues:
            queue.put(work)
        return n_threads

    def _begun(self) -> int:
        """How many threads there are, once all that can be had have begun."""
        while self._missing:
            self._begin()
        return len(self._queues)

    def _begin(self) -> None:
        """Begin one more thread, if it can be had."""
        self._missing -= 1
        queue: SimpleQueue[Work | None] = SimpleQueue()
        thread = threading.Thread(target=_live, args=(ref(self), queue), name="clearprop member", daemon=True)
        self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError:  # the process may have no more threads, or is ending
            self._missing = 0
        else:
            self._queues.append(queue)

    def end(self) -> None:
        """Have the threads end after what they do, and wait for them."""
        self.is_over = True
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()


class Done(NamedTuple):
    """What came of a piece of work."""

    k: int
    result: Any
    error: BaseException | None


class Turns:
    """Pieces of work that a crew takes in their order, each by whoever is free.

    What has ended is kept by the threads themselves, so that nothing is lost where Ctrl-C comes to who waits for it.

    Parameters
    ----------
    crew : Crew
    works : sequence of callable

    Attributes
    ----------
    ended : list of Done
        Those that have ended, in that order.

    Examples
    --------
    >>> from clearprop.training.crew import Crew, Turns
    >>> crew = Crew(2)
    >>> turns, found = Turns(crew, [lambda: "a", lambda: "b"]), []
    >>> while (done := turns.next()) is not None:
    ...     found.append(done.result)
    ...     turns.seen()
    >>> crew.end()
    >>> sorted(found)
    ['a', 'b']
    """

    def __init__(self, crew: Crew, works: Sequence[Work]) -> None:
        self._left = deque(enumerate(works))
        self._n_works, self._n_seen = len(works), 0
        self.ended: list[Done] = []  # in the order in which they did
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._n_threads = crew.each(self._take_all)

    def next(self) -> Done | None:
        """The next that has ended, the same one until it was `seen`; None after the last."""
        while self._n_seen == len(self.ended):
            if self._n_seen == self._n_works:
                return None
            if not self._n_threads:
                self._take()
                continue
            with suppress(Empty):
                self._woken.get(timeout=LOOKS_AFTER)  # whoever ended may have been overheard
        return self.ended[self._n_seen]

    def seen(self) -> None:
        """Go on to the one after it."""
        self._n_seen += 1

    def _take_all(self) -> None:
        while self._left:
            self._take()

    def _take(self) -> None:
        try:
            k, work = self._left.popleft()
        except IndexError:  # another thread was quicker
            return
        try:
            done = Done(k, work(), None)
        except BaseException as error:  # for who waits
            done = Done(k, None, error)
        del work  # it holds rows
        self.ended.append(done)
        self._woken.put(None)


def _live(crew: ref[Crew], queue: SimpleQueue[Work | None]) -> None:
    while (whose := crew()) is not None and not whose.is_over:
        del whose
        try:
            work = queue.get(timeout=LOOKS_AFTER)
        except Empty:
            continue
        if work is None:
            return
        work()
        del work  # it holds the rows


def _report(done: SimpleQueue[tuple[int, Any, BaseException | None]], k: int, work: Work) -> None:
    try:
        done.put((k, work(), None))
    except BaseException as error:  # raised in the thread that asked for it
        done.put((k, None, error))
