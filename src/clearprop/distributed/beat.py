"""A thread that talks to those of the other processes while all of them work: who lives, who wants to end, who waits.

Work that is shared out has no steps in common at which a lost process would be noticed. So a few numbers go round four
times a second, on connections of their own. One that is killed is noticed at once, one that hangs after the seconds of
the group; whoever waits for the others waits here, so it hears that too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from clearprop.distributed.group import Group
from clearprop.errors import DistributedError

PAUSE = 0.25  # seconds between two beats while this process works
LONGEST = 60.0  # seconds that a process which has ended waits for the others to notice


class Beat:
    """The beat of one process.

    Parameters
    ----------
    group : Group

    Attributes
    ----------
    lost : DistributedError or None
        Why there is no beat any more.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self.lost: DistributedError | None = None
        self._changed = threading.Condition()
        self._wants: Callable[[], bool] = lambda: False
        self._hears: Callable[[], object] | None = None
        # How often it was told to listen, how often it has come to wait for the others, and how often all have.
        self._n_listened = self._n_met = self._n_all_met = 0
        self._heard = self._is_ended = False
        self._thread = threading.Thread(target=self._live, name="clearprop beat", daemon=True)

    def begin(self) -> None:
        """All processes begin at the same time."""
        self._thread.start()

    def listen(self, wants: Callable[[], bool], hears: Callable[[], object] | None) -> None:
        """From here on: see `Spread.listen`."""
        with self._changed:
            self._wants, self._hears, self._heard = wants, hears, False
            self._n_listened += 1
        if hears is not None and self.lost is not None:
            hears()

    @property
    def is_over(self) -> bool:
        """Whether one of the processes wants to end, or is lost."""
        return self._heard or self.lost is not None

    def meet(self) -> None:
        """Wait until all processes are here.

        Raises
        ------
        DistributedError
            When one of them is lost.
        """
        with self._changed:
            self._n_met += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.lost is not None or self._n_all_met >= self._n_met)
            if self.lost is not None:
                raise self.lost

    def end(self) -> None:
        """This process has ended; it is so once all have."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
        self._thread.join(LONGEST)

    def _live(self) -> None:
        while True:
            with self._changed:
                listened = self._n_listened
                said = int(self._wants()), listened, self._n_met, int(self._is_ended)
            try:
                found = self._group.beat(*said)
            except DistributedError as error:
                self._take(lost=error)
                return
            wishes = found[found[:, 1] == listened, 0].any()
            self._take(heard=bool(wishes), listened=listened, n_all_met=int(found[:, 2].min()))
            if found[:, 3].all():
                return
            gone = np.flatnonzero((found[:, 3] > 0) & (found[:, 2] < said[2]))
            if len(gone):  # who is waited for has ended
                self._take(
                    lost=DistributedError(f"process {gone[0]} has ended, and the others cannot go on without it")
                )
                return
            with self._changed:
                if self._n_met <= self._n_all_met and not self._is_ended:  # it works
                    self._changed.wait(PAUSE)

    def _take(
        self, *, heard: bool = False, listened: int = -1, n_all_met: int = 0, lost: DistributedError | None = None
    ) -> None:
        with self._changed:
            self._n_all_met, self.lost = max(self._n_all_met, n_all_met), lost
            is_new = lost is not None or (heard and listened == self._n_listened and not self._heard)
            self._heard = self._heard or is_new
            hears = self._hears if is_new else None
            self._changed.notify_all()
        if hears is not None:
            hears()
