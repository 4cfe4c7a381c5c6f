"""`check_gradient` of fitted estimators: the gradient of what training lowers, held against central differences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import ClearpropError
from clearprop.estimators import glass
from clearprop.job import Job

pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning")
X, y = load_iris(return_X_y=True)
X, y = X[::3], y[::3]
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]
WEIGHT = np.linspace(0.2, 2, len(y))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"alpha": 0.5, "activation": "tanh"},
        {"alpha": 0.2, "l1": 0.3, "class_weight": {"setosa": 3}, "label_smoothing": 0.1},
        {"class_weight": "balanced", "dropout": 0.3},
    ],
)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_the_gradient_of_a_fit_agrees_with_central_differences(asked, weight):
    model = MLPClassifier((4,), random_state=0, **asked).initialize(X, NAMES)
    found = model.check_gradient(X, NAMES, weight, n_parameters=None)
    assert found.passed, str(found)
    assert len(found.names) == found.n_parameters == 4 * 4 + 4 + 4 * 3 + 3
    np.testing.assert_allclose(found.backpropagated, model.gradients(X, NAMES, weight).theta, rtol=1e-9, atol=1e-12)


def test_numbers_and_single_precision():
    model = MLPRegressor(hidden_layer_sizes=(5,), alpha=0.1, random_state=0).initialize(
        X[:, :3].astype(np.float32), X[:, 3]
    )
    assert model.check_gradient(X[:, :3].astype(np.float32), X[:, 3]).passed


def test_some_parameters_stand_for_all():
    model = MLPClassifier((4,), random_state=0).initialize(X, NAMES)
    found = model.check_gradient(X, NAMES, n_parameters=7)
    assert len(found.names) == len(found.central_difference) == 7
    assert "7 of 35 parameters" in str(found)
    assert found.names == model.check_gradient(X, NAMES, n_parameters=7).names


def test_a_wrong_gradient_is_found_out(monkeypatch):
    model = MLPClassifier((4,), alpha=0.5, random_state=0).initialize(X, NAMES)
    right = glass.checked_gradient

    def without_penalty_in_the_loss(job, theta, data, *rest):
        def only_gradient(job, theta, gradient, weight):
            add(job, theta, gradient, weight)
            return 0.0

        add = Job.add_penalties
        monkeypatch.setattr(Job, "add_penalties", only_gradient)
        return right(job, theta, data, *rest)

    assert model.check_gradient(X, NAMES).passed
    monkeypatch.setattr(glass, "checked_gradient", without_penalty_in_the_loss)
    assert not model.check_gradient(X, NAMES).passed


def test_a_table_as_it_is():
    table = pd.DataFrame({"length": X[:, 0], "width": X[:, 1], "site": np.where(X[:, 2] > 4, "shore", "hill")})
    table.loc[3, "width"] = np.nan
    settings = {"hidden_layer_sizes": (4,), "max_iter": 3, "ensemble": 2, "random_state": 0}
    classes = TabularClassifier(class_weight="balanced", **settings).fit(table, NAMES, WEIGHT)
    for member in range(2):
        found = classes.check_gradient(table, NAMES, WEIGHT, member=member)
        assert found.passed, str(found)
    numbers = TabularRegressor(log_target=True, **settings).fit(table, X[:, 3])
    assert numbers.check_gradient(table, X[:, 3], n_parameters=None).passed
    with pytest.raises(ClearpropError, match="member must be from 0 to 1"):
        classes.check_gradient(table, NAMES, member=2)
    with pytest.raises(ClearpropError, match="not one of the learned classes"):
        classes.check_gradient(table, np.where(NAMES == "setosa", "rose", NAMES))
    with pytest.raises(ClearpropError, match="one each"):
        classes.check_gradient(table, NAMES[:-1])


def test_what_cannot_be_checked():
    model = MLPClassifier((4,), random_state=0)
    with pytest.raises(NotFittedError):
        model.check_gradient(X, NAMES)
    model.initialize(X, NAMES)
    for count in (0, -1, 2.5, True):
        with pytest.raises(ClearpropError, match="n_parameters"):
            model.check_gradient(X, NAMES, n_parameters=count)
