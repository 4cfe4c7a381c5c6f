"""How a job is cut up: the one place where sizes decide. Each rule has its measurement in docs/decisions/.

What is decided here depends on the network and the batch, never on the number of threads, so that neither do results;
except `threads_for`, which decides nothing that could change a result.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from clearprop.engines.compiled.compiler.machine import tile
from clearprop.engines.compiled.kernels.layout import CACHE_LINE
from clearprop.engines.cores import usable_cores
from clearprop.job.job import Job
from clearprop.network import Network
from clearprop.network.embedding import embedded_inputs

CACHE = 96 * 1024  # bytes of buffers that a thread goes through again and again: they stay in its second-level cache
MOST_AT_ONCE = 256 * 2**20  # bytes of buffers for one chunk of a batch
SHARDS = 8
LONG_BATCH = 192  # rows from which a batch can be cut into shards
HALVED_BATCH = 32  # rows from which a shorter batch can be cut into two shards
OWN_THETA = 20_000  # parameters up to which each of two threads makes the whole update, in a θ of its own
OWN_REST = 1e5  # operations of an update beside a first layer that is cut in two up to which each of two makes them all
HALVED_OPERATIONS = 1e7  # of an update up to which it is: about 45 µs, which more than two threads would hardly help
PIECES = 8  # of θ at the least, about: each costs a tenth of a microsecond
LARGEST_PIECE = 2**16  # numbers; so that there are enough for all the threads that a large network is worth
LONG_ROW = 2048  # bytes of a row of x, z, a or δ from which its stride minds the caches
SPLIT_FROM = 1024  # bytes of a row of X: below, a thread would have too little of it
TINY_PARAMETERS = 64  # of a network that code is printed for: twice as many take four times as long to compile
TINY_PRODUCTS = 256  # rows of a batch × parameters up to which numbers one by one are quicker than vectors
TINY_FROM_UPDATES = 2_000_000  # planned updates from which the printed code makes up for its compiling
OPERATIONS_PER_THREAD = 5e5  # of one update, about 4 µs: below this a further thread costs more than it gives
CALL_SECONDS = 1e-4  # a shorter call is over before a helper has woken and been of use


def is_tiny(job: Job, samples: int) -> bool:
    """Whether updates are worth code printed for this network: it must be small, and there must be many of them."""
    network = job.network
    if embedded_inputs(network) is not None:
        return False
    if any(job.dropout) or network.n_parameters > TINY_PARAMETERS:
        return False
    if min(job.batch_size, samples) * network.n_parameters > TINY_PRODUCTS:
        return False
    return job.epochs * job.steps_per_epoch(samples) >= TINY_FROM_UPDATES


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
    """

    chunk: int
    block: int
    shards: int


def cut(widths: tuple[int, ...], n_parameters: int, rows: int, itemsize: int) -> Cut:
    """How to go through batches of `rows` rows.

    Shards pay where a gradient is small beside the activations of a batch: a whole chunk, forward, backward and
    gradient, then stays in one core's cache, and there is one barrier. Of a short batch each half is a shard.
    """
    row_bytes = 3 * sum(widths) * itemsize
    if rows >= LONG_BATCH and n_parameters * SHARDS <= rows * sum(widths) // 2:
        chunk = int(min(max(CACHE // row_bytes, 24), -(-rows // SHARDS)))
        chunk = max(24, chunk // 24 * 24)
        return Cut(chunk, chunk, SHARDS)
    is_small = n_parameters <= rows * sum(widths) and 6.0 * n_parameters * rows <= HALVED_OPERATIONS
    if is_small and rows >= HALVED_BATCH and not split_of(widths[0], itemsize):
        half = math.ceil(rows / 2)
        return Cut(2 * half, half, 2)
    block = 64 if rows > 1024 else min(16, max(4, math.ceil(rows / 2)))
    most = max(block, MOST_AT_ONCE // row_bytes)
    chunk = min(most, rows)
    return Cut(math.ceil(chunk / block) * block, block, 0)


def is_apart(network: Network, how: Cut, rows: int, split: int) -> bool:
    """Whether two threads have a θ each, because moving it would take longer than what it is for.

    Each makes whole updates from the gradients of both halves of a batch; or, where the first layer is cut in two and
    nearly all of the network, its half of that layer and all of the rest.
    """
    if how.shards:
        return how.shards * how.block <= how.chunk and network.n_parameters <= OWN_THETA
    rest = network.n_parameters - network.widths[0] * network.widths[1]
    return split > 0 and rows <= how.chunk and 6.0 * rest * rows <= OWN_REST


def pieces(inputs: int, outputs: int, n_parameters: int, split: int = 0) -> list[int]:
    """At which rows a W is cut into pieces, from 0 to `inputs`: whole tiles, as many for one half as for the other.

    Where the sums of the layer are cut in two, a half of the pieces is on either side of the cut.
    """
    high = tile().rows
    tiles = math.ceil(inputs / high)
    most = max(1, min(n_parameters // PIECES, LARGEST_PIECE) // (outputs * high))
    count = math.ceil(tiles / most)
    count += count % 2 if count > 1 else 0
    if split:
        half = max(1, count // 2)
        return [*_cut(split, high, half)[:-1], *(split + row for row in _cut(inputs - split, high, half))]
    return _cut(inputs, high, count)


def _cut(rows: int, high: int, count: int) -> list[int]:
    """At which rows so many rows are cut into `count` parts of whole tiles."""
    tiles = math.ceil(rows / high)
    return [min(tiles * i // count * high, rows) for i in range(count + 1)]


def stride_of(width: int, itemsize: int) -> int:
    """How many numbers there are from one row of a buffer to the next.

    Long rows take an odd number of cache lines: the beginnings of rows that are 4 kB apart share a sixty-fourth of a
    second-level cache, and a product, which goes down many rows, would find none of them there again.
    """
    if width * itemsize < LONG_ROW:
        return width
    line = CACHE_LINE // itemsize
    return (math.ceil(width / line) | 1) * line


def split_of(inputs: int, itemsize: int) -> int:
    """The input at which the sums of a first layer are cut in two, so that two threads have one each; 0 for short sums.

    It is the same for any number of threads, as the results must be.
    """
    if inputs * itemsize < SPLIT_FROM:
        return 0
    line = CACHE_LINE // itemsize
    return inputs // 2 // line * line


def rows_of_prediction(widths: tuple[int, ...], itemsize: int) -> int:
    """How many rows are predicted at once: the same for every call, as a plan serves calls of any number of rows."""
    return max(24, CACHE // (2 * sum(widths[1:]) * itemsize) // 24 * 24)


def threads_for(operations: float, steps: int, cores: int | None) -> int:
    """How many threads help.

    Parameters
    ----------
    operations : float
        Floating-point operations between two barriers.
    steps : int
        How many barriers there are in this call.
    cores : int or None
        The most; None for all that the process may use.
    """
    helpful = operations / OPERATIONS_PER_THREAD
    if helpful < 2 or operations * steps / 1e11 <= CALL_SECONDS:
        return 1
    return int(min(usable_cores() if cores is None else cores, helpful))
