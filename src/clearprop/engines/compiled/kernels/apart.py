"""Updates that each thread makes in a θ of its own, so that threads hardly wait for each other.

Where a network is small, moving θ and δ from core to core costs more than computing them. A thread then has a θ, a
memory and an argument block of its own (`layout.Job.owners`). What goes from core to core is the gradients of the
shards of a batch (`batch_division.halved`), or, here, the two parts of the first layer's z where the first layer is
nearly all of the network. All else each thread computes for itself, from the same numbers in the same order.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.barrier import wait_for_all
from clearprop.engines.compiled.kernels.batch_division import (
    FirstLayer,
    gradient_own,
    own_buffers,
    train_shard_rows,
)
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import call_kernel
from clearprop.engines.compiled.kernels.elementwise import copy_numbers, sum_of_squares
from clearprop.engines.compiled.kernels.gather import stride_below
from clearprop.engines.compiled.kernels.gradient import finish_own, weight_pieces
from clearprop.engines.compiled.kernels.pointers import offset

SURE_32, SURE_64 = 1e37, 1e307  # a bound of a sum of squares up to which it does not overflow, rounding included


@njit(error_model="numpy")
def is_apart(job):
    """Whether each thread has an argument block and a θ of its own; the blocks lie one behind the other."""
    return job.n_threads > job.owners


@njit(error_model="numpy")
def copy_first(job, thread):
    """Begin with the first thread's θ and memory, which it does not change before all have come to a barrier."""
    if thread == 0 or not is_apart(job):
        return
    first = job[-thread]
    copy_numbers(first.theta, job.theta, job.n_parameters)
    for k in range(job.n_memory):
        copy_numbers(first.memory[k], job.memory[k], job.n_parameters)


@njit(error_model="numpy")
def give_back(job, thread):
    """Write what the first thread has not computed, the thread's own rows of W[1], into its θ and memory."""
    if thread == 0 or job.first_owners == job.owners:
        return
    first = job[-thread]
    low, high = weight_pieces(job, 0, thread)
    begin, end = job.pieces[low].start, job.pieces[high - 1].stop
    copy_numbers(offset(job.theta, begin), offset(first.theta, begin), end - begin)
    for k in range(job.n_memory):
        copy_numbers(offset(job.memory[k], begin), offset(first.memory[k], begin), end - begin)


@njit(error_model="numpy")
def _part(job, part):
    """Where a part of the first layer's z goes from core to core in this update."""
    return offset(job.exchange, (2 * job.turn + part) * job.exchange_stride)


@njit(error_model="numpy")
def swap_parts(job, buffers, panel, thread, first, rows):
    """A thread's part of the first layer's z, from its part of the inputs, and the other thread's; Σx² of both."""
    x_stride, size, behind = stride_below(job, 0), rows * job.layers[0].stride, job.exchange_stride - 1
    begin, end = (job.split, job.inputs) if thread else (0, job.split)
    one, two = offset(buffers, job.layers[0].z), offset(buffers, job.second_part)
    arguments = FirstLayer(job=job, buffers=buffers, panel=panel, second=thread, first=first, row=0, rows=rows, shift=0)
    call_kernel(job.first_layer, arguments)
    squares = 0.0
    for i in range(rows):
        squares += sum_of_squares(offset(buffers, i * x_stride + begin), end - begin)
    mine, other = _part(job, thread), _part(job, 1 - thread)
    copy_numbers(two if thread else one, mine, size)
    mine[behind] = squares
    wait_for_all(job, thread)
    copy_numbers(other, one if thread else two, size)
    return mine[behind] + other[behind]


@njit(error_model="numpy")
def is_surely_finite(job, buffers, rows, squares):
    """Whether ∂C/∂W[1] and its square are finite for certain: ‖∂C/∂W‖² ≤ Σx² · Σδ² (Cauchy and Schwarz)."""
    layer, of_errors = job.layers[0], 0.0
    for i in range(rows):
        of_errors += sum_of_squares(offset(buffers, layer.delta + i * layer.stride), layer.outputs)
    return squares * of_errors < (SURE_32 if job.itemsize == 4 else SURE_64)


@njit(error_model="numpy")
def take_norms(job, thread):
    """Take over what the other thread has found of its rows of W[1]: squared norms and penalties."""
    low, high = weight_pieces(job, 0, 1 - thread)
    other = job[1 - 2 * thread]
    for piece in range(low, high):
        job.norm_parts[piece], job.penalty_parts[piece] = other.norm_parts[piece], other.penalty_parts[piece]


@njit(error_model="numpy")
def parts_and_gradient(job, panel, thread, first, rows, total, s, tells):
    """Phases A and B of update s where two threads swap their parts of the first layer's z, and nothing else.

    Norms of W[1], which one thread alone has half of, are looked at where somebody asks for them: clipping, penalties,
    and whoever is told of the last update of an epoch or a call; where they may not be finite; and in the first update
    of a call, as those that the call before has left behind may not be.
    """
    buffers = own_buffers(job, thread)
    squares = swap_parts(job, buffers, panel, thread, first, rows)
    train_shard_rows(job, buffers, panel, job.step + s, first, 0, rows, total)
    gradient_own(job, buffers, first, thread, rows, 1, panel)
    asks = tells or s == 0 or job.clip != 0 or job.n_penalties > 0 or job.waits.returns_early == s + 1
    if not asks and is_surely_finite(job, buffers, rows, squares):
        finish_own(job, panel, thread, total, 1)
        return
    finish_own(job, panel, thread, total, 0)
    wait_for_all(job, thread)
    take_norms(job, thread)
