"""Weights, networks and activations: what is drawn is what the engine has."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from clearprop import MLPClassifier, MLPRegressor, forward
from clearprop.errors import InputError
from clearprop.explain import case
from clearprop.plots import ActivationHistogramDisplay, NetworkDisplay, WeightsDisplay
from clearprop.plots.opened import opened

EVERY = ("classifier", "regressor", "pipeline", "tabular_classifier", "tabular_regressor", "imported")


def rows_of(kind, rows, flowers):
    return flowers[0] if kind.startswith("tabular") else rows[0]


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("layer", [1, 2])
def test_squares_are_as_large_as_their_weights(models, kind, layer):
    display = WeightsDisplay.from_estimator(models[kind], layer)
    W = np.asarray(opened(models[kind]).params.W[layer], dtype=float)
    found = np.full(W.shape, np.nan)
    for squares, sign in ((display.positive_, 1), (display.negative_, -1)):
        for path in squares.get_paths():
            low, high = path.vertices.min(axis=0), path.vertices.max(axis=0)
            j, k = np.round((low + high) / 2).astype(int)
            found[k, j] = sign * (high[0] - low[0]) ** 2 / 0.92**2 * np.abs(W).max()
    np.testing.assert_allclose(found, W, atol=1e-12)


def test_signs_are_told_apart_without_colour(models):
    display = WeightsDisplay.from_estimator(models["classifier"])
    assert display.positive_.get_facecolor()[0][3] == 1
    assert len(display.negative_.get_facecolor()) == 0
    drawn = NetworkDisplay.from_estimator(models["classifier"])
    assert drawn.positive_[0].get_linestyle()[0][1] is None
    assert drawn.negative_[0].get_linestyle()[0][1] is not None


def test_many_weights_are_a_picture_and_pixels_are_images(rows):
    model = MLPRegressor(hidden_layer_sizes=(60,), random_state=0).initialize(np.ones((3, 64)), np.ones(3))
    display = WeightsDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.image_.get_array(), model.coefs_[0])
    images = WeightsDisplay.from_estimator(model, image_shape=(8, 8)).image_.get_array()
    assert images.shape == (8 * 9 - 1, 8 * 9 - 1)  # 60 neurons: 8 rows of 8
    np.testing.assert_array_equal(images[9:17, 18:26].ravel(), model.coefs_[0][:, 10])
    assert images.mask[8].all()
    with pytest.raises(InputError, match=r"image_shape 8 × 7 is 56 pixels, and layer 1 has 64 inputs"):
        WeightsDisplay.from_estimator(model, image_shape=(8, 7))


@pytest.mark.parametrize("layer", [0, 4, -1, True, 1.0, "1"])
def test_layers_that_there_are_not(models, layer):
    with pytest.raises(InputError, match="layer must be from 1 to 3, not"):
        WeightsDisplay.from_estimator(models["classifier"], layer)


@pytest.mark.parametrize("kind", EVERY)
def test_lines_have_their_weights(models, kind):
    display = NetworkDisplay.from_estimator(models[kind])
    found = opened(models[kind])
    for l in range(1, found.network.depth + 1):
        W = np.asarray(found.params.W[l], dtype=float)
        for drawn, weights in ((display.positive_[l - 1], W[W >= 0]), (display.negative_[l - 1], W[W < 0])):
            assert sorted(drawn.get_array().tolist()) == sorted(weights.tolist())
            if len(weights):
                thickness = 0.3 + 2.7 * np.abs(np.asarray(drawn.get_array())) / np.abs(W).max()
                np.testing.assert_allclose(drawn.get_linewidths(), thickness)


@pytest.mark.parametrize("kind", EVERY)
def test_a_row_puts_its_activations_beside_the_neurons(models, rows, flowers, kind):
    X = rows_of(kind, rows, flowers)[:1]
    display = NetworkDisplay.from_estimator(models[kind], X)
    found = opened(models[kind])
    tape = forward(found.network, found.params, found.inputs(X))
    assert display.texts_
    for (l, j), text in display.texts_.items():
        assert text.get_text() == f"{float(tape.a[l][0, j]):.4g}".replace("-", "−")


@pytest.mark.parametrize("name", ["sharing", "xor", "digits"])
def test_traces_are_drawn(name):
    trace = case(name).trace()
    display = NetworkDisplay.from_trace(trace)
    assert len(display.nodes_) == trace.network.depth + 1
    assert len(display.nodes_[0].get_offsets()) == min(trace.network.widths[0], 8)
    last = np.atleast_2d(trace[f"a{trace.network.depth}"].value)[0]
    assert display.activations[-1].tolist() == last.tolist()


def test_several_rows_are_refused(models, rows):
    with pytest.raises(InputError, match=r"of one row, and x has 150; take one, as X\[:1\]"):
        NetworkDisplay.from_estimator(models["classifier"], rows[0])
    with pytest.raises(InputError, match="member must be from 0 to 1, not 2"):
        NetworkDisplay.from_estimator(models["tabular_classifier"], member=2)
    with pytest.raises(InputError, match="member must be from 0 to 0, not 1"):
        WeightsDisplay.from_estimator(models["classifier"], member=1)
    first, second = (WeightsDisplay.from_estimator(models["tabular_classifier"], member=k).weights for k in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("kind", EVERY)
def test_histograms_count_every_activation(models, rows, flowers, kind):
    X = rows_of(kind, rows, flowers)
    display = ActivationHistogramDisplay.from_estimator(models[kind], X, bins=11)
    found = opened(models[kind])
    tape = forward(found.network, found.params, found.inputs(X))
    for l, (counts, step) in enumerate(zip(display.counts, display.steps_, strict=True), start=1):
        expected, edges = np.histogram(tape.a[l], display.edges)
        assert counts.tolist() == expected.tolist()
        assert counts.sum() == tape.a[l].size
        np.testing.assert_array_equal(step.get_data().values, counts / counts.sum())
        np.testing.assert_array_equal(step.get_data().edges, edges)


def test_stuck_neurons_are_counted_by_their_slopes():
    X = np.linspace(-1, 1, 9)[:, None]
    model = MLPClassifier((4, 3), activation="relu", random_state=0).initialize(X, X[:, 0] > 0)
    model.coefs_[0][:] = [[1.0, 1.0, 1.0, 1.0]]
    model.intercepts_[0][:] = [-5.0, 0.0, -1.0, 2.0]  # never, sometimes, never above 0, always
    display = ActivationHistogramDisplay.from_estimator(model, X)
    assert (display.n_dead[0], display.n_saturated[0]) == (2, 0)
    full = MLPRegressor(hidden_layer_sizes=(3,), activation="logistic", random_state=0).initialize(X, X[:, 0])
    full.coefs_[0][:] = [[1.0, 1.0, 1.0]]
    full.intercepts_[0][:] = [9.0, -9.0, 0.0]
    display = ActivationHistogramDisplay.from_estimator(full, X)
    assert (display.n_dead, display.n_saturated) == ([0], [2])
    assert "layer 1, logistic: of 3 neurons 2 saturated" in display.ax_.get_legend().get_texts()[0].get_text()


def test_histograms_that_cannot_be(models, rows):
    flat = MLPRegressor(hidden_layer_sizes=(), random_state=0).initialize(*rows)
    with pytest.raises(InputError, match="has no hidden layer"):
        ActivationHistogramDisplay.from_estimator(flat, rows[0])
    for bins in (0, 2.5, True):
        with pytest.raises(InputError, match="bins must be a whole number"):
            ActivationHistogramDisplay.from_estimator(models["classifier"], rows[0], bins=bins)


def test_a_dark_style_is_kept_to(models, rows):
    with plt.style.context("dark_background"):
        drawn = NetworkDisplay.from_estimator(models["classifier"], rows[0][:1])
        squares = WeightsDisplay.from_estimator(models["classifier"])
    assert {text.get_color() for text in drawn.ax_.texts} == {"white"}
    light = WeightsDisplay.from_estimator(models["classifier"])
    assert tuple(squares.positive_.get_facecolor()[0]) == to_rgba("#cbaaff")
    assert tuple(light.positive_.get_facecolor()[0]) == to_rgba("#6b2fb3")
