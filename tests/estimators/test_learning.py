"""Fits that are looked into: validation rows, scorers, callbacks, single epochs, initial weights, how they end."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import average_precision_score, log_loss, make_scorer, max_error, mean_absolute_error
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

from clearprop import Epoch, MLPClassifier, MLPRegressor
from clearprop.errors import DivergenceError, InputError, ShapeError

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
SOLVER = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 12, "learning_rate_init": 0.01}


@pytest.fixture(scope="module")
def parts(iris):
    X, X_val, y, y_val = train_test_split(*iris, test_size=50, random_state=0, stratify=iris[1])
    return X, y, {"X_val": X_val, "y_val": y_val}


def weights(model):
    return model.parameters_.theta.copy()


# Validation rows


@BOTH
@SOLVER
def test_rows_of_ones_own_are_judged_by_and_all_others_learned_from(kind, solver, parts):
    X, y, judged = parts
    model = kind(**SMALL, solver=solver).fit(X, y, **judged)
    assert len(model.validation_scores_) == model.n_iter_ == len(model.history_)
    last = model.history_[-1].scores
    assert last["validation_score"] == pytest.approx(model.score(judged["X_val"], judged["y_val"]))
    assert (model.best_validation_score_, model.best_loss_) == (None, min(model.loss_curve_))
    np.testing.assert_array_equal(weights(model), weights(kind(**SMALL, solver=solver).fit(X, y)))
    if kind is MLPClassifier:
        expected = log_loss(judged["y_val"], model.predict_proba(judged["X_val"]))
        assert last["validation_loss"] == pytest.approx(expected)


@BOTH
@SOLVER
def test_they_decide_when_to_stop_and_which_weights_stay(kind, solver, parts):
    X, y, judged = parts
    options = {"early_stopping": True, "max_iter": 400, "n_iter_no_change": 3, "learning_rate_init": 0.05}
    model = kind(**SMALL | options, solver=solver).fit(X, y, **judged)
    assert model.n_iter_ < 400
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(judged["X_val"], judged["y_val"]) == pytest.approx(model.best_validation_score_)
    assert model.best_loss_ is None
    assert "were put back" in model.stopping_reason_
    if solver != "lbfgs":
        assert model.t_ == 100 * model.n_iter_  # none of the rows is held out


@BOTH
def test_they_may_be_weighted_sparse_or_frames(kind, parts):
    X, y, judged = parts
    weight = np.linspace(0.1, 2, 50)
    dense = kind(**SMALL).fit(X, y, **judged, sample_weight_val=weight)
    sparse = kind(**SMALL).fit(
        X, y, X_val=scipy.sparse.csr_array(judged["X_val"]), y_val=judged["y_val"], sample_weight_val=weight
    )
    assert dense.validation_scores_ == pytest.approx(sparse.validation_scores_)
    assert dense.validation_scores_[-1] == pytest.approx(dense.score(judged["X_val"], judged["y_val"], weight))
    names = list("abcd")
    framed = kind(**SMALL, scoring="r2", early_stopping=True)
    framed.fit(
        pd.DataFrame(X, columns=names), y, X_val=pd.DataFrame(judged["X_val"], columns=names), y_val=judged["y_val"]
    )
    with pytest.raises(ValueError, match="feature names"):
        framed.fit(
            pd.DataFrame(X, columns=names), y, X_val=pd.DataFrame(judged["X_val"], columns=names[::-1]), y_val=y[:50]
        )


@BOTH
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y_val": None}, "X_val is given, but y_val is not"),
        ({"X_val": None}, "y_val is given, but X_val is not"),
        ({"X_val": None, "y_val": None, "sample_weight_val": [1]}, "sample_weight_val is given, but X_val is not"),
        ({"sample_weight_val": np.ones(3)}, r"sample_weight_val must have shape \(50,\)"),
        ({"sample_weight_val": 0.0}, "sample_weight_val is zero for every row"),
        ({"sample_weight_val": "heavy"}, "sample_weight_val must be an array of numbers"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_incomplete_rows_to_judge_by(kind, change, says, parts):
    X, y, judged = parts
    with pytest.raises(InputError, match=says):
        kind(**SMALL).fit(X, y, **judged | change)


def test_classes_that_were_never_learned_cannot_be_judged_by(parts):
    X, y, judged = parts
    with pytest.raises(InputError, match=r"classes not in `self.classes_`: \[np.int64\(9\)\]"):
        MLPClassifier(**SMALL).fit(X, y, X_val=judged["X_val"], y_val=np.full(50, 9))


@BOTH
def test_parts_without_weight_are_named(kind, iris):
    X, y = iris
    weight = np.zeros(150)
    weight[:2] = 1.0
    with pytest.raises(InputError, match=r"rows (held out|left to learn from) has weight zero"):
        kind(**SMALL, early_stopping=True).fit(X, y, sample_weight=weight)


@BOTH
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_batch_without_weight_changes_nothing(kind, engine, iris):
    if engine == "compiled":
        pytest.importorskip("numba")
    X, y = iris[0][:120], iris[1][:120]
    weight = np.ones(120)
    weight[30:60] = 0.0
    options = {"shuffle": False, "batch_size": 30, "solver": "sgd", "momentum": 0.0, "engine": engine, "max_iter": 8}
    model = kind(**SMALL | options).fit(X, y, sample_weight=weight)
    kept = weight > 0
    theirs = kind(**SMALL | options).fit(X[kept], y[kept])
    np.testing.assert_allclose(weights(model), weights(theirs), rtol=1e-12)
    assert model.loss_curve_ == pytest.approx(theirs.loss_curve_)


# Scorers


def average_precision(estimator, X, y, sample_weight=None):
    return average_precision_score(y, estimator.predict_proba(X)[:, 1], sample_weight=sample_weight)


@pytest.mark.parametrize("scoring", ["average_precision", average_precision], ids=["name", "callable"])
def test_any_scorer_decides(scoring, parts):
    X, y, judged = parts
    y, judged = y == 2, {"X_val": judged["X_val"], "y_val": judged["y_val"] == 2}
    model = MLPClassifier(**SMALL | {"max_iter": 200}, scoring=scoring, early_stopping=True).fit(X, y, **judged)
    found = average_precision(model, *judged.values())
    assert model.best_validation_score_ == pytest.approx(found)
    assert model.best_validation_score_ == max(model.validation_scores_)


@BOTH
def test_the_loss_decides_where_it_is_asked_to(kind, parts):
    X, y, judged = parts
    options = {"max_iter": 500, "learning_rate_init": 0.1, "n_iter_no_change": 4, "tol": 0.0}
    model = kind(**SMALL | options, scoring="loss", early_stopping=True).fit(X, y, **judged)
    losses = [epoch.scores["validation_loss"] for epoch in model.history_]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 5 < 500  # four more are borne, the fifth ends it
    assert model.best_validation_score_ == model.validation_scores_[best]
    assert (
        f"the validation loss was no better for 4 epochs (converged); the weights of epoch {best + 1}"
        in model.stopping_reason_
    )


def test_scorers_that_are_better_when_lower_are_turned():
    X = np.random.default_rng(0).standard_normal((200, 3))
    y = np.abs(X[:, 0])
    model = MLPRegressor(**SMALL | {"max_iter": 40}, scoring="neg_mean_absolute_error", early_stopping=True).fit(X, y)
    assert max(model.validation_scores_) == model.best_validation_score_ < 0
    by_hand = make_scorer(mean_absolute_error, greater_is_better=False)
    again = clone(model).set_params(scoring=by_hand).fit(X, y)
    assert again.validation_scores_ == model.validation_scores_


def test_a_scorer_without_weights_is_refused_where_there_are_some(parts):
    X, y, judged = parts
    for scoring in (make_scorer(max_error, greater_is_better=False), lambda estimator, X, y: 1.0):
        model = MLPRegressor(**SMALL, scoring=scoring)
        model.fit(X, y, **judged)
        with pytest.raises(InputError, match="takes no sample_weight, and the rows held out have weights"):
            model.fit(X, y, **judged, sample_weight_val=np.ones(50))
    with pytest.raises(InputError, match="scoring must give a number, not 'good'"):
        MLPRegressor(**SMALL, scoring=lambda estimator, X, y: "good").fit(X, y, **judged)


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


# Metadata


@BOTH
def test_weights_are_routed_through_a_search(kind, iris):
    X, y = iris
    weight = np.where(y == 0, 5.0, 0.2)
    with sklearn.config_context(enable_metadata_routing=True):
        model = kind(**SMALL).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"alpha": [0.01, 10.0]}, cv=3).fit(X, y, sample_weight=weight)
    direct = kind(**SMALL, alpha=search.best_params_["alpha"]).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(weights(search.best_estimator_), weights(direct))


@BOTH
def test_rows_to_judge_by_go_through_a_pipeline(kind, parts):
    X, y, judged = parts
    shift = 100.0
    with sklearn.config_context(enable_metadata_routing=True):
        model = kind(**SMALL).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline([("scale", StandardScaler()), ("model", model)], transform_input=["X_val"])
        pipeline.fit(X + shift, y, X_val=judged["X_val"] + shift, y_val=judged["y_val"])
    assert pipeline[-1].validation_scores_[-1] == pytest.approx(
        pipeline.score(judged["X_val"] + shift, judged["y_val"])
    )
