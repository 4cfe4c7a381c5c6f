"""What it means that an engine does what the formulas say: what it leaves behind is what the reference engine does."""

import numpy as np

from clearprop.engines import Data, Job, ReferenceEngine, TrainingState
from clearprop.job.state import rates as rates_of
from clearprop.training.loop import epoch_order

TOLERANCES = {np.float64: 1e-10, np.float32: 2e-4}


def close(found, expected, dtype):
    expected = np.asarray(expected, dtype=np.float64)
    found = np.asarray(found, dtype=np.float64)
    size = max(1.0, float(np.abs(expected).max(initial=0.0)))
    assert np.isfinite(found).all()
    assert np.abs(found - expected).max(initial=0.0) <= TOLERANCES[dtype] * size


def rows(network, n, seed=0, weights=False):
    """Data that the loss of a network can use, float64."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((n, network.widths[0]))
    Y = random.random((n, network.widths[-1]))
    if network.loss.is_distribution:
        Y = np.eye(network.widths[-1])[random.integers(0, network.widths[-1], n)]
    elif network.loss.targets[1] == 1:
        Y = (Y > 0.5).astype(float)
    elif network.loss.targets == (0, np.inf):
        Y = np.floor(3 * Y)
    return Data(X, Y, random.random(n) * (random.random(n) > 0.2) if weights else None)


def typed(data, dtype):
    return Data(*(None if array is None else array.astype(dtype) for array in data))


def train(engine, job, data, theta, epochs=None, stretch=None):
    """The state after some epochs, in stretches of at most `stretch` updates."""
    state = TrainingState.start(job, theta)
    sums = []
    for epoch in range(job.epochs if epochs is None else epochs):
        go_on(engine, job, data, state, epoch, stretch)
        sums.append(state.loss_sum / state.weight_sum)
        state.epoch, state.samples = state.epoch + 1, state.samples + data.n_samples
        state.cursor, state.loss_sum, state.weight_sum = 0, 0.0, 0.0
    return state, sums


def go_on(engine, job, data, state, epoch, stretch=None):
    order = epoch_order(job, epoch, data.n_samples, engine)
    n_steps = job.steps_per_epoch(data.n_samples)
    while state.cursor < n_steps:
        count = min(stretch or n_steps, n_steps - state.cursor)
        engine.steps(job, state, data, order, rates_of(job, state, data.n_samples, count))


def agrees(make, dtype, job, data, seed=1):
    """Train with the engine and with the oracle, and compare everything that they leave behind."""
    theta = job.network.initial(seed).theta
    expected, losses = train(ReferenceEngine(), job, data, theta)
    found, found_losses = train(make(), job, typed(data, dtype), theta.astype(dtype))
    close(found.theta, expected.theta, dtype)
    for one, other in zip(found.memory, expected.memory, strict=True):
        close(one, other, dtype)
    close(found_losses, losses, dtype)
    close(found.gradient_norms, expected.gradient_norms, dtype)
    assert (found.step, found.epoch) == (expected.step, expected.epoch)


def evaluations_agree(engine, dtype, network, data, **settings):
    oracle, job = ReferenceEngine(), Job(network, **settings)
    theta = 0.5 * network.initial(3).theta
    mine, params = network.views(theta.astype(dtype)), network.views(theta)
    close(engine.outputs(network, mine, data.X.astype(dtype)), oracle.outputs(network, params, data.X), dtype)
    close(engine.loss(network, mine, typed(data, dtype)), oracle.loss(network, params, data), dtype)
    cost, gradient = engine.loss_and_gradient(job, mine.theta, typed(data, dtype))
    expected_cost, expected = oracle.loss_and_gradient(job, theta, data)
    close(cost, expected_cost, dtype)
    close(gradient, expected, dtype)
