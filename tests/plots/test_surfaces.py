"""Surfaces and calibration: what is drawn is what the estimator predicts."""

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest
from sklearn.calibration import CalibrationDisplay as Theirs

from clearprop import MLPClassifier, MLPRegressor, forward
from clearprop.errors import InputError, ShapeError
from clearprop.plots import CalibrationDisplay, DecisionSurfaceDisplay
from clearprop.plots.grid import Grid
from clearprop.plots.opened import opened


@pytest.fixture(scope="module")
def two(rows):
    """A classifier of two classes over two columns."""
    X, y = rows[0][:100, :2], np.array(["no", "yes"])[rows[1][:100]]
    return MLPClassifier((5,), random_state=0, engine="reference").initialize(X, y), X, y


def grid_of(display):
    return np.array([[x, y] for y in display.y for x in display.x])


def test_of_two_classes_it_is_the_probability_of_the_second(two):
    model, X, y = two
    display = DecisionSurfaceDisplay.from_estimator(model, X, y, grid_resolution=12)
    expected = model.predict_proba(grid_of(display))[:, 1].reshape(12, 12)
    np.testing.assert_array_equal(display.response, expected)
    np.testing.assert_array_equal(display.surface_.zmin, expected.min())
    np.testing.assert_array_equal(display.surface_.zmax, expected.max())
    assert len({tuple(points.get_paths()[0].vertices.ravel()[:6]) for points in display.points_}) == 2
    for points, label in zip(display.points_, ("no", "yes"), strict=True):
        np.testing.assert_array_equal(points.get_offsets(), X[y == label])


def test_of_more_classes_it_is_the_region_of_each_with_its_hatch(models, rows, flowers):
    display = DecisionSurfaceDisplay.from_estimator(
        models["classifier"], *rows, features=(2, 3), row=7, grid_resolution=9
    )
    whole = np.repeat(rows[0][7:8], 81, axis=0)
    whole[:, 2:] = grid_of(display)
    np.testing.assert_array_equal(display.response.ravel(), models["classifier"].predict(whole))
    assert len(set(display.surface_.hatches)) == 3
    frame, names = flowers
    model = models["tabular_classifier"]
    display = DecisionSurfaceDisplay.from_estimator(
        model, frame, names, features=("length", "width in $"), row=3, grid_resolution=8
    )
    grid = Grid(frame, ("length", "width in $"), 3, 8).rows()
    assert set(grid["place"]) == {frame["place"][3]}
    predicted = np.array(model.predict(grid))
    assert np.array(display.classes)[display.response.ravel()].tolist() == predicted.tolist()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [" _versicolor", "setosa", "virginica"]
    assert display.ax_.get_ylabel() == r"width in \$"


@pytest.mark.parametrize("kind", ["regressor", "imported"])
def test_of_numbers_it_is_the_prediction(models, rows, kind):
    display = DecisionSurfaceDisplay.from_estimator(models[kind], rows[0], features=(0, 1), row=0, grid_resolution=7)
    whole = np.repeat(rows[0][:1], 49, axis=0)
    whole[:, :2] = grid_of(display)
    model = models[kind].estimator() if kind == "imported" else models[kind]
    np.testing.assert_array_equal(display.response.ravel(), model.predict(whole))


def test_of_a_neuron_it_is_its_activation(models, rows):
    display = DecisionSurfaceDisplay.from_estimator(
        models["classifier"], rows[0], row=0, neuron=(2, 3), grid_resolution=6
    )
    found = opened(models["classifier"])
    whole = np.repeat(rows[0][:1], 36, axis=0)
    whole[:, :2] = grid_of(display)
    tape = forward(found.network, found.params, whole)
    np.testing.assert_array_equal(display.response.ravel(), tape.a[2][:, 3])
    np.testing.assert_array_equal(display.line[0].ravel(), tape.z[2][:, 3])


