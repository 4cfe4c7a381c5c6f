"""What the updates of a stretch came to, written into the state in their order."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from clearprop.engines.torch.step import COST, L1_PART, L2_PART, NORM
from clearprop.engines.torch.stretches import Stretch
from clearprop.job.job import Job
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState


class HasFactors(Protocol):
    """A step, by what the parts of its cost are multiplied with."""

    factors: tuple[float, ...]


class Account:
    """Moves a state on by the updates of a stretch.

    Parameters
    ----------
    job : Job
    n_samples : int
    state : TrainingState
    stretch : Stretch
    ended : Endings, optional
    """

    def __init__(self, job: Job, n_samples: int, state: TrainingState, stretch: Stretch, ended: Endings | None) -> None:
        self.job, self.n_samples, self.state, self.stretch, self.ended = job, n_samples, state, stretch, ended

    def noted(self, made: list[int], stop: int) -> set[int]:
        """Of these updates those whose layers' norms are to be told: the last of an epoch, and of all before `stop`."""
        found, ends = set(made[-1:]), self.stretch.ends
        for one, following in zip(made, [*made, stop][1:], strict=True):
            if any(ends[one:following]):
                found.add(one)
        return found

    def cost(self, one: HasFactors, told: Any, k: int) -> float:
        """The objective of update k, from what it told."""
        parts = zip(one.factors, (COST, L2_PART, L1_PART), strict=True)
        return float(sum(factor * told[place] for factor, place in parts if factor) / self.stretch.weights[k])

    def write(self, first: int, stop: int, made: list[int], costs: list[float], records: Any) -> None:
        """Write the updates from `first` to `stop`, of which those of `made` have moved θ."""
        state, places, noted = self.state, {k: i for i, k in enumerate(made)}, self.noted(made, stop)
        for k in range(first, stop):
            if k in places:
                weight = self.stretch.weights[k]
                state.loss_sum += costs[places[k]] * weight
                state.weight_sum += weight
                if k in noted:
                    state.gradient_norms = np.sqrt(records[places[k], NORM + 1 :])
            state.cursor += 1
            state.step += 1
            if self.stretch.ends[k] and self.ended is not None:
                self.ended.append(state.end_epoch(self.n_samples))
