"""Fine-tuning an estimator: layers that stay as they are, layers that learn slowly, and an update rule of one's own."""

import numpy as np
import pytest
from sklearn.base import clone

from clearprop import MLPClassifier, MLPRegressor, Network, adamw
from clearprop.errors import InputError
from clearprop.network import Dense
from clearprop.network.rates import at_rates

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(40, 3))
Y = np.digitize(X[:, 0], [-0.5, 0.5])
SHORT = {"max_iter": 9, "tol": 1e9, "n_iter_no_change": 1, "random_state": 0}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_frozen_layers_stay_and_others_learn(engine):
    model = MLPClassifier((4, 3), engine=engine, warm_start=True, **SHORT).fit(X, Y)
    before = [array.copy() for array in (*model.coefs_, *model.intercepts_)]
    model.set_params(layer_rates=[0, 0, 1]).fit(X, Y)
    after = [*model.coefs_, *model.intercepts_]
    same = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [True, True, False, True, True, False]
    model.partial_fit(X, Y)
    assert np.array_equal(before[0], model.coefs_[0])
    model.set_params(layer_rates=None)
    assert clone(model).layer_rates is None


def test_a_rate_of_a_layer_is_a_factor():
    moved = []
    for rates in ([1, 1], [1, 0.1]):
        model = MLPRegressor(
            hidden_layer_sizes=(3,), solver="sgd", momentum=0.0, alpha=0.0, batch_size=40, shuffle=False,
            layer_rates=rates, max_iter=1, random_state=0, tol=1e9, n_iter_no_change=1,
        ).initialize(X, X[:, 0])  # fmt: skip
        before = [array.copy() for array in model.coefs_]
        model.partial_fit(X, X[:, 0])
        moved.append([after - was for after, was in zip(model.coefs_, before, strict=True)])
    assert np.allclose(moved[0][0], moved[1][0])
    assert np.allclose(0.1 * moved[0][1], moved[1][1])


def test_a_saved_estimator_keeps_its_rates(tmp_path):
    model = MLPClassifier((4,), layer_rates=[0, 1], **SHORT).fit(X, Y)
    model.save(tmp_path / "net.clearprop")
    back = MLPClassifier.load(tmp_path / "net.clearprop")
    assert list(back.layer_rates) == [0, 1]
    before = back.coefs_[0].copy()
    back.partial_fit(X, Y)
    assert np.array_equal(before, back.coefs_[0])


def test_an_update_rule_is_a_solver():
    model = MLPClassifier((4,), solver=adamw(0.05, weight_decay=0.1), **SHORT).fit(X, Y)
    assert model._run.job.update_rule == adamw(0.05, weight_decay=0.1)
    assert model.partial_fit(X, Y).n_iter_ == 1


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([1], "a rate for each of the 2 layers"),
        ("11", "a rate for each of the 2 layers"),
        ([1, -1], "a number of at least 0, not -1"),
        ([0, 0], "nothing would be learned"),
        ([True, 1], "not True"),
    ],
)
def test_rates_that_cannot_be(rates, said):
    with pytest.raises(InputError, match=f"layer_rates: .*{said}"):
        MLPClassifier((4,), layer_rates=rates).fit(X, Y)


def test_rates_do_not_go_with_lbfgs():
    with pytest.raises(InputError, match=r"layer_rates=.* does not go with solver='lbfgs': it has no learning rate"):
        MLPClassifier((4,), solver="lbfgs", layer_rates=[1, 1]).fit(X, Y)


def test_fixed_biases_stay_fixed():
    network = Network((Dense(2, 3, "relu", bias_rate=0.0), Dense(3, 1, "identity")), "huber")
    found = at_rates(network, [0.5, 2])
    assert [block.rate for block in found.blocks] == [0.5, 0.0, 2.0, 2.0]
