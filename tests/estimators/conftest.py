"""Data that several tests of the estimators share."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from clearprop import TabularClassifier
from sample_tables import flats, pets


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


@pytest.fixture(scope="module")
def parts(iris):
    X, X_val, y, y_val = train_test_split(*iris, test_size=50, random_state=0, stratify=iris[1])
    return X, y, {"X_val": X_val, "y_val": y_val}


@pytest.fixture(scope="package")
def animals():
    table = pets(400)
    return table.drop_columns(["kind"]).to_pandas(), table.column("kind").to_pandas()


@pytest.fixture(scope="package")
def rents():
    table = flats(500)
    return table.drop_columns(["rent"]).to_pandas(), table.column("rent").to_numpy()


@pytest.fixture(scope="package")
def fitted(animals):
    return TabularClassifier(hidden_layer_sizes=(16,), max_iter=30, random_state=0).fit(*animals)
