"""An embedding of numbers: its waves and their gradients, by hand and by differences, and what it refuses."""

import math

import numpy as np
import pytest

from clearprop import Network, adam, backward, check_gradient, forward, train
from clearprop.errors import InputError
from clearprop.formulas import Tanh
from clearprop.network import Dense, NumberEmbedding
from clearprop.network.rates import at_rates

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(30, 3))
Y = np.sin(4 * X[:, :1]) * X[:, 1:2]


def network():
    """An embedding in front, and one between two layers, which carries errors back."""
    layers = (
        NumberEmbedding.of(3, (0, 2), 4, scale=2.0),
        Dense(11, 5, "tanh"),
        NumberEmbedding.of(5, (1, 4), 2),
        Dense(9, 1, "identity"),
    )
    return Network(layers, "half_squared_error")


def test_an_arrow_goes_from_an_input_to_itself_and_to_each_of_its_waves():
    layer = NumberEmbedding.of(3, (0, 2), 2)
    arrows = layer.arrows({"freq": np.array([1.5, -2.0, 3.0, 0.5])})
    assert {(k, j): arrows[k, j] for k, j in np.argwhere(~np.isnan(arrows)).tolist()} == {
        (0, 0): 1.0, (1, 1): 1.0, (2, 2): 1.0, (0, 3): 1.5, (0, 4): -2.0, (2, 5): 3.0, (2, 6): 0.5,
    }  # fmt: skip


def test_one_wave_by_hand():
    net = Network((NumberEmbedding.of(2, (1,), 1), Dense(3, 1, "identity")), "half_squared_error")
    params = net.views(np.array([2.0, 0.5, 0.0, 0.0, 3.0, 0.0]))  # f, φ, W, b
    x, y = np.array([[7.0, 0.25]]), np.array([[1.0]])
    tape = forward(net, params, x)
    assert tape.z[1].tolist() == [[7.0, 0.25, math.cos(1.0)]]
    gradient = backward(net, params, tape, y)
    error = (3 * math.cos(1.0) - 1) * 3 * -math.sin(1.0)
    assert gradient.named["phase1"] == pytest.approx([error], rel=1e-14)
    assert gradient.named["freq1"] == pytest.approx([error * 0.25], rel=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_its_gradient_is_that_of_central_differences(seed):
    found = check_gradient(network(), network().initial(seed), X, Y)
    assert found.passed, found
    assert found.n_parameters == 2 * 8 + 11 * 5 + 5 + 2 * 4 + 9 + 1


def test_it_learns_what_a_dense_layer_of_the_same_width_does_not():
    plain = Network.mlp([3, 6, 1], hidden="tanh", loss="squared_error")
    first = NumberEmbedding.of(3, (0,), 8, scale=4.0)
    net = Network((first, Dense(11, 6, "tanh"), plain.layers[-1]), plain.loss)
    losses = []
    for each in (net, plain):
        found = train(each, each.initial(1), X, Y, optimizer=adam(0.02), epochs=150, batch_size=10, engine="reference")
        losses.append(found.history[-1].loss)
    assert losses[0] < losses[1] / 5, losses


def test_what_it_draws_has_the_scale_and_covers_the_circle():
    layer = NumberEmbedding.of(1, (0,), 1000, scale=3.0)
    drawn = layer.draw(None, np.random.default_rng(0))
    assert abs(np.std(drawn["freq"]) - 3) < 0.2
    assert -math.pi < drawn["phase"].min() < -3.1 < 3.1 < drawn["phase"].max() < math.pi
    assert [(block.rate, block.decay) for block in NumberEmbedding.of(2, (1,), 3, rate=0.5).blocks] == [(0.5, 0.0)] * 2


def test_a_layer_rate_is_that_of_its_waves():
    slower = at_rates(network(), [0.0, 1, 0.25, 1])
    assert [block.rate for block in slower.blocks if block.letter in ("freq", "phase")] == [0.0, 0.0, 0.25, 0.25]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"columns": ()}, r"columns must be some of the inputs 0 … 2, each once and rising, not \(\)"),
        ({"columns": (0, 3)}, "each once and rising"),
        ({"columns": (2, 0)}, "each once and rising"),
        ({"columns": (1, 1)}, "each once and rising"),
        ({"columns": (True,)}, "each once and rising"),
        ({"waves": 0}, "waves must be a whole number from 1 to 1024, not 0"),
        ({"waves": 2.0}, "waves must be a whole number"),
        ({"scale": -1.0}, "scale must be a number of at least 0"),
        ({"rate": math.nan}, "rate must be a number of at least 0"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        NumberEmbedding.of(3, **{"columns": (0, 2), "waves": 4, **given})


def test_outputs_and_activation_must_be_its_own():
    with pytest.raises(InputError, match="with 4 waves of 2 of them has 11 outputs, not 12"):
        NumberEmbedding(3, 12, "identity", (0, 2), 4)
    with pytest.raises(InputError, match="the activation of an embedding is the identity, not tanh"):
        NumberEmbedding(3, 11, Tanh(), (0, 2), 4)
