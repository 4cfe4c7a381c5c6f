"""Forward and backward: the worked case by hand, the four marked lines, purity, dropout, other array libraries."""

import math
import re
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import Network, backward, forward, loss
from clearprop.errors import InputError, ShapeError
from clearprop.formulas import ACTIVATIONS, LOSSES, array_namespace
from clearprop.network import backprop, shares

ACTIVATION_NAMES = [name for name, cls in ACTIVATIONS.items() if name == cls.name]
PAIRS = [(output, name) for name, cls in LOSSES.items() for output in ACTIVATION_NAMES if cls.fits(ACTIVATIONS[output])]


def targets(net, n_samples, seed=0):
    """Targets that the network's loss allows."""
    random = np.random.default_rng(seed)
    Y = random.uniform(0.05, 0.95, (n_samples, net.widths[-1]))
    return Y / Y.sum(axis=1, keepdims=True) if net.loss.is_distribution else Y


def example(widths=(3, 4, 2), n_samples=5, **spec):
    net = Network.mlp(widths, **spec)
    random = np.random.default_rng(1)
    params = net.views(random.standard_normal(net.n_parameters) / 2)
    return net, params, random.standard_normal((n_samples, widths[0])), targets(net, n_samples)


def test_the_worked_case_by_hand():
    """2 inputs, 2 sigmoid hidden neurons, 1 sigmoid output, loss (y − a)², every number written out."""
    net = Network.mlp([2, 2, 1], hidden="sigmoid", output="sigmoid", loss="squared_error")
    params = net.parameters([[[0.5, 0.3], [0.2, 0.4]], [0.6, 0.7]], [[0.1, 0.2], 0.3])
    X, Y = np.array([[0.5, 0.3]]), np.array([[0.8]])
    sigmoid = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731

    z1 = [0.5 * 0.5 + 0.3 * 0.2 + 0.1, 0.5 * 0.3 + 0.3 * 0.4 + 0.2]
    assert z1 == pytest.approx([0.41, 0.47], rel=1e-15)
    a1 = [sigmoid(0.41), sigmoid(0.47)]
    assert a1 == pytest.approx([0.6010878788483698, 0.6153837563911821], rel=1e-15)
    z2 = a1[0] * 0.6 + a1[1] * 0.7 + 0.3
    assert z2 == pytest.approx(1.0914213567828493, rel=1e-15)
    a2 = sigmoid(z2)
    cost = (0.8 - a2) ** 2
    delta2 = 2 * (a2 - 0.8) * a2 * (1 - a2)
    delta1 = [delta2 * w * a * (1 - a) for w, a in zip([0.6, 0.7], a1, strict=True)]

    tape = forward(net, params, X)
    gradient = backward(net, params, tape, Y)
    close = {"rtol": 1e-14, "atol": 0}
    np.testing.assert_allclose(tape.z[1], [z1], **close)
    np.testing.assert_allclose(tape.a[1], [a1], **close)
    np.testing.assert_allclose(tape.z[2], [[z2]], **close)
    np.testing.assert_allclose(tape.a[2], [[a2]], **close)
    assert tape.a[0] is X
    assert loss(net, params, X, Y) == pytest.approx(cost, rel=1e-13)
    np.testing.assert_allclose(gradient.delta[2], [[delta2]], rtol=1e-13)
    np.testing.assert_allclose(gradient.delta[1], [delta1], rtol=1e-13)
    np.testing.assert_allclose(gradient.W[2], [[a * delta2] for a in a1], rtol=1e-13)
    np.testing.assert_allclose(gradient.b[2], [delta2], rtol=1e-13)
    np.testing.assert_allclose(gradient.W[1], [[x * d for d in delta1] for x in (0.5, 0.3)], rtol=1e-13)
    np.testing.assert_allclose(gradient.b[1], delta1, rtol=1e-13)

    rounded = [np.round(part, 4).tolist() for part in (a2, cost, delta2, delta1)]
    assert rounded == [0.7486, 0.0026, -0.0193, [-0.0028, -0.0032]]
    moved = net.views(params.theta - 0.1 * gradient.theta)
    assert moved.W[2][0, 0] == pytest.approx(0.6 - 0.1 * delta2 * a1[0], rel=1e-14)
    assert loss(net, moved, X, Y) < cost


def test_the_four_equations_are_four_marked_lines_of_a_short_file():
    lines = Path(backprop.__file__).read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    marked = {match[1]: line for line in lines if (match := re.search(r"  # (BP[1-4])$", line))}
    assert sorted(marked) == ["BP1", "BP2", "BP3", "BP4"]
    assert sum("# BP" in line for line in lines) == 4
    assert "head.delta(z[L], a[L], Y)" in marked["BP1"]
    assert "activation.backward(error, z[l], a[l])" in marked["BP2"]
    assert "sum(delta[l], axis=0)" in marked["BP3"]
    assert ".T @ delta[l]" in marked["BP4"]


