"""Fits as processes of joblib can import them, each with a digest by which two can be compared to the bit."""

import hashlib

import numpy as np
from sklearn.base import clone

from clearprop import Network
from clearprop.engines import Data, Job, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.job.state import rates as rates_of

# Narrow and wide, short batches and long ones: each way of the engine to share out work.
SHAPES = {"shared rows": ([20, 64, 64, 3], 64), "shards": ([4, 16, 3], 600), "fused": ([200, 128, 3], 128)}


def trained(shape, n_threads, epochs=3):
    """A digest of θ and of the optimizer's memory after some epochs."""
    widths, batch = SHAPES[shape]
    random = np.random.default_rng(0)
    X = random.standard_normal((600, widths[0])).astype(np.float32)
    Y = np.eye(3, dtype=np.float32)[random.integers(0, 3, 600)]
    network = Network.mlp(widths, hidden="tanh", loss="cross_entropy")
    job = Job(network, epochs=epochs, batch_size=batch)
    state = TrainingState.start(job, network.initial(0, dtype=np.float32).theta)
    engine, data = CompiledEngine(n_threads), Data(X, Y)
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(600)
        engine.steps(job, state, data, order, rates_of(job, state, 600, job.steps_per_epoch(600)))
        state.epoch, state.cursor = state.epoch + 1, 0
    return hashlib.sha256(b"".join(array.tobytes() for array in (state.theta, *state.memory))).hexdigest()


def fitted(model, X, y):
    """A digest of the parameters of a clone that is fitted."""
    return hashlib.sha256(clone(model).fit(X, y).parameters_.theta.tobytes()).hexdigest()


def wide_rows():
    """So wide that the weights of a layer of 100 take more than a megabyte."""
    random = np.random.default_rng(1)
    return random.standard_normal((20, 2000)), random.standard_normal(20)


def learned_on(model):
    """A digest of the parameters after one more pass over the wide rows."""
    return hashlib.sha256(model.partial_fit(*wide_rows()).parameters_.theta.tobytes()).hexdigest()
