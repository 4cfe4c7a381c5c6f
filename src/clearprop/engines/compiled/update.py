"""Phase C of a step: the update rule; and phases B and C in one, piece by piece, where that is safe.

A gradient that is written to memory, read for its norm and read again for the update goes three times through the
second-level cache. The fused phase does all three to a piece of θ while it lies in the first. But an update must not
begin before it is known that the whole gradient is finite. It is known beforehand whenever the squares of all a and of
all δ are not too large, since ‖aᵀδ‖ ≤ ‖a‖·‖δ‖ (Cauchy and Schwarz); if they are, the phases come one after the other.
Both ways call the same code on the same numbers, so they agree to the bit.
"""

from __future__ import annotations

import math

from numba import njit

from clearprop.engines.compiled.gradient import owns_bias, sum_of_squares, weight_rows
from clearprop.engines.compiled.layout import (
    PIECE_FIRST_ROW,
    PIECE_KIND,
    PIECE_LAYER,
    PIECE_LENGTH,
    PIECE_START,
    PIECE_STOP,
    PIECE_STOP_ROW,
    J,
    Y,
)
from clearprop.engines.compiled.pointers import at, atomic_add, call_part, call_unit, doubles, integers, null, offset
from clearprop.engines.compiled.rows import scale_numbers

NEXT, FIRST, AFTER_LAST = range(3)  # positions in `pieces_of`
LARGEST_SQUARE = 1e36  # of a gradient in float32, whose squares end at 3.4e38; float64 is content with it too


@njit(error_model="numpy")
def leave_bounds(job, layers, buffers, x, begin, rows, thread):
    """Leave behind the sums of the squares of all a and of all δ of the rows of a thread."""
    signals, errors = sum_of_squares(x, rows * job[J.INPUTS]), 0.0
    for l in range(job[J.DEPTH]):
        width = layers[l * Y.LENGTH + Y.OUTPUTS]
        if l < job[J.DEPTH] - 1:
            a = offset(buffers, layers[l * Y.LENGTH + Y.A] + begin * width)
            signals += sum_of_squares(a, rows * width)
        errors += sum_of_squares(offset(buffers, layers[l * Y.LENGTH + Y.DELTA] + begin * width), rows * width)
    bounds = doubles(job[J.BOUNDS])
    bounds[2 * thread], bounds[2 * thread + 1] = signals, errors


@njit(error_model="numpy")
def is_safe(job, count):
    """Whether no gradient can be other than finite."""
    bounds = doubles(job[J.BOUNDS])
    signals, errors = float(count), 0.0  # a bias sees a signal of 1 from every row
    for thread in range(job[J.THREADS]):
        signals += bounds[2 * thread]
        errors += bounds[2 * thread + 1]
    return signals < LARGEST_SQUARE and errors < LARGEST_SQUARE and signals * errors < LARGEST_SQUARE


@njit(error_model="numpy")
def update_numbers_of(job, like, s):
    """The uniforms of the update rule in step s of this stretch."""
    return offset(at(job[J.UPDATE_NUMBERS], like), s * job[J.N_KINDS] * job[J.N_UPDATE_NUMBERS])


@njit(error_model="numpy")
def move(job, like, gradient, numbers, kind, start, stop):
    """Phase C for θ[start:stop], whose gradient is `gradient`: the update rule."""
    theta = offset(at(job[J.THETA], like), start)
    empty = null(like)
    count = job[J.N_MEMORY]
    m0 = offset(at(job[J.MEMORY], like), start) if count > 0 else empty
    m1 = offset(at(job[J.MEMORY + 1], like), start) if count > 1 else empty
    m2 = offset(at(job[J.MEMORY + 2], like), start) if count > 2 else empty
    m3 = offset(at(job[J.MEMORY + 3], like), start) if count > 3 else empty
    u = offset(numbers, kind * job[J.N_UPDATE_NUMBERS])
    call_unit(job[J.UPDATE], theta, gradient, m0, m1, m2, m3, 1, stop - start, u)


