"""Penalties and the weight of rows: what a fit asks for beside the loss of its samples."""

from __future__ import annotations

from clearprop.formulas import L1, L2
from clearprop.job.job import Job
from clearprop.network.parameters import Vector


def add_penalties(job: Job, theta: Vector, gradient: Vector, weight: float) -> float:
    """Add the slopes of l2 and l1 to the gradient, which is changed, and return their value.

    Penalties are of the sum over samples, hence the division by the weight of the rows.
    """
    cost = 0.0
    for kind, strength in ((L2, job.l2), (L1, job.l1)):
        for block in job.network.blocks:
            if strength and block.decay and weight > 0:
                penalty = kind(strength * block.decay / weight)
                part = slice(block.start, block.stop)
                slope = penalty.compute("slope", theta=theta[part])
                gradient[part] += slope
                cost += float(theta[part] @ slope) / penalty.degree  # Euler's theorem saves passes over θ
    return cost
