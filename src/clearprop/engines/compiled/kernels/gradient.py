"""Phase B of a step: from a and δ to the gradient (BP3 and BP4), penalties and norms.

θ is cut into pieces (some rows of a W, or a b), each of which belongs to one thread, for its gradient as for its
update. A piece is computed in the same way whoever does it: the number of threads changes no bit.
"""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.kernels.forward_backward import stride_below
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import PIECE_LENGTH, PIECE_START, PIECE_STOP, J, Task, Y
from clearprop.engines.compiled.kernels.pointers import at, call_part, call_unit, doubles, integers, null, offset
from clearprop.engines.compiled.kernels.vector_functions import multiply_add, sum_across
from clearprop.engines.compiled.kernels.vectors import load, load_first, splat, store_first

PENALTY_NUMBERS = 4  # more uniforms than any penalty has


@njit(error_model="numpy")
def column_sums(delta, stride, target, rows, width, begins):
    """BP3: target[j] = Σᵢ delta[i, j], added to what is there unless `begins`; four running sums hide the latency."""
    lanes = n_lanes(delta)
    if width == 1:
        total = splat(delta, 0.0)
        for i in range(0, rows - rows % lanes, lanes):
            total = total + load(delta, i)
        left = rows % lanes
        if left:
            total = total + load_first(delta, rows - left, left, splat(delta, 0.0))
        if not begins:
            total = total + load_first(target, 0, 1, splat(delta, 0.0))
        target[0] = sum_across(total)
        return
    zero = splat(delta, 0.0)
    for j in range(0, width, lanes):
        left = width - j
        s0, s1, s2, s3 = zero, zero, zero, zero
        if not begins:
            s0 = load_first(target, j, left, zero)
        i = 0
        while i + 4 <= rows:
            s0 = s0 + load_first(delta, i * stride + j, left, zero)
            s1 = s1 + load_first(delta, (i + 1) * stride + j, left, zero)
            s2 = s2 + load_first(delta, (i + 2) * stride + j, left, zero)
            s3 = s3 + load_first(delta, (i + 3) * stride + j, left, zero)
            i += 4
        while i < rows:
            s0 = s0 + load_first(delta, i * stride + j, left, zero)
            i += 1
        store_first(target, j, left, (s0 + s1) + (s2 + s3))


@njit(error_model="numpy")
def sum_of_squares(values, count):
    """Σ values², in numbers of their own type: it overflows where NumPy's norm does."""
    lanes = n_lanes(values)
    zero = splat(values, 0.0)
    s0, s1, s2, s3 = zero, zero, zero, zero
    i = 0
    while i + 4 * lanes <= count:
        x0, x1, x2, x3 = (
            load(values, i),
            load(values, i + lanes),
            load(values, i + 2 * lanes),
            load(values, i + 3 * lanes),
        )
        s0, s1 = multiply_add(x0, x0, s0), multiply_add(x1, x1, s1)
        s2, s3 = multiply_add(x2, x2, s2), multiply_add(x3, x3, s3)
        i += 4 * lanes
    while i < count:
        x = load_first(values, i, count - i, zero)
        s0 = multiply_add(x, x, s0)
        i += lanes
    return float(sum_across((s0 + s1) + (s2 + s3)))


@njit(error_model="numpy")
def weight_rows(job, layers, l, thread, threads):
    """The pieces of W[l] that belong to a thread: from, to."""
    first, count = layers[l * Y.LENGTH + Y.FIRST_PIECE], layers[l * Y.LENGTH + Y.N_PIECES]
    return first + count * thread // threads, first + count * (thread + 1) // threads


@njit(error_model="numpy")
def owns_bias(l, thread, threads):
    """Whether b[l] belongs to a thread."""
    return l % threads == thread


