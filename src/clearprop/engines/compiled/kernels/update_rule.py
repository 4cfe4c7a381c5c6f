"""Phase C of a step: the update rule."""

from __future__ import annotations

import math

from numba import njit

from clearprop.engines.compiled.kernels.forward_backward import scale_numbers
from clearprop.engines.compiled.kernels.gradient import owns_bias, weight_rows
from clearprop.engines.compiled.kernels.layout import PIECE_KIND, PIECE_LENGTH, PIECE_START, PIECE_STOP, J, Y
from clearprop.engines.compiled.kernels.pointers import at, call_unit, integers, null, offset


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