def test_frames_of_every_library_make_the_same_grid(flowers):
    frame = flowers[0]
    grids = [Grid(given, ("length", "width in $"), 5, 4).rows() for given in (frame, pl.from_pandas(frame))]
    assert list(grids[0].columns) == grids[1].columns == list(frame.columns)
    for name in frame.columns:
        assert grids[0][name].tolist() == grids[1][name].to_list()
    assert len(grids[0]) == 16


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "X has 4 columns, and a surface is over two of them: say in which row"),
        ({"row": 150}, "row must be from 0 to 149, not 150"),
        ({"row": 0, "features": (0, 0)}, r"two different columns, as \(0, 1\)"),
        ({"row": 0, "features": (0, 9)}, "its number from 0 to 3, not 9"),
        ({"row": 0, "features": ("a", 1)}, "X has no column 'a'; it has no names"),
        ({"row": 0, "grid_resolution": 1}, "at least 2, not 1"),
        ({"row": 0, "neuron": (3, 3)}, r"as \(1, 0\), not \(3, 3\); the layers have 6, 5, 3 neurons"),
        ({"row": 0, "neuron": 1}, r"as \(1, 0\), not 1"),
        ({"row": 0, "y": [1]}, "X has 150 rows, but y has 1"),
    ],
)
def test_surfaces_that_cannot_be(models, rows, options, said):
    with pytest.raises(InputError, match=said):
        DecisionSurfaceDisplay.from_estimator(models["classifier"], rows[0], **options)


def test_columns_and_targets_that_have_no_surface(models, rows, flowers):
    frame, _names = flowers
    with pytest.raises(InputError, match="column 'place' holds no numbers"):
        DecisionSurfaceDisplay.from_estimator(models["tabular_classifier"], frame, features=("length", "place"), row=0)
    with pytest.raises(InputError, match="member is of a neuron"):
        DecisionSurfaceDisplay.from_estimator(
            models["tabular_classifier"], frame, features=("length", "width in $"), row=0, member=1
        )
    several = MLPRegressor(hidden_layer_sizes=(2,), random_state=0).initialize(rows[0][:, :2], rows[0][:, 2:])
    with pytest.raises(InputError, match="several are predicted; fit one regressor for each"):
        DecisionSurfaceDisplay.from_estimator(several, rows[0][:, :2])
    with pytest.raises(ShapeError, match=r"must be of shape \(n_samples, n_features\)"):
        DecisionSurfaceDisplay.from_estimator(several, rows[0][:, 0])
    many = MLPClassifier((2,), random_state=0).initialize(rows[0][:, :2], np.arange(150) % 9)
    with pytest.raises(InputError, match="up to 8 classes"):
        DecisionSurfaceDisplay.from_estimator(many, rows[0][:, :2])


def test_calibration_is_scikit_learns(two):
    model, X, y = two
    ours, theirs = CalibrationDisplay.from_estimator(model, X, y), Theirs.from_estimator(model, X, y)
    np.testing.assert_array_equal(ours.line_.get_xydata(), theirs.line_.get_xydata())
    assert ours.ax_.get_xlabel() == "probability of yes"
    other = CalibrationDisplay.from_estimator(model, X, y, pos_label="no", n_bins=3)
    np.testing.assert_array_equal(other.y_prob, model.predict_proba(X)[:, 0])


@pytest.mark.parametrize("kind", ["classifier", "tabular_classifier"])
def test_calibration_of_more_classes_is_that_of_the_most_probable(models, rows, flowers, kind):
    X, y = flowers if kind.startswith("tabular") else rows
    display = CalibrationDisplay.from_estimator(models[kind], X, y, n_bins=4)
    probabilities = models[kind].predict_proba(X)
    np.testing.assert_array_equal(display.y_prob, probabilities.max(axis=1))
    right = np.array(models[kind].predict(X)) == y
    places = np.clip((display.y_prob * 4).astype(int), 0, 3)
    expected = [right[places == k].mean() for k in range(4) if (places == k).any()]
    assert display.line_.get_ydata().tolist() == pytest.approx(expected)


def test_calibration_keeps_to_a_dark_style(two):
    with plt.style.context("dark_background"):
        display = CalibrationDisplay.from_estimator(*two)
    assert display.ax_.lines[0].get_color() == "white"


def test_what_has_no_calibration(models, rows):
    with pytest.raises(InputError, match="of the probabilities of a classifier, not of a MLPRegressor"):
        CalibrationDisplay.from_estimator(models["regressor"], rows[0], rows[0][:, 0])
    with pytest.raises(InputError, match=r"pos_label 7 is none of the classes \[0, 1, 2\]"):
        CalibrationDisplay.from_estimator(models["classifier"], *rows, pos_label=7)
    labels = MLPClassifier((2,), random_state=0).initialize(rows[0], np.eye(3, dtype=int)[rows[1]] | 1)
    with pytest.raises(InputError, match="rule each other out"):
        CalibrationDisplay.from_estimator(labels, rows[0], rows[1])
