"""Rows that skip scikit-learn's checks: only those that the checks would have let through without a word."""

import numpy as np
import pandas
import pytest
from sklearn.utils.validation import validate_data

from clearprop import MLPClassifier
from clearprop.estimators.plain import is_plain

ROWS = np.random.default_rng(0).standard_normal((60, 3))


@pytest.fixture(scope="module")
def model():
    return MLPClassifier((4,), random_state=0, max_iter=500, tol=0.01).fit(ROWS, ROWS[:, 0] > 0)


@pytest.mark.parametrize("X", [ROWS, ROWS[:1], ROWS.astype(np.float32), ROWS[::2], np.asfortranarray(ROWS)])
def test_what_is_plain_comes_back_from_the_checks_as_it_is(model, X):
    assert is_plain(model, X)
    assert validate_data(model, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False) is X
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X.tolist() if X.dtype == float else X))


@pytest.mark.parametrize(
    "X",
    [
        ROWS.tolist(), ROWS[0], ROWS[:0], ROWS[:, :2], ROWS.astype(int), ROWS.astype(object), np.full((2, 3), np.nan),
        np.array([[np.inf, -np.inf, 0]]), pandas.DataFrame(ROWS), np.ma.masked_array(ROWS), ROWS[None],
        np.full((4, 3), 1e308), ROWS.astype(np.float16),
    ],
)  # fmt: skip
def test_all_else_is_checked(model, X):
    assert not is_plain(model, X)


def test_an_array_is_checked_where_columns_have_names():
    frame = pandas.DataFrame(ROWS, columns=["a", "b", "c"])
    model = MLPClassifier((4,), random_state=0, max_iter=500, tol=0.01).fit(frame, ROWS[:, 0] > 0)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(ROWS)


def test_what_cannot_be_predicted_for_is_still_refused(model):
    for X in (np.full((1, 3), np.nan), ROWS[:, :2], ROWS[0], ROWS[:0]):
        with pytest.raises(ValueError, match=r"NaN|features|1D|0 sample"):
            model.predict_proba(X)
