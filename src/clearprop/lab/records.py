"""The records of one training: so many are kept of it, evenly spaced, and of those so many at a time are told.

The training's thread adds records and waits for nobody; others read. So `KeptRecords` needs no lock: its list is only
added to, or another one takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat

from clearprop.job import Epoch
from clearprop.lab.curves import MOST_POINTS

Place = tuple[Sequence[Epoch], int]  # a record of several that came together: it is made when somebody looks at it
MOST_NEW = 16  # points that one answer adds while the training goes on: writing one costs as much as a short epoch


class KeptRecords:
    """What is kept of the records so far.

    Attributes
    ----------
    seen : int
        How many there were.
    last : Epoch or None
    spaced : (list of Place, int)
        Every so manieth record, beginning with the first.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.last: Epoch | None = None
        self.spaced: tuple[list[Place], int] = [], 1

    def add(self, epochs: Sequence[Epoch]) -> None:
        """Some more; where too many are kept, every second one goes. It must cost little beside a short epoch."""
        kept, every = self.spaced
        place = -self.seen % every
        while place < len(epochs):
            stop = min(len(epochs), place + (MOST_POINTS + 1 - len(kept)) * every)
            kept += zip(repeat(epochs), range(place, stop, every))
            if len(kept) > MOST_POINTS:
                kept, every = self.spaced = kept[::2], 2 * every
            place = stop + -(self.seen + stop) % every
        self.seen, self.last = self.seen + len(epochs), epochs[-1]

    def all(self) -> list[Epoch]:
        """Those that are kept, and the last one."""
        return self.with_last(made(self.spaced[0][:]))

    def with_last(self, epochs: list[Epoch]) -> list[Epoch]:
        """These, and the last one where it comes later."""
        last = self.last
        return [*epochs, last] if last is not None and (not epochs or last.n > epochs[-1].n) else epochs


def made(places: list[Place]) -> list[Epoch]:
    """The records at these places."""
    return [epochs[place] for epochs, place in places]


@dataclass
class Told:
    """The records that whoever looks is told of, in the order of training.

    Attributes
    ----------
    records : KeptRecords
    run : int
        Another number whenever earlier ones were taken out or put in, so that nobody joins what does not fit.
    chosen : list of Place
        The last record comes after them.
    """

    records: KeptRecords
    run: int = 1
    chosen: list[Place] = field(default_factory=list)
    _upto: int = 0  # records that have been looked at

    def follow(self) -> None:
        """Choose a few of those that are new."""
        kept, every = self.records.spaced
        n = len(kept)
        new = kept[-(-self._upto // every) : n]
        self.chosen += new[:: -(-len(new) // MOST_NEW) or 1]
        self._upto = n * every
        if len(self.chosen) > MOST_POINTS:
            self._choose(kept[:n:2])

    def catch_up(self) -> None:
        """Choose all that are kept."""
        kept, every = self.records.spaced
        found = kept[:]
        self._upto = len(found) * every
        self._choose(found)

    def _choose(self, places: list[Place]) -> None:
        self.run += places[: len(self.chosen)] != self.chosen  # more at the end fit what is there
        self.chosen = places

    def since(self, place: int, run: int) -> tuple[int, list[Epoch]]:
        """From which place on somebody lacks something who has so many chosen ones of a run; and what."""
        first = place if run in (0, self.run) and place <= len(self.chosen) else 0
        before = max(0, first - 1)  # after which the last record comes, or which is the last
        return first, self.records.with_last(made(self.chosen[before:]))[first - before :]
