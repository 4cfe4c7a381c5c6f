"""The range test of the learning rate: train a little at a rate that rises from step to step, and watch the loss.

Source: L. N. Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017, section 3.3; the smoothing and the
rule that suggests the rate of the steepest descent are those that fast.ai made popular (Howard & Gugger, 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.engines import Job, TrainingState, choose, prepared
from clearprop.errors import DivergenceError, InputError
from clearprop.formulas import LBFGS, UpdateRule, update_rule
from clearprop.network import Network, Parameters
from clearprop.training.loop import epoch_order

SMOOTHING = 0.9  # share of the losses before
DIVERGED = 4.0  # times the lowest loss so far, and the test ends
WINDOW = 8  # steps over which the loss falls fastest
LEAST_FALL = 0.05  # share of the first losses, by which it must fall at some rate
SETTLING = 10  # steps until the running mean is one of many batches
LEAST_STEPS = 2 * SETTLING  # before them nothing can be suggested


@dataclass(frozen=True)
class RangeTest:
    """What a range test found.

    Attributes
    ----------
    rates : tuple of float
        The learning rate of each step, rising; no further than training went.
    losses : tuple of float
        The loss of the batch before each step.
    smoothed : tuple of float
        Their running mean.
    suggested : float or None
        The rate at which the loss fell fastest; None where it fell nowhere, or after fewer than `LEAST_STEPS` steps.
    rises_from : float or None
        The rate at which the loss was lowest, and from which on it rose; None where it was still falling at the end.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggested: float | None
    rises_from: float | None


def range_test(
    network: Network,
    params: Parameters,
    X: Any,
    Y: Any,
    *,
    optimizer: str | UpdateRule | LBFGS = "sgd",
    low: float = 1e-6,
    high: float = 10.0,
    n_steps: int = 100,
    batch_size: int = 32,
    seed: int = 0,
    engine: str = "auto",
) -> RangeTest:
    """Find out which learning rates suit a network and its data.

    Parameters
    ----------
    network : Network
    params : Parameters
        Where to start; left as they are.
    X : array of shape (n_samples, n₀)
    Y : array of shape (n_samples, n_L)
    optimizer : update rule
        Its own rate is not used.
    low, high : float
        The rates of the first and of the last step; between them they rise by the same factor from step to step.
    n_steps : int
    batch_size, seed, engine
        As for `train`.

    Returns
    -------
    RangeTest

    Raises
    ------
    InputError
        When the rates do not rise, there are fewer than two steps, or the optimizer has no rate.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.training import range_test
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> net = Network.mlp([1, 8, 1], "tanh")
    >>> found = range_test(net, net.initial(seed=1), X, X**2, high=100, engine="reference")
    >>> found.rates[0], 0.001 < found.suggested < 1
    (1e-06, True)
    """
    if isinstance(optimizer, LBFGS) or optimizer == "lbfgs":
        raise InputError("lbfgs chooses the length of its steps itself, so there is no learning rate to test")
    if not 0 < low < high < math.inf:
        raise InputError(f"the rates must rise from a number above 0, not go from {low!r} to {high!r}")
    if isinstance(n_steps, bool) or not isinstance(n_steps, int) or n_steps < 2:
        raise InputError(f"n_steps must be a whole number of at least 2, not {n_steps!r}")
    job = Job(network, update_rule(optimizer), batch_size=batch_size, drop_last=True, seed=seed)
    data = prepared(job, X, Y, dtype=params.theta.dtype)
    chosen = choose(engine, job, data.layout).engine
    state = TrainingState.start(job, params.theta)
    rates = np.geomspace(low, high, n_steps)
    losses: list[float] = []
    smoothed: list[float] = []
    mean, per_epoch = 0.0, job.steps_per_epoch(data.n_samples)
    for n, rate in enumerate(rates, start=1):
        order = epoch_order(job, state.epoch, data.n_samples, chosen)
        before = state.loss_sum, state.weight_sum
        try:
            chosen.steps(job, state, data, order, np.array([rate]))
        except DivergenceError:
            break
        losses.append((state.loss_sum - before[0]) / (state.weight_sum - before[1]))
        if state.cursor == per_epoch:
            state.end_epoch(data.n_samples)
        mean = SMOOTHING * mean + (1 - SMOOTHING) * losses[-1]
        smoothed.append(mean / (1 - SMOOTHING**n))  # the first means would be drawn towards 0
        if smoothed[-1] > DIVERGED * min(smoothed):
            break
    return _found(rates[: len(losses)], losses, smoothed)


def _found(rates: Any, losses: list[float], smoothed: list[float]) -> RangeTest:
    """The suggestion: where the smoothed loss falls fastest, per factor of the rate, before it is lowest.

    The first steps, whose running mean is that of few batches, say nothing.
    """
    given = tuple(rates.tolist()), tuple(losses), tuple(smoothed)
    if len(losses) < LEAST_STEPS:
        return RangeTest(*given, None, None)
    curve, rates = np.array(smoothed)[SETTLING:], rates[SETTLING:]
    lowest = int(np.argmin(curve))
    ends = lowest == len(curve) - 1
    falls = curve[lowest] < (1 - LEAST_FALL) * curve[: len(curve) // 4 + 1].mean()
    # Over several steps: from one to the next the loss of a batch says more about its rows than about the rate.
    drops = [curve[i - WINDOW] - curve[i] for i in range(WINDOW, lowest + 1)]
    steepest = float(rates[int(np.argmax(drops)) + WINDOW // 2]) if drops and falls else None
    return RangeTest(*given, steepest, None if ends else float(rates[lowest]))
