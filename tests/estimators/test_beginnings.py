"""Fits from initial weights of one's own, and how they end: time limits, divergence, the history."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import DivergenceError, InputError, ShapeError

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
SOLVER = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 12, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# Initial weights


@BOTH
def test_initialized_is_where_a_fit_starts(kind, iris):
    model = kind(**SMALL).initialize(*iris)
    assert (model.n_iter_, model.t_, model.history_, model.best_loss_) == (0, 0, (), None)
    assert model.stopping_reason_ == "not trained yet: these are the initial weights"
    still = kind(**SMALL | {"learning_rate_init": 1e-300, "solver": "sgd", "max_iter": 1, "alpha": 0.0}).fit(*iris)
    np.testing.assert_array_equal(weights(still), weights(model))
    assert model.loss_ == pytest.approx(still.loss_, rel=1e-3)
    model.predict(iris[0])
    warm = clone(model).set_params(warm_start=True).initialize(*iris).fit(*iris)
    np.testing.assert_array_equal(weights(warm), weights(kind(**SMALL).fit(*iris)))
    part = clone(model).initialize(*iris).partial_fit(*iris)
    np.testing.assert_array_equal(weights(part), weights(clone(model).set_params(max_iter=1).fit(*iris)))


@BOTH
@SOLVER
def test_training_starts_from_ones_own_weights(kind, solver, iris):
    other = kind(**SMALL | {"random_state": 7}).initialize(*iris)
    coefs, intercepts = [W.tolist() for W in other.coefs_], other.intercepts_
    options = {"shuffle": False, "solver": solver, "batch_size": 150}
    found = kind(**SMALL | options).fit(*iris, coefs_init=coefs, intercepts_init=intercepts)
    np.testing.assert_array_equal(weights(found), weights(kind(**SMALL | options | {"random_state": 7}).fit(*iris)))
    half = kind(**SMALL).initialize(*iris, intercepts_init=intercepts)
    np.testing.assert_array_equal(half.intercepts_[0], intercepts[0])
    np.testing.assert_array_equal(half.coefs_[0], kind(**SMALL).initialize(*iris).coefs_[0])


@BOTH
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"coefs_init": [np.ones((6, 4))]}, "weights must hold one array per layer: 2, not 1"),
        (
            {"coefs_init": [np.ones((6, 4)), np.ones((6, 1))]},
            r"W1 must have shape \(4, 6\), .* its transpose would fit",
        ),
        ({"intercepts_init": [np.ones(6), [np.nan]]}, r"b2"),
        ({"intercepts_init": 3}, "biases must hold one array per layer"),
    ],
    ids=["few", "transposed", "nan", "number"],
)
def test_weights_that_do_not_fit_are_refused(kind, wrong, says, iris):
    with pytest.raises(InputError, match=f"^coefs_init and intercepts_init: .*{says}"):
        kind(**SMALL).fit(*iris, **wrong)
    assert issubclass(ShapeError, ValueError)


# How a fit ends


@BOTH
@SOLVER
def test_the_time_limit(kind, solver, iris):
    model = kind(**SMALL | {"max_iter": 10**6, "tol": 0.0, "n_iter_no_change": np.inf}, solver=solver, max_seconds=0.15)
    if solver == "lbfgs":
        model.set_params(max_seconds=1e-6)
    with pytest.warns(ConvergenceWarning, match=r"time limit of .* Increase max_seconds"):
        model.fit(*iris)
    assert "the time limit of" in model.stopping_reason_


OUT_OF_HAND = {"activation": "identity", "solver": "sgd", "learning_rate_init": 1.0, "max_iter": 20, "random_state": 0}


def test_best_weights_survive_divergence():
    random = np.random.default_rng(0)
    X = 4 + random.standard_normal((150, 4))
    y = X @ [1.0, 2.0, 0.5, -1.0]
    model = MLPRegressor(**OUT_OF_HAND, early_stopping=True)
    with pytest.warns(
        ConvergenceWarning, match=r"training diverged in epoch \d+, .*; the weights of epoch 1, the best"
    ):
        model.fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert np.isnan(model.validation_scores_[-1])
    assert np.isnan(model.loss_curve_[-1])
    assert not model.history_[-1].complete
    assert model.best_validation_score_ == model.validation_scores_[0]
    with pytest.raises(DivergenceError):
        MLPRegressor(**OUT_OF_HAND).fit(X, y)


def test_divergence_of_single_epochs_leaves_the_last_good_weights():
    X = 4 + np.random.default_rng(0).standard_normal((150, 4))
    model = MLPRegressor(**OUT_OF_HAND)
    with pytest.raises(DivergenceError):
        list(model.fit_epochs(X, X[:, 0]))
    assert "training diverged" in model.stopping_reason_
    assert np.isfinite(weights(model)).all()


@BOTH
@SOLVER
def test_the_history_has_all_that_was_asked_for(kind, solver, parts):
    X, y, judged = parts
    model = kind(**SMALL, solver=solver).fit(X, y, **judged)
    for epoch in model.history_:
        assert epoch.scores.keys() == {"validation_loss", "validation_score"}
        assert len(epoch.gradient_norms) == 2
        assert min(epoch.gradient_norms) > 0
        assert np.isnan(epoch.learning_rate) if solver == "lbfgs" else epoch.learning_rate == 0.01
    assert all(before.seconds <= after.seconds for before, after in pairwise(model.history_))
