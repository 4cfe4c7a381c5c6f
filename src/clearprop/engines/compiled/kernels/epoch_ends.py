"""What is written down where one call makes several epochs, and one of them ends."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.pointers import is_null, offset


@njit(error_model="numpy")
def end_epoch(job, epoch, loss_sum, weight_sum):
    """The two sums of an epoch and the norms at its end, where the host asks for those of every epoch."""
    if not is_null(job.ended):
        ended = offset(job.ended, epoch * (2 + job.depth))
        ended[0], ended[1] = loss_sum, weight_sum
        for l in range(job.depth):
            ended[2 + l] = job.norms[l]
