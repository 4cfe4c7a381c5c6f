"""Networks of ours as models of Keras: the same numbers to the bit, also through a file and back."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch", reason="torch, on which Keras runs here, is not installed (make test-frameworks)")
keras = pytest.importorskip("keras", reason="keras is not installed (make test-frameworks)")

from clearprop import MLPRegressor, Network, forward, from_keras  # noqa: E402
from clearprop.errors import InputError  # noqa: E402
from clearprop.files.export.keras import NAMES, to_keras  # noqa: E402
from clearprop.formulas import Elu, GeluTanh, LeakyRelu, Relu6, Threshold  # noqa: E402
from clearprop.network import Dense  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Keras itself
X = np.random.default_rng(0).normal(size=(40, 4))


BOUND = 1e-5  # Keras 3.15.1 on torch multiplies matrices of float64 in float32, as long as that is its floatx


def outputs(model):
    """What it computes, as an array."""
    return keras.ops.convert_to_numpy(model(X, training=False))


@pytest.mark.parametrize("formula", [*NAMES, LeakyRelu(0.3), Elu(0.5), Relu6(3.0), Threshold(0.5)], ids=repr)
def test_every_activation_computes_the_same(formula):
    network = Network.mlp([4, 5, 3], hidden=formula)
    params = network.initial(seed=1)
    model = to_keras(network.layers, params)
    found = outputs(model)
    np.testing.assert_allclose(found, forward(network, params, X).a[-1], rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_there_and_back_the_numbers_are_the_same_to_the_bit(dtype, tmp_path):
    pytest.importorskip("pyfive", reason="pyfive is not installed")
    layers = (Dense(4, 5, "gelu"), Dense(5, 3, "tanh", bias_rate=0.0), Dense(3, 2, LeakyRelu(0.3)))
    network = Network(layers, "squared_error")
    params = network.initial(seed=3, dtype=dtype)
    model = to_keras(network.layers, params)
    model.save(tmp_path / "m.keras")
    for given in (model, tmp_path / "m.keras"):
        ours = from_keras(given, loss="squared_error")
        assert ours.network == network
        assert ours.parameters.theta.tobytes() == params.theta.tobytes()


@pytest.mark.filterwarnings("ignore:.*hasn.t converged")
def test_an_estimator_and_what_keras_has_no_name_for():
    model = MLPRegressor(hidden_layer_sizes=(6,), max_iter=5, random_state=0).fit(X, X[:, 0])
    found = outputs(model.to_keras())[:, 0]
    np.testing.assert_allclose(found, model.predict(X), rtol=BOUND, atol=BOUND)
    with pytest.raises(InputError, match=r"layer 1 has the activation GeluTanh\(\), which Keras has no name"):
        to_keras(Network.mlp([2, 3, 1], hidden=GeluTanh).layers, Network.mlp([2, 3, 1], hidden=GeluTanh).initial())
