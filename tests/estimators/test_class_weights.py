"""Class weights: what scikit-learn means by them, on one class per row and on several labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from clearprop import MLPClassifier
from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.targets import ClassTargets

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 15, "learning_rate_init": 0.01}


def factors_of_rows(class_weight, y, sample_weight=None):
    targets = ClassTargets(y)
    Y = targets.encode(y, np.float64)
    return ClassFactors(class_weight, targets, Y, sample_weight).of_rows(Y)


@given(st.lists(st.sampled_from(["ant", "bee", "cow"]), min_size=1, max_size=30))
def test_balanced_is_scikit_learns(names):
    y = np.array(names)
    np.testing.assert_allclose(factors_of_rows("balanced", y), compute_sample_weight("balanced", y))


@given(st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=1, max_size=20))
def test_balanced_labels_are_scikit_learns(rows):
    Y = np.array(rows)
    np.testing.assert_allclose(factors_of_rows("balanced", Y), compute_sample_weight("balanced", Y))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.lists(st.floats(0, 9), min_size=3, max_size=3))
def test_a_mapping_is_scikit_learns(numbers, factors):
    y = np.array(numbers)
    given_factors = {int(number): factor for number, factor in enumerate(factors) if number in numbers}
    np.testing.assert_allclose(factors_of_rows(given_factors, y), compute_sample_weight(given_factors, y))


def test_labels_have_a_mapping_each():
    Y = np.array([[0, 1], [1, 1], [1, 0]])
    given_factors = [{0: 2.0, 1: 3.0}, {1: 5.0}]
    np.testing.assert_allclose(factors_of_rows(given_factors, Y), [10, 15, 3])
    np.testing.assert_allclose(
        factors_of_rows(given_factors, Y), compute_sample_weight([{0: 2, 1: 3}, {0: 1, 1: 5}], Y)
    )


def test_balanced_heeds_the_weights_of_rows():
    y, weight = np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 6.0, 0.0])
    found = factors_of_rows("balanced", y, weight) * weight
    assert found[:2].sum() == pytest.approx(found[2:].sum())
    assert found.sum() == pytest.approx(weight.sum())


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 4.0}, {2: 0.0}], ids=str)
def test_they_are_weights_of_rows(class_weight, iris):
    X, y = iris[0][:130], iris[1][:130]
    by_class = MLPClassifier(**SMALL, class_weight=class_weight).fit(X, y)
    weight = compute_sample_weight(
        {0: 1, 1: 1, 2: 1} | class_weight if isinstance(class_weight, dict) else class_weight, y
    )
    by_row = MLPClassifier(**SMALL).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(by_class.parameters_.theta, by_row.parameters_.theta, rtol=1e-9, atol=1e-12)
    both = clone(by_class).fit(X, y, sample_weight=np.full(130, 3.0))
    assert both.loss_ != by_class.loss_  # the penalty is divided by the weight, so three rows are three rows


def test_with_no_hidden_layer_it_is_logistic_regression(iris):
    X, y = iris[0][:70], iris[1][:70]
    theirs = LogisticRegression(class_weight="balanced", tol=1e-10, max_iter=1000).fit(X, y)
    ours = MLPClassifier((), solver="lbfgs", alpha=1.0, class_weight="balanced", tol=1e-8, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0].ravel(), theirs.coef_.ravel(), atol=1e-3)


def test_they_weigh_the_validation_loss_and_not_the_score(iris):
    X, y = iris
    model = MLPClassifier(**SMALL, class_weight={0: 7.0, 1: 1.0, 2: 1.0}).fit(X, y, X_val=X, y_val=y)
    probabilities = model.predict_proba(X)[np.arange(150), y]
    factors = np.where(y == 0, 7.0, 1.0)
    last = model.history_[-1].scores
    assert last["validation_loss"] == pytest.approx(-(factors * np.log(probabilities)).sum() / factors.sum())
    assert last["validation_score"] == pytest.approx(model.score(X, y))


@pytest.mark.parametrize(
    ("class_weight", "says"),
    [
        ("balance", "did you mean 'balanced'"),
        ({"setos": 2.0}, "did you mean 'setosa'"),
        ({"setosa": -1.0}, r"class_weight\['setosa'\] must be a number of at least 0, not -1.0"),
        ({"setosa": None}, "must be a number"),
        ([{0: 1}], "must be a mapping from classes to factors"),
        (3.0, "must be a mapping"),
        ({"setosa": 0, "other": 0}, "class_weight leaves no row"),
    ],
    ids=str,
)
def test_what_is_refused(class_weight, says, iris):
    names = np.array(["setosa", "other"])[iris[1][:100]]
    with pytest.raises(InputError, match=says):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(iris[0][:100], names)
    assert issubclass(UnknownNameError, ValueError)


@pytest.mark.parametrize("class_weight", [{0: 1}, [{0: 1}], [{0: 1}, {0: 1}, 5]], ids=str)
def test_labels_need_a_mapping_each(class_weight, labels):
    with pytest.raises(InputError, match="a list of 3 mappings"):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(*labels)


def test_parts_of_the_rows_cannot_be_balanced(iris):
    with pytest.raises(InputError, match="class_weight='balanced' does not go with partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(*iris, classes=[0, 1, 2])
    weighted, plain = (
        MLPClassifier(**SMALL, class_weight=given_factors).partial_fit(*iris, classes=[0, 1, 2])
        for given_factors in ({0: 5.0}, None)
    )
    assert not np.array_equal(weighted.parameters_.theta, plain.parameters_.theta)


def test_a_rare_class_is_found():
    random = np.random.default_rng(0)
    X = random.standard_normal((1000, 3))
    y = (X[:, 0] + 0.7 * random.standard_normal(1000) > 2.2).astype(int)
    recalls = [
        MLPClassifier(**SMALL | {"max_iter": 60}, class_weight=given_factors).fit(X, y).predict(X)[y == 1].mean()
        for given_factors in (None, "balanced")
    ]
    assert recalls[1] > recalls[0] + 0.2
