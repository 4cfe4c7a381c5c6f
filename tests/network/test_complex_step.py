"""The gradient against complex steps, ∂C/∂θ = Im C(θ + ih)/h, which have no rounding of a difference: to 1e-12.

C is computed here from the formulas of the textbooks, where they are analytic: with no |·|, no maximum and no condition
on what is perturbed. Squire & Trapp (1998).
"""

import numpy as np
import pytest

from clearprop import Network, backward, forward
from clearprop.formulas import ACTIVATIONS, LOSSES, evaluate
from clearprop.formulas.expressions import Apply, Symbol, nodes
from sample_networks import targets

STEP, TOLERANCE = 1e-30, 1e-12
NOT_ANALYTIC = ("absolute", "sign", "maximum", "minimum", "floor", "less", "less_equal", "equal", "row_max")


def is_analytic(cls, name):
    """Whether the textbook's formula is an analytic function of the variable of this name."""
    kinks = (node for node in nodes(cls.tree()) if isinstance(node, Apply) and node.function in NOT_ANALYTIC)
    return not any(Symbol(name) in nodes(argument) for kink in kinks for argument in kink.arguments)


SMOOTH = [cls for name, cls in ACTIVATIONS.items() if name == cls.name and is_analytic(cls, "z")]
SMOOTH_LOSSES = [cls for cls in LOSSES.values() if is_analytic(cls, "a")]
HEADS = [(output, loss) for loss in SMOOTH_LOSSES for output in SMOOTH if loss.fits(output)]


def cost(network, W, b, X, Y):
    """C, by the textbook's formulas, of real or complex parameters."""
    a = X
    for layer, weights, biases in zip(network.layers, W, b, strict=True):
        a = evaluate(layer.activation.tree(), {"z": a @ weights + biases, **layer.activation.parameters})
    return np.sum(evaluate(network.loss.tree(), {"a": a, "y": Y, **network.loss.parameters})) / len(X)


def by_complex_steps(network, params, X, Y):
    found = []
    for l in range(1, network.depth + 1):
        for kind in ("W", "b"):
            for place in np.ndindex(getattr(params, kind)[l].shape):
                arrays = {name: [getattr(params, name)[k] + 0j for k in range(1, network.depth + 1)] for name in "Wb"}
                arrays[kind][l - 1][place] += 1j * STEP
                found.append(cost(network, arrays["W"], arrays["b"], X, Y).imag / STEP)
    return np.array(found)


def check(network, seed=0):
    random = np.random.default_rng(seed)
    params = network.views(random.uniform(-0.6, 0.6, network.n_parameters))
    X = random.uniform(-1, 1, (4, network.widths[0]))
    Y = targets(network.loss, random, 4, network.widths[-1])
    gradient = backward(network, params, forward(network, params, X), Y)
    mine = np.concatenate([part[l].ravel() for l in range(1, network.depth + 1) for part in (gradient.W, gradient.b)])
    exact = by_complex_steps(network, params, X, Y)
    assert np.abs(mine - exact).max() <= TOLERANCE * np.abs(exact).max()


@pytest.mark.parametrize(("output", "loss"), HEADS, ids=lambda cls: cls.name)
def test_every_analytic_output_with_every_analytic_loss(output, loss):
    check(Network.mlp([2, 3, 2], hidden="tanh", output=output(), loss=loss()))


@pytest.mark.parametrize("hidden", SMOOTH, ids=lambda cls: cls.name)
def test_every_analytic_hidden_activation(hidden):
    check(Network.mlp([2, 3, 3, 2], hidden=hidden()))


def test_what_is_analytic():
    assert {cls.name for cls in SMOOTH} >= {
        "identity",
        "logistic",
        "tanh",
        "gelu",
        "softplus",
        "softmax",
        "exp",
        "mish",
    }
    assert not {cls.name for cls in SMOOTH} & {"relu", "elu", "hard_tanh", "softsign"}
    assert {cls.name for cls in SMOOTH_LOSSES} >= {"squared_error", "cross_entropy", "binary_cross_entropy", "poisson"}
