"""Rows that skip scikit-learn's checks: only those that the checks would have let through without a word."""

import warnings

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import validate_data

from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import InputError
from clearprop.estimators.plain import is_plain, is_plain_target
from clearprop.estimators.targets import ClassTargets

ROWS = np.random.default_rng(0).standard_normal((60, 3))
CLASSES = np.arange(60) % 3


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


@pytest.mark.parametrize("y", [CLASSES, CLASSES.astype(float), CLASSES > 0, CLASSES.astype(str), CLASSES.astype("f4")])
def test_a_plain_target_comes_back_from_the_checks_as_it_is(model, y):
    assert is_plain_target(y, len(ROWS))
    assert validate_data(model, ROWS, y, multi_output=True, reset=False)[1] is y


@pytest.mark.parametrize(
    "y",
    [
        CLASSES.tolist(), CLASSES[:9], CLASSES[:, None], CLASSES.astype(object), np.where(CLASSES, np.nan, 1.0),
        pandas.Series(CLASSES), CLASSES.astype("M8[s]"), np.ma.masked_array(CLASSES), CLASSES.astype(complex),
    ],
)  # fmt: skip
def test_every_other_target_is_checked(y):
    assert not is_plain_target(y, len(ROWS))


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_part_is_learned_alike_whether_it_is_plain_or_checked(kind):
    first = {"classes": [0, 1, 2]} if kind is MLPClassifier else {}
    plain, checked = (kind(hidden_layer_sizes=4, random_state=0).partial_fit(ROWS, CLASSES, **first) for _ in range(2))
    for _ in range(3):
        plain.partial_fit(ROWS[:7], CLASSES[:7])
        checked.partial_fit(ROWS[:7].tolist(), CLASSES[:7].tolist())
    np.testing.assert_array_equal(plain.parameters_.theta, checked.parameters_.theta)


def test_what_cannot_be_learned_from_is_still_refused_in_a_later_part(model):
    for X, y in ((ROWS[:, :2], CLASSES), (ROWS, CLASSES[:9]), (np.full((60, 3), np.nan), CLASSES), (ROWS, CLASSES + 5)):
        with pytest.raises(ValueError, match=r"NaN|features|inconsistent|classes not in"):
            clone(model).partial_fit(ROWS, CLASSES, classes=[0, 1, 2]).partial_fit(X, y)


@pytest.mark.parametrize("classes", [[0, 1, 2], [-1, 1], [4], [0.0, 2.0], ["a", "b", "c"], [False, True]])
def test_labels_of_their_own_type_are_encoded_as_scikit_learn_does(classes):
    given = np.array(classes)
    targets, y = ClassTargets(given, are_classes=True), given[np.arange(30) % len(given)]
    expected = targets.binarizer.transform(y)
    found = targets.encode(y, np.float64)
    np.testing.assert_array_equal(found.dense() if targets.is_exclusive else found, expected)


@pytest.mark.parametrize("came", [[0, 3], [-1, 0], [1.5, 2.0], [1.0, 2.5]])
def test_labels_that_are_no_classes_are_named(came):
    targets = ClassTargets(np.array([0, 1, 2]), are_classes=True)
    with pytest.raises(ValueError, match=r"classes not in|continuous"):
        targets.encode(np.array(came), np.float64)


def test_settings_are_checked_whatever_was_checked_before():
    """What equals a value that is allowed may be of a type that is not."""
    for name, good, bad in (("max_iter", 1, True), ("shuffle", True, 1), ("hidden_layer_sizes", (2,), (2.0,))):
        model = MLPClassifier(**{"hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0, name: good})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(ROWS, CLASSES)
        with pytest.raises(InputError, match=name):
            model.set_params(**{name: bad}).fit(ROWS, CLASSES)


def test_settings_that_can_change_are_read_anew():
    sizes = [2]
    model = MLPClassifier(sizes, random_state=0).initialize(ROWS, CLASSES)
    sizes[0] = 5
    assert model.initialize(ROWS, CLASSES).coefs_[0].shape == (3, 5)
