"""Several networks trained side by side, epoch by epoch, as one source of epochs; each has rows of its own to validate.

The best epoch is chosen for all of them at once, by the validation rows of all together: for a small table those of one
network alone are a few dozen rows, and would choose by luck. Each network computes what it would compute alone, so
nothing depends on how many threads there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.blas_threads import suited_to
from clearprop.training import Epoch, epochs
from clearprop.training.crew import Crew
from clearprop.training.keeper import Keeper
from clearprop.training.parts import Rows
from clearprop.training.source import Epochs

Validate = Callable[[list[Any]], Mapping[str, float]]  # from each member's outputs for its validation rows to scores


@dataclass(frozen=True)
class Member:
    """One network of the ensemble: its job, its rows, its engine, and the inputs of its validation rows."""

    job: Job
    data: Rows | None  # None where another process trains it, which has no validation rows either
    engine: Engine  # its own: what an engine has prepared for one job, another would overwrite
    validation: Any  # (n_validation_rows, n_inputs)
    initial: Any  # θ to start from, (n_parameters,)


class Together:
    """The members in training: a `clearprop.training.Source`, whose epochs all members have finished.

    Parameters
    ----------
    members : sequence of Member
        Their jobs differ in nothing but the seed.
    validate : callable
    n_threads : int
        How many members are trained at the same time.
    states : sequence of TrainingState, optional
        Where each member goes on; by default at its beginning.
    unread : sequence of Epoch or None, optional
        Of each member the record of the epoch that it has ended there, where others have not.
    """

    def __init__(
        self,
        members: Sequence[Member],
        validate: Validate,
        n_threads: int,
        states: Sequence[TrainingState] | None = None,
        unread: Sequence[Epoch | None] = (),
    ) -> None:
        self.members, self.validate = members, validate
        self._own: Sequence[int] = [k for k, member in enumerate(members) if member.data is not None]
        self._unread = list(unread) or [None] * len(members)
        self.states = states or [TrainingState.start(member.job, member.initial) for member in members]
        self._is_over = False
        # Each member stays with one thread: an engine prepares itself for every thread that it is called from.
        self._crew = Crew(max(1, min(n_threads, len(self._own))))

    @property
    def job(self) -> Job:
        """The job of the first member."""
        return self.members[0].job

    @property
    def thetas(self) -> Any:
        """The weights of each member, (k, n_parameters); a copy."""
        return np.stack([state.theta for state in self.states])

    def outputs(self) -> list[Any]:
        """Each member's outputs for its validation rows."""
        return [self._outputs(k) for k in range(len(self.members))]

    def complete(self) -> None:
        """Have the weights of every network here, once training has ended."""

    def completed(self, thetas: Sequence[Any]) -> tuple[Any, ...]:
        """The weights of every network, from those that this process has trained."""
        return tuple(thetas)

    def did(self, works: Sequence[Callable[[], Any]]) -> Sequence[Any]:
        """What each returns, in threads of their own; there is one for each member."""
        return self._crew.did(works)

    def epochs(
        self, is_over: Callable[[], bool], began: float, ahead: Callable[[], int], keeper: Keeper | None = None
    ) -> Epochs:
        """A record for every epoch that all members have finished; see `clearprop.training.Source`.

        Every epoch is validated, so none is made ahead of its record.
        """

        def ends(k: int) -> bool:
            if keeper is not None:
                keeper.at(k)
            return self._is_over or is_over()

        generators = [
            _epochs(member, state, partial(ends, k), began)
            for k, (member, state) in enumerate(zip(self.members, self.states, strict=True))
        ]

        def advance(k: int) -> tuple[Epoch | None, Any]:
            record = self._unread[k] or next(generators[k], None)
            self._unread[k] = None
            if record is not None and keeper is not None:
                keeper.rests(k, record if record.complete else None)
            return record, None if record is None else self._outputs(k)

        while True:
            rounds = self.did([partial(advance, k) for k in range(len(self.members))])
            records = [record for record, _ in rounds if record is not None]
            if len(records) < len(self.members):
                return None
            if keeper is not None:
                keeper.goes_on()
            scores = self.validate([outputs for _, outputs in rounds])
            yield _merged(records, scores, time.perf_counter() - began)
            if not all(record.complete for record in records):
                return None

    @property
    def goes_ahead(self) -> bool:
        """Never: see `epochs`."""
        return False

    def close(self) -> None:
        """Wait until no member is trained any more; whoever is within an epoch comes out of it within a stretch."""
        self._is_over = True
        self._crew.end()
        for member in self.members:
            if member.data is not None and not isinstance(member.data, Data):
                member.data.close()

    def blas_threads(self) -> AbstractContextManager[object]:
        """As many as a member's products are worth, for engines that use a BLAS."""
        first = next((each for each in self.members if each.data is not None and each.engine.uses_blas), None)
        if first is None or first.data is None:
            return nullcontext()
        return suited_to(first.job, first.data.n_samples)

    def _outputs(self, k: int) -> Any:
        member = self.members[k]
        network = member.job.network
        with np.errstate(all="ignore"):
            return member.engine.outputs(network, network.views(self.states[k].theta), member.validation)


def _epochs(member: Member, state: TrainingState, is_over: Callable[[], bool], began: float) -> Iterator[Epoch]:
    """Those of a member that is trained here."""
    if member.data is None:
        return iter(())
    return epochs(member.job, state, member.data, member.engine, is_over=is_over, began=began)


def _merged(records: Sequence[Epoch], scores: Mapping[str, float], seconds: float) -> Epoch:
    """One record of what all members did in an epoch: means of losses and gradient norms, the sum of steps."""
    norms = np.mean([record.gradient_norms for record in records], axis=0)
    return Epoch(
        n=records[0].n,
        loss=float(np.mean([record.loss for record in records])),
        gradient_norms=tuple(norms.tolist()),
        learning_rate=records[0].learning_rate,
        seconds=seconds,
        steps=sum(record.steps for record in records),
        scores=scores,
        complete=all(record.complete for record in records),
    )
