"""Fits with validation rows and scorers of one's own, and how metadata reach them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.metrics import average_precision_score, log_loss, make_scorer, max_error, mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import InputError

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
SOLVER = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 12, "learning_rate_init": 0.01}


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
