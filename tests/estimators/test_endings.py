"""What fitted estimators show, how fits end, and what a fit that fails leaves."""

import copy
import importlib
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from clearprop import MLPClassifier, MLPRegressor, check_gradient
from clearprop.engines import ReferenceEngine
from clearprop.errors import DivergenceError, EngineRefusal, ShapeError, UnknownNameError

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CHOICE = importlib.import_module("clearprop.engines.choose")  # the module; the package's `choose` is the function
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 20, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# What they show and how they end


@BOTH
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_copies_go_on_alike_and_apart(kind, duplicate, iris):
    model = kind(**SMALL).fit(*iris)
    twin = duplicate(model)
    np.testing.assert_array_equal(weights(twin.partial_fit(*iris)), weights(clone(model).fit(*iris).partial_fit(*iris)))
    assert not np.array_equal(weights(twin), weights(model))
    twin.coefs_[0][:] = 0
    assert not twin.parameters_.W[1].any()
    assert model.parameters_.W[1].any()


@BOTH
def test_weights_are_windows_that_can_be_written(kind, iris):
    X, y = iris
    model = kind(**SMALL).fit(X, y)
    assert [array.shape for array in model.coefs_] == [(4, 6), (6, model.n_outputs_)]
    assert [array.shape for array in model.intercepts_] == [(6,), (model.n_outputs_,)]
    assert all(np.shares_memory(array, model.parameters_.theta) for array in [*model.coefs_, *model.intercepts_])
    before = model.predict(X)
    model.coefs_[1] = np.zeros((6, model.n_outputs_))
    assert len(np.unique(model.predict(X))) == 1
    other = clone(model).fit(X, y)
    model.coefs_, model.intercepts_ = other.coefs_, other.intercepts_
    np.testing.assert_array_equal(model.predict(X), before)
    with pytest.raises(ShapeError, match=r"must have shape \(6,\), not \(7,\)"):
        model.intercepts_[0] = np.zeros(7)
    with pytest.raises(ShapeError, match="2 arrays must be given, one for each layer, not 1"):
        model.coefs_ = [np.zeros((4, 6))]


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_history_has_it_all(kind, solver, iris):
    model = kind(**SMALL, solver=solver).fit(*iris)
    assert [epoch.n for epoch in model.history_] == list(range(1, model.n_iter_ + 1))
    assert [epoch.loss for epoch in model.history_] == model.loss_curve_
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert all(len(epoch.gradient_norms) == 2 for epoch in model.history_)
    assert model.stopping_reason_.startswith("stopped")


def test_the_network_is_open_to_the_functions_of_the_core(iris):
    X, y = iris
    model = MLPClassifier(**{**SMALL, "activation": "tanh"}).fit(X, y)
    assert check_gradient(model.network_, model.parameters_, X, np.eye(3)[y]).passed


def test_the_engine_and_why(iris):
    model = MLPClassifier(**SMALL, engine="reference").fit(*iris)
    assert (model.engine_, model.engine_reason_) == ("reference", "it was asked for by name")
    with pytest.raises(UnknownNameError, match="did you mean 'reference'"):
        MLPClassifier(engine="refrence").fit(*iris)
    assert issubclass(EngineRefusal, ValueError)


@BOTH
def test_random_state(kind, iris):
    first, second = (kind(**{**SMALL, "random_state": 5}).fit(*iris) for _ in range(2))
    np.testing.assert_array_equal(weights(first), weights(second))
    stream = np.random.RandomState(5)
    third, fourth = (kind(**{**SMALL, "random_state": stream}).fit(*iris) for _ in range(2))
    np.testing.assert_array_equal(weights(third), weights(first))
    assert not np.array_equal(weights(fourth), weights(third))
    assert not np.array_equal(weights(kind(**{**SMALL, "random_state": None}).fit(*iris)), weights(first))


@BOTH
def test_shuffling_matters(kind, iris):
    shuffled, straight = (kind(**SMALL, batch_size=10, shuffle=shuffle).fit(*iris) for shuffle in (True, False))
    assert not np.array_equal(weights(shuffled), weights(straight))


