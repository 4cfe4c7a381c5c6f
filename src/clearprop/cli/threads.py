"""One thread for small matrix products.

A BLAS hands parts of every product to all processors and waits for the slowest. For the products of a small network
that costs about what it gains, and when another program has one of the processors it costs many times as much (measured
for 128-neuron layers and batches of 256 on two busy cores: 55 s with two threads, 4 s with one).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from clearprop.engines import Job

LARGE_PRODUCT = 2**25  # multiplications: 256 rows through 362 × 362 weights


def is_small(job: Job) -> bool:
    """Whether no product of a batch with a weight matrix is worth a second thread."""
    largest = max(inputs * outputs for inputs, outputs in pairwise(job.network.widths))
    return job.batch_size * largest < LARGE_PRODUCT


@contextmanager
def suited_to(job: Job) -> Iterator[None]:
    """As many BLAS threads as the job's products are worth."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1 if is_small(job) else None, user_api="blas"):
        yield
