"""Phase C of an update: the update rule."""

from __future__ import annotations

import math

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import call_formula
from clearprop.engines.compiled.kernels.elementwise import scale_numbers
from clearprop.engines.compiled.kernels.gradient import for_each_piece, scratch_of
from clearprop.engines.compiled.kernels.pointers import null, offset


@njit(error_model="numpy")
def apply_rule(job, uniforms, kind, start, stop):
    """θ[start:stop], whose factors on rate and decay are of a kind, after the update rule."""
    theta, gradient, nothing = offset(job.theta, start), offset(job.gradient, start), null(job.theta)
    count = job.n_memory
    m0 = offset(job.memory[0], start) if count > 0 else nothing
    m1 = offset(job.memory[1], start) if count > 1 else nothing
    m2 = offset(job.memory[2], start) if count > 2 else nothing
    m3 = offset(job.memory[3], start) if count > 3 else nothing
    own = offset(uniforms, kind * job.n_update_uniforms)
    call_formula(job.update, (theta, gradient, m0, m1, m2, m3), 1, stop - start, own)


@njit(error_model="numpy")
def clip(job, panel, whole):
    """What clipping multiplies the gradient by, from its squared norm."""
    norm = scratch_of(job, panel)
    factor = offset(norm, 1)
    norm[0] = math.sqrt(whole)
    call_formula(job.clip, (norm, factor), 1, 1, offset(job.constants, job.clip_uniforms))
    return factor[0]


@njit(error_model="numpy")
def _update_piece(job, l, piece, arguments):
    uniforms, factor = arguments
    here = job.pieces[piece]
    if job.clip != 0:
        scale_numbers(offset(job.gradient, here.start), here.stop - here.start, factor)
    apply_rule(job, uniforms, here.kind, here.start, here.stop)


@njit(error_model="numpy")
def update_own(job, panel, thread, s, whole):
    """Phase C for the pieces of a thread in update s of this call; one that owns them all takes whole spans."""
    uniforms = offset(job.update_uniforms, s * job.n_kinds * job.n_update_uniforms)
    factor = clip(job, panel, whole) if job.clip != 0 else panel[0]
    if job.first_owners > 1:
        for_each_piece(job, thread, _update_piece, (uniforms, factor))
        return
    if job.clip != 0:
        scale_numbers(job.gradient, job.n_parameters, factor)
    for i in range(job.n_spans):
        span = job.spans[i]
        apply_rule(job, uniforms, span.kind, span.start, span.stop)
