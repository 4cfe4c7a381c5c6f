"""What the reader of a fit's epochs asks the other processes, so that all of them end in the same step."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from clearprop.distributed.group import Group
from clearprop.errors import DistributedError
from clearprop.network.parameters import Vector

Ended = tuple[str, str]  # a word and a sentence, as of `clearprop.training.stopping.Ending`


class Team:
    """The processes of one training. Whoever trains alone is a team of one, which asks nobody.

    Parameters
    ----------
    group : Group, optional
        None for one who trains alone.

    Examples
    --------
    >>> from clearprop.distributed import Team
    >>> Team().agreed(("time", "the time limit was reached"), [])
    ('time', 'the time limit was reached')
    """

    def __init__(self, group: Group | None = None) -> None:
        self.group = group
        self._wants: Callable[[], bool] = lambda: False
        self._is_over = False

    @staticmethod
    def in_force() -> Team:
        """That of a fit which begins here."""
        return _IN_FORCE.get()

    @contextmanager
    def over_fits(self) -> Iterator[None]:
        """Fits that begin inside the ``with`` are this team's."""
        before = _IN_FORCE.set(self)
        try:
            yield
        finally:
            _IN_FORCE.reset(before)

    def agreed_end(self, wants: Callable[[], bool]) -> Callable[[], bool]:
        """What says that a fit is over, from what says that this process wants it to be."""
        if self.group is None:
            return wants
        self._wants, self._is_over = wants, False
        return lambda: self._is_over

    def wants_to_end(self) -> bool:
        """Whether this process wants to end, which goes into the sums of the next step."""
        return self._wants()

    def hear(self, n_wishes: float) -> None:
        """How many processes want to end, which all of them hear in the same step."""
        self._is_over = self._is_over or n_wishes > 0

    @property
    def is_over(self) -> bool:
        """Whether one of them wanted to end."""
        return self._is_over

    def agreed(self, ended: Ended | None, thetas: Sequence[Vector]) -> Ended | None:
        """Why training ends after this epoch, in the words of the first process that has a reason.

        Parameters
        ----------
        ended : (str, str) or None
            What this process found.
        thetas : sequence of arrays
            The weights that it holds.

        Raises
        ------
        DistributedError
            When the processes hold different weights, which cannot be where all compute alike.
        """
        if self.group is None:
            return ended
        check = 0
        for theta in thetas:
            check = zlib.crc32(theta.data, check)
        found = self.group.gathered(check, ended is not None)
        if (found[:, 0] != found[0, 0]).any():
            other = int((found[:, 0] != found[0, 0]).argmax())
            raise DistributedError(
                f"process {other} holds other weights than process 0 after the same steps: their processors or "
                "libraries do not compute alike, or a callback has changed the weights of one of them"
            )
        if not found[:, 1].any():
            return None
        reasons: list[Ended | None] = self.group.told(ended)
        return next(each for each in reasons if each is not None)


ALONE = Team()
_IN_FORCE: ContextVar[Team] = ContextVar("team in force", default=ALONE)
