"""Models whose pictures are drawn, trained in a moment."""

import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor, from_sklearn

mpl.use("agg")
QUICK = {"engine": "reference", "random_state": 0}


@pytest.fixture(autouse=True)
def closed():
    """No figure is left for the next test."""
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="session")
def rows():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def flowers():
    """The same as a frame with a column of names, and the classes by name."""
    X, y = load_iris(return_X_y=True)
    frame = pd.DataFrame(X[:, :2], columns=["length", "width in $"])
    frame["place"] = np.where(np.arange(150) % 2, "_meadow", "wood")
    return frame, np.array(["setosa", "_versicolor", "virginica"])[y]


@pytest.fixture(scope="session")
def models(rows, flowers):
    """Every kind of model that there are pictures of, by name."""
    X, y = rows
    amounts = X[:, 0] * X[:, 1]
    frame, names = flowers
    theirs = make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=3, **QUICK))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            "classifier": MLPClassifier((6, 5), max_iter=8, early_stopping=True, **QUICK).fit(X, y),
            "regressor": MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", max_iter=4, **QUICK).fit(X, amounts),
            "pipeline": theirs.fit(X, y),
            "tabular_classifier": TabularClassifier(max_iter=3, ensemble=2, hidden_layer_sizes=6, **QUICK).fit(
                frame, names
            ),
            "tabular_regressor": TabularRegressor(max_iter=3, ensemble=1, hidden_layer_sizes=6, **QUICK).fit(
                frame, amounts
            ),
        }
        found["imported"] = from_sklearn(found["regressor"].to_sklearn())
    return found
