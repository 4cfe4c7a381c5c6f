"""How far an imported network may be from its source: as far as our own engine is from the exact numbers, twice."""

from dataclasses import replace

import numpy as np

from clearprop.estimators.imported import Imported

LEAST = 2.0**-23  # of what is not rounded at all: one unit of float32


def in_double(ours):
    """The imported network with its own numbers, computed in float64."""
    layers = tuple(
        replace(
            layer,
            weights=layer.weights.astype(np.float64),
            biases=None if layer.biases is None else layer.biases.astype(np.float64),
        )
        for layer in ours.source.layers
    )
    return Imported(replace(ours.source, layers=layers, reference=None), ours.loss, ours.classes)


def assert_near(ours, X, exact):
    """No farther from a float64 evaluation of the source than twice what float32 costs our own engine."""
    exact, found = np.asarray(exact, dtype=np.float64).reshape(len(X), -1), ours.outputs(X)
    assert ours.parameters.theta.dtype == np.float32
    scale = np.maximum(1, np.abs(exact).max(axis=1, keepdims=True))
    own = (np.abs(found - in_double(ours).outputs(X)) / scale).max()
    assert (np.abs(found - exact) / scale).max() <= 2 * max(own, LEAST)
