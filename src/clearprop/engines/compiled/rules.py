"""How a job is cut up: the one place where sizes decide. Each rule has its measurement in docs/decisions/.

What is decided here depends on the network and the batch, never on the number of threads, so that neither do results;
except `threads_for`, which decides nothing that could change a result.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from clearprop.engines.cores import usable_cores

CACHE = 96 * 1024  # bytes of buffers that a thread goes through again and again: they stay in its second-level cache
MOST_AT_ONCE = 256 * 2**20  # bytes of buffers for one chunk of a batch
SHARDS = 8
LONG_BATCH = 192  # rows from which a batch can be cut into shards
PIECE_ROWS = 48  # rows of a W in a piece
FUSED_FROM = 64 * 1024  # bytes of θ from which gradient and update go piece by piece: smaller ones stay in the cache
OPERATIONS_PER_THREAD = 4e6  # of one update, about 20 µs: below this a further thread costs more than it gives
CALL_SECONDS = 2e-4  # what starting threads for a call costs


class Cut(NamedTuple):
    """How the rows of a batch are gone through.

    Attributes
    ----------
    chunk : int
        Rows that are taken through the whole network at once, a multiple of `block`.
    block : int
        Rows whose losses are added up together.
    shards : int
        0: threads share out the outputs of each product. Otherwise the number of parts of the batch that have a
        gradient of their own.
    one_chunk : bool
        Whether a chunk holds a whole batch.
    """

    chunk: int
    block: int
    shards: int
    one_chunk: bool


def cut(widths: tuple[int, ...], n_parameters: int, rows: int, itemsize: int) -> Cut:
    """How to go through batches of `rows` rows.

    Shards pay where a gradient is small beside the activations of a batch: a whole chunk, forward, backward and
    gradient, then stays in one core's cache, and threads meet once.
    """
    row_bytes = 3 * sum(widths) * itemsize
    if rows >= LONG_BATCH and n_parameters * SHARDS <= rows * sum(widths) // 2:
        chunk = int(min(max(CACHE // row_bytes, 24), -(-rows // SHARDS)))
        chunk = max(24, chunk // 24 * 24)
        return Cut(chunk, chunk, SHARDS, False)
    block = 16 if rows <= 1024 else 64
    most = max(block, MOST_AT_ONCE // row_bytes)
    chunk = min(most, rows)
    return Cut(math.ceil(chunk / block) * block, block, 0, chunk == rows)


def rows_of_prediction(widths: tuple[int, ...], itemsize: int, samples: int) -> int:
    """How many rows are predicted at once."""
    return max(1, min(samples, max(24, CACHE // (2 * sum(widths[1:]) * itemsize) // 24 * 24)))


def threads_for(operations: float, steps: int, cores: int | None) -> int:
    """How many threads help.

    Parameters
    ----------
    operations : float
        Floating-point operations between two meetings of the threads.
    steps : int
        How often they meet in this call.
    cores : int or None
        The most; None for all that the process may use.
    """
    helpful = int(operations / OPERATIONS_PER_THREAD)
    if helpful < 2 or operations * steps / 1e11 <= CALL_SECONDS:
        return 1
    return min(usable_cores() if cores is None else cores, helpful)
