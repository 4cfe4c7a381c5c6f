"""`explain` of a fitted estimator: the trace of its own next step, with the target as the user calls it."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from clearprop import MLPClassifier, MLPRegressor, sgd
from clearprop.errors import ClearpropError

X, y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def classifier():
    return MLPClassifier((4,), random_state=0, max_iter=300, tol=0.01, batch_size=150).fit(X, NAMES)


def test_the_outputs_are_the_probabilities_and_the_target_is_the_class(classifier):
    trace = classifier.explain(X[70], "versicolor")
    np.testing.assert_allclose(trace["a2"].value, classifier.predict_proba(X[70:71])[0])
    assert trace["y"].value.tolist() == [0, 1, 0]


def test_the_update_is_the_one_that_training_would_make_next(classifier):
    from copy import deepcopy

    trace = classifier.explain(X, NAMES)
    following = deepcopy(classifier).partial_fit(X, NAMES)
    for l in (1, 2):
        np.testing.assert_allclose(trace[f"W{l}_new"].value, following.coefs_[l - 1], rtol=1e-9)
        np.testing.assert_allclose(trace[f"b{l}_new"].value, following.intercepts_[l - 1], rtol=1e-9)


@pytest.mark.parametrize(
    "asked",
    [
        {"alpha": 0.3, "l1": 0.01, "clip_norm": 0.05},
        {"dropout": 0.4, "label_smoothing": 0.1, "class_weight": {"setosa": 3}},
        {"solver": "sgd", "learning_rate": "cosine", "weight_decay": 0.1},
    ],
)
def test_all_that_a_fit_was_asked_for_is_part_of_the_update(asked):
    from copy import deepcopy

    model = MLPClassifier((4,), random_state=0, max_iter=20, batch_size=150, shuffle=False, **asked)
    with pytest.warns(Warning, match="converge"):
        model.fit(X, NAMES)
    weight = np.linspace(0.5, 2, len(X))
    trace = model.explain(X, NAMES, sample_weight=weight)
    before = model.coefs_[0].copy()
    following = deepcopy(model).partial_fit(X, NAMES, sample_weight=weight)
    assert (following.coefs_[0] != before).any()
    for l in (1, 2):
        np.testing.assert_allclose(trace[f"W{l}_new"].value, following.coefs_[l - 1], rtol=1e-9, atol=1e-12)


def test_two_classes_several_labels_and_numbers():
    two = MLPClassifier((3,), random_state=0, max_iter=300, tol=0.01).fit(X, NAMES == "setosa")
    assert two.explain(X[0], True)["y"].value.tolist() == [1]
    labels = np.c_[X[:, 0] > 5.5, X[:, 1] > 3].astype(int)
    several = MLPClassifier((3,), random_state=0, max_iter=300, tol=0.01).fit(X, labels)
    assert several.explain(X[0], labels[0])["y"].value.tolist() == labels[0].tolist()
    number = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=300, tol=0.01).fit(X[:, :3], X[:, 3])
    trace = number.explain(X[0, :3], X[0, 3])
    np.testing.assert_allclose(trace["a2"].value, number.predict(X[:1, :3]))
    numbers = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=300, tol=0.01).fit(X[:, :2], X[:, 2:])
    assert numbers.explain(X[0, :2], X[0, 2:])["y"].value.tolist() == X[0, 2:].tolist()


def test_another_optimizer_can_be_explained(classifier):
    trace = classifier.explain(X[0], "setosa", optimizer=sgd(0.5))
    np.testing.assert_allclose(trace["W1_new"].value, trace["W1"].value - 0.5 * trace["g_W1"].value)


def test_what_cannot_be_explained_is_said(classifier):
    with pytest.raises(NotFittedError):
        MLPClassifier().explain(X[0], "setosa")
    with pytest.raises(ClearpropError, match="x must hold 4 numbers"):
        classifier.explain(X[0, :2], "setosa")
    with pytest.raises(ValueError, match="roses"):
        classifier.explain(X[0], "roses")
    by_lbfgs = MLPClassifier((3,), solver="lbfgs", random_state=0, max_iter=2000).fit(X, y)
    with pytest.raises(ClearpropError, match="has no update formula"):
        by_lbfgs.explain(X[0], 0)
    assert by_lbfgs.explain(X[0], 0, optimizer="sgd")["loss"].value >= 0
