"""Random networks and samples for the tests of the explanations."""

import numpy as np
from hypothesis import strategies as st

from clearprop import Network
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES, fitting_activations

OPTIMIZERS = [cls() for cls in UPDATE_RULES.values()]
HIDDEN = [name for name in ACTIVATIONS if name not in ("exp", "sigmoid")]


def targets(loss, random, n_samples, n_outputs):
    """Targets that the loss has a meaning for."""
    if loss.is_distribution:
        return np.eye(n_outputs)[random.integers(0, n_outputs, n_samples)]
    low, high = loss.targets
    if (low, high) == (0, 1):
        return random.integers(0, 2, (n_samples, n_outputs)).astype(float)
    if low == 0:
        return random.integers(0, 4, (n_samples, n_outputs)).astype(float)
    return random.normal(size=(n_samples, n_outputs))


@st.composite
def jobs(draw, most_layers=3, most_neurons=4, batch=None):
    """A network, its parameters, a sample or a batch, and an update rule."""
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]()
    output = draw(st.sampled_from(fitting_activations(loss)))
    widths = draw(st.lists(st.integers(1, most_neurons), min_size=2, max_size=most_layers + 1))
    hidden = [draw(st.sampled_from(HIDDEN)) for _ in widths[2:]]
    if output == "softmax":
        widths[-1] = max(widths[-1], 2)
    network = Network.mlp(widths, hidden, output, loss)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    params = network.views(random.normal(scale=0.7, size=network.n_parameters))
    is_batch = draw(st.booleans()) if batch is None else batch
    n = draw(st.integers(1, 4)) if is_batch else 1
    X, Y = random.normal(size=(n, widths[0])), targets(loss, random, n, widths[-1])
    rule = draw(st.sampled_from(OPTIMIZERS))
    return (network, params, X, Y, rule) if is_batch else (network, params, X[0], Y[0], rule)
