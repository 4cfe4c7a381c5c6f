"""One BLAS thread for small matrix products.

A BLAS hands parts of every product to all processors and waits for the slowest. For the products of a small network
that costs about what it gains, and when another program has one of the processors it costs many times as much (measured
for 128-neuron layers and batches of 256 on two busy cores: 55 s with two threads, 4 s with one).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from clearprop.engines.job import Job

LARGE_PRODUCT = 2**23  # multiplications: 128 rows through 256 × 256 weights


def is_small(job: Job, n_samples: int) -> bool:
    """Whether no product of a batch with a weight matrix is worth a second thread."""
    largest = max(inputs * outputs for inputs, outputs in pairwise(job.network.widths))
    return min(job.batch_size, n_samples) * largest < LARGE_PRODUCT


class OneThread:
    """Sets the BLAS to one thread when the first fit enters and back when the last one leaves.

    The number of threads belongs to the whole process. If each of several fits at once set it and put back what it had
    found, the last to leave would put back the one that the first had set.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        from threadpoolctl import threadpool_limits

        with self._lock:
            if self._inside == 0:
                self._limit = threadpool_limits(1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.restore_original_limits()


ONE_THREAD = OneThread()


@contextmanager
def suited_to(job: Job, n_samples: int) -> Iterator[None]:
    """As many BLAS threads as the job's products are worth."""
    if is_small(job, n_samples):
        with ONE_THREAD:
            yield
    else:
        yield
