"""A fit that is made together with other processes, where torchrun has started them; otherwise nothing changes."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from platform import python_version
from types import FrameType
from typing import Any

import numpy as np

from clearprop.distributed.agreement import agree
from clearprop.distributed.engine import ShardedEngine
from clearprop.distributed.group import Group
from clearprop.distributed.launch import ANY_NUMBER, grown, in_force, launch
from clearprop.distributed.link import report
from clearprop.distributed.local_steps import LocalEngine
from clearprop.distributed.spread import Among, Spread
from clearprop.distributed.team import ALONE, Team
from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.errors import EngineRefusal, InputError
from clearprop.files.checkpoints import Kept
from clearprop.job import Layout
from clearprop.training.halting import Halt
from clearprop.training.keeper import Keeper
from clearprop.training.source import OneNetwork
from clearprop.version import __version__

_meet = cache(Group)  # processes meet once


@dataclass(frozen=True)
class Joint:
    """What a fit must know of the processes that make it.

    Attributes
    ----------
    engine : Engine
        What its source computes with.
    team : Team
    """

    engine: Engine
    team: Team = ALONE

    @property
    def is_first(self) -> bool:
        """Whether this process shows the fit and writes its checkpoints."""
        return self.team.group is None or self.team.group.rank == 0

    def from_first(self, value: Any) -> Any:
        """What the first process has: where a fit begins, or goes on."""
        return value if self.team.group is None else self.team.group.from_first(value)

    def kept(self, kept: Kept | None) -> Kept | None:
        """As `kept_by_first`."""
        return kept if self.team.group is None else kept_by_first(self.team.group, kept)

    def keeper(self, keeper: Keeper | None) -> Keeper | None:
        """The same of a keeper."""
        is_kept = self.from_first(keeper is not None)
        return keeper if self.is_first or not is_kept else Keeper(_nothing, math.inf)


@contextmanager
def joined(
    engine: Engine,
    job: Job,
    layout: Layout,
    identity: Callable[[], Mapping[str, Any]],
    tell: Callable[[str], object] | None = None,
) -> Iterator[Joint]:
    """Make the fits inside the ``with`` together with the other processes, if there are any.

    Parameters
    ----------
    engine : Engine
        What computes here.
    job : Job
    layout : Layout
        Of the rows.
    identity : callable
        All that the bits of the fit depend on, which is compared before its first step.
    tell : callable, optional
        As for `clearprop.distributed.settings`, by default what was given there.

    Raises
    ------
    InputError, EngineRefusal
        For a number of processes, or a job, that cannot be; `Disagreement` where they are asked for different things.
    DistributedError
        When one of them is lost.
    """
    if launch() is None:
        yield Joint(engine)
        return
    group, said = met(), in_force()
    team = Team(group)
    tell, halt = tell or said.tell, Halt()
    look = _looking(tell or _nothing) if group.from_first(tell is not None) else _begin
    given = engine, team, bool(said.reproducible), look
    sharded = LocalEngine(*given, every=said.sync_every) if said.sync_every > 1 else ShardedEngine(*given)
    refusal = sharded.refuses(job, layout)
    agree_on(group, {"engine": sharded.made_with(job, layout), "refusal": refusal, **identity()})
    if refusal is not None:
        raise EngineRefusal(refusal)
    with halt.over_fits(), team.over_fits(), _answered_by(halt.interrupt):
        yield Joint(sharded, team)
        group.wait()


@contextmanager
def spread_out(
    halt: Halt, identity: Callable[[], Mapping[str, Any]], says: Callable[[int], str] | None = None
) -> Iterator[Spread]:
    """Share the pieces of what is done inside the ``with`` out among the processes, if there are several.

    Parameters
    ----------
    halt : Halt
        Interrupted by Ctrl-C and SIGTERM, until another one's `interrupt` is set.
    identity : callable
        As for `joined`.
    says : callable, optional
        Given the number of processes, what the first tells whom `clearprop.distributed.settings` names.

    Raises
    ------
    Disagreement
        Where the processes are asked for different things.
    DistributedError
        When one of them is lost, or ends with an error.
    """
    found, said = launch(), in_force()
    if found is None or found.n_processes == 1:
        yield Spread()
        return
    group = _meet(found, said.seconds)
    agree_on(group, identity())
    if group.rank == 0 and said.tell is not None and says is not None:
        said.tell(says(group.n_processes))
    among = Among(group)
    among.interrupt = halt.interrupt

    def interrupt() -> None:
        if among.interrupt is not None:
            among.interrupt()

    with among, _answered_by(interrupt):
        yield among


def kept_by_first(group: Group | Spread, kept: Kept | None) -> Kept | None:
    """How each process keeps what the first may keep: the others write nothing, and go on where it does."""
    found = group.from_first((kept is not None, None if kept is None else kept.snapshot))
    return kept if group.rank == 0 or not found[0] else Kept(_nothing, math.inf, found[1])


def met() -> Group:
    """The processes of one training, among which this one is.

    Raises
    ------
    InputError
        For a number of them that cannot have the bits of others, where that was not allowed.
    """
    found, said = launch(), in_force()
    assert found is not None
    if said.reproducible and not found.is_reproducible:
        raise InputError(
            f"{found.n_processes} processes cannot have the bits of 1, 2, 4 and 8: start one of these numbers, or "
            f"allow others by {ANY_NUMBER}=1 (clearprop.distributed.settings(reproducible=False))"
        )
    return _meet(found, said.seconds)


def agree_on(group: Group, mine: Mapping[str, Any]) -> None:
    """`agree`, on the versions of libraries as well."""
    versions = {"clearprop": __version__, "numpy": np.__version__, "python": python_version()}
    agree(group, {"versions": versions, **mine})


def first_says(value: Any) -> Any:
    """What the first process has, where there are several: each might find something else, as free memory."""
    found = launch()
    return value if found is None else _meet(found, in_force().seconds).from_first(value)


@contextmanager
def made_together(
    source: OneNetwork,
    identity: Callable[[], Mapping[str, Any]],
    keeper: Keeper | None,
    tell: Callable[[str], object] | None,
) -> Iterator[Keeper | None]:
    """`joined` for one network: the source computes with all of them, and begins where the first does; its keeper."""
    source.job = grown(source.job)
    with joined(source.engine, source.job, source.data.layout, identity, tell) as joint:
        source.engine, source.state, keeper = joint.engine, joint.from_first(source.state), joint.keeper(keeper)
        yield keeper


def _looking(tell: Callable[[str], object]) -> Callable[..., None]:
    """What tells once, however many networks are trained, whether several processes help."""
    told: list[str] = []

    def look(engine: ShardedEngine, job: Job, state: TrainingState, data: Data) -> None:
        _begin(engine, job, state, data)
        if not told:
            told.append(report(engine, job, state, data))
            tell(told[0])

    return look


def _begin(engine: ShardedEngine, *_: Any) -> None:
    """Wait for those that read more rows before the first step, which waits for less long."""
    assert engine.team.group is not None
    engine.team.group.wait()


def _nothing(_: object) -> None:
    """For a process that neither tells nor writes."""


def _answer(interrupt: Callable[[], None], before: Any, number: int, frame: FrameType | None) -> None:
    """Ask for the end, and let who answered before take note: the command line ends with the signal's own status."""
    interrupt()
    if callable(before):
        with suppress(KeyboardInterrupt):
            before(number, frame)


@contextmanager
def _answered_by(interrupt: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM say that this process wants to end; all end in the same step."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number, handler in before.items():  # but those that a shell has its jobs in the background ignore
        signal.signal(number, partial(_answer, interrupt, handler))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
