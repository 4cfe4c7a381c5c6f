"""How many threads the BLAS may take for the matrix products of a fit.

A BLAS hands parts of every product to all processors and waits for the slowest. For the products of a small network
that costs about what it gains, and when another program has one of the processors it costs many times as much (measured
for 128-neuron layers and batches of 256 on two busy cores: 55 s with two threads, 4 s with one).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from weakref import WeakSet

from clearprop.engines.cores import usable_cores
from clearprop.engines.first_use import FIRST_USE
from clearprop.job.job import Job

LARGE_PRODUCT = 2**23  # multiplications: 128 rows through 256 × 256 weights


def is_small(job: Job, n_samples: int) -> bool:
    """Whether no product of a batch with a weight matrix is worth a second thread."""
    largest = max(inputs * outputs for inputs, outputs in pairwise(job.network.widths))
    return min(job.batch_size, n_samples) * largest < LARGE_PRODUCT


@dataclass(eq=False)
class _Wish:
    """How many threads one of the fits under way wants at most."""

    n_threads: int


class BlasThreads:
    """Holds the BLAS to the least number of threads that any of the fits under way wants, and then lets it go.

    The number of threads belongs to the whole process. If each of several fits at once set it and put back what it had
    found, the last to leave would put back what the first had set.
    """

    def __init__(self) -> None:
        self._controller: Any = None
        self._limit: Any = None
        self._modules = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew: a process that was forked off has none of its parent's other fits, nor the holder of the lock."""
        if self._limit is not None:
            self._limit.restore_original_limits()
        self._lock = threading.Lock()
        self._wanted: WeakSet[_Wish] = WeakSet()  # whoever is cut off before its end wishes no more
        self._least: int | None = None  # of those wanted, which is what is set
        self._limit = None

    @contextmanager
    def at_most(self, n_threads: int) -> Iterator[None]:
        """At most so many threads inside the ``with``."""
        n_threads = min(n_threads, usable_cores())
        mine = _Wish(n_threads)
        try:  # Ctrl-C may come at any call
            with self._lock:
                self._wanted.add(mine)
                self._set()
            yield
        finally:
            whole = came = False
            while not whole:  # otherwise the BLAS would be held for ever
                try:
                    with self._lock:
                        self._wanted.discard(mine)
                        self._set()
                    whole = True
                except KeyboardInterrupt:
                    came = True
            if came:
                raise KeyboardInterrupt

    def _set(self) -> None:
        least = min((wish.n_threads for wish in self._wanted), default=None)
        if least == self._least:
            return
        self._least = least
        if self._limit is not None:
            self._limit.restore_original_limits()
            self._limit = None
        if least is not None:
            self._limit = self._libraries().limit(limits=least, user_api="blas")

    def _libraries(self) -> Any:
        """The BLAS libraries of this process, looked for again (5 ms) only when a module has been imported since."""
        with FIRST_USE:
            from threadpoolctl import ThreadpoolController

        if self._controller is None or self._modules != len(sys.modules):
            self._controller = ThreadpoolController()
            self._modules = len(sys.modules)
        return self._controller


BLAS = BlasThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BLAS.forget)


@contextmanager
def suited_to(job: Job, n_samples: int, n_threads: int | None = None) -> Iterator[None]:
    """As many BLAS threads as the job's products are worth, and no more than `n_threads`."""
    wanted = 1 if is_small(job, n_samples) else n_threads
    if wanted is None:
        yield
    else:
        with BLAS.at_most(wanted):
            yield
