"""The reference engine: backprop.py and the formulas, called on NumPy arrays, step by step.

This is the clean one, which the fast engine is compared with; it is meant to be read. Its speed is that of NumPy's
matrix products for all but small networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.engines.divergence import divergence, layer_norms
from clearprop.engines.job import Data, Job, TrainingState
from clearprop.engines.randomness import masks
from clearprop.engines.spans import spans
from clearprop.formulas import L1, L2, ClipByNorm, LabelSmoothing, UpdateRule
from clearprop.network import Network, Parameters, backward, forward, loss, shares

ROWS_AT_ONCE = 4096  # rows of one block of prediction: activations stay in the cache, memory stays bounded
NUMBERS_AT_ONCE = 16_384  # parameters updated at once: the update's intermediate vectors stay in the cache


class ReferenceEngine:
    """Computes with NumPy; can do every job."""

    name = "reference"

    def refuses(self, job: Job, data: Data) -> str | None:
        return None

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        n_samples = X.shape[0]
        found = np.empty((n_samples, network.widths[-1]), dtype=params.theta.dtype)
        for start in range(0, n_samples, ROWS_AT_ONCE):
            rows = X[start : start + ROWS_AT_ONCE]
            dense = rows.toarray() if hasattr(rows, "toarray") else rows
            found[start : start + ROWS_AT_ONCE] = forward(network, params, dense).a[-1]
        return found

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        return self._objective(job, theta, data.take(slice(None)), {})

    def _objective(self, job: Job, theta: Any, batch: Data, mask: Mapping[int, Any]) -> tuple[float, Any]:
        """Loss plus penalties, and the gradient of that number."""
        network = job.network
        params = network.views(theta)
        Y = batch.Y
        if job.label_smoothing:
            Y = LabelSmoothing(job.label_smoothing).forward(Y, job.smoothing_classes)
        tape = forward(network, params, batch.X, mask)
        each = network.head.value(tape.z[network.depth], tape.a[network.depth], Y)
        cost = float(np.sum(shares(Y, batch.weight) * each))
        gradient = backward(network, params, tape, Y, batch.weight).theta
        total = float(len(Y) if batch.weight is None else np.sum(batch.weight))
        for penalty in (L2(job.l2), L1(job.l1)):
            if penalty.strength and total > 0:
                for block in network.blocks:
                    if block.decay:
                        part = theta[block.start : block.stop]
                        factor = block.decay / total
                        cost += factor * float(np.sum(penalty.compute("value", theta=part)))
                        gradient[block.start : block.stop] += factor * penalty.compute("slope", theta=part)
        return cost, gradient

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        """The loss over all rows, without penalties, computed in blocks."""
        total = 0.0
        for start in range(0, data.n_samples, ROWS_AT_ONCE):
            rows = data.take(slice(start, start + ROWS_AT_ONCE))
            part = rows.n_samples if rows.weight is None else float(np.sum(rows.weight))
            total += part * loss(network, params, rows.X, rows.Y, rows.weight)
        whole = data.n_samples if data.weight is None else float(np.sum(data.weight))
        return total / whole if whole > 0 else 0.0

    def steps(self, job: Job, state: TrainingState, data: Data, order: Any, rates: Any) -> None:
        size = min(job.batch_size, data.n_samples)
        with np.errstate(
            all="ignore"
        ):  # overflow ends in a loss or gradient that is not finite, which is an error here
            for rate in rates:
                batch = data.take(order[state.cursor * size : (state.cursor + 1) * size])
                weight = float(batch.n_samples if batch.weight is None else np.sum(batch.weight))
                if weight > 0:  # a batch whose weights are all zero says nothing
                    self._step(job, state, batch, weight, float(rate))
                state.cursor += 1
                state.step += 1

    def _step(self, job: Job, state: TrainingState, batch: Data, weight: float, rate: float) -> None:
        """One update: gradient, norms, clipping, the update rule."""
        dtype = state.theta.dtype.type
        cost, gradient = self._objective(job, state.theta, batch, masks(job, state.step, batch.n_samples, dtype))
        norms = layer_norms(job.network, gradient)
        if not (math.isfinite(cost) and np.isfinite(norms).all()):
            raise divergence(job, state, cost, norms, rate)
        if job.clip_norm is not None:
            gradient *= ClipByNorm(job.clip_norm).factor(math.hypot(*norms))
        self._update(job, state, gradient, rate)
        state.gradient_norms = norms
        state.loss_sum += cost * weight
        state.weight_sum += weight

    def _update(self, job: Job, state: TrainingState, gradient: Any, rate: float) -> None:
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
                for vector, new in zip((state.theta, *state.memory), moved, strict=True):
                    vector[part] = new
