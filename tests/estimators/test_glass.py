"""What a fitted estimator shows of itself: its gradient, its display, its drawing. `explain` has a file of its own."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier, MLPRegressor, Network
from clearprop.errors import InputError
from clearprop.estimators.drawing import LAYERS_SHOWN, NODES_SHOWN, drawing

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 10, "learning_rate_init": 0.01}


@BOTH
def test_a_step_of_gradient_descent_is_the_rate_times_the_gradient(kind, iris):
    X, y = iris
    options = {"solver": "sgd", "momentum": 0.0, "batch_size": 150, "alpha": 0.5, "l1": 0.3, "max_iter": 1}
    model = kind(**SMALL | options).initialize(X, y)
    weight = np.linspace(0, 2, 150)
    gradient = model.gradients(X, y, weight)
    before = model.parameters_.theta.copy()
    moved = kind(**SMALL | options).fit(X, y, weight).parameters_.theta
    np.testing.assert_allclose(moved, before - 0.01 * gradient.theta, rtol=1e-9, atol=1e-12)
    assert [array.shape for array in gradient.W] == [array.shape for array in model.coefs_]
    np.testing.assert_array_equal(
        gradient.theta,
        np.concatenate([piece.ravel() for pair in zip(gradient.W, gradient.b, strict=True) for piece in pair]),
    )
    # without penalties and weights the δ of the output is the error itself, a share of each row
    plain = model.set_params(alpha=0.0, l1=0.0).gradients(X, y)
    np.testing.assert_allclose(plain.b[2], plain.delta[2].sum(axis=0))


def test_smoothing_and_class_weights_are_in_the_gradient(iris):
    X, y = iris
    options = {"solver": "sgd", "momentum": 0.0, "batch_size": 150, "max_iter": 1}
    more = {"label_smoothing": 0.2, "class_weight": {0: 4.0}}
    model = MLPClassifier(**SMALL | options | more).initialize(X, y)
    before = model.parameters_.theta.copy()
    moved = MLPClassifier(**SMALL | options | more).fit(X, y).parameters_.theta
    np.testing.assert_allclose(moved, before - 0.01 * model.gradients(X, y).theta, rtol=1e-9, atol=1e-12)


@BOTH
def test_gradients_of_sparse_rows_and_what_they_refuse(kind, iris):
    X, y = iris
    with pytest.raises(NotFittedError):
        kind().gradients(X, y)
    model = kind(**SMALL).fit(X, y)
    np.testing.assert_allclose(model.gradients(scipy.sparse.csr_array(X), y).theta, model.gradients(X, y).theta)
    with pytest.raises(InputError, match="zero for every row"):
        model.gradients(X, y, np.zeros(150))
    with pytest.raises(ValueError, match="features"):
        model.gradients(X[:, :2], y)


@BOTH
def test_the_display_has_a_drawing_once_there_are_weights(kind, iris):
    model = kind(**SMALL)
    assert "<img" not in model._repr_html_()
    model.fit(*iris)
    for shown in (model._repr_html_(), model._repr_mimebundle_()["text/html"]):
        assert shown.count("<img") == 2  # the network, and the curve of its losses
        assert "a network of 4-5-" in shown
        assert kind.__name__ in shown
    assert kind.__name__ in make_pipeline(StandardScaler(), model)._repr_html_()


@settings(max_examples=25)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=10))
def test_the_drawing_is_well_formed_small_and_complete(widths):
    net = Network.mlp(widths)
    root = ET.fromstring(drawing(net, net.initial(seed=1)))
    tags = [element.tag.split("}")[1] for element in root.iter()]
    shown = [n if n <= NODES_SHOWN else NODES_SHOWN - 1 for n in widths[:LAYERS_SHOWN]]
    assert tags.count("circle") == sum(shown)
    assert tags.count("line") == sum(n * m for n, m in pairwise(shown))
    text = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert all(f"{n:,}" in text for n in widths[:LAYERS_SHOWN])
    assert (f"… {len(widths) - LAYERS_SHOWN} more" in text) == (len(widths) > LAYERS_SHOWN)
    assert len(ET.tostring(root)) < 60_000


def test_the_drawing_shows_sign_and_size():
    net = Network.mlp([1, 2])
    lines = [
        element.attrib
        for element in ET.fromstring(drawing(net, net.parameters([[[2.0, -1.0]]], [[0, 0]]))).iter()
        if element.tag.endswith("line")
    ]
    assert lines[0]["stroke"] != lines[1]["stroke"]
    assert float(lines[0]["stroke-width"]) > float(lines[1]["stroke-width"])
    zero = drawing(net, net.parameters([[[0.0, 0.0]]], [[0, 0]]))
    assert "nan" not in zero


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_parts_of_features_add_up_to_the_difference_of_outputs(dtype, iris):
    X, y = iris
    model = MLPClassifier((5, 4), activation="tanh", max_iter=5, random_state=0).fit(X.astype(dtype), y)
    found = model.attributions(X.astype(dtype)[:9], X.astype(dtype), output=2)
    assert found.outputs == pytest.approx(model.predict_proba(X.astype(dtype)[:9])[:, 2], abs=1e-6)
    assert found.parts.sum(axis=1) == pytest.approx(found.outputs - found.baseline, abs=1e-6)
    assert found.baseline[0] == pytest.approx(model.predict_proba(np.median(X, axis=0)[None].astype(dtype))[0, 2])


def test_of_a_network_without_hidden_layers_the_parts_are_the_weights_times_the_differences(iris):
    X, y = iris
    model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", max_iter=50, random_state=0).fit(X, y)
    found = model.attributions(X[:5], X[7])
    assert found.parts == pytest.approx(model.coefs_[0].ravel() * (X[:5] - X[7]))
    with pytest.raises(ValueError, match="output must be a whole number from 0 to 0, not 1"):
        model.attributions(X[:5], X[7], output=1)
    with pytest.raises(ValueError, match="features"):
        model.attributions(X[:5], X[7, :2])
