"""Phase B of an update: from a and δ to the gradient (BP3 and BP4), penalties and norms.

θ is cut into pieces (some rows of a W, or a b), each of which belongs to one thread, for its gradient as for its
update; or each thread has a θ of its own and does all of them (`update_loop`). A piece is computed in the same way
whoever does it: the number of threads changes no bit.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import Numbers, arguments_of, call_formula, call_kernel
from clearprop.engines.compiled.kernels.elementwise import column_sums, sum_of_squares, transpose
from clearprop.engines.compiled.kernels.embedding import gradient_of_embedding
from clearprop.engines.compiled.kernels.gather import stride_below
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import PENALTY_UNIFORMS, Job, Task
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.products import product
from clearprop.engines.compiled.kernels.vector_memory import load, load_first, splat, store, store_first

Product = arguments_of(product)


@njit(error_model="numpy")
def weight_pieces(job, l, thread):
    """The pieces of W[l] that belong to a thread: from, to."""
    first, count = job.layers[l].first_piece, job.layers[l].n_pieces
    owners = job.first_owners if l == 0 else job.owners
    owner = thread % owners
    return first + count * owner // owners, first + count * (owner + 1) // owners


@njit(error_model="numpy")
def owns_bias(job, l, thread):
    """Whether b[l] belongs to a thread."""
    return l % job.owners == thread % job.owners


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
    if layer.waves > 0:
        gradient_of_embedding(layer, delta, source, below, gradient, stop_row > first_row, bias, rows, begins)
        return
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
def gradient_of_shard(job, shard):
    """Where the gradient of a shard of the batch is."""
    return offset(job.shard_gradients, (job.turn * job.shards + shard) * job.shard_stride)


@njit(error_model="numpy")
def add_shards(job, start, stop):
    """gradient[start:stop] = the sum of the shards' gradients, always in the same order."""
    first, target, size = gradient_of_shard(job, 0), job.gradient, job.shard_stride
    lanes, zero = n_lanes(first), splat(first, 0.0)
    whole = stop - (stop - start) % lanes
    for i in range(start, whole, lanes):
        total = load(first, i)
        for s in range(1, job.shards):
            total = total + load(first, s * size + i)
        store(target, i, total)
    if whole < stop:
        total = load_first(first, whole, stop - whole, zero)
        for s in range(1, job.shards):
            total = total + load_first(first, s * size + whole, stop - whole, zero)
        store_first(target, whole, stop - whole, total)


@njit(error_model="numpy")
def scratch_of(job, panel):
    """The `SCRATCH` numbers that a thread has to itself."""
    return offset(panel, job.panel_numbers)


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


FinishPiece = arguments_of(finish_piece)


@njit(error_model="numpy")
def _finish(job, l, piece, arguments):
    total, own, from_layer = arguments
    layer, here = job.layers[l], job.pieces[piece]
    is_bias = piece == layer.first_piece + layer.n_pieces
    if l < from_layer and not is_bias:
        return
    if job.shards > 0:
        add_shards(job, here.start, here.stop)
    decay = job.decays[2 * l + 1 if is_bias else 2 * l]
    call_kernel(job.finish_piece, FinishPiece(job=job, decay=decay, piece=piece, total=total, own=own))


@njit(error_model="numpy")
def finish_own(job, panel, thread, total, from_layer):
    """The end of phase B for the pieces of a thread, those of earlier layers' W left out: shards, penalties, norms."""
    for_each_piece(job, thread, _finish, (total, scratch_of(job, panel), from_layer))