@BOTH
def test_patience(kind, iris):
    for patience in (2, 5):
        model = kind(**{**SMALL, "max_iter": 100}, tol=1e9, n_iter_no_change=patience).fit(*iris)
        assert model.n_iter_ == patience + 2  # the first is always better than nothing
    assert kind(**SMALL, tol=1e9, n_iter_no_change=np.inf).fit(*iris).n_iter_ == 20


@BOTH
def test_verbose_prints_a_line_an_epoch(kind, iris, capsys):
    kind(**SMALL, verbose=True, engine="reference").fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    assert lines[-1].startswith("Iteration 20, loss = 0.")
    kind(**SMALL).fit(*iris)
    assert capsys.readouterr().out == ""


class Interrupted(ReferenceEngine):
    """Is interrupted after some updates, as if by Ctrl-C."""

    def steps(self, job, state, data, order, rates):
        if state.epoch == 4:
            raise KeyboardInterrupt
        super().steps(job, state, data, order, rates)


@BOTH
def test_ctrl_c_keeps_the_weights(kind, iris, monkeypatch):
    model = kind(**SMALL, engine="reference")
    with monkeypatch.context() as patch:
        patch.setattr(CHOICE, "ReferenceEngine", Interrupted)
        with pytest.warns(UserWarning, match=r"Training interrupted by user\."):
            model.fit(*iris)
    assert (model.n_iter_, len(model.loss_curve_)) == (4, 4)
    four = clone(model).set_params(max_iter=4).fit(*iris)
    np.testing.assert_array_equal(weights(model), weights(four))


@BOTH
def test_divergence_is_an_error_that_says_where(kind):
    X = 1e200 * np.random.default_rng(0).uniform(size=(10, 2))
    with pytest.raises(DivergenceError, match=r"epoch 1, step 1: .* scale the columns"):
        kind(activation="identity").fit(X, np.arange(10) % 2)


@BOTH
def test_convergence_is_told_apart_from_being_cut_off(kind, iris):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        kind(**{**SMALL, "max_iter": 100}, tol=1e9).fit(*iris)
        kind(solver="lbfgs", alpha=1, max_iter=1000, random_state=0).fit(*iris)
        kind(**SMALL).partial_fit(*iris, **({"classes": [0, 1, 2]} if kind is MLPClassifier else {}))
        with pytest.raises(ConvergenceWarning, match=r"Increase max_iter \(20\)"):
            kind(**SMALL).fit(*iris)
        with pytest.raises(ConvergenceWarning, match=r"Increase max_fun \(4\)"):
            kind(solver="lbfgs", max_fun=4).fit(*iris)


# Fits that fail


@pytest.fixture(scope="module")
def two_classes():
    X = np.random.default_rng(0).standard_normal((60, 3))
    return X, (X[:, 0] > 0).astype(int)


@BOTH
@pytest.mark.parametrize("wrong", [{"engine": "steam"}, {"learning_rate_init": 1e300}])
def test_a_first_fit_that_fails_leaves_an_estimator_that_is_not_fitted(kind, wrong, two_classes):
    X, y = two_classes
    model = kind(**SMALL | wrong)
    with pytest.raises((UnknownNameError, DivergenceError)):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(**SMALL | {"engine": "auto"}).fit(X, y)  # and one that can be fitted
    assert model.n_iter_ == 20


@BOTH
def test_a_fit_that_fails_leaves_the_one_before_as_it_was(kind, two_classes):
    X, y = two_classes
    model = kind(**SMALL).fit(X, y)
    expected, history = model.predict(X), model.history_
    for rows, wrong in ((X, {"learning_rate_init": 1e300}), (X[:, :1], {"engine": "steam"})):
        with pytest.raises((UnknownNameError, DivergenceError)):
            model.set_params(**wrong).fit(rows, y)
        np.testing.assert_array_equal(model.predict(X), expected)
        assert model.history_ == history
        assert model.n_features_in_ == X.shape[1]
        model.set_params(**SMALL, engine="auto")


def test_targets_far_from_unit_size_are_named_as_a_cause(two_classes):
    X, _ = two_classes
    with pytest.raises(DivergenceError, match="targets"):
        MLPRegressor(**SMALL).fit(X, X[:, 0] * 1e300)
