"""Whether this process is one of several that train together: what torchrun has written into the environment."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, NamedTuple

from clearprop.errors import InputError
from clearprop.formulas import UpdateRule
from clearprop.job.job import Job

ANY_NUMBER = "CLEARPROP_ANY_PROCESSES"  # an environment variable: 1 where the bits need not be those of other numbers
SYNC_EVERY, BATCH_GROWS = "CLEARPROP_SYNC_EVERY", "CLEARPROP_BATCH_GROWS"  # environment variables: as of `settings`
RATE_RULES = {"linear": 1.0, "sqrt": 0.5}  # powers of the number of processes
SAME_BITS = (1, 2, 4, 8)  # numbers of processes with which a training has the same bits
SHARDS = max(SAME_BITS)  # of a batch
SECONDS = 25.0  # how long a step waits for another process


class Launch(NamedTuple):
    """A process among those that were started together.

    Attributes
    ----------
    rank : int
        Its number, from 0.
    n_processes : int
    address : str
        Where they meet: a host and a port.
    """

    rank: int
    n_processes: int
    address: str

    @property
    def is_reproducible(self) -> bool:
        """Whether their number is one of those that have the same bits."""
        return self.n_processes in SAME_BITS


class Settings(NamedTuple):
    """What `settings` says."""

    joins: bool = True
    spreads: bool = True
    reproducible: bool | None = None
    sync_every: int = 1
    batch_grows: str | None = None
    seconds: float = SECONDS
    tell: Callable[[str], object] | None = None


_SETTINGS: ContextVar[Settings] = ContextVar("settings of distributed training", default=Settings())  # noqa: B039


@contextmanager
def settings(
    *,
    joins: bool | None = None,
    spreads: bool | None = None,
    reproducible: bool | None = None,
    sync_every: int | None = None,
    batch_grows: str | None = None,
    seconds: float | None = None,
    tell: Callable[[str], object] | None = None,
) -> Iterator[None]:
    """How processes that torchrun has started train, inside the ``with``; what is left out stays as it is.

    Parameters
    ----------
    joins : bool, optional
        Whether they make one training together, as by default. Otherwise each trains for itself, as if it were alone.
    spreads : bool, optional
        Whether they have the networks of an ensemble between them, as by default: each is trained by one process, and
        has the bits that it has alone. Otherwise each network is trained by all, one after the other, which helps where
        there are more processes than networks, and these are wide.
    reproducible : bool, optional
        False allows numbers of processes other than 1, 2, 4 and 8, whose sums are gloo's and have bits of their own.
        By default what the environment variable CLEARPROP_ANY_PROCESSES says: 1 allows them.
    sync_every : int, optional
        Local steps: each process makes so many updates with its own rows of every batch, and then weights and the
        update rule's memory are averaged over all. It needs less of the link, and is another training: its bits depend
        on the number of processes. By default what the environment variable CLEARPROP_SYNC_EVERY says, or 1: the
        gradients of each step are summed.
    batch_grows : {"linear", "sqrt"}, optional
        Multiply the batch size by the number of processes, and the learning rate by that number (Goyal et al., 2017,
        who begin with a warm-up: learning_rate_schedule) or by its square root (Krizhevsky, 2014). By default what the
        environment variable CLEARPROP_BATCH_GROWS says, or batches stay as they are.
    seconds : float, optional
        How long a step waits for another process before it ends the training with an error; by default 25. It is that
        of the first training of a process.
    tell : callable, optional
        Given a sentence, in the first process, on whether several help, which is measured before the first step.

    Raises
    ------
    InputError
        For seconds that are not above 0, local steps that are no whole number from 1 on, an unknown rule.

    Examples
    --------
    >>> from clearprop.distributed import launch, settings
    >>> with settings(joins=False):
    ...     launch() is None
    True
    """
    if seconds is not None and not (isinstance(seconds, Real) and seconds > 0):
        raise InputError(f"seconds, how long a step waits for another process, must be above 0, not {seconds!r}")
    said: dict[str, Any] = {"joins": joins, "spreads": spreads, "reproducible": reproducible}
    said |= {"sync_every": _checked_every(sync_every), "batch_grows": _checked_rule(batch_grows)}
    said |= {"seconds": seconds, "tell": tell}
    found = _SETTINGS.get()._replace(**{name: value for name, value in said.items() if value is not None})
    before = _SETTINGS.set(found)
    try:
        yield
    finally:
        _SETTINGS.reset(before)


def in_force() -> Settings:
    """What was said, with what the environment says where nothing was."""
    said = _SETTINGS.get()
    if said.reproducible is None:
        said = said._replace(reproducible=os.environ.get(ANY_NUMBER, "0") in ("", "0"))
    if said.sync_every == 1 and (every := os.environ.get(SYNC_EVERY)):
        said = said._replace(sync_every=_checked_every(int(every) if every.isdigit() else every, SYNC_EVERY))
    if said.batch_grows is None:
        said = said._replace(batch_grows=_checked_rule(os.environ.get(BATCH_GROWS) or None, BATCH_GROWS))
    return said


def _checked_every(every: Any, name: str = "sync_every") -> Any:
    if every is not None and (not isinstance(every, Integral) or int(every) < 1):
        raise InputError(
            f"{name}, how many updates each process makes between two averages, must be a whole number from 1 on, "
            f"not {every!r}"
        )
    return every


def _checked_rule(rule: Any, name: str = "batch_grows") -> Any:
    if rule is not None and rule not in RATE_RULES:
        raise InputError(f"{name} is how the learning rate grows with the batch, linear or sqrt, not {rule!r}")
    return rule


def launch() -> Launch | None:
    """This process among those that train together; None where it trains alone.

    A thread beside the main one trains alone, and so does a process that one of those has started: a search has many
    fits under way at a time, in an order that other processes do not know.

    Raises
    ------
    InputError
        For an environment that makes no sense.
    """
    names = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    found = [os.environ.get(name) for name in names]
    if not _SETTINGS.get().joins or None in found:
        return None
    if threading.current_thread() is not threading.main_thread():
        return None
    if multiprocessing.current_process().name != "MainProcess":
        return None
    rank, size, host, port = map(str, found)
    if not (rank.isdigit() and size.isdigit() and port.isdigit() and int(rank) < int(size)):
        said = ", ".join(f"{name}={value}" for name, value in zip(names, found, strict=True))
        raise InputError(f"the environment names no process among others ({said}); start the processes by torchrun")
    return Launch(int(rank), int(size), f"{host}:{port}")


def manner() -> str:
    """What several processes make of the bits of a training, to follow what computes it; "" for one that is alone.

    Examples
    --------
    >>> from clearprop.distributed import manner
    >>> manner()
    ''
    """
    found, said = launch(), in_force()
    if found is None:
        return ""
    n = f"{found.n_processes} processes"
    more = f", with batches of {n}" if said.batch_grows else ""
    if said.sync_every > 1:
        return f", in {n} averaged every {said.sync_every} updates{more}"
    return f", in 8 shards{more}" if said.reproducible else f", in {n}{more}"


def grown(job: Job) -> Job:
    """The job with larger batches, where that was asked for and there are several processes."""
    found, rule = launch(), in_force().batch_grows
    if found is None or rule is None or not isinstance(job.update_rule, UpdateRule):
        return job
    rate = job.update_rule.learning_rate * found.n_processes ** RATE_RULES[rule]
    return replace(
        job, batch_size=job.batch_size * found.n_processes, update_rule=replace(job.update_rule, learning_rate=rate)
    )


def is_first() -> bool:
    """Whether this process prints, and writes models and checkpoints: alone, or the first of several.

    Examples
    --------
    >>> from clearprop.distributed import is_first
    >>> is_first()
    True
    """
    found = launch()
    return found is None or found.rank == 0
