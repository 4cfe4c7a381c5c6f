import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import Network, backward, forward
from clearprop.network import NumberEmbedding
from clearprop.network.integrated_gradients import TOLERANCE, input_gradient, integrated_gradients

WIDTHS = st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 3))


def function(net, params, output=0):
    def of(X, rows):
        tape = forward(net, params, X)
        slope = np.zeros(tape.a[-1].shape)
        slope[:, output] = 1
        return tape.a[-1][:, output], input_gradient(net, params, tape.z, tape.a, slope)

    return of


def made(widths, activation, seed):
    net = Network.mlp(list(widths), hidden=activation, output="softmax" if widths[-1] > 1 else "identity",
                      loss="cross_entropy" if widths[-1] > 1 else "half_squared_error")  # fmt: skip
    random = np.random.default_rng(seed)
    return net, net.views(random.normal(size=net.n_parameters)), random


@given(WIDTHS, st.sampled_from(["silu", "tanh", "sigmoid", "relu", "leaky_relu", "gelu"]), st.integers(0, 99))
def test_the_parts_add_up_to_the_difference(widths, activation, seed):
    net, params, random = made(widths, activation, seed)
    X, start = 3 * random.normal(size=(4, widths[0])), random.normal(size=widths[0])
    found = integrated_gradients(function(net, params), X, start)
    scale = np.maximum(abs(found.outputs), abs(found.baseline))
    assert (found.gap <= TOLERANCE * scale).all()
    assert found.outputs == pytest.approx(forward(net, params, X).a[-1][:, 0])
    assert found.baseline == pytest.approx(np.repeat(forward(net, params, start[None]).a[-1][:, 0], 4))


@given(st.integers(1, 6), st.integers(0, 99))
def test_of_a_linear_network_the_parts_are_the_weights_times_the_differences(n, seed):
    net, params, random = made((n, 1), "identity", seed)
    X, start = random.normal(size=(3, n)), random.normal(size=n)
    found = integrated_gradients(function(net, params), X, start)
    assert found.parts == pytest.approx(params.W[1].ravel() * (X - start), abs=1e-12)


@given(WIDTHS, st.integers(0, 99))
def test_an_input_that_nothing_sees_has_no_part_and_an_order_of_inputs_changes_none(widths, seed):
    net, params, random = made((widths[0] + 1, *widths[1:]), "silu", seed)
    params.W[1][0] = 0.0
    X, start = random.normal(size=(3, widths[0] + 1)), random.normal(size=widths[0] + 1)
    found = integrated_gradients(function(net, params), X, start)
    assert (found.parts[:, 0] == 0).all()
    order = random.permutation(widths[0] + 1)
    turned = net.views(params.theta.copy())
    turned.W[1][...] = params.W[1][order]
    again = integrated_gradients(function(net, turned), X[:, order], start[order])
    assert again.parts == pytest.approx(found.parts[:, order], abs=1e-9)


def test_parts_that_cancel_in_every_sum_are_exact_one_by_one():
    """f = sin 9x − sin 9y on the line x = y: no sum over the inputs says how near its two parts are."""

    def waves(X, rows):
        return np.sin(9 * X) @ [1.0, -1.0], 9 * np.cos(9 * X) * [1.0, -1.0]

    found = integrated_gradients(waves, np.array([[5.0, 5.0]]), np.zeros(2))
    assert found.parts[0] == pytest.approx(np.sin(45.0) * np.array([1.0, -1.0]), abs=1e-9)


def test_the_gradient_of_the_inputs_is_that_of_the_deltas_of_training():
    """Of the loss ½(a − y)², whose slope is a − y."""
    net, params, random = made((3, 4, 1), "silu", 1)
    X, Y = random.normal(size=(5, 3)), random.normal(size=(5, 1))
    tape = forward(net, params, X)
    found = input_gradient(net, params, tape.z, tape.a, (tape.a[-1] - Y) / 5)
    assert found == pytest.approx(backward(net, params, tape, Y).delta[1] @ params.W[1].T, abs=1e-15)


def test_layers_that_are_not_dense_bring_their_own_way_back():
    first = NumberEmbedding.of(2, (1,), 3, scale=4.0)
    net = Network((first, *Network.mlp([5, 4, 1], hidden="tanh").layers), Network.mlp([1, 1]).loss)
    random = np.random.default_rng(0)
    found = integrated_gradients(
        function(net, net.views(random.normal(size=net.n_parameters))), 9 * random.normal(size=(5, 2)), np.zeros(2)
    )
    assert found.gap.max() < 1e-6


def test_a_jump_is_told_by_a_gap():
    def step(X, rows):
        return (X[:, 0] > 0.3).astype(float), np.zeros_like(X)

    found = integrated_gradients(step, np.array([[1.0]]), np.zeros(1))
    assert found.gap.tolist() == [1.0]