@given(n_samples=st.integers(1, 6), weights=st.lists(st.floats(0, 5), min_size=6, max_size=6))
def test_the_loss_is_the_weighted_mean_over_samples_of_the_sum_over_outputs(n_samples, weights):
    net, params, X, Y = example(n_samples=n_samples, loss="squared_error")
    weight = np.array(weights[:n_samples])
    each = ((forward(net, params, X).a[-1] - Y) ** 2).sum(axis=1)
    assert loss(net, params, X, Y) == pytest.approx(each.mean())
    if weight.sum() > 1e-6:
        assert loss(net, params, X, Y, weight) == pytest.approx((weight * each).sum() / weight.sum())
    else:
        assert loss(net, params, X, Y, weight * 0) == 0


@given(counts=st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any), factor=st.floats(0.1, 10))
def test_a_weight_of_two_is_the_sample_twice_and_only_ratios_count(counts, factor):
    net, params, X, Y = example(n_samples=4)
    repeated = np.repeat(np.arange(4), counts)
    weighted = backward(net, params, forward(net, params, X), Y, np.array(counts) * factor)
    plain = backward(net, params, forward(net, params, X[repeated]), Y[repeated])
    np.testing.assert_allclose(weighted.theta, plain.theta, rtol=1e-11, atol=1e-13)


def test_when_all_weights_are_zero_nothing_counts():
    net, params, X, Y = example()
    assert loss(net, params, X, Y, np.zeros(5)) == 0
    assert not backward(net, params, forward(net, params, X), Y, np.zeros(5)).theta.any()
    assert shares(Y) == 1 / 5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_nothing_is_changed_or_remembered(dtype):
    net, params, X, Y = example(hidden="tanh")
    params, X, Y, weight = (
        net.views(params.theta.astype(dtype)),
        X.astype(dtype),
        Y.astype(dtype),
        np.arange(1.0, 6).astype(dtype),
    )
    mask = {1: (np.arange(20).reshape(5, 4) % 3 > 0).astype(dtype)}
    arrays = (params.theta, X, Y, weight, mask[1])
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    tape = forward(net, params, X, mask)
    taped = [array.copy() for array in (*tape.z, *tape.a)]
    first, second = (backward(net, params, tape, Y, weight) for _ in range(2))
    loss(net, params, X, Y, weight, mask)
    for array, kept in zip((*arrays, *tape.z, *tape.a), (*before, *taped), strict=True):
        np.testing.assert_array_equal(array, kept)
    np.testing.assert_array_equal(first.theta, second.theta)
    assert first.theta.dtype == dtype
    assert all(array.dtype == dtype for array in (*tape.z, *tape.a, *first.delta))


def test_the_gradient_s_windows_are_those_of_its_theta():
    net, params, X, Y = example()
    gradient = backward(net, params, forward(net, params, X), Y)
    for window in (*gradient.W, *gradient.b):
        assert np.shares_memory(window, gradient.theta)
    assert [delta.shape for delta in gradient.delta] == [(5, 4), (5, 2)]
    assert gradient.W[1].shape == (3, 4)
    with pytest.raises(IndexError, match=r"there is no delta\[0\]: layer 0 is the input"):
        gradient.delta[0]


def test_a_dropped_neuron_passes_nothing_on_and_nothing_back():
    net, params, X, Y = example((3, 4, 2), hidden="tanh")
    mask = {0: np.array([[1.0, 0.0, 1.0]] * 5), 1: np.array([[2.0, 0.0, 2.0, 2.0]] * 5)}
    tape = forward(net, params, X, mask)
    gradient = backward(net, params, tape, Y)
    assert not gradient.delta[1][:, 1].any()
    assert not gradient.W[2][1].any()
    assert not gradient.W[1][1].any()
    assert tape.mask is mask
    # the same network with the dropped neurons cut out and the others doubled
    W, b = params.W, params.b
    smaller = Network.mlp([2, 3, 2], hidden="tanh")
    cut = smaller.parameters([W[1][[0, 2]][:, [0, 2, 3]], 2 * W[2][[0, 2, 3]]], [b[1][[0, 2, 3]], b[2]])
    np.testing.assert_allclose(tape.a[2], forward(smaller, cut, X[:, [0, 2]]).a[2], rtol=1e-14)
    found = backward(smaller, cut, forward(smaller, cut, X[:, [0, 2]]), Y)
    np.testing.assert_allclose(gradient.delta[1][:, [0, 2, 3]], found.delta[1], rtol=1e-13)


def test_with_no_hidden_layer_it_is_logistic_regression():
    net, params, X, Y = example((3, 1), loss="binary_cross_entropy")
    a = 1 / (1 + np.exp(-(X @ params.W[1] + params.b[1])))
    gradient = backward(net, params, forward(net, params, X), Y)
    np.testing.assert_allclose(gradient.W[1], X.T @ (a - Y) / 5, rtol=1e-13)
    np.testing.assert_allclose(gradient.b[1], (a - Y).mean(axis=0), rtol=1e-13)


