"""The gradient check itself, and with it every activation with every loss that fits."""

import numpy as np
import pytest

from clearprop import Network, check_gradient
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Loss, absolute, equal, exp, floor, row_max, tanh, where
from clearprop.network.gradient_check import GradientCheck
from kinks import KINKS

NAMES = [name for name, cls in ACTIVATIONS.items() if name == cls.name]
PAIRS = [(output, name) for name, cls in LOSSES.items() for output in NAMES if cls.fits(ACTIVATIONS[output])]
HIDDEN_WIDTHS = {0: (), 1: (3,), 3: (3, 2, 3)}
N_SAMPLES = 4


def problem(net, seed=0):
    """Parameters small enough that three layers of exp stay moderate, and rows and targets for them."""
    random = np.random.default_rng(seed)
    params = net.views(random.uniform(-0.6, 0.6, net.n_parameters))
    X = random.uniform(-1, 1, (N_SAMPLES, net.widths[0]))
    Y = random.uniform(0.1, 0.9, (N_SAMPLES, net.widths[-1]))
    if net.loss.is_distribution:
        Y /= Y.sum(axis=1, keepdims=True)
    elif net.loss.targets == (0, 1):
        Y[0] = np.round(Y[0])
    elif net.loss.targets[0] == 0:
        Y = np.round(3 * Y)
    weight = random.uniform(0.2, 2, N_SAMPLES)
    weight[1] = 0
    mask = {l: random.choice([0.0, 1.25], (N_SAMPLES, net.widths[l])) for l in range(net.depth)}
    return params, X, Y, weight, mask


def assert_right(net, smooth):
    """The gradient agrees with differences, with weights and dropout; in networks of two layers also without."""
    params, X, Y, weight, mask = problem(net)
    both = {"sample_weight": weight, "mask": mask}
    for options in ({}, {"sample_weight": weight}, {"mask": mask}, both) if net.depth == 2 else (both,):
        found = check_gradient(net, params, X, Y, **options, tolerance=1e-6)
        assert found.passed, f"{net}\n{found}"
        assert found.at_kink.sum() == 0 or not smooth


SMOOTH = set(NAMES) - set(KINKS)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("depth", HIDDEN_WIDTHS)
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_every_output_activation_with_every_loss_that_fits(output, loss, depth, n_outputs):
    if (output, loss, n_outputs) == ("softmax", "binary_cross_entropy", 1):
        n_outputs = 2  # softmax of a single output is the constant 1, where this loss is infinite
    net = Network.mlp([2, *HIDDEN_WIDTHS[depth], n_outputs], hidden="tanh", output=output, loss=loss)
    assert_right(net, smooth=output in SMOOTH and loss not in ("absolute_error", "huber", "quantile"))


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", NAMES)
def test_every_hidden_activation_with_every_loss(hidden, loss, depth):
    net = Network.mlp([2, *HIDDEN_WIDTHS[depth], 2], hidden=hidden, loss=loss)
    assert_right(net, smooth=hidden in SMOOTH and loss not in ("absolute_error", "huber", "quantile"))


def test_what_it_says_when_all_is_well():
    net = Network.mlp([2, 2, 1], hidden="tanh")
    params, X, Y, *_ = problem(net)
    found = check_gradient(net, params, X, Y)
    assert found.passed
    assert found.relative_error.max() < 1e-8
    assert found.names == (
        "W1[0, 0]", "W1[0, 1]", "W1[1, 0]", "W1[1, 1]", "b1[0]", "b1[1]", "W2[0, 0]", "W2[1, 0]", "b2[0]",
    )  # fmt: skip
    assert str(found).startswith("gradient check passed: 9 parameters, tolerance 1e-06\n  worst: ")
    assert len(str(found).splitlines()) == 2


class WrongTanh(Activation):
    """Its slope forgets the square."""

    def value(z):
        return tanh(z)

    def slope(z, a):
        return 1 - a


class WrongSquare(Loss):
    """Its slope has the wrong sign beyond 0.5 only."""

    def value(a, y):
        return (y - a) ** 2

    def slope(a, y):
        return where(absolute(a - y) > 0.5, 2 * (y - a), 2 * (a - y))


def test_a_wrong_slope_is_found_and_the_worst_parameter_named():
    net = Network.mlp([2, 3, 1], hidden=["tanh"], output=WrongTanh)
    params, X, Y, *_ = problem(net)
    found = check_gradient(net, params, X, Y)
    assert not found.passed
    assert not found.at_kink.any()
    w = found.worst
    assert found.relative_error[w] == found.relative_error.max() > 0.01
    assert str(found).startswith("gradient check FAILED: 13 parameters")
    assert f"worst: {found.names[w]}  back-propagated {found.backpropagated[w]:.12g}  central" in str(found)


def test_a_wrong_slope_of_one_hidden_layer_shows_in_the_layers_before_it_only():
    net = Network.mlp([2, 3, 3, 1], hidden=["tanh", WrongTanh])
    params, X, Y, *_ = problem(net)
    found = check_gradient(net, params, X, Y)
    wrong = {name.split("[")[0] for name, error in zip(found.names, found.relative_error, strict=True) if error > 1e-6}
    assert wrong == {"W1", "b1", "W2", "b2"}
    assert found.names[found.worst][:2] in wrong


