import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearns

from clearprop.tabular.metrics import METRICS, f1_of_classes

WHAT = {
    "accuracy": lambda p, y, w: sklearns.accuracy_score(y, p.argmax(axis=1), sample_weight=w),
    "balanced_accuracy": lambda p, y, w: sklearns.recall_score(
        y, p.argmax(axis=1), labels=np.unique(y), average="macro", sample_weight=w
    ),
    "log_loss": lambda p, y, w: sklearns.log_loss(y, p, labels=np.arange(p.shape[1]), sample_weight=w),
    "f1": lambda p, y, w: sklearns.f1_score(y, p.argmax(axis=1), average="macro", sample_weight=w, zero_division=0),
}


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(2, 40), st.booleans())
def test_scores_of_classes_are_scikit_learns(seed, n_classes, n_rows, weighted):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(n_classes), n_rows).round(1) + 0.01  # with ties
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    codes = random.integers(0, n_classes, n_rows)
    weight = random.uniform(0.1, 3, n_rows) if weighted else None
    for name, expected in WHAT.items():
        found = METRICS[name].compute(probabilities, codes, weight)
        assert found == pytest.approx(expected(probabilities, codes, weight), rel=1e-6), name
    present = [k for k in ([1] if n_classes == 2 else range(n_classes)) if 0 < np.sum(codes == k) < n_rows]
    for name, one in (("roc_auc", sklearns.roc_auc_score), ("average_precision", sklearns.average_precision_score)):
        found = METRICS[name].compute(probabilities, codes, weight)
        each = [one(codes == k, probabilities[:, k], sample_weight=weight) for k in present]
        assert np.isnan(found) if not each else found == pytest.approx(np.mean(each), rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.booleans())
def test_scores_of_numbers_are_scikit_learns(seed, n_rows, weighted):
    random = np.random.default_rng(seed)
    predicted, actual = random.normal(size=(2, n_rows))
    weight = random.uniform(0.1, 3, n_rows) if weighted else None
    for name, one in (
        ("rmse", sklearns.root_mean_squared_error),
        ("mae", sklearns.mean_absolute_error),
        ("r2", sklearns.r2_score),
    ):
        found = METRICS[name].compute(predicted, actual, weight)
        assert found == pytest.approx(one(actual, predicted, sample_weight=weight), rel=1e-9), name


def test_f1_of_a_class_that_nobody_has_or_says_is_0():
    true, predicted = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert f1_of_classes(true, predicted, np.ones(4), 3).tolist() == [0.8, pytest.approx(2 / 3), 0]


def test_an_explained_share_of_a_constant_is_0():
    assert METRICS["r2"].compute(np.zeros(3), np.ones(3), None) == 0