def test_arrays_that_do_not_fit():
    net, params, X, Y = example()
    tape = forward(net, params, X)
    with pytest.raises(ShapeError, match=r"X must have shape \(n_samples, 3\)"):
        forward(net, params, X[0])
    with pytest.raises(ShapeError, match=r"Y must have shape \(5, 2\)"):
        backward(net, params, tape, Y[:3])
    with pytest.raises(ShapeError, match=r"sample_weight must be an array of shape \(5,\), one per row, not \(1,\)"):
        backward(net, params, tape, Y, np.ones(1))
    with pytest.raises(InputError, match="sample_weight must be at least 0 in every row"):
        loss(net, params, X, Y, np.array([1.0, -1, 0, 0, 0]))
    with pytest.raises(InputError, match="X must hold numbers, not <U3; encode text and categories first"):
        forward(net, params, X.astype("U3"))
    with pytest.raises(InputError, match=r"params must be Parameters, as `network.initial`.* make them, not ndarray"):
        forward(net, params.theta, X)
    with pytest.raises(ShapeError, match=r"belong to another network: .* 9 numbers, .* widths \[3, 4, 2\] has 26"):
        forward(net, Network.mlp([2, 2, 1]).initial(), X)
    with pytest.raises(ShapeError, match="there are no rows"):
        loss(net, params, X[:0], Y[:0])


@pytest.fixture(params=["array-api-strict", "torch"])
def convert(request):
    if request.param == "torch":
        return pytest.importorskip("torch").asarray
    return array_api_strict.asarray


CASES = [(None, output, name) for output, name in PAIRS]
CASES += [
    (hidden, *head) for hidden in ACTIVATION_NAMES for head in (("identity", "huber"), ("softmax", "cross_entropy"))
]


@pytest.mark.parametrize(("hidden", "output", "loss_name"), CASES)
def test_other_array_libraries_give_the_same_numbers(hidden, output, loss_name, convert):
    widths = (3, 2) if hidden is None else (3, 4, 2)
    net, params, X, Y = example(widths, hidden=hidden or "relu", output=output, loss=loss_name)
    mask = {0: np.array([[1.0, 2.0, 0.0]] * 5)}
    weight = np.array([1.0, 0.0, 2.0, 0.5, 1.0])
    expected_tape = forward(net, params, X, mask)
    expected = backward(net, params, expected_tape, Y, weight)

    theta, X_, Y_, weight_ = (convert(array) for array in (params.theta, X, Y, weight))
    mask_, params_ = {0: convert(mask[0])}, net.views(theta)
    tape = forward(net, params_, X_, mask_)
    found = backward(net, params_, tape, Y_, weight_)
    assert array_namespace(found.theta) is array_namespace(theta)
    for one, other in [
        (tape.a[-1], expected_tape.a[-1]), (found.theta, expected.theta), (found.W[1], expected.W[1]),
        *zip(found.delta, expected.delta, strict=True),
    ]:  # fmt: skip
        np.testing.assert_allclose(np.asarray(one), other, rtol=1e-12, atol=1e-15)
    assert loss(net, params_, X_, Y_, weight_, mask_) == pytest.approx(loss(net, params, X, Y, weight, mask), rel=1e-12)


def test_torch_s_own_differentiation_agrees():
    torch = pytest.importorskip("torch")
    net, params, X, Y = example((3, 4, 3, 2), hidden="mish", loss="cross_entropy")
    theta = torch.asarray(params.theta).requires_grad_()
    W, b = net.views(theta).W, net.views(theta).b
    a = torch.asarray(X)
    for l in (1, 2):
        a = torch.nn.functional.mish(a @ W[l] + b[l])
    torch.nn.functional.cross_entropy(a @ W[3] + b[3], torch.asarray(Y)).backward()
    ours = backward(net, params, forward(net, params, X), Y).theta
    np.testing.assert_allclose(ours, theta.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_targets_of_text_are_refused():
    network = Network.mlp([2, 1])
    params, X = network.initial(), np.ones((3, 2))
    with pytest.raises(InputError, match="Y must hold numbers, not"):
        backward(network, params, forward(network, params, X), np.array([["1"], ["2"], ["3"]]))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_is_refused_with_the_array_to_give(library):
    frames = pytest.importorskip(library)
    X = frames.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    Y = frames.DataFrame({"y": [1.0, 2.0]})
    net = Network.mlp([2, 1])
    params = net.initial(seed=0)
    tape = forward(net, params, X.to_numpy())
    for call in (lambda: forward(net, params, X), lambda: loss(net, params, X, Y.to_numpy())):
        with pytest.raises(InputError, match=r"X is a DataFrame; here it must be an array, as X\.to_numpy\(\)"):
            call()
    for call in (lambda: backward(net, params, tape, Y), lambda: loss(net, params, X.to_numpy(), Y)):
        with pytest.raises(InputError, match=r"Y is a DataFrame; here it must be an array, as Y\.to_numpy\(\)"):
            call()
