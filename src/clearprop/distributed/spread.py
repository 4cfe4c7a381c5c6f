"""Pieces of one call, networks of an ensemble or fits of a search, that several processes have between them.

Each piece is made by one process as it would be made alone, so its bits are those that it has alone, on any number of
processes. Nothing is exchanged within a piece; a thread beside (`Beat`) hears whether the others live, and whether one
of them wants all to end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from clearprop.distributed.beat import Beat
from clearprop.distributed.group import Group
from clearprop.distributed.team import Ended, Team
from clearprop.errors import DistributedError, first_line

FAILED = "an error"


class Spread:
    """All pieces with one process, that trains alone.

    Examples
    --------
    >>> from clearprop.distributed.spread import Spread
    >>> alone = Spread()
    >>> list(alone.own(3)), alone.told("how far", 7), alone.whole({0: "a"})
    ([0, 1, 2], [7], {0: 'a'})
    """

    def __init__(self, rank: int = 0, n_processes: int = 1) -> None:
        self.rank, self.n_processes = rank, n_processes
        self.interrupt: Callable[[], object] | None = None  # what a signal calls, where it is answered for all

    def own(self, n_pieces: int) -> range:
        """The pieces of this process, where each has as many."""
        return range(self.rank, n_pieces, self.n_processes)

    def told(self, what: str, value: Any) -> list[Any]:
        """What every process says; all of them say the same kind of thing at the same time."""
        return [value]

    def whole(self, mine: Mapping[int, Any], what: str = "pieces") -> dict[int, Any]:
        """The pieces of all processes, from those of each."""
        found: dict[int, Any] = {}
        for theirs in self.told(what, dict(mine)):
            found |= theirs
        return found

    def from_first(self, value: Any) -> Any:
        """What the first process has."""
        return self.told("what the first has", value if self.rank == 0 else None)[0]

    def listen(self, wants: Callable[[], bool], hears: Callable[[], object] | None = None) -> Callable[[], bool]:
        """From now on other processes are told whether this one wants all to end; says whether any does.

        Parameters
        ----------
        wants : callable
            Asked several times a second, by another thread.
        hears : callable, optional
            Called by that thread when another process wants it, or is lost.
        """
        return wants

    def team(self) -> Team:
        """Whom the reader of the epochs of networks asks that are spread."""
        return Team()

    def queue(self) -> Callable[[int], bool]:
        """Asked for the number of a piece that is next, says whether this process makes it."""
        return lambda k: True


class Among(Spread):
    """The pieces among several processes, within a ``with``; all of them make the same calls in the same order.

    An error that ends the ``with`` in one of them ends it in all: each raises one that names the process.

    Parameters
    ----------
    group : Group
    """

    def __init__(self, group: Group) -> None:
        super().__init__(group.rank, group.n_processes)
        self.group = group
        self._beat, self._is_heard = Beat(group), False  # whether all know already that it ends with an error

    def __enter__(self) -> Self:
        self._beat.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is None:
                self.told("the end", None)
            elif not self._is_heard and self._beat.lost is None:
                with suppress(DistributedError):  # they have one of their own, or are lost: its own is raised here
                    self._said(FAILED, f"{type(error).__name__}: {first_line(error)}")
        finally:
            self._beat.end()

    def told(self, what: str, value: Any) -> list[Any]:
        try:
            found = self._said(what, value)
        except DistributedError:
            raise
        except Exception as error:  # it was not sent, and the others wait for it
            said, self._is_heard = f"it cannot send {what} to the others: {first_line(error)}", True
            self.group.told((FAILED, said), at_once=True)
            raise DistributedError(f"process {self.rank} of {self.n_processes}: {said}") from error
        self._is_heard = any(said != what for said, _ in found)
        for rank, (said, text) in enumerate(found):
            if said == FAILED:
                raise DistributedError(f"process {rank} of {self.n_processes} has ended the work of all: {text}")
            if said != what:
                raise DistributedError(
                    f"process {rank} came to {said} where process {self.rank} came to {what}: they were not given the "
                    "same, or a callback has ended one of them"
                )
        return [value if rank == self.rank else theirs for rank, (_, theirs) in enumerate(found)]

    def _said(self, what: str, content: Any) -> list[tuple[str, Any]]:
        self._beat.meet()  # who waits here hears at once whom the others have lost
        return self.group.told((what, content), at_once=True)

    def listen(self, wants: Callable[[], bool], hears: Callable[[], object] | None = None) -> Callable[[], bool]:
        self._beat.listen(wants, hears)
        return lambda: self._beat.is_over or wants()

    def team(self) -> Team:
        return SpreadTeam(self)

    def queue(self) -> Callable[[int], bool]:
        return self.group.queue()


class SpreadTeam(Team):
    """The team of networks that are spread: each has weights of its own, and ends an epoch when it does."""

    def __init__(self, among: Among) -> None:
        super().__init__(among)  # type: ignore[arg-type]  # it answers what is asked of a group here
        self._among = among

    def agreed_end(self, wants: Callable[[], bool]) -> Callable[[], bool]:
        return self._among.listen(wants)

    def agreed(self, ended: Ended | None, thetas: Any) -> Ended | None:
        reasons: list[Ended | None] = self._among.told("the end of an epoch", ended)
        return next((each for each in reasons if each is not None), None)
