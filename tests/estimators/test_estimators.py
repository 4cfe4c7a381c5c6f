"""What the estimators do: several outputs, losses and formulas, fits that go on."""

import importlib

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import PoissonRegressor

from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import Activation, Cosine, Huber, exp

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CHOICE = importlib.import_module("clearprop.engines.choose")  # the module; the package's `choose` is the function
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 20, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# Several outputs


def test_several_labels(labels):
    X, Y = labels
    model = MLPClassifier(solver="lbfgs", hidden_layer_sizes=20, alpha=0.01, max_iter=300, random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.97
    assert (model.out_activation_, model.n_outputs_, list(model.classes_)) == ("logistic", 3, [0, 1, 2])
    probabilities = model.predict_proba(X)
    assert probabilities.shape == Y.shape
    assert not np.allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X), probabilities > 0.5)
    sparse = clone(model).fit(X, scipy.sparse.csr_array(Y))
    np.testing.assert_array_equal(sparse.predict(X).toarray(), model.predict(X))


def test_several_labels_in_parts(labels):
    X, Y = labels
    model = MLPClassifier(hidden_layer_sizes=20, learning_rate_init=0.02, random_state=0)
    for _ in range(100):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.score(X, Y) > 0.9
    with pytest.raises(InputError, match="several labels per row, but now has one class"):
        model.partial_fit(X, Y[:, 0])


def test_several_numbers(line):
    X, y = line
    Y = np.c_[y, X[:, 0], y - X[:, 1]]
    model = MLPRegressor(solver="lbfgs", hidden_layer_sizes=(), alpha=0, max_iter=1000, tol=1e-8).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.9
    # half the squared error, summed over the outputs, averaged over the rows
    assert model.loss_ == pytest.approx(((Y - model.predict(X)) ** 2).sum() / 2 / len(X), rel=1e-6)


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"], [-3, 7], [2.0, 4.0, 9.0]])
def test_classes_of_any_type(classes):
    X = np.repeat(np.arange(len(classes)), 20)[:, None] * 2.0
    y = np.array(classes)[(X[:, 0] / 2).astype(int)]
    model = MLPClassifier(solver="lbfgs", random_state=0, hidden_layer_sizes=10).fit(X, y)
    assert model.classes_.tolist() == classes
    np.testing.assert_array_equal(model.predict(X), y)
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probabilities)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], y)


def test_a_single_class():
    model = MLPClassifier(**SMALL).fit([[0.0], [1.0]], ["only", "only"])
    assert model.predict([[5.0]]).tolist() == ["only"]


# Losses and formulas


def test_poisson_finds_what_the_linear_model_finds():
    X = np.linspace(0, 1, 100)[:, None]
    y = np.random.default_rng(0).poisson(np.exp(X[:, 0] + 1))
    linear = PoissonRegressor(alpha=0, tol=1e-8).fit(X, y)
    model = MLPRegressor(loss="poisson", hidden_layer_sizes=(), alpha=0, solver="lbfgs", tol=1e-8).fit(X, y)
    assert model.out_activation_ == "exp"
    np.testing.assert_allclose(model.predict(X), linear.predict(X), rtol=1e-4)
    with pytest.raises(InputError, match="at row 0"):
        model.fit(X, -1.0 - y)


def test_losses_that_scikit_learn_lacks():
    random = np.random.default_rng(0)
    X = np.zeros((1001, 1))
    y = random.exponential(size=1001)
    common = {
        "hidden_layer_sizes": (),
        "learning_rate_init": 0.05,
        "max_iter": 300,
        "alpha": 0,
        "learning_rate": "cosine",
    }
    common |= {"n_iter_no_change": np.inf, "batch_size": 1001, "random_state": 0}
    median = MLPRegressor("absolute_error", **common).fit(X, y).predict(X[:1])[0]
    assert median == pytest.approx(np.median(y), abs=0.03)
    assert MLPRegressor(Huber(delta=1e6), **common).fit(X, y).predict(X[:1])[0] == pytest.approx(y.mean(), abs=0.03)
    with pytest.raises(UnknownNameError, match="did you mean 'huber'"):
        MLPRegressor("hubber").fit(X, y)
    with pytest.raises(InputError, match="for classes"):
        MLPRegressor(loss=MLPClassifier().fit(X[:4], [0, 1, 0, 1]).network_.loss).fit(X, y)


class Bump(Activation):
    def value(z):
        return exp(-(z**2))


