"""Which rows the updates of one call take, what they weigh, and where epochs end among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.engines.torch.program import Program
from clearprop.engines.torch.step import WEIGHT
from clearprop.formulas import evaluate
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.state import TrainingState


@dataclass(frozen=True)
class Stretch:
    """The updates of one call of `steps`.

    Attributes
    ----------
    starts, stops : int64 array of shape (n_steps,)
        Update k takes the rows ``order[starts[k] : stops[k]]``.
    weights : list of float
        Σw of each; where it is zero, nothing is moved.
    ends : list of bool
        Whether an epoch ends with it.
    rates : float64 array of shape (n_steps,)
    numbers : int64 array of shape (n_steps,)
        Of each update since training began, from 0.
    """

    starts: Any
    stops: Any
    weights: list[float]
    ends: list[bool]
    rates: Any
    numbers: Any

    @classmethod
    def of(
        cls, job: Job, state: TrainingState, data: Data, order: Any, rates: Any, first: int, *, crosses: bool
    ) -> Stretch:
        """The updates from a state's cursor on.

        Parameters
        ----------
        job, state, data, order, rates
            As of `Engine.steps`.
        first : int
            The epoch's first update with these rows.
        crosses : bool
            Whether the orders of several epochs follow each other.
        """
        n, count = data.n_samples, len(rates)
        size = min(job.batch_size, n)
        places, epochs = state.cursor - first + np.arange(count), np.zeros(count, dtype=np.int64)
        ends = [False] * count
        if crosses:
            per_epoch = job.steps_per_epoch(n)
            epochs, places = np.divmod(places, per_epoch)
            ends = (places == per_epoch - 1).tolist()
        starts = epochs * n + places * size
        stops = np.minimum(starts + size, (epochs + 1) * n)
        if data.weight is None:
            weights = (stops - starts).astype(float).tolist()
        else:
            batches = zip(starts.tolist(), stops.tolist(), strict=True)
            weights = [float(np.sum(data.weight[order[a:b]], dtype=np.float64)) for a, b in batches]
        return cls(starts, stops, weights, ends, np.asarray(rates, dtype=np.float64), state.step + np.arange(count))


def table(program: Program, stretch: Stretch) -> Any:
    """The numbers of a step's own for each step of a stretch: float64 (n_steps, n_changing)."""
    values = {"rate": stretch.rates, "t": stretch.numbers + 1.0, WEIGHT.name: np.array(stretch.weights)}
    with np.errstate(all="ignore"):  # a batch without weight is passed over
        columns = [np.broadcast_to(evaluate(tree, values), len(stretch.rates)) for tree in program.changing]
    return np.stack(columns, axis=1) if columns else np.empty((len(stretch.rates), 0))
