"""Work that a thread of its own does ahead of who needs it: the next rows are read while these are trained on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

SOON = 0.05  # seconds after which whoever waits looks whether it still should

Item = TypeVar("Item")
Made = TypeVar("Made")


class Closed(Exception):
    """Whoever makes something is to stop."""


class Done(NamedTuple, Generic[Item, Made]):
    """What was made of an item, and the slot that it occupies."""

    item: Item
    slot: int
    made: Made


class ReadAhead(Generic[Item, Made]):
    """Makes one thing after the other, as many ahead as there are slots.

    Parameters
    ----------
    items : iterable
        What is to be made, in order.
    make : callable
        From an item, the number of a slot and a function that raises `Closed` where it is to stop, to what was made. It
        asks that function several times a second, and is called by one thread alone.
    n_slots : int
        A slot is free again as soon as the thing after the one in it is asked for. With one, nothing is made while what
        was made is used.
    on_end : callable, optional
        Called by that thread at its end.

    Examples
    --------
    >>> from clearprop.training.read_ahead import ReadAhead
    >>> squares = ReadAhead(range(5), lambda item, slot, check: item**2, n_slots=2)
    >>> [squares.next(lambda: False).made for _ in range(3)]
    [0, 1, 4]
    >>> squares.close()
    """

    def __init__(
        self,
        items: Iterable[Item],
        make: Callable[[Item, int, Callable[[], None]], Made],
        n_slots: int,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._items, self._make, self._on_end, self.n_slots = items, make, on_end, n_slots
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._made: queue.SimpleQueue[Done[Item, Made] | BaseException | None] = queue.SimpleQueue()
        self._held: int | None = None
        self._closing = threading.Event()
        for slot in range(n_slots):
            self._free.put(slot)
        self._thread = threading.Thread(target=self._run, name="clearprop reads ahead", daemon=True)
        self._thread.start()

    def next(self, is_over: Callable[[], bool]) -> Done[Item, Made] | None:
        """The next thing; None after the last, or once `is_over` says so.

        Raises
        ------
        Exception
            That making it raised.
        """
        if self._held is not None:
            slot, self._held = self._held, None
            self._free.put(slot)
        while not is_over():
            try:
                found = self._made.get(timeout=SOON)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                self._made.put(found)  # for whoever asks again
                raise found
            if found is None:
                self._made.put(None)
                return None
            self._held = found.slot
            return found
        return None

    def close(self) -> None:
        """Return when the thread has ended. It may be called again where Ctrl-C has cut it short."""
        self._closing.set()
        self._thread.join()

    def _check(self) -> None:
        if self._closing.is_set():
            raise Closed

    def _slot(self) -> int:
        """A free slot, once there is one."""
        while True:
            self._check()
            try:
                return self._free.get(timeout=SOON)
            except queue.Empty:
                continue

    def _run(self) -> None:
        try:
            for item in self._items:
                slot = self._slot()
                self._made.put(Done(item, slot, self._make(item, slot, self._check)))
            self._made.put(None)
        except Closed:
            self._made.put(None)
        except BaseException as error:  # to be raised where it is waited for
            self._made.put(error)
        finally:
            self._on_end()
