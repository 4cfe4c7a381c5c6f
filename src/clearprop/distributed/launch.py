"""Whether this process is one of several that train together: what torchrun has written into the environment."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any, NamedTuple

from clearprop.errors import InputError

ANY_NUMBER = "CLEARPROP_ANY_PROCESSES"  # an environment variable: 1 where the bits need not be those of other numbers
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
    seconds: float = SECONDS
    tell: Callable[[str], object] | None = None


_SETTINGS: ContextVar[Settings] = ContextVar("settings of distributed training", default=Settings())  # noqa: B039


@contextmanager
def settings(
    *,
    joins: bool | None = None,
    spreads: bool | None = None,
    reproducible: bool | None = None,
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
    seconds : float, optional
        How long a step waits for another process before it ends the training with an error; by default 25. It is that
        of the first training of a process.
    tell : callable, optional
        Given a sentence, in the first process, on whether several help, which is measured before the first step.

    Raises
    ------
    InputError
        For seconds that are not above 0.

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
        return said._replace(reproducible=os.environ.get(ANY_NUMBER, "0") in ("", "0"))
    return said


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
    found = launch()
    return (
        "" if found is None else ", in 8 shards" if in_force().reproducible else f", in {found.n_processes} processes"
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
