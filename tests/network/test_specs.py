"""Networks as frozen specs: what they say of themselves, and every way to get one wrong."""

import array_api_strict
import numpy as np
import pytest

from clearprop import Network
from clearprop.errors import InputError, NotFiniteError, ShapeError, UnknownNameError
from clearprop.formulas import GlorotNormal, HalfSquaredError, Identity, LeakyRelu, Orthogonal, Relu, Softmax, Tanh
from clearprop.network import Dense
from clearprop.network.sample_weights import check_weights


def test_a_network_knows_its_layers():
    net = Network.mlp([4, 8, 6, 3], hidden=["tanh", LeakyRelu(0.2)], loss="cross_entropy")
    assert (net.depth, net.widths, net.n_parameters) == (3, (4, 8, 6, 3), 4 * 8 + 8 + 8 * 6 + 6 + 6 * 3 + 3)
    assert [layer.activation for layer in net.layers] == [Tanh(), LeakyRelu(0.2), Softmax()]
    assert [(b.name, b.start, b.stop, b.shape) for b in net.blocks] == [
        ("W1", 0, 32, (4, 8)), ("b1", 32, 40, (8,)), ("W2", 40, 88, (8, 6)), ("b2", 88, 94, (6,)),
        ("W3", 94, 112, (6, 3)), ("b3", 112, 115, (3,)),
    ]  # fmt: skip


def test_networks_are_values():
    assert Network.mlp([2, 3, 1]) == Network.mlp([2, 3, 1]) != Network.mlp([2, 3, 1], hidden="tanh")
    assert hash(Network.mlp([2, 3, 1])) == hash(Network.mlp((2, 3, 1)))
    assert Network.mlp(np.array([2, 3, 1])) == Network.mlp([2, 3, 1])
    with pytest.raises(AttributeError):
        Network.mlp([2, 1]).loss = HalfSquaredError()


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("squared_error", "identity"), ("cross_entropy", "softmax"), ("binary_cross_entropy", "logistic"),
        ("poisson", "exp"), ("huber", "identity"),
    ],
)  # fmt: skip
def test_the_natural_output_is_taken_when_none_is_named(loss, output):
    assert Network.mlp([2, 3], loss=loss).layers[-1].activation.name == output


def test_layers_and_losses_may_be_given_by_name():
    assert Network((Dense(2, 3, "relu"), Dense(3, 1, Identity)), "half_squared_error") == Network.mlp([2, 3, 1])
    assert Network([Dense(2, 1, "identity")], HalfSquaredError).layers == (Dense(2, 1, Identity()),)


def test_blocks_carry_the_factors_of_their_layer():
    layer = Dense(2, 1, "identity", weight_rate=0.5, bias_rate=0.1, weight_decay=0.3, bias_decay=0.2)
    W, b = Network((layer,), "squared_error").blocks
    assert (W.rate, W.decay, b.rate, b.decay) == (0.5, 0.3, 0.1, 0.2)
    W, b = Network.mlp([2, 1]).blocks
    assert (W.rate, W.decay, b.rate, b.decay) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Network.mlp([3]), InputError, r"widths must name at least the inputs and the outputs, .* not \[3\]"),
        (lambda: Network.mlp(3), InputError, "widths must name at least .* not 3"),
        (lambda: Network.mlp("31"), InputError, "widths must name at least"),
        (lambda: Network.mlp([2, 0, 1]), InputError, "a whole number of outputs, at least 1, not 0"),
        (lambda: Network.mlp([2, 2.5]), InputError, "a whole number of outputs, at least 1, not 2.5"),
        (lambda: Network.mlp(["2", 1]), InputError, "a whole number of inputs, at least 1, not '2'"),
        (lambda: Network.mlp([True, 1]), InputError, "a whole number of inputs, at least 1, not True"),
        (
            lambda: Network.mlp([2, 3, 1], hidden="rellu"),
            UnknownNameError,
            "no activation 'rellu'; did you mean 'relu'",
        ),
        (
            lambda: Network.mlp([2, 3, 1], hidden=["relu", "tanh"]),
            InputError,
            "1 hidden layers but 2 hidden activations",
        ),
        (lambda: Network.mlp([2, 1], hidden=["relu"]), InputError, "0 hidden layers but 1 hidden activations"),
        (lambda: Network.mlp([2, 3, 1], hidden=7), InputError, "the activation must be a name .* not 7"),
        (lambda: Network.mlp([2, 1], loss="mse"), UnknownNameError, "no loss 'mse'"),
        (lambda: Network.mlp([2, 1], loss="tanh"), UnknownNameError, "no loss 'tanh'"),
        (lambda: Network.mlp([2, 1], output="relu", loss="poisson"), InputError, "'poisson' cannot use .* of 'relu'"),
        (lambda: Network((), "squared_error"), InputError, "at least one layer with weights"),
        (lambda: Network(("relu",), "squared_error"), InputError, "a layer must be a Dense, not 'relu'; Network.mlp"),
        (
            lambda: Network((Dense(2, 3, "relu"), Dense(4, 1, "identity")), "squared_error"),
            InputError,
            "layer 1 has 3 outputs, but layer 2 takes 4 inputs",
        ),
        (lambda: Dense(2, 1, "relu", weight_rate=-1), InputError, "weight_rate must be a number of at least 0, not -1"),
        (lambda: Dense(2, 1, "relu", bias_rate=float("nan")), InputError, "bias_rate must be a number of at least 0"),
        (lambda: Dense(2, 1, "relu", bias_decay="1"), InputError, "bias_decay must be a number of at least 0, not '1'"),
        (lambda: Dense(2, 1, None), InputError, "the activation must be a name"),
    ],
)
def test_what_is_no_network_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_initial_parameters_suit_the_activation_and_follow_the_seed():
    net = Network.mlp([400, 300, 200], hidden="relu", output="tanh")
    params = net.initial(seed=3)
    assert params.W[1].std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)  # He for relu
    assert params.W[2].std() == pytest.approx(np.sqrt(2 / 500), rel=0.02)  # Glorot for tanh
    assert not params.b[1].any()
    np.testing.assert_array_equal(params.theta, net.initial(seed=3).theta)
    np.testing.assert_array_equal(params.theta, net.initial(seed=np.random.default_rng(3)).theta)
    assert (params.theta != net.initial(seed=4).theta).any()
    assert net.initial(dtype=np.float32).theta.dtype == np.float32