def test_a_wrong_slope_of_a_loss_is_found():
    net = Network.mlp([1, 1], loss=WrongSquare)
    params, X = net.parameters([[0.0]], [0.0]), np.array([[1.0], [2.0]])
    assert check_gradient(net, params, X, np.array([[0.1], [0.2]])).passed
    assert not check_gradient(net, params, X, np.array([[0.1], [0.9]])).passed


def test_a_planted_error_of_one_in_a_million_is_told_from_rounding():
    def nearly(z, a):
        return (1 - a**2) * (1 + 1e-5)

    almost = type("Almost", (Activation,), {"value": lambda z: tanh(z), "slope": nearly})
    net = Network.mlp([2, 1], output=almost)
    params, X, Y, *_ = problem(net)
    assert not check_gradient(net, params, X, Y).passed
    assert check_gradient(net, params, X, Y, tolerance=1e-4).passed


@pytest.mark.parametrize(
    ("output", "loss", "b", "y"),
    [
        ("relu", "half_squared_error", 0.0, 1.0),
        ("leaky_relu", "squared_error", 0.0, 1.0),
        ("identity", "absolute_error", 0.5, 0.500003),
        ("identity", "quantile", 0.5, 0.5),
    ],
)
def test_a_kink_that_the_step_straddles_is_reported_and_not_failed(output, loss, b, y):
    options = {"loss": loss} if loss != "quantile" else {"loss": LOSSES["quantile"](0.9)}
    net = Network.mlp([1, 1], output=output, **options)
    found = check_gradient(net, net.parameters([0.0], [b]), np.array([[1.0]]), np.array([[y]]))
    assert found.at_kink.all()
    assert found.passed
    assert "2 straddle a kink and are not judged: W1[0, 0], b1[0]" in str(found)


def test_a_kink_of_ones_own_is_found_in_the_value_whatever_the_slope_says():
    class Cut(Activation):
        def value(z):
            return where(z > 1, 1, z)

        def slope(z, a):
            return where(z > 1, 0, 1)

    class Highest(Activation):
        def value(z):
            return z - row_max(z)

    net = Network.mlp([1, 1], output=Cut)
    found = check_gradient(net, net.parameters([1.0], [0.0]), np.array([[1.0]]), np.array([[3.0]]))
    assert found.at_kink.all()
    net = Network.mlp([1, 2], output=Highest)
    found = check_gradient(net, net.parameters([[1.0, 1.0]], [[0, 0]]), np.array([[1.0]]), np.array([[0.5, 1.0]]))
    assert found.passed
    assert found.at_kink.any()


def test_a_kink_elsewhere_does_not_excuse_a_wrong_slope():
    def wrong(z, a):
        return where(z > 0, 2, 0)

    bad = type("Bad", (Activation,), {"value": lambda z: where(z > 0, z, 0), "slope": wrong})
    net = Network.mlp([1, 1], output=bad)
    found = check_gradient(net, net.parameters([1.0], [0.5]), np.array([[1.0]]), np.array([[0.0]]))
    assert not found.passed
    assert not found.at_kink.any()


def test_a_derivative_from_the_tree_is_checked_like_any_other():
    class Gaussian(Activation):
        def value(z):
            return exp(-(z**2)) + where(equal(z, 5), 1, 0)

    assert_right(Network.mlp([2, 3, 2], hidden=Gaussian), smooth=True)


def test_a_formula_that_jumps_has_nothing_to_check():
    from clearprop.errors import FormulaError

    stairs = type("Stairs", (Activation,), {"value": lambda z: floor(z) + z})
    net = Network.mlp([1, 1], output=stairs)
    with pytest.raises(FormulaError, match="is not continuous: it has no derivative to check"):
        check_gradient(net, net.parameters([1.0], [0.0]), np.array([[1.0]]), np.array([[0.0]]))


def test_it_counts_in_double_precision_whatever_comes_and_changes_nothing():
    net = Network.mlp([2, 3, 1], hidden="tanh")
    params, X, Y, weight, _ = problem(net)
    single = net.views(params.theta.astype(np.float32))
    before = single.theta.copy()
    found = check_gradient(net, single, X.astype(np.float32).tolist(), Y.astype(np.float32), weight.astype(np.float32))
    assert found.passed
    assert found.backpropagated.dtype == np.float64
    np.testing.assert_array_equal(single.theta, before)


def test_a_loss_that_is_not_finite_fails():
    net = Network.mlp([1, 1], output="exp")
    params = net.parameters([1000.0], [0.0])
    with np.errstate(all="ignore"):
        found = check_gradient(net, params, np.array([[1.0]]), np.array([[0.0]]))
        assert not found.passed
        assert np.isnan(found.relative_error[found.worst])


def made(relative_error, at_kink):
    n = len(relative_error)
    names = tuple(f"b1[{k}]" for k in range(n))
    return GradientCheck(np.ones(n), np.ones(n), np.array(relative_error), np.array(at_kink), names, 1e-7, n)


def test_the_worst_is_none_at_a_kink_where_there_is_any_other():
    assert made([0.25, 0.5, 9.0], [False, False, True]).worst == 1
    assert made([3.0, 9.0], [True, True]).worst in (0, 1)


@pytest.mark.parametrize("n", [8, 9])
def test_eight_names_of_kinks_are_shown(n):
    said = str(made([1e-9] * 10, [k < n for k in range(10)]))
    assert f"{n} straddle a kink" in said
    assert said.endswith("b1[7] …" if n > 8 else "b1[7]")
