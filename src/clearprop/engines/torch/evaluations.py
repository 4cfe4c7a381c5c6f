"""Outputs, losses and gradients over many rows, block by block, on the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from clearprop.engines.torch.memory import shared, torch_type
from clearprop.engines.torch.passes import Passes, blocks_of
from clearprop.engines.torch.program import Program
from clearprop.engines.torch.step import COST, NORM, WEIGHT, Batch, Places, gradient_calls
from clearprop.engines.torch.trees import ONE, number
from clearprop.formulas import evaluate
from clearprop.formulas.expressions import Expression
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.memory import rows_at_once

OUTPUTS, LOSS, GRADIENT = "outputs", "loss", "gradient"


class Evaluation:
    """What a network makes of a number of rows: outputs, loss, or loss and gradient, without penalties and dropout.

    Parameters
    ----------
    job : Job
    what : {"outputs", "loss", "gradient"}
    rows : int
    dtype : numpy.dtype
    device : torch.device
    half : bool
        Of `Places`.
    weighted : bool
        Whether rows have weights.
    """

    def __init__(
        self, job: Job, what: str, rows: int, dtype: Any, device: torch.device, *, half: bool, weighted: bool
    ) -> None:
        network, number_type = job.network, torch_type(dtype)
        theta, gradient = (torch.zeros(network.n_parameters, dtype=number_type, device=device) for _ in range(2))
        told = torch.zeros(NORM + 1, dtype=number_type, device=device)
        self.places = places = Places(theta, gradient, (), told, None, half=half)
        self.batch = Batch(network, rows, places, weighted=weighted)
        program = Program(device, number_type)
        factor: Expression = ONE
        if what == GRADIENT:
            factor = gradient_calls(program, job, self.batch, places, number("divide", ONE, WEIGHT), {})
        else:
            passes = Passes(program, network, blocks_of(network, theta, program), half=half)
            signals = passes.forward(program.given(self.batch.x), {})
            if what == OUTPUTS:
                self.outputs = program.fixed(signals.a[network.depth])
            else:
                weight = None if self.batch.weight is None else program.given(self.batch.weight)
                factor = passes.loss(signals, program.given(self.batch.y), weight, program.given(told[COST]))
        (self.calls,), self.program = program.ready(), program
        self.factor = float(evaluate(factor, {}))

    def begin(self, theta: Any, weight: float = 1.0) -> None:
        """Take θ, and the weight of all rows."""
        self.places.theta.copy_(shared(theta))
        self.program.row[:] = [evaluate(tree, {WEIGHT.name: weight}) for tree in self.program.changing]

    def run(self, X: Any, Y: Any = None, weight: Any = None) -> None:
        """Compute, of these rows."""
        self.batch.x.copy_(shared(X))
        if Y is not None:
            self.batch.y.copy_(shared(Y))
        if weight is not None and self.batch.weight is not None:
            self.batch.weight.copy_(shared(weight)[:, None])
        for call in self.calls:
            call()

    def cost(self) -> float:
        """The loss of the last rows, times their weight."""
        return self.factor * float(self.places.told[COST])


class Evaluations:
    """The evaluations that an engine has made ready; the last few are kept."""

    MOST = 8

    def __init__(self, device: torch.device, *, half: bool) -> None:
        self.device, self.half = device, half
        self._made: dict[Any, Evaluation] = {}

    def of(self, job: Job, what: str, rows: int, dtype: Any, *, weighted: bool = False) -> Evaluation:
        """The evaluation of so many rows."""
        key = job if what == GRADIENT else job.network, what, rows, np.dtype(dtype).name, weighted
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= self.MOST:
                self._made.pop(next(iter(self._made)))
            found = Evaluation(job, what, rows, dtype, self.device, half=self.half, weighted=weighted)
            self._made[key] = found
        return found

    def outputs(self, job: Job, theta: Any, X: Any, found: Any) -> None:
        """Write the outputs of all rows of X into `found`, (n_samples, n_L)."""
        for part in _blocks(X.shape[0], job):
            evaluation = self.of(job, OUTPUTS, part.stop - part.start, theta.dtype)
            evaluation.begin(theta)
            rows = X[part]
            evaluation.run(rows.toarray() if hasattr(rows, "toarray") else rows)
            found[part] = evaluation.outputs.cpu().numpy()

    def loss(self, job: Job, theta: Any, data: Data) -> float:
        """The loss over all rows; 0 where none has a weight."""
        total = 0.0
        for part in _blocks(data.n_samples, job):
            evaluation = self._block(job, LOSS, theta, data, part, 1.0)
            total += evaluation.cost()
        whole = data.total_weight
        return total / whole if whole > 0 else 0.0

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        """The objective over all rows and its gradient."""
        weight, cost, gradient = data.total_weight, 0.0, None
        for part in _blocks(data.n_samples, job):
            evaluation = self._block(job, GRADIENT, theta, data, part, weight if weight > 0 else 1.0)
            cost += evaluation.cost()
            found = evaluation.places.gradient
            gradient = found.clone() if gradient is None else gradient.add_(found)
        whole = np.zeros_like(theta) if gradient is None else gradient.cpu().numpy()
        return cost / (weight or 1.0) + job.add_penalties(theta, whole, weight), whole

    def _block(self, job: Job, what: str, theta: Any, data: Data, part: slice, weight: float) -> Evaluation:
        evaluation = self.of(job, what, part.stop - part.start, theta.dtype, weighted=data.weight is not None)
        evaluation.begin(theta, weight)
        evaluation.run(*data.take(part))
        return evaluation


def _blocks(n: int, job: Job) -> Iterator[slice]:
    size = rows_at_once(job.network.widths)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