def test_an_initialiser_for_all_layers():
    net = Network.mlp([100, 100, 100], hidden="relu")
    W = net.initial(0, "orthogonal").W[1]
    np.testing.assert_allclose(W @ W.T, np.eye(100), atol=1e-12)
    np.testing.assert_array_equal(net.initial(0, Orthogonal()).W[1], W)
    assert net.initial(0, GlorotNormal(gain=2)).W[2].std() == pytest.approx(2 * np.sqrt(2 / 200), rel=0.05)
    assert net.initial(0, GlorotNormal(bias_gain=1)).b[1].any()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seed": -1}, InputError, "seed must be a whole number of at least 0 or a Generator, not -1"),
        ({"seed": "one"}, InputError, "seed must be a whole number .* not 'one'"),
        ({"initialiser": "he"}, UnknownNameError, "no initialiser 'he'"),
        ({"initialiser": Relu()}, InputError, "the initialiser must be a name"),
        ({"dtype": int}, InputError, "dtype must be float64 or float32, not <class 'int'>"),
        ({"dtype": "float16"}, InputError, "dtype must be float64 or float32, not 'float16'"),
        ({"dtype": "real"}, InputError, "dtype must be float64 or float32, not 'real'"),
        (
            {"initialiser": GlorotNormal(gain=1e300), "dtype": "float32"},
            NotFiniteError,
            "drew numbers that are not finite",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_initial_parameters_that_cannot_be(options, error, message):
    with pytest.raises(error, match=message):
        Network.mlp([200, 3, 1]).initial(**options)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(3), r"X must have shape \(n_samples, 3\), .* not \(3,\); put one sample as X\[None, :\]"),
        (np.zeros((2, 4)), r"not \(2, 4\)"),
        (np.zeros((2, 3, 1)), r"not \(2, 3, 1\)"),
        ([[1, 2, 3]], "not a list"),
        (None, "not a NoneType"),
    ],
)
def test_inputs_of_another_shape(X, message):
    with pytest.raises(ShapeError, match=message):
        Network.mlp([3, 1]).check_inputs(X)


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        (np.zeros(2), r"Y must have shape \(2, 1\), .* not \(2,\); put one output as Y\[:, None\]"),
        (np.zeros((3, 1)), r"not \(3, 1\)"),
        (np.zeros((2, 2)), r"not \(2, 2\)"),
        ([[1], [0]], "not a list"),
    ],
)
def test_targets_of_another_shape(Y, message):
    with pytest.raises(ShapeError, match=message):
        Network.mlp([3, 1]).check_targets(Y, 2)


def test_no_rows_and_weights_of_another_shape():
    with pytest.raises(ShapeError, match="there are no rows to learn from"):
        Network.mlp([3, 1]).check_targets(np.zeros((0, 1)), 0)
    for weight, message in [
        (np.ones(1), r"\(1,\)"),
        (np.ones((2, 1)), r"\(2, 1\)"),
        ([1, 1], "a list"),
        (2.0, "a float"),
    ]:
        with pytest.raises(
            ShapeError, match=rf"sample_weight must be an array of shape \(2,\), one per row, not {message}"
        ):
            check_weights(weight, 2)
    check_weights(array_api_strict.asarray([1.0, 2.0]), 2)