@njit(error_model="numpy")
def gradient_of_layer(job, layers, buffers, x, l, gradient, first_row, stop_row, bias, shift, rows, begins, panel):
    """BP4 for the rows `first_row` … `stop_row` of W[l], and BP3 if `bias`; added to the gradient unless `begins`.

    They are summed over `rows` rows of the buffers, from `shift` on.
    """
    outputs, like = layers[l * Y.LENGTH + Y.OUTPUTS], buffers
    below, stride = stride_below(job, layers, l), layers[l * Y.LENGTH + Y.STRIDE]
    delta = offset(buffers, layers[l * Y.LENGTH + Y.DELTA] + shift * stride)
    if job[J.TASK] == Task.STEPS and layers[l * Y.LENGTH + Y.DROP_BELOW] > 0:
        source = offset(buffers, layers[l * Y.LENGTH + Y.PASSED] + shift * below)
    elif l == 0:
        source = offset(x, shift * below)
    else:
        source = offset(buffers, layers[(l - 1) * Y.LENGTH + Y.A] + shift * below)
    if stop_row > first_row:
        count = stop_row - first_row
        target = offset(gradient, layers[l * Y.LENGTH + Y.W] + first_row * outputs)
        start = at(job[J.ZEROS], like) if begins else target
        source = offset(source, first_row)
        if outputs == 1 or (2 * outputs <= n_lanes(like) and outputs * count <= job[J.PANEL_STRIDE] - 64):
            # δᵀ·a fills vectors with inputs, where aᵀ·δ would leave most of each empty; one row is ∂C/∂W as it lies
            place, begin = (target, start) if outputs == 1 else (panel, at(job[J.ZEROS], like))
            arguments = (
                integers(job[J.TILES]), 1, delta, stride, source, below, place, count, begin, 0, outputs, rows, count,
                panel,
            )  # fmt: skip
            call_part(job[J.PRODUCT], arguments)
            if outputs > 1:
                turn(panel, outputs, count, target, begins)
        else:
            arguments = (
                integers(job[J.TILES]), 1, source, below, delta, stride, target, outputs, start,
                0 if begins else outputs, count, rows, outputs, panel,
            )  # fmt: skip
            call_part(job[J.PRODUCT], arguments)
    if bias:
        column_sums(delta, stride, offset(gradient, layers[l * Y.LENGTH + Y.B]), rows, outputs, begins)


@njit(error_model="numpy")
def turn(source, rows, columns, target, begins):
    """target[j, i] = source[i, j], added to what is there unless `begins`."""
    for j in range(columns):
        for i in range(rows):
            number = source[i * columns + j]
            target[j * rows + i] = number if begins else target[j * rows + i] + number


@njit(error_model="numpy")
def clear(gradient, count):
    """gradient[:count] = 0."""
    for i in range(count):
        gradient[i] = 0


@njit(error_model="numpy")
def add_shards(job, like, start, stop):
    """gradient[start:stop] = the sum of the shards' gradients, always in the same order."""
    lanes = n_lanes(like)
    shards, size = job[J.SHARDS], job[J.PARAMETERS]
    first, target = at(job[J.SHARD_GRADIENTS], like), at(job[J.GRADIENT], like)
    zero = splat(like, 0.0)
    for i in range(start, stop, lanes):
        total = load_first(first, i, stop - i, zero)
        for s in range(1, shards):
            total = total + load_first(first, s * size + i, stop - i, zero)
        store_first(target, i, stop - i, total)


@njit(error_model="numpy")
def finish_piece(job, decay, piece, total, own):
    """Add the penalties to a piece of the gradient, and leave behind its part of the penalty and of the squared norm.

    `own` has room for the uniforms of a penalty, in which the factor of this step is put.
    """
    table, like = integers(job[J.PIECES]), own
    start = table[piece * PIECE_LENGTH + PIECE_START]
    count = table[piece * PIECE_LENGTH + PIECE_STOP] - start
    gradient, theta = offset(at(job[J.GRADIENT], like), start), offset(at(job[J.THETA], like), start)
    constants, empty = at(job[J.CONSTANTS], like), null(like)
    cost = 0.0
    if decay > 0.0 and total > 0.0:
        factor = decay / total
        for n in range(job[J.N_PENALTIES]):
            here = J.PENALTY + 5 * n
            numbers = offset(constants, job[here + 1])
            cost += factor * call_unit(job[here], theta, empty, empty, empty, empty, empty, 1, count, numbers)
            numbers = offset(constants, job[here + 3])
            for i in range(PENALTY_NUMBERS):
                own[i] = numbers[i]
            own[job[here + 4]] = factor
            call_unit(job[here + 2], theta, gradient, empty, empty, empty, empty, 1, count, own)
    doubles(job[J.PENALTY_PARTS])[piece] = cost
    doubles(job[J.NORM_PARTS])[piece] = sum_of_squares(gradient, count)
