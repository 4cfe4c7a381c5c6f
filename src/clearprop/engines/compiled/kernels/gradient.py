"""Phase B of an update: from a and δ to the gradient (BP3 and BP4), penalties and norms.

θ is cut into pieces (some rows of a W, or a b), each of which belongs to one thread, for its gradient as for its
update. A piece is computed in the same way whoever does it: the number of threads changes no bit.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import Numbers, arguments_of, call_formula, call_kernel
from clearprop.engines.compiled.kernels.elementwise import column_sums, sum_of_squares, transpose
from clearprop.engines.compiled.kernels.gather import stride_below
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import PENALTY_UNIFORMS, Job, Task
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.products import product
from clearprop.engines.compiled.kernels.vector_memory import load_first, splat, store_first

Product = arguments_of(product)


@njit(error_model="numpy")
def weight_pieces(job, l, thread):
    """The pieces of W[l] that belong to a thread: from, to."""
    first, count = job.layers[l].first_piece, job.layers[l].n_pieces
    return first + count * thread // job.n_threads, first + count * (thread + 1) // job.n_threads


@njit(error_model="numpy")
def owns_bias(job, l, thread):
    """Whether b[l] belongs to a thread."""
    return l % job.n_threads == thread


@njit(error_model="numpy")
def for_each_piece(job, thread, do, arguments):
    """``do(job, l, piece, arguments)`` for the pieces of W[l] and b[l] of each layer that belong to a thread."""
    for l in range(job.depth):
        low, high = weight_pieces(job, l, thread)
        for piece in range(low, high):
            do(job, l, piece, arguments)
        if owns_bias(job, l, thread):
            do(job, l, job.layers[l].first_piece + job.layers[l].n_pieces, arguments)


@njit(error_model="numpy")
def gradient_of_layer(
    job: Job, buffers: Numbers, x: Numbers, l: int, gradient: Numbers, first_row: int, stop_row: int, bias: int,
    shift: int, rows: int, begins: int, panel: Numbers,
) -> None:  # fmt: skip
    """BP4 for the rows `first_row` … `stop_row` of W[l], and BP3 if `bias`; added to the gradient unless `begins`.

    They are summed over `rows` rows of the buffers, from `shift` on.
    """
    layer = job.layers[l]
    outputs, stride, below = layer.outputs, layer.stride, stride_below(job, l)
    delta = offset(buffers, layer.delta + shift * stride)
    if job.task == Task.STEPS and layer.drop_below > 0:
        source = offset(buffers, layer.passed + shift * below)
    elif l == 0:
        source = offset(x, shift * below)
    else:
        source = offset(buffers, job.layers[l - 1].a + shift * below)
    if stop_row > first_row:
        target = offset(gradient, layer.weights + first_row * outputs)
        source, count = offset(source, first_row), stop_row - first_row
        if outputs == 1 or (2 * outputs <= n_lanes(panel) and outputs * count <= job.panel_numbers):
            few_outputs(job, delta, stride, source, below, target, count, outputs, rows, begins, panel)
        else:
            arguments = Product(
                tiles=job.microkernels, by_columns=1, a=source, a_stride=below, b=delta, b_stride=stride,
                c=target, c_stride=outputs, start=job.zeros if begins else target,
                start_stride=0 if begins else outputs, rows=count, depth=rows, columns=outputs, panel=panel,
            )  # fmt: skip
            call_kernel(job.product, arguments)
    if bias:
        column_sums(delta, stride, offset(gradient, layer.bias), rows, outputs, begins)


@njit(error_model="numpy")
def few_outputs(job, delta, stride, source, below, target, count, outputs, rows, begins, panel):
    """BP4 as δᵀ·a, whose vectors are full of inputs, where aᵀ·δ would leave most of each empty; then it is transposed.

    One row of δᵀ·a is ∂C/∂W as it lies.
    """
    place, start = panel, job.zeros
    if outputs == 1:
        place, start = target, job.zeros if begins else target
    arguments = Product(
        tiles=job.microkernels, by_columns=1, a=delta, a_stride=stride, b=source, b_stride=below, c=place,
        c_stride=count, start=start, start_stride=0, rows=outputs, depth=rows, columns=count, panel=panel,
    )  # fmt: skip
    call_kernel(job.product, arguments)
    if outputs > 1:
        transpose(panel, outputs, count, target, begins)


@njit(error_model="numpy")
def add_shards(job, start, stop):
    """gradient[start:stop] = the sum of the shards' gradients, always in the same order."""
    first, target, size = job.shard_gradients, job.gradient, job.n_parameters
    lanes, zero = n_lanes(first), splat(first, 0.0)
    for i in range(start, stop, lanes):
        total = load_first(first, i, stop - i, zero)
        for s in range(1, job.shards):
            total = total + load_first(first, s * size + i, stop - i, zero)
        store_first(target, i, stop - i, total)


@njit(error_model="numpy")
def finish_piece(job: Job, decay: float, piece: int, total: float, own: Numbers) -> None:
    """Add the penalties to a piece of the gradient, and leave behind its part of the penalty and of the squared norm.

    `own` has room for the uniforms of a penalty, in which the factor of this step is put.
    """
    start, count = job.pieces[piece].start, job.pieces[piece].stop - job.pieces[piece].start
    gradient, theta, constants = offset(job.gradient, start), offset(job.theta, start), job.constants
    cost = 0.0
    if decay > 0.0 and total > 0.0:
        factor = decay / total
        for n in range(job.n_penalties):
            penalty = job.penalties[n]
            cost += factor * call_formula(penalty.value, (theta,), 1, count, offset(constants, penalty.value_uniforms))
            for i in range(PENALTY_UNIFORMS):
                own[i] = constants[penalty.slope_uniforms + i]
            own[penalty.factor] = factor
            call_formula(penalty.slope, (theta, gradient), 1, count, own)
    job.penalty_parts[piece] = cost
    job.norm_parts[piece] = sum_of_squares(gradient, count)
