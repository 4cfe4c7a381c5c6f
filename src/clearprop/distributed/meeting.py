"""A word that the processes of one start share, and those of an earlier start do not know.

torchrun may restart processes with the store that the ones before them have met in. It still holds where those were to
be reached, and whoever believed it would wait for processes that are gone. So each writes down a word of its own that
nobody knew before, and takes as the word of all the one of the first process, once that has answered its own.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from clearprop.errors import DistributedError

PAUSE = 0.02  # seconds between two looks


def meet(store: Any, rank: int, n_processes: int, seconds: float) -> str:
    """The word of this start, the same in every process.

    Parameters
    ----------
    store : torch.distributed.Store
        Any with its `set`, `check` and `get`.
    rank, n_processes : int
    seconds : float
        How long to wait for the others.

    Raises
    ------
    DistributedError
        When some do not come; it names the first that does not.
    """
    mine, until = uuid4().hex, time.monotonic() + seconds
    others, missing = range(1, n_processes), 0
    store.set(f"here {rank}", mine)
    while time.monotonic() < until:
        if rank == 0:
            here = [_read(store, f"here {other}") for other in others]
            store.set("all", " ".join([mine, *here]))
            heard = [
                _read(store, f"heard {other}") == f"{mine}{word}" for other, word in zip(others, here, strict=True)
            ]
            if all(heard):
                return mine
            missing = 1 + heard.index(False)
        else:
            found = _read(store, "all").split(" ")
            if mine in found:
                store.set(f"heard {rank}", f"{found[0]}{mine}")
                return found[0]
        time.sleep(PAUSE)
    raise DistributedError(f"process {missing} was not there within {seconds:g} s")


def _read(store: Any, name: str) -> str:
    """What is written there; "" for nothing."""
    return store.get(name).decode() if store.check([name]) else ""
