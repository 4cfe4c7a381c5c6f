"""Fits that are looked into: callbacks, and one epoch at a time."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from threadpoolctl import threadpool_info

from clearprop import Epoch, MLPClassifier, MLPRegressor

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
SOLVER = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 12, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# Callbacks


@BOTH
@SOLVER
def test_a_callback_sees_every_epoch_with_an_estimator_that_predicts(kind, solver, parts):
    X, y, judged = parts
    model = kind(**SMALL, solver=solver)
    seen = []

    def look(epoch):
        assert isinstance(epoch, Epoch)
        assert model.history_[-1] is epoch
        seen.append(model.score(judged["X_val"], judged["y_val"]))

    model.set_params(callbacks=look).fit(X, y, **judged)
    assert seen == pytest.approx(model.validation_scores_)


@BOTH
def test_a_callback_that_returns_true_ends_training(kind, iris):
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it was asked for: nothing to warn of
        model = kind(**SMALL, callbacks=[lambda epoch: epoch.n == 4, lambda epoch: seen.append(epoch.n)]).fit(*iris)
    assert model.stopping_reason_ == "stopped after epoch 4: a callback asked for it"
    assert seen == [1, 2, 3, 4]


# One epoch at a time


@BOTH
@SOLVER
@pytest.mark.parametrize("early_stopping", [False, True])
def test_epochs_one_by_one_make_the_same_fit(kind, solver, early_stopping, parts):
    X, y, judged = parts
    whole = kind(**SMALL, solver=solver, early_stopping=early_stopping).fit(X, y, **judged)
    single = clone(whole)
    found = []
    for epoch in single.fit_epochs(X, y, **judged):
        found.append(epoch.n)
        assert (single.n_iter_, single.loss_, single.history_[-1]) == (epoch.n, epoch.loss, epoch)
        single.predict(X)
    np.testing.assert_array_equal(weights(single), weights(whole))
    assert found == list(range(1, whole.n_iter_ + 1))
    for name in ("stopping_reason_", "loss_", "t_", "n_iter_", "best_validation_score_", "validation_scores_"):
        assert getattr(single, name) == getattr(whole, name)


@BOTH
@SOLVER
def test_a_reader_that_leaves_leaves_a_fitted_estimator(kind, solver, iris):
    model = kind(**SMALL, solver=solver)
    for epoch in model.fit_epochs(*iris):
        if epoch.n == 3:
            break
    assert model.n_iter_ == 3
    model.predict(iris[0])
    three = kind(**SMALL | {"max_iter": 3}, solver=solver).fit(*iris)
    np.testing.assert_allclose(weights(model), weights(three), rtol=1e-12)


@BOTH
def test_a_reader_that_leaves_gets_the_best_weights(kind, parts):
    X, y, judged = parts
    model = kind(**SMALL | {"learning_rate_init": 0.3}, early_stopping=True)
    reader = model.fit_epochs(X, y, **judged)
    for _ in range(8):
        next(reader)
    reader.close()
    assert model.stopping_reason_.startswith(
        "stopped after epoch 8: its reader asked for no more; the weights of epoch"
    )
    assert model.score(judged["X_val"], judged["y_val"]) == pytest.approx(max(model.validation_scores_))


@BOTH
def test_data_are_looked_at_before_the_first_epoch(kind, iris):
    model = kind(**SMALL)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit_epochs(iris[0], iris[1][:3])
    with pytest.raises(NotFittedError):
        model.predict(iris[0])
    reader = model.fit_epochs(*iris)
    model.predict(iris[0])  # with the initial weights
    assert next(reader).n == 1


@BOTH
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_reader_that_lingers_is_not_in_the_way_of_another_fit(kind, warm_start, early_stopping, iris):
    model = kind(**SMALL, warm_start=warm_start, early_stopping=early_stopping)
    reader = model.fit_epochs(*iris)
    next(reader)
    model.fit(*iris)
    expected, reason, n_epochs = weights(model), model.stopping_reason_, len(model.history_)
    assert list(reader) == []
    np.testing.assert_array_equal(weights(model), expected)
    assert (model.stopping_reason_, model.n_iter_, len(model.history_)) == (reason, 12, n_epochs)


@BOTH
def test_the_reference_engine_keeps_to_its_threads(kind, iris):
    seen = []

    def look(estimator, X, y):
        seen.append({found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"})
        return 1.0

    model = kind(**SMALL, n_threads=1, engine="reference", scoring=look).fit(*iris, X_val=iris[0], y_val=iris[1])
    assert seen == [{1}] * 12
    np.testing.assert_allclose(
        model.predict(iris[0]), clone(model).set_params(n_threads=None, scoring=None).fit(*iris).predict(iris[0])
    )


@BOTH
def test_epochs_go_on_with_warm_start(kind, iris):
    model = kind(**SMALL, warm_start=True).fit(*iris)
    assert [epoch.n for epoch in model.fit_epochs(*iris)] == list(range(13, 25))
    assert len(model.loss_curve_) == 24


@BOTH
def test_epochs_warn_as_a_fit_does(kind, iris):
    with pytest.warns(ConvergenceWarning, match=r"Increase max_iter \(12\)"):
        list(kind(**SMALL).fit_epochs(*iris))
