"""Rows held out, weights of rows, and data of all kinds: sparse, float32, frames, pipelines."""

import importlib

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler

from clearprop import MLPClassifier, MLPRegressor
from clearprop.engines import ReferenceEngine

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CHOICE = importlib.import_module("clearprop.engines.choose")  # the module; the package's `choose` is the function
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 20, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# Rows held out


@BOTH
def test_early_stopping_puts_the_best_weights_back(kind, iris):
    X, y = iris
    model = kind(**{**SMALL, "max_iter": 300, "learning_rate_init": 0.1}, early_stopping=True, n_iter_no_change=5)
    model.fit(X, y)
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ < 300
    assert model.best_validation_score_ == max(scores)
    assert model.best_loss_ is None
    assert f"the weights of epoch {scores.index(max(scores)) + 1}, the best, were put back" in model.stopping_reason_
    assert all("validation_loss" in epoch.scores for epoch in model.history_)
    assert model.t_ == model.n_iter_ * 135


def test_the_score_is_that_of_the_rows_held_out(digits):
    X, y = digits
    seen = []

    class Listening(ReferenceEngine):
        def outputs(self, network, params, X):
            seen.append(X)
            return super().outputs(network, params, X)

    model = MLPClassifier(**SMALL, early_stopping=True, validation_fraction=0.2, engine="reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CHOICE, "ReferenceEngine", Listening)
        model.fit(X, y)
    held_out = seen[0]
    assert len(held_out) == int(np.ceil(0.2 * len(X)))
    rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in held_out]
    assert model.score(X[rows], y[rows]) == pytest.approx(model.best_validation_score_)
    shares = np.bincount(y[rows]) / len(rows)
    np.testing.assert_allclose(shares, np.bincount(y) / len(y), atol=0.01)  # stratified


@BOTH
def test_weights_of_one_change_nothing(kind, iris):
    X, y = iris
    plain = kind(**SMALL, early_stopping=True).fit(X, y)
    weighted = clone(plain).fit(X, y, sample_weight=np.ones(150))
    np.testing.assert_allclose(weights(weighted), weights(plain), rtol=1e-12)
    np.testing.assert_allclose(weights(clone(plain).fit(X, y, sample_weight=3)), weights(plain), atol=1e-3)


@pytest.mark.parametrize(
    ("weight", "says"),
    [(np.ones(3), "one per row"), (np.ones((150, 1)), "one per row"), (-np.ones(150), "negative"), (0, "zero")],
    ids=["short", "matrix", "negative", "zero"],
)
@BOTH
def test_bad_weights(kind, weight, says, iris):
    with pytest.raises(ValueError, match=says):
        kind(early_stopping=True).fit(*iris, sample_weight=weight)


# Data of all kinds


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_give_what_dense_ones_give(kind, solver, digits):
    X, y = digits
    dense = kind(**SMALL, solver=solver, batch_size=64).fit(X, y)
    for make in (scipy.sparse.csr_array, scipy.sparse.csc_matrix, scipy.sparse.coo_array):
        sparse = clone(dense).fit(make(X), y)
        np.testing.assert_allclose(weights(sparse), weights(dense), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(sparse.predict(make(X)), sparse.predict(X))


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32_stays_float32(kind, solver, digits):
    X, y = digits
    model = kind(**SMALL, solver=solver).fit(X.astype(np.float32), y)
    assert {array.dtype for array in [*model.coefs_, *model.intercepts_]} == {np.dtype(np.float32)}
    outputs = model.predict_proba(X) if kind is MLPClassifier else model.predict(X)
    assert outputs.dtype == np.float32
    double = clone(model).fit(X, y)
    assert double.coefs_[0].dtype == np.float64
    assert model.score(X, y) == pytest.approx(double.score(X, y), abs=0.02)


@BOTH
def test_data_frames(kind, iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    model = kind(**SMALL, early_stopping=True).fit(frame, pd.Series(y, name="target"))
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(model.predict(frame), clone(model).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])


@BOTH
def test_in_pipelines_and_grid_searches(kind, iris):
    pipeline = make_pipeline(StandardScaler(), kind(**SMALL))
    name = kind.__name__.lower()
    search = GridSearchCV(
        pipeline,
        {f"{name}__alpha": [0.0, 10.0], f"{name}__activation": ["tanh", "relu"]},
        cv=KFold(3, shuffle=True, random_state=0),
    )
    with joblib.parallel_backend("threading", n_jobs=2):
        search.fit(*iris)
    assert search.best_score_ > 0.4
    assert isinstance(search.best_estimator_[-1], kind)


@BOTH
def test_metadata_routing_of_weights(kind, iris):
    X, y = iris
    with sklearn.config_context(enable_metadata_routing=True):
        model = kind(**SMALL).set_fit_request(sample_weight=True)
        weight = np.linspace(0.1, 2, 150)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        routed = make_pipeline(scaler, model).fit(X, y, sample_weight=weight)[-1]
    direct = kind(**SMALL).fit(StandardScaler().fit_transform(X), y, sample_weight=weight)
    np.testing.assert_allclose(weights(routed), weights(direct))


@pytest.mark.parametrize(
    "y",
    [
        np.arange(90) % 3, (np.arange(90) % 3).astype(np.int8), np.arange(90) % 2 == 0, np.array(["b", "a"] * 40),
        np.full(20, 7, dtype=np.uint16), -(np.arange(80) % 2), np.array(["é", "", "zz"] * 30),
    ],
    ids=str,
)  # fmt: skip
def test_plain_labels_are_learned_as_scikit_learn_learns_them(y):
    from clearprop.estimators.targets import _plain_labels

    ours, theirs = _plain_labels(y), LabelBinarizer().fit(y)
    assert vars(ours).keys() == vars(theirs).keys()
    assert (ours.y_type_, ours.sparse_input_, ours.classes_.dtype) == (
        theirs.y_type_, theirs.sparse_input_, theirs.classes_.dtype,
    )  # fmt: skip
    assert ours.classes_.tolist() == theirs.classes_.tolist()
    assert (ours.transform(y) == theirs.transform(y)).all()


@pytest.mark.parametrize(
    "y", [np.arange(40), np.array([]), np.arange(40.0) % 2, np.array([["a"], ["b"]] * 20)], ids=str
)
def test_of_other_labels_scikit_learn_is_asked(y):
    from clearprop.estimators.targets import _plain_labels

    assert _plain_labels(y) is None
