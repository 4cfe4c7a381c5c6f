"""Talking to the other processes, over torch.distributed's gloo. Whatever goes wrong there is one sentence here."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np

from clearprop.distributed.launch import Launch
from clearprop.distributed.meeting import meet
from clearprop.errors import DistributedError, first_line, require

MEETING = 120.0  # seconds that processes wait for each other to start
PREPARING = 1800.0  # and for each other to read their rows, and to compile
_numbers = count()  # of the groups of this process
AGAIN = (
    "this process ends, with nothing lost that a checkpoint has: the same command with --checkpoint DIR --resume "
    "(checkpoint=, resume=True) goes on, and torchrun --max-restarts 3 does so by itself"
)


class Group:
    """The processes of one launch; all of them make the same calls in the same order.

    Parameters
    ----------
    launch : Launch
    seconds : float
        How long a step waits.

    Raises
    ------
    MissingExtra
        Without PyTorch, which a single process does not need.
    DistributedError
        When the others do not come.
    """

    def __init__(self, launch: Launch, seconds: float) -> None:
        self.rank, self.n_processes, self.seconds = launch.rank, launch.n_processes, seconds
        self._number, self._n_queues = next(_numbers), 0
        if self.n_processes == 1:
            return
        require("several processes need", "distributed")
        import torch
        import torch.distributed as dist

        self._torch, self._dist = torch, dist
        try:
            if not dist.is_initialized():
                _begin(dist)
            self._prompt = dist.new_group(backend="gloo", timeout=timedelta(seconds=seconds))
            self._beats = dist.new_group(backend="gloo", timeout=timedelta(seconds=seconds))  # of a thread beside
            self._patient = dist.new_group(backend="gloo", timeout=timedelta(seconds=PREPARING))
            self._store = dist.distributed_c10d._get_default_store()
        except (RuntimeError, ValueError) as error:  # DistributedError among them
            raise DistributedError(
                f"process {self.rank} of {self.n_processes} waited for the others at {launch.address}, and they did "
                f"not come ({first_line(error)}): see that all are started, with one MASTER_ADDR and MASTER_PORT that "
                "each machine can reach (GLOO_SOCKET_IFNAME names the network interface)"
            ) from error

    def exchange(self, partner: int, mine: Any, theirs: Any) -> None:
        """Send bytes to another process and take as many from it; both call this."""
        with self._heard(f"process {partner}"):
            sent = self._dist.isend(self._torch.from_numpy(mine), partner, group=self._prompt)
            self._dist.recv(self._torch.from_numpy(theirs), partner, group=self._prompt)
            sent.wait()

    def add_up(self, *arrays: Any) -> None:
        """Sum arrays over all processes, in place and in gloo's order, which is the same for each process."""
        with self._heard("the others"):
            for array in arrays:
                self._dist.all_reduce(self._torch.from_numpy(array), group=self._prompt)

    def gathered(self, *numbers: int) -> Any:
        """These whole numbers of every process: int64 (n_processes, n)."""
        mine = np.array(numbers, dtype=np.int64)
        return mine[None] if self.n_processes == 1 else self._gathered(mine, self._prompt)

    def beat(self, *numbers: int) -> Any:
        """As `gathered`, from a thread that talks to those of the other processes while all of them work."""
        return self._gathered(np.array(numbers, dtype=np.int64), self._beats)

    def _gathered(self, mine: Any, group: Any) -> Any:
        found = np.empty((self.n_processes, len(mine)), dtype=np.int64)
        with self._heard("the others"):
            rows = [self._torch.from_numpy(row) for row in found]
            self._dist.all_gather(rows, self._torch.from_numpy(mine), group=group)
        return found

    def told(self, value: Any, *, at_once: bool = False) -> list[Any]:
        """What every process says, anything that can be pickled; waits for those that are not as far.

        Where all are known to be there, as with `at_once`, none of them takes longer than a step may.
        """
        if self.n_processes == 1:
            return [value]
        found = [None] * self.n_processes
        with self._heard("the others"):
            self._dist.all_gather_object(found, value, group=self._prompt if at_once else self._patient)
        return found

    def queue(self) -> Callable[[int], bool]:
        """A queue of pieces of work: asked for the number of one, it says whether this process is the first to ask."""
        name, self._n_queues = f"clearprop {self._number} {self._n_queues}", self._n_queues + 1

        def takes(k: int) -> bool:
            with self._heard("the store of all"):
                return bool(self._store.add(f"{name} {k}", 1) == 1)

        return takes

    def from_first(self, value: Any) -> Any:
        """What the first process has."""
        if self.n_processes == 1:
            return value
        given = [value if self.rank == 0 else None]
        with self._heard("process 0" if self.rank else "the others"):
            self._dist.broadcast_object_list(given, src=0, group=self._patient)
        return given[0]

    def wait(self) -> None:
        """Wait for all: whoever leaves early would cut others off."""
        if self.n_processes > 1:
            with self._heard("the others"):
                self._dist.barrier(group=self._patient)

    @contextmanager
    def _heard(self, whom: str) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise DistributedError(
                f"process {self.rank} of {self.n_processes} has lost {whom}: it was killed, failed, lost its network "
                f"or did not answer for {self.seconds:g} s ({first_line(error)}); {AGAIN}"
            ) from error


def _begin(dist: Any) -> None:
    """Meet at the address that the environment names; processes of an earlier start have left their traces there."""
    limit = timedelta(seconds=MEETING)
    store, rank, n_processes = next(dist.rendezvous("env://", timeout=limit))
    word = meet(dist.PrefixStore("clearprop", store), rank, n_processes, MEETING)
    own = dist.PrefixStore(word, store)
    dist.init_process_group("gloo", store=own, rank=rank, world_size=n_processes, timeout=limit)
    atexit.register(_leave, dist)


def _leave(dist: Any) -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
