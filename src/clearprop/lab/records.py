"""The records of one training: so many are kept of it, evenly spaced, and of those so many at a time are told.

The training's thread adds records and waits for nobody; others read. So `KeptRecords` needs no lock: its list is only
added to, or another one takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from clearprop.job import Epoch
from clearprop.lab.curves import MOST_POINTS

MOST_NEW = 16  # points that one answer adds while the training goes on: writing one costs as much as a short epoch


class KeptRecords:
    """What is kept of the records so far.

    Attributes
    ----------
    seen : int
        How many there were.
    last : Epoch or None
    spaced : (list of Epoch, int)
        Every so manieth record, beginning with the first.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.last: Epoch | None = None
        self.spaced: tuple[list[Epoch], int] = [], 1
        self._next = 1  # to be kept

    def add(self, epoch: Epoch) -> None:
        """One more; where too many are kept, every second one goes. It must cost little beside a short epoch."""
        self.last = epoch
        self.seen = seen = self.seen + 1
        if seen == self._next:
            kept, every = self.spaced
            kept.append(epoch)
            if len(kept) > MOST_POINTS:
                every *= 2
                self.spaced = kept[::2], every
            self._next = seen + every

    def add_all(self, epochs: Sequence[Epoch]) -> None:
        """Several, of which those that are not kept need not be looked at."""
        first = self.seen
        while (place := self._next - 1 - first) < len(epochs):
            self.seen = self._next - 1
            self.add(epochs[place])
        self.seen, self.last = first + len(epochs), epochs[-1]

    def all(self) -> list[Epoch]:
        """Those that are kept, and the last one."""
        return self.with_last(list(self.spaced[0]))

    def with_last(self, epochs: list[Epoch]) -> list[Epoch]:
        """These, and the last one where it comes later."""
        last = self.last
        return [*epochs, last] if last is not None and (not epochs or last.n > epochs[-1].n) else epochs


@dataclass
class Told:
    """The records that whoever looks is told of, in the order of training.

    Attributes
    ----------
    records : KeptRecords
    run : int
        Another number whenever earlier ones were taken out or put in, so that nobody joins what does not fit.
    chosen : list of Epoch
        The last record comes after them.
    """

    records: KeptRecords
    run: int = 1
    chosen: list[Epoch] = field(default_factory=list)
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

    def _choose(self, epochs: list[Epoch]) -> None:
        self.run += epochs[: len(self.chosen)] != self.chosen  # more at the end fit what is there
        self.chosen = epochs

    def since(self, place: int, run: int) -> tuple[int, list[Epoch]]:
        """From which place on somebody lacks something who has so many chosen ones of a run; and what."""
        first = place if run in (0, self.run) and place <= len(self.chosen) else 0
        return first, self.records.with_last(self.chosen)[first:]
