"""The time line: states that were, so that training can be walked back, and any moment between them computed again.

Updates are a function of the state and the job alone, to the bit. So it is enough to keep some states; the others are
made anew from the one before them. A state is kept whenever something else than an update changed it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from clearprop.job import Job, TrainingState

MOST_BYTES = 64_000_000
MOST_KEPT = 400
KEPT_FOR_UNDO = 8

Advance = Callable[[Job, TrainingState, int], None]  # moves a state on, in place, by so many updates


@dataclass(frozen=True, eq=False)
class Moment:
    """A state that was, and the job by which training went on from it.

    Attributes
    ----------
    state : TrainingState
        Never written to.
    job : Job
    is_edited : bool
        Whether a person changed something here; such a moment is kept.
    """

    state: TrainingState
    job: Job
    is_edited: bool = False

    @property
    def step(self) -> int:
        """Updates done."""
        return self.state.step


@dataclass
class Timeline:
    """The moments that are kept, in the order in which they came; the first one is where training began."""

    moments: list[Moment] = field(default_factory=list)

    def keep(self, state: TrainingState, job: Job, *, is_edited: bool = False) -> None:
        """Keep a copy of this state."""
        self.moments.append(Moment(state.copy(), job, is_edited))
        size = 8 * len(state.theta) * (1 + len(state.memory))
        if len(self.moments) > MOST_KEPT or len(self.moments) * size > MOST_BYTES:
            self.moments = _thinned(self.moments)

    @property
    def first_step(self) -> int:
        """Before this there is nothing."""
        return self.moments[0].step

    @property
    def is_edited(self) -> bool:
        """Whether a person changed something on the way."""
        return any(moment.is_edited for moment in self.moments)

    def back_to(self, step: int, advance: Advance) -> TrainingState:
        """The state after so many updates, by the jobs of then; what came later is forgotten.

        Parameters
        ----------
        step : int
            Not before the first one.
        advance : callable
            Computes what lies between the moments that are kept.
        """
        place = max(i for i, moment in enumerate(self.moments) if moment.step <= step)
        found = self.moments[place]
        del self.moments[place + 1 :]
        state = found.state.copy()
        if step > state.step:
            advance(found.job, state, step - state.step)
        return state

    def begin_of_epoch(self, epoch: int, n_samples: int) -> int:
        """With how many updates done an epoch (from 0) began; where the time line begins later, its first step."""
        earlier = [moment for moment in self.moments if (moment.state.epoch, moment.state.cursor) <= (epoch, 0)]
        if not earlier:
            return self.first_step
        state, job = earlier[-1].state, earlier[-1].job
        return state.step + (epoch - state.epoch) * job.steps_per_epoch(n_samples) - state.cursor

    def few(self) -> Timeline:
        """A time line of a few of the moments, to come back to later; the others can be computed again."""
        moments = self.moments
        while len(moments) > KEPT_FOR_UNDO and (fewer := _thinned(moments)) != moments:
            moments = fewer
        return Timeline(list(moments))


def _thinned(moments: list[Moment]) -> list[Moment]:
    """Every second moment, and all that somebody edited, with what came right before; the first and the last stay."""
    kept = []
    last = len(moments) - 1
    for i, moment in enumerate(moments):
        before_an_edit = i < last and moments[i + 1].is_edited
        if i in (0, last) or i % 2 == 0 or moment.is_edited or before_an_edit:
            kept.append(moment)
    return kept


def at_rest(state: TrainingState, job: Job) -> TrainingState:
    """The state with memory for the rule of this job: its own where it is of the same rule, otherwise fresh."""
    fresh = TrainingState.start(job, state.theta)
    if len(fresh.memory) == len(state.memory):
        return state
    return replace(state, memory=fresh.memory)
