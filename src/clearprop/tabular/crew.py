"""Threads that train the networks of an ensemble side by side, and are gone when it is trained.

They are plain threads, so that they work while the interpreter ends too, and they look by themselves whether they are
still needed, which is whether anybody still has their crew: Ctrl-C may end the thread that they work for anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any
from weakref import ref

LOOKS_AFTER = 1.0  # seconds without work after which a thread looks whether it is still needed

Work = Callable[[], Any]


class Crew:
    """So many threads, each with a queue of its own; they begin with the first work, and `end` ends them.

    Where the process can have no more threads, the work is done by those there are, or by the caller's.

    Examples
    --------
    >>> from clearprop.tabular.crew import Crew
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
        while self._missing:
            self._begin()
        if not self._queues:
            return [work() for work in works]
        done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        for k, work in enumerate(works):
            self._queues[k % len(self._queues)].put(partial(_report, done, k, work))
        found = sorted((done.get() for _ in works), key=lambda item: item[0])
        for _, _, error in found:
            if error is not None:
                raise error
        return [result for _, result, _ in found]

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
