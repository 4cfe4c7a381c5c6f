"""Several targets at once, from a table and by the estimator."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clearprop import TabularRegressor
from clearprop.errors import ClearpropError, ModelFileError
from clearprop.tables import LabelTargets, NumberTarget, NumberTargets, Reading, target_from_json
from clearprop.tabular import TableSettings
from clearprop.tabular.fit import train
from clearprop.tabular.model import TableModel
from clearprop.tabular.preparation import prepare
from clearprop.tabular.scores_json import scores_from_json

SMALL = {"ensemble": 2, "hidden_layer_sizes": 16, "max_iter": 40, "learning_rate_init": 0.03, "random_state": 0,
         "engine": "reference"}  # fmt: skip


def data(n=200):
    random = np.random.default_rng(0)
    X = pd.DataFrame({"a": random.normal(size=n), "b": random.choice(["u", "v"], n)})
    y = np.stack([1000 * X["a"] + 5000, 0.01 * X["a"] + 0.02 * (X["b"] == "u")], axis=1)
    return X, y


def model(**settings):
    X, y = data()
    table = pa.table({**X, "big": y[:, 0], "small": y[:, 1]})
    asked = {
        "target": ("big", "small"),
        "hidden": (16,),
        "epochs": 40,
        "ensemble": 2,
        "engine": "reference",
        "learning_rate": 0.03,
        **settings,
    }
    return table, train(prepare(Reading(table), TableSettings(**asked))).model


def test_each_counts_alike_whatever_its_unit(tmp_path):
    table, found = model()
    assert found.network.widths[-1] == 2
    scores = found.held_out.targets
    assert all(scores[name].rmse < 0.5 * scores[name].trivial_rmse for name in ("big", "small"))
    predicted = found.predict(table).values
    assert predicted.shape == (200, 2)
    assert np.corrcoef(predicted[:, 1], table.column("small").to_numpy())[0, 1] > 0.9
    assert found.trivial == pytest.approx([5000, 0.01], rel=0.2)
    found.save(tmp_path / "m")
    again = TableModel.load(tmp_path / "m")
    assert again.target == found.target
    assert again.held_out == found.held_out
    np.testing.assert_array_equal(again.predict(table).values, predicted)
    assert again.evaluate(table).scores.targets["big"].rmse < 500


def test_the_network_of_each_member_is_scored_on_standardised_targets():
    _, found = model(metric="mae", validation_file=None)
    assert found.settings["metric"] == "mae"


def test_logarithms_of_several():
    X, y = data()
    table = pa.table({**X, "p": np.exp(y[:, 1]), "q": np.exp(y[:, 0] / 1000)})
    asked = TableSettings(target=("p", "q"), log_target=True, hidden=(8,), epochs=20, ensemble=1, engine="reference")
    found = train(prepare(Reading(table), asked)).model
    assert (found.predict(table).values > 0).all()
    assert found.held_out.targets["q"].rmse_log is not None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"target": ("big", "b")}, "several targets must all be numbers, and 'b' holds text"),
        ({"target": ("big", "big")}, "a target is named twice: big, big"),
        ({"target": ("big", "smal")}, "did you mean 'small'?"),
        ({"task": "classification"}, "several targets are learned as numbers"),
        ({"probabilities": True}, "several targets are learned as numbers"),
        ({"class_weight": "balanced"}, "several targets are learned as numbers"),
        ({"quantiles": (0.5,)}, "quantiles are predicted of one target"),
        ({"drop": ("small",)}, "cannot be both the target and dropped"),
        ({"keep": ("small",)}, "cannot be the target and have another use"),
        ({"metric": "f1"}, "the metric f1 is for classification"),
    ],
)  # fmt: skip
def test_what_several_targets_cannot_have(settings, words):
    with pytest.raises(ClearpropError) as caught:
        model(**settings)
    assert words in str(caught.value)


def test_descriptions_of_several_targets_that_are_damaged():
    one = NumberTarget("a", False, 0.0, 1.0, -1.0, 1.0)
    both = NumberTargets((one, NumberTarget("b", False, 0.0, 1.0, -1.0, 1.0)))
    assert target_from_json(both.to_json()) == both
    classes = {"task": "classification", "column": "c", "classes": ["x", "y"]}
    for targets in ([], [one.to_json()], [one.to_json()] * 2, [one.to_json(), classes], [one.to_json(), 3]):
        with pytest.raises(ModelFileError):
            target_from_json({"task": "regression", "targets": targets})
    for spoilt in ({"a": 3}, {}, {"a": {"task": "regression"}}):
        with pytest.raises(ModelFileError):
            scores_from_json({"task": "regression of several targets", "n_rows": 3, "targets": spoilt})


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, lambda y: y.tolist()])
def test_the_regressor_takes_several(form, tmp_path):
    X, y = data()
    found = TabularRegressor(**SMALL).fit(X, form(y))
    assert found.predict(X).shape == (200, 2)
    assert found.score(X, y) > 0.8
    assert found.feature_importances_[0] > 0.3
    assert found.check_gradient(X[:20], y[:20], n_parameters=20).passed
    found.save(tmp_path / "m")
    again = TabularRegressor.load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(X), found.predict(X))
    outputs = found.explain(X.iloc[0], y[0])["a2"].value
    assert np.asarray(outputs).size == 2


def test_targets_of_the_regressor_that_cannot_be():
    X, y = data()
    bad = y.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"target 2 of 2: Input y contains NaN.*missing in row 4"):
        TabularRegressor(**SMALL).fit(X, bad)
    with pytest.raises(ValueError, match="quantiles are predicted of one target"):
        TabularRegressor(**SMALL, quantiles=(0.5,)).fit(X, y)
    with pytest.raises(ValueError, match="y_val must have as many targets in each row as y"):
        TabularRegressor(**SMALL).fit(X, y, X_val=X, y_val=y[:, 0])
    with pytest.raises(ValueError, match="only numbers above 0 have a logarithm"):
        TabularRegressor(**SMALL, log_target=True).fit(X, y - 100)


def test_labels_are_predicted_by_their_names():
    each = tuple(NumberTarget(name, False, 0.0, 1.0, 0.0, 1.0) for name in ("warm", "wet"))
    labels = LabelTargets(each)
    back = target_from_json(labels.to_json())
    assert back == labels != NumberTargets(each)
    held, probabilities = back.predicted(np.array([[0.9, 0.2], [0.6, 0.7], [0.1, 0.5]], dtype=np.float32))
    assert held == ["warm", "warm, wet", ""]
    assert probabilities.shape == (3, 2)
    assert labels.describe(str) == "warm, a label\nwet, a label"
