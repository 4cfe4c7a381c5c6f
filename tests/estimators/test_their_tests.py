"""scikit-learn's own tests of its MLP, run on ours.

The installed scikit-learn ships them. A fresh copy of that module is loaded in which the two names stand for ours.
Those that we do not pass, because they look at private parts or because we differ on purpose, are the table in
docs/estimators.md, with the reason; they must fail, so that the table cannot grow stale.
"""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import sklearn
import sklearn.neural_network
import sklearn.neural_network.tests.test_mlp as installed
from sklearn.exceptions import ConvergenceWarning

import clearprop
from clearprop import MLPClassifier

NEWEST_KNOWN = (1, 9)
PAGE = Path(__file__).parents[2] / "docs" / "estimators.md"
DIFFERENCES = dict(re.findall(r"^\| `(test_\w+)` \| (.+) \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE))

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs are not run with warnings as errors


def on_our_classes():
    """Their module, imported while the two names stand for our classes."""
    spec = importlib.util.spec_from_file_location("their_tests_on_our_classes", installed.__file__)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLPClassifier", "MLPRegressor"):
            patch.setattr(sklearn.neural_network, name, getattr(clearprop, name))
        spec.loader.exec_module(module)
    return module


THEIRS = {name: item for name, item in vars(on_our_classes()).items() if name.startswith("test_")}
VERSION = tuple(map(int, sklearn.__version__.split(".")[:2]))

for name, test in THEIRS.items():
    if name in DIFFERENCES:  # an older scikit-learn may have asked less
        test = pytest.mark.xfail(reason=DIFFERENCES[name], strict=VERSION >= NEWEST_KNOWN)(test)
    globals()[name] = test


@pytest.fixture
def global_random_seed():
    return 42


def test_the_table_names_only_tests_that_there_are():
    assert len(THEIRS) >= 40
    assert set(DIFFERENCES) <= set(THEIRS)
    assert len(DIFFERENCES) <= 8
    assert all(len(reason) > 40 for reason in DIFFERENCES.values())


# What those that look at private parts are about, asked in public


def test_the_worked_out_example():
    """One step of gradient descent by hand: `test_fit`."""
    model = MLPClassifier(2, "logistic", solver="sgd", learning_rate_init=0.1, alpha=0.1, momentum=0, max_iter=1)
    X = np.array([[0.6, 0.8, 0.7], [0, 0, 0]])
    weight = [1, 0]  # the second row is there only to have both classes
    coefs, intercepts = [[[0.1, 0.2], [0.3, 0.1], [0.5, 0.0]], [[0.1], [0.2]]], [[0.1, 0.1], [1.0]]
    with pytest.warns(ConvergenceWarning):
        model.fit(X, [0, 1], weight, coefs_init=coefs, intercepts_init=intercepts)
    np.testing.assert_allclose(model.coefs_[0], [[0.098, 0.196], [0.296, 0.096], [0.494, -0.002]], atol=1e-3)
    np.testing.assert_allclose(model.coefs_[1], [[0.047], [0.154]], atol=1e-3)
    np.testing.assert_allclose(model.intercepts_[0], [0.098, 0.096], atol=1e-3)
    np.testing.assert_allclose(model.intercepts_[1], [0.9235], atol=1e-3)
    assert model.predict_proba(X[:1])[0, 1] == pytest.approx(0.739, abs=1e-3)


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_the_gradient_is_that_of_the_loss(activation, n_labels):
    """`test_gradient`, with penalties, weights and smoothing: central differences of the loss that an epoch reports."""
    X = np.random.RandomState(42).rand(5, 4)
    y = np.arange(5) % n_labels
    weight = np.array([1.0, 2.0, 0.5, 0.0, 3.0])
    options = {"l1": 0.02, "label_smoothing": 0.1, "class_weight": {0: 1.0, 1: 3.0}, "random_state": 1, "max_iter": 1}
    model = MLPClassifier(3, activation, solver="sgd", alpha=0.3, learning_rate_init=1e-12, **options)
    model.initialize(X, y)
    found = model.gradients(X, y, weight)
    start = model.parameters_.theta.copy()

    def loss(theta):
        params = model.network_.views(theta)
        with pytest.warns(ConvergenceWarning):
            fitted = MLPClassifier(**model.get_params()).fit(
                X, y, weight, coefs_init=list(params.W), intercepts_init=list(params.b)
            )
        return fitted.loss_

    for i in range(0, len(start), 3):
        step = np.zeros_like(start)
        step[i] = 1e-5
        assert found.theta[i] == pytest.approx((loss(start + step) - loss(start - step)) / 2e-5, abs=1e-7)


@pytest.mark.parametrize(("schedule", "rate"), [("constant", 0.001), ("invscaling", 0.001 / 9**0.25)])
def test_the_rate_goes_on_in_a_warm_start(schedule, rate):
    """`test_learning_rate_warmstart`."""
    X, y = [[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0]
    model = MLPClassifier(4, solver="sgd", learning_rate=schedule, max_iter=1, power_t=0.25, warm_start=True)
    model.fit(X, y)
    model.fit(X, y)
    model.fit(X, y)
    assert model.history_[-1].learning_rate == pytest.approx(rate)
