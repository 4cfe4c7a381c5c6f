"""The reference engine: backprop.py and the formulas, called on NumPy arrays, step by step.

This is the clean one, which the fast engine is compared with; it is meant to be read. Its speed is that of NumPy's
matrix products for all but small networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.engines.epoch_order import shuffle_in_python
from clearprop.engines.protocol import Updates
from clearprop.errors import InputError
from clearprop.formulas import ClipByNorm, UpdateRule
from clearprop.job.data import Data, Layout, Place
from clearprop.job.divergence import divergence, layer_norms
from clearprop.job.job import Job
from clearprop.job.memory import check_memory, check_outputs, rows_at_once
from clearprop.job.randomness import masks
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState
from clearprop.network import Network, Parameters, backward, forward, loss, shares
from clearprop.network.parameters import Vector, spans

NUMBERS_AT_ONCE = 131_072  # parameters updated at once: the update's intermediate vectors stay in the cache


class ReferenceEngine:
    """Computes with NumPy; can do every job."""

    name = "reference"
    uses_blas = True
    crosses_epochs = False

    def __init__(self) -> None:
        keep_freed_memory()

    def refuses(self, job: Job, layout: Layout) -> str | None:
        return None

    def missing(self, dtype: Any) -> str | None:
        return None

    def preparation(self, dtype: Any) -> str | None:
        return None

    def make_ready(
        self,
        job: Job,
        layout: Layout,
        *,
        predicts: bool = False,
        tell: Callable[[str], object] | None = None,
    ) -> str | None:
        """It takes a whole batch through the network at once, so there must be room for that."""
        check_memory(job, layout.n_samples, layout.dtype, in_chunks=False)
        return None

    def remark(self, job: Job, layout: Layout) -> str:
        return ""

    def made_with(self, job: Job, layout: Layout) -> str:
        return f"the reference engine on NumPy {np.__version__}"

    def shuffle(self, order: Any, key: int) -> None:
        shuffle_in_python(order, key)

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        n_samples, size = X.shape[0], rows_at_once(network.widths)
        check_outputs(network, n_samples, params.theta.dtype)
        found = np.empty((n_samples, network.widths[-1]), dtype=params.theta.dtype)
        for start in range(0, n_samples, size):
            rows = X[start : start + size]
            dense = rows.toarray() if hasattr(rows, "toarray") else rows
            found[start : start + size] = forward(network, params, dense).a[-1]
        return found

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        params, weight = job.network.views(theta), data.total_weight
        cost, gradient, size = 0.0, np.zeros_like(theta), rows_at_once(job.network.widths)
        for start in range(0, data.n_samples, size):
            rows = data.take(slice(start, start + size))
            share = rows.total_weight / weight if weight > 0 else 0.0
            part, part_gradient = self._loss_and_gradient(job, params, rows, {})
            cost += share * part
            gradient += share * part_gradient
        return cost + job.add_penalties(theta, gradient, weight), gradient

    def _loss_and_gradient(
        self, job: Job, params: Parameters, batch: Data, mask: Mapping[int, Any]
    ) -> tuple[float, Any]:
        """The loss of some rows, without penalties, and its gradient."""
        network, Y = job.network, job.smoothed(batch.Y)
        tape = forward(network, params, batch.X, mask)
        each = network.head.value(tape.z[network.depth], tape.a[network.depth], Y)
        cost = float(np.sum(shares(Y, batch.weight) * each))
        return cost, backward(network, params, tape, Y, batch.weight).theta

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        """The loss over all rows, without penalties, computed in blocks."""
        total, size = 0.0, rows_at_once(network.widths)
        for start in range(0, data.n_samples, size):
            rows = data.take(slice(start, start + size))
            total += rows.total_weight * loss(network, params, rows.X, rows.Y, rows.weight)
        whole = data.total_weight
        return total / whole if whole > 0 else 0.0

    def steps(
        self,
        job: Job,
        state: TrainingState,
        data: Data,
        order: Any,
        rates: Any,
        ended: Endings | None = None,
        place: Place | None = None,
    ) -> None:
        if ended is not None:
            raise InputError("the reference engine makes the updates of one epoch at a time")
        size, first = min(job.batch_size, data.n_samples), 0 if place is None else place.first
        params = job.network.views(state.theta)  # windows into θ, which moves under them
        with np.errstate(
            all="ignore"
        ):  # overflow ends in a loss or gradient that is not finite, which is an error here
            for rate in rates:
                start = (state.cursor - first) * size
                batch = data.take(order[start : start + size])
                weight = batch.total_weight
                if weight > 0:  # a batch whose weights are all zero says nothing
                    self._step(job, state, params, batch, weight, float(rate))
                state.cursor += 1
                state.step += 1

    def _step(
        self, job: Job, state: TrainingState, params: Parameters, batch: Data, weight: float, rate: float
    ) -> None:
        """One update: gradient, norms, clipping, the update rule."""
        dtype = state.theta.dtype.type
        mask = masks(job, state.step, batch.n_samples, dtype)
        cost, gradient = self._loss_and_gradient(job, params, batch, mask)
        finish_step(self, job, state, cost, gradient, weight, rate)

    def update(self, job: Job, state: TrainingState, gradient: Any, rate: float) -> None:
        update(job, state, gradient, rate)


def finish_step(
    engine: Updates, job: Job, state: TrainingState, cost: float, gradient: Vector, weight: float, rate: float
) -> None:
    """What follows the loss and the gradient of a batch: penalties, norms, clipping, the update rule.

    Parameters
    ----------
    engine : Updates
        Makes the update.
    job, state
        θ, memory, sums and norms of the state are moved on; its counts are not.
    cost : float
        The loss, without penalties.
    gradient : array of shape (n_parameters,)
        Its gradient; written.
    weight : float
        Of the batch.
    rate : float

    Raises
    ------
    DivergenceError
        When cost or gradient are not finite; θ is left as it was.
    """
    cost += job.add_penalties(state.theta, gradient, weight)
    norms = layer_norms(job.network, gradient)
    if not (math.isfinite(cost) and np.isfinite(norms).all()):
        raise divergence(job, state, cost, norms, rate)
    if job.clip_norm is not None:
        gradient *= ClipByNorm(job.clip_norm).factor(math.hypot(*norms))
    engine.update(job, state, gradient, rate)
    state.gradient_norms = norms
    state.loss_sum += cost * weight
    state.weight_sum += weight


def update(job: Job, state: TrainingState, gradient: Vector, rate: float) -> None:
    """Move θ and the memory by the update rule, block by block where their factors differ."""
    assert isinstance(job.update_rule, UpdateRule)
    for span in spans(job.network.blocks, decays=job.update_rule.weight_decay > 0):
        for start in range(span.start, span.stop, NUMBERS_AT_ONCE):
            part = slice(start, min(start + NUMBERS_AT_ONCE, span.stop))
            moved = job.update_rule.apply(
                state.theta[part],
                gradient[part],
                tuple(vector[part] for vector in state.memory),
                rate=rate * span.rate,
                t=state.step + 1,
                decay=span.decay,
            )
            state.theta[part] = moved[0]  # in place: the windows W[l] and b[l] look into it
            for i, new in enumerate(moved[1:]):
                if len(new) == len(state.theta):  # all at once: the new vector takes the old one's place
                    state.memory[i] = new
                else:
                    state.memory[i][part] = new


def keep_freed_memory() -> None:
    """Have the C library keep what a step frees for the next one, instead of giving it back to the system.

    glibc keeps up to twice the largest block that was ever mapped and freed (mallopt(3), M_MMAP_THRESHOLD), so we free
    the largest one that counts. Its pages are never touched. Without this, half of a step's time went into new pages.
    """
    np.empty(31 * 2**20, dtype=np.uint8)
