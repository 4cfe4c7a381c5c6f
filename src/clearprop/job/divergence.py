"""What every engine says when a loss or a gradient is not finite, and the norms that it is seen by."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from clearprop.errors import DivergenceError
from clearprop.job.job import Job
from clearprop.job.state import TrainingState
from clearprop.network import Network
from clearprop.network.parameters import Vector


def layer_norms(network: Network, gradient: Vector) -> Vector:
    """The length of the gradient of each layer, all its blocks together: float64 (L,)."""
    stops = {block.layer: block.stop for block in network.blocks}
    ends = [0, *(stops[l] for l in range(1, network.depth + 1))]
    return np.array([math.sqrt(float(gradient[a:b] @ gradient[a:b])) for a, b in pairwise(ends)])


def divergence(job: Job, state: TrainingState, cost: float, norms: Vector, rate: float) -> DivergenceError:
    """The error for a step whose loss or gradient is not finite: where it happened, and the likely cause."""
    bad = np.flatnonzero(~np.isfinite(norms))
    layer = int(bad[0]) + 1 if len(bad) else None
    what = "the loss" if layer is None else f"the gradient of layer {layer}"
    epoch, step = state.epoch + 1, state.step + 1
    cause = (
        "the inputs, the targets or the initial weights are too large: scale the columns to about unit size"
        if step == 1
        else f"the learning rate ({rate:g}) is too large, or a column or target is far from unit size; "
        "lower the rate, scale the data, or set clip_norm"
    )
    return DivergenceError(
        f"training diverged in epoch {epoch}, step {step}: {what} is not finite (loss {cost:g}). "
        f"Likely cause: {cause}.",
        epoch=epoch,
        step=step,
        layer=layer,
    )
