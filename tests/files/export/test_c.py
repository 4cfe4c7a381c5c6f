"""Networks and models of tables as C: what it predicts is what our own engine predicts."""

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, make_multilabel_classification

from clearprop import MLPClassifier, MLPRegressor, TabularRegressor
from clearprop.estimators.exporting import program_of as of_estimator
from clearprop.files.export.c.self_test import distances, predicted
from clearprop.files.export.evaluation import inputs_of
from clearprop.formulas import Activation, exp, sin, where
from clearprop.tables.input_trees import symbol_values
from clearprop.tabular.exporting import program_of
from compiled_c import SANITIZED, Compiled, needs_gcc, self_tested
from sample_tables import flats

pytestmark = needs_gcc
ROWS = 10_000
BOUND = 1e-6
SHORT = {"max_iter": 3, "random_state": 0}


class Wavy(Activation):
    """One of our users' own, with a parameter and a case."""

    pull: float = 0.25

    def value(z, pull):
        return where(z > -1, sin(z) + pull * z, exp(z) - 1)


def diamonds():
    """An ensemble with its encoder and the logarithm of the price; the rows of the table."""
    table = pd.read_parquet("examples/data/diamonds.parquet").sample(ROWS, random_state=0)
    table = table.astype({"cut": str, "color": str, "clarity": str})
    price = table.pop("price")
    model = TabularRegressor(hidden_layer_sizes=(24, 12), log_target=True, ensemble=4, **SHORT)
    model.fit(table[:3000], price[:3000])
    table.iloc[0, 0], table.iloc[1, 1], table.iloc[2, 1] = None, "Superb", None
    given = model._predicted(table)
    rows = [symbol_values(step, given.column(step.column)) for step in model.model_.encoder.steps]
    return program_of(model.model_), rows, model.predict(table)[:, None]


def digits():
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier((32,), max_iter=8, random_state=0).fit(X, y)
    random = np.random.default_rng(0)
    rows = X[random.integers(0, len(X), ROWS)] + random.normal(0, 1, (ROWS, 64))
    return of_estimator(model), plain(rows), model.predict_proba(rows.astype(np.float32))


def several_labels():
    X, Y = make_multilabel_classification(ROWS, 20, n_classes=6, random_state=0)
    model = MLPClassifier((16,), activation="tanh", max_iter=3, random_state=0).fit(X[:1000], Y[:1000])
    return of_estimator(model), plain(X), model.predict_proba(X)


def quantiles():
    table = flats(ROWS).to_pandas()
    rent = table.pop("rent")
    model = TabularRegressor(hidden_layer_sizes=(8,), log_target=True, ensemble=2, quantiles=(0.1, 0.5, 0.9), **SHORT)
    model.fit(table[:500], rent[:500])
    given = model._predicted(table)
    rows = [symbol_values(step, given.column(step.column)) for step in model.model_.encoder.steps]
    return program_of(model.model_), rows, np.column_stack([model.predict(table), model.predict_quantiles(table)])


def own_activation():
    X = np.random.default_rng(0).standard_normal((ROWS, 6))
    y = np.stack([X[:, 0] * X[:, 1], np.abs(X[:, 2])], axis=1)
    model = MLPRegressor(hidden_layer_sizes=(16, 8), activation=Wavy(0.5), max_iter=5, random_state=0).fit(
        X[:1000], y[:1000]
    )
    return of_estimator(model), plain(X), model.predict(X.astype(np.float32))


def plain(X):
    X = X.astype(np.float32)
    return [{"x": X, "missing": np.zeros_like(X)}]


@cache
def made(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few epochs, and some values are unknown on purpose
        return MODELS[name]()


MODELS = {each.__name__: each for each in (diamonds, digits, several_labels, quantiles, own_activation)}


@pytest.mark.parametrize("name", MODELS)
def test_ten_thousand_rows_come_out_as_our_own_engine_predicts_them(name, tmp_path):
    program, rows, ours = made(name)
    chosen, found = Compiled(program, tmp_path).predict(rows)
    assert len(found) == ROWS
    assert distances(found, ours).max() <= BOUND
    X = np.concatenate([inputs_of(column, row) for column, row in zip(program.columns, rows, strict=True)], axis=1)
    exact, single = (predicted(program, X, dtype) for dtype in (np.float64, np.float32))
    assert distances(found, exact).max() <= 2 * distances(single, exact).max()
    if program.answer.kind == "class":
        second, best = np.sort(exact, axis=1)[:, -2:].T
        clear = best - second > BOUND
        assert clear.mean() > 0.99
        np.testing.assert_array_equal(chosen[clear], exact.argmax(axis=1)[clear])


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_read_or_computed_that_must_not_be(name, tmp_path):
    program, rows, ours = made(name)
    few = [{symbol: values[:200] for symbol, values in row.items()} for row in rows]
    _, found = Compiled(program, tmp_path, SANITIZED).predict(few)
    assert distances(found, ours[:200]).max() <= BOUND
    assert "allowed 1e-06" in self_tested(program, tmp_path, SANITIZED)
