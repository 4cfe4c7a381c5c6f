"""How many cores this process may use, and how many threads it was asked to keep to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any

from clearprop.errors import InputError

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of this process, where its control group is one of version 2
_SHARE: ContextVar[int | None] = ContextVar("share of the cores", default=None)


@contextmanager
def share_of_cores(n_cores: int) -> Iterator[None]:
    """Inside the ``with`` this thread has so many cores: others of the process work beside it on the rest.

    Examples
    --------
    >>> from clearprop.engines.cores import share_of_cores, usable_cores
    >>> with share_of_cores(1):
    ...     usable_cores()
    1
    """
    before = _SHARE.set(max(1, n_cores))
    try:
        yield
    finally:
        _SHARE.reset(before)


def usable_cores() -> int:
    """How many cores a thread may use.

    That is what its process has, by its affinity, the quota of its control group and OMP_NUM_THREADS, or its share of
    them.
    """
    cores, share = _cores_of_process(), _SHARE.get()
    return cores if share is None else min(cores, share)


def _cores_of_process() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(QUOTA)
    if quota is not None:
        cores = min(cores, max(1, round(quota)))
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(cores, max(1, int(asked))) if asked.isdigit() else cores


def threads_asked(n_threads: Any) -> int | None:
    """The most threads that a user allows, or None for as many as there are cores.

    Raises
    ------
    InputError
        For anything but None and a whole number of at least 1.

    Examples
    --------
    >>> from clearprop.engines.cores import threads_asked
    >>> threads_asked(2)
    2
    >>> threads_asked(0)
    Traceback (most recent call last):
    clearprop.errors.InputError: n_threads must be a whole number of at least 1, or None for all cores, not 0
    """
    if n_threads is None:
        return None
    if isinstance(n_threads, bool) or not isinstance(n_threads, Integral) or n_threads < 1:
        raise InputError(f"n_threads must be a whole number of at least 1, or None for all cores, not {n_threads!r}")
    return int(n_threads)


def threads_granted(n_threads: Any) -> int | None:
    """The most threads that a user gets: what was asked for, and no more than there are cores; errors as above.

    Every thread has buffers of its own, so a number that is far too large would cost memory.

    Examples
    --------
    >>> from clearprop.engines.cores import threads_granted, usable_cores
    >>> threads_granted(10**12) == usable_cores()
    True
    """
    asked = threads_asked(n_threads)
    return None if asked is None else min(asked, usable_cores())


@cache
def _quota(file: Path) -> float | None:
    """The cores that a control group (version 2) grants, or None where it sets no limit; read once in a process."""
    try:
        granted, period = file.read_text().split()
        return None if granted == "max" else int(granted) / int(period)
    except (OSError, ValueError):
        return None