@njit(error_model="numpy")
def fused_piece(job, layers, buffers, x, l, piece, rows, numbers, panel, wants_norms):
    """BP4 or BP3, norm and update of one piece; its gradient is only ever in the scratch room behind the panel."""
    table = integers(job[J.PIECES])
    here = piece * PIECE_LENGTH
    start, stop = table[here + PIECE_START], table[here + PIECE_STOP]
    scratch = offset(panel, job[J.SCRATCH])
    first_row, stop_row = table[here + PIECE_FIRST_ROW], table[here + PIECE_STOP_ROW]
    bias = 1 if stop_row == 0 else 0
    arguments = (
        job, layers, buffers, x, l, offset(scratch, -start), first_row, stop_row, bias, rows, 1, panel
    )  # fmt: skip
    call_part(job[J.GRADIENT_OF_LAYER], arguments)
    if wants_norms:
        doubles(job[J.NORM_PARTS])[piece] = sum_of_squares(scratch, stop - start)
    doubles(job[J.PENALTY_PARTS])[piece] = 0.0
    move(job, scratch, scratch, numbers, table[here + PIECE_KIND], start, stop)


@njit(error_model="numpy")
def pieces_of(job, thread):
    """Of the pieces of a thread: the next to be taken, the first, and the one after the last."""
    return integers(job[J.SYNC] + 256 + 128 * thread)


@njit(error_model="numpy")
def share_pieces(job, thread):
    """Find the pieces of a thread: equal parts of θ. The others may look after all have waited for each other."""
    table, own = integers(job[J.PIECES]), pieces_of(job, thread)
    own[FIRST], own[AFTER_LAST] = 0, 0
    for piece in range(job[J.N_PIECES]):
        begin = table[piece * PIECE_LENGTH + PIECE_START] * job[J.THREADS]
        own[FIRST] += int(begin < thread * job[J.PARAMETERS])
        own[AFTER_LAST] += int(begin < (thread + 1) * job[J.PARAMETERS])


@njit(error_model="numpy")
def fused_own(job, layers, buffers, x, thread, rows, s, panel):
    """Phases B and C for the pieces of a thread, and then for those that others have not come to yet."""
    threads, table = job[J.THREADS], integers(job[J.PIECES])
    numbers = update_numbers_of(job, panel, s)
    wants_norms = s == job[J.STEPS] - 1 or job[J.WEIGHT] != 0  # those of the last update are reported
    for k in range(threads):
        whose = pieces_of(job, (thread + k) % threads)
        piece = atomic_add(whose, 1)
        while piece < whose[AFTER_LAST]:
            l = table[piece * PIECE_LENGTH + PIECE_LAYER]
            fused_piece(job, layers, buffers, x, l, piece, rows, numbers, panel, wants_norms)
            piece = atomic_add(whose, 1)


@njit(error_model="numpy")
def update_own(job, layers, like, panel, thread, s, whole):
    """Phase C for the pieces of a thread; one thread takes whole spans."""
    threads = job[J.THREADS]
    numbers = update_numbers_of(job, like, s)
    factor = offset(panel, job[J.PANEL_STRIDE] - 16)
    gradient, constants, empty = at(job[J.GRADIENT], like), at(job[J.CONSTANTS], like), null(like)
    if job[J.CLIP] != 0:
        factor[0] = math.sqrt(whole)
        u = offset(constants, job[J.CLIP_NUMBERS])
        call_unit(job[J.CLIP], factor, offset(factor, 1), empty, empty, empty, empty, 1, 1, u)
    if threads == 1:
        if job[J.CLIP] != 0:
            scale_numbers(gradient, job[J.PARAMETERS], factor[1])
        spans = integers(job[J.SPANS])
        for i in range(job[J.N_SPANS]):
            here = offset(gradient, spans[3 * i])
            move(job, like, here, numbers, spans[3 * i + 2], spans[3 * i], spans[3 * i + 1])
        return
    table = integers(job[J.PIECES])
    for l in range(job[J.DEPTH]):
        low, high = weight_rows(job, layers, l, thread, threads)
        bias = layers[l * Y.LENGTH + Y.FIRST_PIECE] + layers[l * Y.LENGTH + Y.N_PIECES]
        for piece in range(low, high + 1):
            if piece == high:
                if not owns_bias(l, thread, threads):
                    break
                piece = bias
            here = piece * PIECE_LENGTH
            start, stop = table[here + PIECE_START], table[here + PIECE_STOP]
            if job[J.CLIP] != 0:
                scale_numbers(offset(gradient, start), stop - start, factor[1])
            move(job, like, offset(gradient, start), numbers, table[here + PIECE_KIND], start, stop)
