"""What notebooks show of estimators: scikit-learn's display, and pictures that an untrusted notebook keeps."""

import base64
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from clearprop import Epoch, MLPClassifier, MLPRegressor, TabularRegressor, from_sklearn
from clearprop.estimators.curve_drawing import MOST_POINTS, curves
from notebooks import left_of

QUICK = {"engine": "reference", "random_state": 0}


def images_of(html):
    """The SVG of every image in a display."""
    return [base64.b64decode(data).decode() for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fitted_network_and_its_curve_are_below_scikit_learns_display():
    X = np.linspace(0, 1, 40)[:, None]
    model = MLPClassifier((3,), max_iter=4, **QUICK)
    assert not images_of(model._repr_html_())
    model.fit(X, X[:, 0] > 0.5)
    shown = model._repr_html_()
    assert shown.startswith("<style>")  # scikit-learn's
    network, curve = images_of(left_of(shown))
    assert "a network of 1-3-1 neurons" in network
    said = ET.fromstring(curve).findtext("{http://www.w3.org/2000/svg}desc")
    assert said == f"training loss from {model.loss_curve_[0]:.4g} to {model.loss_curve_[-1]:.4g}"
    assert len(images_of(MLPRegressor(hidden_layer_sizes=(2,), **QUICK).initialize(X, X[:, 0])._repr_html_())) == 1


@pytest.mark.filterwarnings("ignore:No better than")
def test_estimators_of_tables_and_imported_networks_are_drawn_too():
    frame = pd.DataFrame({"a": np.arange(60.0), "b": ["x", "y"] * 30})
    model = TabularRegressor(max_iter=2, ensemble=1, hidden_layer_sizes=4, **QUICK).fit(frame, np.arange(60.0))
    assert len(images_of(left_of(model._repr_html_()))) == 2
    assert len(images_of(model._repr_mimebundle_()["text/html"])) == 2
    source = MLPRegressor(hidden_layer_sizes=(2,), **QUICK).initialize(frame[["a"]], frame["a"])
    imported = from_sklearn(source.to_sklearn())
    shown = left_of(imported._repr_html_())
    assert len(images_of(shown)) == 1
    assert "layer 1" in shown


def test_curves_skip_what_is_not_finite_and_stay_small():
    history = [Epoch(n, 1.0 / n, (1.0,), 0.1, 0.0, n, {"validation_loss": 2.0 / n}) for n in range(1, 5000)]
    svg = curves(history)
    assert len(svg) < 400 * MOST_POINTS * 0.2 + 4000
    assert "validation loss from 2 to" in svg
    broken = [*history[:3], Epoch(4, float("inf"), (1.0,), 0.1, 0.0, 4)]
    assert "inf" not in curves(broken)
    assert curves([Epoch(1, float("nan"), (1.0,), 0.1, 0.0, 1)]) == ""
    ET.fromstring(curves(history[:1]))


@pytest.mark.filterwarnings("ignore:No better than always saying the mean:UserWarning")
def test_an_embedding_is_drawn_as_arrows_from_each_number_to_its_waves():
    rows = pd.DataFrame({"x": np.linspace(0, 1, 40)})
    model = TabularRegressor(waves=3, hidden_layer_sizes=(2,), ensemble=1, max_iter=2, random_state=0)
    shown = images_of(model.fit(rows, rows["x"].to_numpy())._repr_html_())[0]
    assert "3 waves of each of 1" in shown
    assert shown.count("<line") == 4 + 4 * 2 + 2  # to itself and three waves, and of two dense layers
