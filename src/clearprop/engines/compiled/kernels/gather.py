"""The rows of a batch, copied together from X and from the targets."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.elementwise import copy_numbers
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import CACHE_LINE
from clearprop.engines.compiled.kernels.pointers import copy_sixteen, is_null, offset
from clearprop.engines.compiled.kernels.vector_memory import load_first, prefetch, splat, store_first

PREFETCHED = 512  # bytes of the longest rows of X that are prefetched


@njit(error_model="numpy")
def gather(job, source, width, target, stride, first, rows, begin, count):
    """Copy `count` numbers from `begin` on of the rows of the batch from position `first` on.

    Those of the next batch are prefetched if they are short. The processor itself notices that a long row is being read
    and fetches ahead; short ones it cannot foresee.
    """
    order, later = job.order, job.batch_size
    prefetched = job.n_samples - later if width * job.itemsize <= PREFETCHED else 0
    lanes, in_sixteen = n_lanes(target), 16 // job.itemsize
    if count == in_sixteen:  # a masked vector would take three times as long
        for i in range(rows):
            if first + i < prefetched:
                prefetch(source, order[first + i + later] * width)
            copy_sixteen(source, order[first + i] * width + begin, target, i * stride + begin)
        return
    if count <= lanes:
        nothing = splat(target, 0.0)
        for i in range(rows):
            if first + i < prefetched:
                prefetch(source, order[first + i + later] * width)
            row = load_first(source, order[first + i] * width + begin, count, nothing)
            store_first(target, i * stride + begin, count, row)
        return
    for i in range(rows):
        if first + i < prefetched:
            for j in range(0, width, CACHE_LINE // job.itemsize):
                prefetch(source, order[first + i + later] * width + j)
        copy_numbers(offset(source, order[first + i] * width + begin), offset(target, i * stride + begin), count)


@njit(error_model="numpy")
def row_at(job, position):
    """Which row of X comes at a position of the epoch."""
    return position if is_null(job.order) else job.order[position]


@njit(error_model="numpy")
def write_classes(job, target, outputs, first, rows):
    """Y of some rows of a batch from the numbers of their classes: a 1 in each row."""
    for i in range(rows * outputs):
        target[i] = 0
    for i in range(rows):
        target[i * outputs + job.classes[row_at(job, first + i)]] = 1


@njit(error_model="numpy")
def inputs_of(job, buffers, row):
    """Where the inputs of a chunk are: gathered in the buffers, or in X itself from `row` on."""
    return offset(job.x, row * job.inputs) if is_null(job.order) else buffers


@njit(error_model="numpy")
def stride_below(job, l):
    """How many numbers there are from one row of what layer l takes to the next."""
    if l > 0:
        return job.layers[l - 1].stride
    return job.inputs if is_null(job.order) else job.gathered_stride
