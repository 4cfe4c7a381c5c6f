"""The networks of an ensemble that several processes have between them, as one source of epochs in each.

After every epoch the processes tell each other what their networks came to: records, and outputs for validation rows.
So all of them know the same scores and end in the same epoch. Weights stay where they are trained until a checkpoint is
due, or training has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from clearprop.distributed.spread import Spread
from clearprop.errors import DistributedError, DivergenceError
from clearprop.tabular.together import Together
from clearprop.training import Epoch
from clearprop.training.keeper import Keeper
from clearprop.training.source import Epochs

COUNTERS = "step", "epoch", "cursor", "samples"  # of a state: the reader of the epochs goes by them


class Told(NamedTuple):
    """What is told of a network after an epoch: what it came to, or how it diverged, and where its state is."""

    came_to: Any
    diverged: tuple[str, dict[str, Any]] | None
    counters: tuple[int, ...]


class SpreadTogether(Together):
    """The members in training, of which some are trained by other processes.

    Parameters
    ----------
    among : Spread
    *given
        As for `Together`.
    """

    def __init__(self, among: Spread, *given: Any) -> None:
        super().__init__(*given)
        self._among = among
        self._keeper: Keeper | None = None

    def epochs(
        self, is_over: Callable[[], bool], began: float, ahead: Callable[[], int], keeper: Keeper | None = None
    ) -> Epochs:
        """See `Together`; snapshots are taken between two epochs alone."""
        self._keeper = keeper
        return super().epochs(is_over, began, ahead)

    def did(self, works: Sequence[Callable[[], Any]]) -> Sequence[Any]:
        """What each member came to, those of other processes too, or the error of the first that diverged."""
        own = self._crew.did([partial(_caught, works[k]) for k in self._own])
        mine = {
            k: Told(came_to, diverged, self._counters(k)) for k, (came_to, diverged) in zip(self._own, own, strict=True)
        }
        is_due = self._keeper is not None and self._keeper.is_due
        every = self._among.told("an epoch", (mine, is_due))
        found = {k: told for theirs, _ in every for k, told in theirs.items()}
        for k, told in found.items():
            for name, value in zip(COUNTERS, told.counters, strict=True):
                setattr(self.states[k], name, value)
        for _, told in sorted(found.items()):
            if told.diverged is not None:
                text, where = told.diverged
                raise DivergenceError(text, **where)
        rounds = [found[k].came_to for k in range(len(self.members))]
        if every[0][1]:
            self._keep([record for record, _ in rounds])
        return rounds

    def outputs(self) -> list[Any]:
        """Each member's outputs for its validation rows."""
        found = self._among.whole({k: self._outputs(k) for k in self._own}, "outputs")
        return [found[k] for k in range(len(self.members))]

    def complete(self) -> None:
        """Have the weights of every network here."""
        for state, theta in zip(self.states, self.completed([each.theta for each in self.states]), strict=True):
            state.theta[:] = theta
        self._complete_best()

    def completed(self, thetas: Sequence[Any]) -> tuple[Any, ...]:
        """The weights of every network, from those that this process has trained."""
        found = self._among.whole({k: thetas[k] for k in self._own}, "weights")
        return tuple(found[k] for k in range(len(thetas)))

    def _keep(self, records: Sequence[Epoch | None]) -> None:
        """Take a snapshot of all networks, in the process that writes it."""
        found = self._among.whole({k: self.states[k].copy() for k in self._own}, "states")
        self._complete_best()
        if self._keeper is None or self._among.rank != 0 or not all(each and each.complete for each in records):
            return
        for k, state in found.items():
            if k not in self._own:
                mine = self.states[k]
                mine.theta, mine.memory, mine.gradient_norms = state.theta, state.memory, state.gradient_norms
        for k, record in enumerate(records):
            self._keeper.rests(k, record)
        self._keeper.goes_on()

    def _complete_best(self) -> None:
        """The same of the best epoch, which each process has kept of its own networks: a checkpoint has it of all."""
        progress = self.states[0].progress
        if progress is None or (best := progress.best) is None:
            return
        found = self._among.whole({k: (best.thetas[k : k + 1], best.states[k : k + 1]) for k in self._own}, "the best")
        thetas, states = zip(*(found[k] for k in range(len(self.states))), strict=True)
        progress.best = best._replace(thetas=tuple(chain(*thetas)), states=tuple(chain(*states)))

    def _counters(self, k: int) -> tuple[int, ...]:
        return tuple(getattr(self.states[k], name) for name in COUNTERS)


class Completing(Keeper):
    """A keeper that has the weights of all networks before it writes the end of their fit."""

    def __init__(self, keeper: Keeper, together: SpreadTogether) -> None:
        self.__dict__ |= vars(keeper)
        self._complete = together.complete

    def end(self, ended: tuple[str, str] | None) -> None:
        """As of `Keeper`; where a process is lost, what is written is the last snapshot."""
        try:
            self._complete()
        except DistributedError:
            super().end(None)
            raise
        super().end(ended)


def keeper_of(keeper: Keeper | None, together: SpreadTogether) -> Keeper | None:
    """The keeper of networks that are spread."""
    return None if keeper is None else Completing(keeper, together)


def _caught(work: Callable[[], Any]) -> tuple[Any, tuple[str, dict[str, Any]] | None]:
    """What it returns, or how it diverged: that is told before it is raised."""
    try:
        return work(), None
    except DivergenceError as error:
        return None, (str(error), {"epoch": error.epoch, "step": error.step, "layer": error.layer})
