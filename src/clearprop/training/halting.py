"""Ending all fits of a piece of work at once, whatever threads they are in and whoever has begun them.

Ctrl-C reaches the main thread alone, and a time limit on many fits is none that each of them knows. So a fit that
begins looks which halt is in force where it begins, and asks it whenever it asks for its own limit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real

from clearprop.errors import InputError
from clearprop.training.stopping import Ending

HEARD = "process", "another process asked for it"


class Halt:
    """Says to all fits that begin while it is in force when they are to end: several times a second they ask.

    Parameters
    ----------
    seconds : float, optional
        A time limit on all of them together, from now on.

    Raises
    ------
    InputError
        For anything but a number above 0 and None.

    Examples
    --------
    >>> from clearprop.training.halting import Halt
    >>> halt = Halt()
    >>> with halt.over_fits():
    ...     Halt.in_force() is halt
    True
    >>> halt.is_over()
    False
    >>> halt.interrupt()
    >>> halt.is_over(), halt.ending(3).reason
    (True, 'interrupted after 3 whole epochs')
    """

    def __init__(self, seconds: float | None = None) -> None:
        if seconds is not None and not (isinstance(seconds, Real) and seconds > 0):
            raise InputError(f"time_limit must be a number of seconds above 0, or None, not {seconds!r}")
        self.seconds = seconds
        self._deadline = math.inf if seconds is None else time.perf_counter() + seconds
        self._asked: tuple[str, str] | None = None  # by which word, and in which words

    @staticmethod
    def in_force() -> Halt:
        """The one that fits of this thread heed."""
        return _IN_FORCE.get()

    @contextmanager
    def over_fits(self) -> Iterator[None]:
        """Fits that this thread begins inside the ``with`` heed it."""
        before = _IN_FORCE.set(self)
        try:
            yield
        finally:
            _IN_FORCE.reset(before)

    def interrupt(self) -> None:
        """End them now, as Ctrl-C does; from any thread."""
        self._asked = self._asked or ("interrupt", "interrupted")

    def stop(self) -> None:
        """End them now because a callback asked for it."""
        self._asked = self._asked or ("callback", "a callback asked for it")

    def hear(self) -> None:
        """End them now because another process wants it; `ended_by` says later why."""
        if not self.is_over():
            self._asked = HEARD

    def asked(self) -> tuple[str, str] | None:
        """By which word and in which words they were ended here; None where they were not, or another process did."""
        if not self.is_over() or self._asked == HEARD:
            return None
        return self.stopped_by, self.reason

    def ended_by(self, asked: tuple[str, str] | None) -> None:
        """Take over the word and the words for it of another process, if there are any."""
        self._asked = asked or self._asked

    def is_over(self) -> bool:
        """Whether they are to end."""
        return self._asked is not None or time.perf_counter() >= self._deadline

    def ending(self, n_epochs: int) -> Ending | None:
        """How a fit ends for it, after so many whole epochs; None while it is not over."""
        if not self.is_over():
            return None
        if self.stopped_by == "interrupt":
            return Ending("interrupt", f"interrupted after {n_epochs} whole epochs")
        return Ending(self.stopped_by, f"stopped after epoch {n_epochs}: {self.reason}")

    @property
    def stopped_by(self) -> str:
        """The word for it, once it is over: "interrupt", "callback" or "time"."""
        return "time" if self._asked is None else self._asked[0]

    @property
    def reason(self) -> str:
        """Why it is over, in words."""
        return f"the time limit of {self.seconds:g} s on all was reached" if self._asked is None else self._asked[1]


# Where none is in force it is this one, which nobody ends.
_IN_FORCE: ContextVar[Halt] = ContextVar("halt in force", default=Halt())  # noqa: B039
