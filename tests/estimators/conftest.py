"""Data that several tests of the estimators share."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.preprocessing import scale


@pytest.fixture(scope="session")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="session")
def digits():
    """Three digits, pixels in [0, 1]."""
    X, y = load_digits(n_class=3, return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="session")
def line():
    """200 rows of ten numbers, the target with noise."""
    X, y = make_regression(n_samples=200, n_features=10, noise=20.0, random_state=7)
    return X, scale(y)


@pytest.fixture(scope="session")
def labels():
    """Rows with several labels each, which a network can learn."""
    random = np.random.default_rng(3)
    X = random.standard_normal((120, 5))
    return X, (X[:, :3] + 0.5 * X[:, 2:] > 0).astype(int)
