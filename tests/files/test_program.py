"""A prediction as data, evaluated by a reader of its own, is what the model predicts."""

import warnings

import numpy as np
import pandas as pd
import pytest

from clearprop import MLPClassifier, MLPRegressor, Network, TabularClassifier, TabularRegressor
from clearprop.errors import InputError
from clearprop.estimators.exporting import program_of as of_estimator
from clearprop.files.export.program import plain_program
from clearprop.network.layers import Layer
from clearprop.tabular.exporting import program_of
from evaluated_programs import answered, inputs_of, outputs_of, quantiles_of
from sample_tables import flats, pets

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0, "ensemble": 2}
QUICK = {"n_iter_no_change": 2, "tol": 9.0}  # ends by itself after some epochs
EPOCH = pd.Timestamp(0)


def told(frame):
    """Rows as the media take them: None where a value is missing, truths as 1 and −1, dates as seconds."""

    def one(value):
        if value is None or value is pd.NaT or value != value:
            return None
        if isinstance(value, bool | np.bool_):
            return 1.0 if value else -1.0
        return (value - EPOCH).total_seconds() if isinstance(value, pd.Timestamp) else value

    return [{name: one(value) for name, value in row.items()} for row in frame.to_dict("records")]


def test_numbers_categories_truths_and_dates_with_quantiles_and_a_logarithm():
    frame = flats().to_pandas()
    frame["since"] = pd.date_range("2001-02-03 04:05", periods=len(frame), freq="29h")
    rent = frame.pop("rent")
    model = TabularRegressor(log_target=True, quantiles=(0.1, 0.9), **SMALL).fit(frame, rent)
    program = program_of(model.model_)
    frame.loc[0, "since"], frame.loc[1, "district"], frame.loc[2, "district"] = pd.NaT, "east", None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that training had not
        expected, quantiles = model.predict(frame), model.predict_quantiles(frame)
    X = model.model_.encoder.encode(model._predicted(frame)).X
    made = inputs_of(program, told(frame))
    np.testing.assert_array_equal(made, X)
    np.testing.assert_allclose(answered(program, made)[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(quantiles_of(program, made), quantiles, rtol=1e-5)
    assert [column.kind for column in program.columns] == ["number", "category", "truth", "moment"]


def test_probabilities_at_their_temperature():
    frame = pets().to_pandas()
    kind = frame.pop("kind")
    model = TabularClassifier(probabilities=True, **SMALL).fit(frame, kind)
    assert model.model_.temperature != 1
    program = program_of(model.model_)
    found = answered(program, inputs_of(program, told(frame)))
    np.testing.assert_allclose(found, model.predict_proba(frame), atol=1e-6)
    assert program.answer.labels == ("cat", "cow", "dog")


def test_vectors_are_standardised():
    X = np.random.default_rng(0).normal(3, 2, (60, 5))
    model = TabularRegressor(**SMALL).fit(X, X @ np.arange(5.0))
    program = program_of(model.model_)
    rows = [{column.name: row[i] for i, column in enumerate(program.columns)} for row in X]
    np.testing.assert_allclose(answered(program, inputs_of(program, rows))[:, 0], model.predict(X), rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_classes_of_an_estimator(classes):
    X = np.random.default_rng(0).normal(size=(60, 4))
    y = np.array(["a", "b", "c"])[1 * (X @ np.ones(4) > 0) + (X[:, 0] > 0) * (classes > 2)]
    model = MLPClassifier((5,), random_state=0, **QUICK).fit(X, y)
    program = of_estimator(model)
    assert program.answer.labels == tuple(model.classes_)
    np.testing.assert_allclose(answered(program, X), model.predict_proba(X), rtol=1e-12)
    assert program.is_plain


def test_labels_and_numbers_of_an_estimator():
    X = np.random.default_rng(0).normal(size=(60, 4))
    labels = MLPClassifier((5,), random_state=0, **QUICK).fit(X, X[:, :3] > 0)
    program = of_estimator(labels)
    np.testing.assert_allclose(answered(program, X), labels.predict_proba(X), rtol=1e-12)
    assert program.answer.kind == "labels"
    numbers = MLPRegressor(hidden_layer_sizes=(5,), random_state=0, **QUICK).fit(X, X[:, :2])
    np.testing.assert_allclose(answered(of_estimator(numbers), X), numbers.predict(X), rtol=1e-12)


def test_a_layer_that_is_not_dense_is_refused_by_its_number_and_kind():
    class Doubling(Layer):
        @property
        def blocks(self):
            return ()

    network = Network.mlp([2, 2, 1])
    odd = Network((network.layers[0], Doubling(2, 2, "tanh"), network.layers[1]), "half_squared_error")
    with pytest.raises(InputError, match="layer 2 is of the kind Doubling; only dense layers are exported"):
        plain_program(odd, np.zeros((1, odd.n_parameters)))


def test_a_network_that_learned_one_class_is_refused():
    X = np.eye(20)
    model = MLPClassifier((2,), **QUICK).fit(X, np.ones(20))
    with pytest.raises(InputError, match="one class only"):
        of_estimator(model)


def test_the_mean_of_several_networks():
    network = Network.mlp([2, 3, 1])
    thetas = np.stack([network.initial(seed).theta for seed in (0, 1)])
    program = plain_program(network, thetas)
    X = np.random.default_rng(0).normal(size=(7, 2))
    from clearprop import forward

    expected = np.mean([forward(network, network.views(theta), X).a[2] for theta in thetas], axis=0)
    np.testing.assert_allclose(outputs_of(program.members, X), expected, rtol=1e-12)