@BOTH
def test_an_activation_of_ones_own_and_one_per_layer(kind, iris):
    X, y = iris
    model = kind(hidden_layer_sizes=(8, 5), activation=["mish", Bump()], max_iter=150, learning_rate_init=0.02)
    assert model.set_params(random_state=1).fit(X, y).score(X, y) > 0.8
    assert [layer.activation.name for layer in model.network_.layers[:2]] == ["mish", "bump"]
    with pytest.raises(InputError, match="2 hidden layers but 1"):
        kind(hidden_layer_sizes=(8, 5), activation=["mish"]).fit(X, y)


@BOTH
def test_a_schedule_of_ours_goes_with_adam_too(kind, iris):
    rates = [epoch.learning_rate for epoch in kind(**SMALL, learning_rate=Cosine()).fit(*iris).history_]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.1 * rates[0]
    assert {e.learning_rate for e in kind(**SMALL, learning_rate="invscaling").fit(*iris).history_} == {0.01}


@BOTH
def test_adaptive_ends_when_the_rate_is_least(kind):
    model = kind(solver="sgd", learning_rate="adaptive", tol=0.5, max_iter=3000, random_state=0, n_iter_no_change=2)
    model.fit([[3, 2], [1, 6]], [1, 0])
    assert model.n_iter_ < 3000
    assert model.history_[-1].learning_rate <= 1e-6
    assert "converged" in model.stopping_reason_


# Going on


@BOTH
def test_parts_are_the_same_as_a_whole(kind, iris):
    X, y = iris
    whole = kind(**{**SMALL, "solver": "sgd", "tol": 0, "n_iter_no_change": 50}).fit(X, y)
    parts = clone(whole)
    for _ in range(20):
        parts.partial_fit(X, y, **({"classes": np.unique(y)} if kind is MLPClassifier else {}))
    np.testing.assert_array_equal(weights(parts), weights(whole))
    assert (parts.n_iter_, parts.t_, parts.loss_curve_) == (1, whole.t_, whole.loss_curve_)


@BOTH
def test_a_plateau_is_noticed_over_parts(kind):
    model = kind(solver="sgd", learning_rate="adaptive", tol=1e9, n_iter_no_change=2, random_state=0)
    for _ in range(6):
        model.partial_fit([[3, 2], [1, 6]], [1, 0], **({"classes": [0, 1]} if kind is MLPClassifier else {}))
    assert [epoch.learning_rate for epoch in model.history_] == pytest.approx([1e-3] * 4 + [2e-4] * 2)


@BOTH
def test_a_warm_start_goes_on_with_the_memory_of_the_optimizer(kind, iris):
    whole = kind(**{**SMALL, "max_iter": 30, "n_iter_no_change": 40}).fit(*iris)
    warm = clone(whole).set_params(warm_start=True, max_iter=10)
    for fits in range(1, 4):
        warm.fit(*iris)
        assert (warm.n_iter_, len(warm.loss_curve_), warm.t_) == (10, 10 * fits, 1500 * fits)
    np.testing.assert_array_equal(weights(warm), weights(whole))


@BOTH
def test_a_fit_without_warm_start_begins_anew(kind, iris):
    model = kind(**SMALL).fit(*iris)
    first = weights(model)
    np.testing.assert_array_equal(weights(model.fit(*iris)), first)
    assert len(model.loss_curve_) == 20


@BOTH
def test_another_solver_may_go_on(kind, iris):
    model = kind(**SMALL, warm_start=True).fit(*iris)
    score = model.score(*iris)
    model.set_params(solver="lbfgs", max_iter=50).fit(*iris)
    assert model.score(*iris) > score
    assert model.set_params(solver="sgd", tol=0).fit(*iris).n_iter_ > 10


@BOTH
def test_another_network_may_not_go_on(kind, iris):
    model = kind(**SMALL, warm_start=True).fit(*iris)
    with pytest.raises(InputError, match=r"hidden_layer_sizes was \(6,\) and is \(7,\)"):
        model.set_params(hidden_layer_sizes=7).fit(*iris)
    with pytest.raises(InputError, match="activation has changed"):
        model.set_params(hidden_layer_sizes=6, activation="tanh").fit(*iris)


def test_another_loss_may_not_go_on(line):
    model = MLPRegressor(**SMALL, warm_start=True).fit(*line)
    with pytest.raises(InputError, match="same loss"):
        model.set_params(loss="huber").fit(*line)


def test_classes_that_come_later():
    model = MLPClassifier(random_state=0, learning_rate_init=0.05)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    for _ in range(200):
        model.partial_fit([[1], [2], [3], [4]], ["a", "b", "c", "d"])
    assert model.predict([[4], [1]]).tolist() == ["d", "a"]
