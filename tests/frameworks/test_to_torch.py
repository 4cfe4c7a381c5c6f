"""Networks of ours as modules of PyTorch: the same numbers to the bit, also on the way back."""

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor as SklearnRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

torch = pytest.importorskip("torch", reason="torch is not installed (make test-frameworks)")

from clearprop import MLPClassifier, MLPRegressor, Network, forward, from_sklearn, from_torch  # noqa: E402
from clearprop.files.export.torch import to_torch  # noqa: E402
from clearprop.formulas import (  # noqa: E402
    ACTIVATIONS,
    Activation,
    Celu,
    HardTanh,
    LeakyRelu,
    Relu6,
    Shrink,
    Threshold,
    absolute,
    exp,
    maximum,
    where,
)
from clearprop.network import Dense  # noqa: E402

X = np.random.default_rng(0).normal(size=(40, 4))


class Bump(Activation):
    height: float = 0.5

    def value(z, height):
        return where(absolute(z) < 2, maximum(height, exp(-(z**2))), -z)


FORMULAS = [
    *(cls() for name, cls in ACTIVATIONS.items() if name == cls.name), Bump(), LeakyRelu(0.3), Celu(0.5), Relu6(3.0),
    HardTanh(-0.5, 2.0), Shrink(0.5, 0.5), Shrink(0.5, 0.25), Threshold(0.5, -1.0),
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_computes_the_same(formula, dtype):
    network = Network.mlp([4, 5, 3], hidden=formula)
    params = network.initial(seed=1, dtype=dtype)
    module, given = to_torch(network.layers, params), X.astype(dtype)
    found = module(torch.tensor(given)).detach().numpy()
    assert found.dtype == dtype
    # torch's softplus is z itself from 20 on, and 2e-9 too small there.
    bound = 2e-6 if dtype == "float32" else 1e-8 if formula.name == "softplus" else 1e-13
    np.testing.assert_allclose(found, forward(network, params, given).a[-1], rtol=bound, atol=bound)


def test_there_and_back_the_numbers_are_the_same_to_the_bit():
    for dtype in ("float32", "float64"):
        layers = (Dense(4, 5, "gelu"), Dense(5, 3, "tanh", bias_rate=0.0), Dense(3, 2, "identity"))
        network = Network(layers, "squared_error")
        params = network.initial(seed=3, dtype=dtype)
        module = to_torch(network.layers, params)
        assert [hasattr(part, "bias") and part.bias is not None for part in module][::2] == [True, False, True]
        ours = from_torch(module, loss="squared_error")
        assert ours.network == network
        assert ours.parameters.theta.tobytes() == params.theta.tobytes()


@pytest.mark.filterwarnings("ignore:.*hasn.t converged")
def test_estimators_and_imported_networks():
    y = np.array(["a", "b", "c"])[np.arange(40) % 3]
    model = MLPClassifier((6,), activation=Bump(), max_iter=5, random_state=0).fit(X, y)
    found = model.to_torch()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(found, model.predict_proba(X), rtol=1e-10)
    number = MLPRegressor(hidden_layer_sizes=(6,), max_iter=5, random_state=0).fit(X, X[:, 0])
    np.testing.assert_allclose(number.to_torch()(torch.tensor(X)).detach().numpy()[:, 0], number.predict(X), rtol=1e-10)
    scaled = make_pipeline(StandardScaler(), SklearnRegressor(hidden_layer_sizes=(3,), max_iter=5, random_state=0)).fit(
        5 * X + 7, X[:, 0]
    )
    found = from_sklearn(scaled).to_torch()(torch.tensor(5 * X + 7)).detach().numpy()[:, 0]
    np.testing.assert_allclose(found, scaled.predict(5 * X + 7), rtol=1e-10)
    module = torch.nn.Sequential(torch.nn.Linear(4, 3))
    back = from_torch(module, loss="cross_entropy").to_torch()
    assert len(back) == 1
    assert torch.equal(back[0].weight, module[0].weight)


def test_a_formula_of_ones_own_needs_nothing_of_clearprop(tmp_path):
    network = Network.mlp([4, 3], output=Bump())
    module = to_torch(network.layers, network.initial(dtype="float32"))
    assert "clearprop" not in module[1].code
    exported = torch.export.export(module, (torch.zeros(2, 4),))
    torch.testing.assert_close(exported.module()(torch.ones(2, 4)), module(torch.ones(2, 4)))
