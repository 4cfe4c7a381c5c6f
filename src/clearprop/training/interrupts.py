"""Ctrl-C in a training: the first one ends it and keeps the best weights; another within two seconds is raised, too.

The second one is for who wants to leave more than this one fit: a search over parameters, a quantile that comes next, a
calibration. No handler of signals is set here: whoever runs the process decides what Ctrl-C does.
"""

from __future__ import annotations

import time

SOON = 2.0  # seconds

_last = float("-inf")  # when Ctrl-C ended something in this process


class Interrupted(KeyboardInterrupt):
    """A second Ctrl-C soon after another: whoever raises it has kept the best weights so far."""


class Interrupts:
    """Those that came in one fit.

    Attributes
    ----------
    came, again : bool
        Whether one came, and whether one came soon after another, in this fit or in one before it.
    """

    def __init__(self) -> None:
        self.came = self.again = False

    def note(self) -> None:
        """Take one into account."""
        global _last
        now = time.monotonic()
        self.again = self.again or now - _last < SOON
        self.came, _last = True, now

    def raise_again(self) -> None:
        """Raise Interrupted where one came soon after another."""
        if self.again:
            raise Interrupted
