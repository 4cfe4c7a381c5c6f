"""What is kept of a fit of a table: files, pickles, explanations, histories; and what a fit that fails leaves."""

import pickle
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError, ModelFileError, ShapeError, TableError
from clearprop.tabular.model import TableModel

pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning")
QUICK = {"hidden_layer_sizes": (16,), "max_iter": 30, "random_state": 0}


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_save_and_load(kind, animals, rents, tmp_path):
    X, y = animals if kind == "classifier" else rents
    if kind == "classifier":
        model = TabularClassifier(**QUICK, class_weight={"cat": 2, "cow": 1, "dog": 1})
    else:
        model = TabularRegressor(**QUICK, quantiles=(0.1, 0.9))
    model.fit(X, y).save(tmp_path / "m")
    again = type(model).load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.get_params() == model.get_params()
    assert list(again.feature_names_in_) == list(model.feature_names_in_)
    assert again.explain(X.iloc[0], y[0])["a0"].value.tolist() == model.explain(X.iloc[0], y[0])["a0"].value.tolist()
    if kind == "regressor":
        np.testing.assert_array_equal(again.predict_quantiles(X), model.predict_quantiles(X))
    assert list(TableModel.load(tmp_path / "m").predict(pa.Table.from_pandas(X)).values) == list(model.predict(X))
    assert clone(again).fit(X, y).n_iter_ >= 1
    other = TabularRegressor if kind == "classifier" else TabularClassifier
    with pytest.raises(ModelFileError, match="was not written by"):
        other.load(tmp_path / "m")


def test_pickle(fitted, animals):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(animals[0]), fitted.predict_proba(animals[0]))


def test_cross_validation(animals):
    assert cross_val_score(TabularClassifier(**QUICK), *animals, cv=3).mean() > 0.8


def test_explain_shows_one_step_with_one_row(animals, fitted, rents):
    X, y = animals
    trace = fitted.explain(X.iloc[3], y[3], member=1)
    label = list(fitted.classes_).index(y[3])
    assert trace["y"].value.tolist() == [float(k == label) for k in range(3)]
    assert trace["a2"].value.sum() == pytest.approx(1)
    assert {"smoothed", "mask1", "rate"} <= set(trace.sites)  # what the recipe asks for is part of the step
    plain = fitted.explain(X.iloc[3], y[3], member=1, optimizer="sgd")
    assert not {"smoothed", "mask1"} & set(plain.sites)
    regressor = TabularRegressor(**QUICK, log_target=True).fit(*rents)
    trace = regressor.explain(rents[0][:1], rents[1][0])
    target = regressor.model_.target
    assert trace["y"].value.item() == pytest.approx((np.log(rents[1][0]) - target.centre) / target.scale, rel=1e-5)
    for column in (rents[1][:1], [rents[1][0]], np.array(rents[1][:1])):
        assert regressor.explain(rents[0][:1], column)["loss"].value == trace["loss"].value
    assert fitted.explain(X[3:4], pd.Series(y)[3:4])["a0"].value.shape == fitted.explain(X[3:4], y[3])["a0"].value.shape
    with pytest.raises(ShapeError, match="the target of that one row, not 2 values"):
        fitted.explain(X[:1], pd.Series(y)[:2])
    with pytest.raises(ShapeError, match="one row is explained at a time"):
        fitted.explain(X[:2], y[3])
    with pytest.raises(InputError, match=r"'hen'.*not one of the learned classes"):
        fitted.explain(X[:1], "hen")
    with pytest.raises(InputError, match="member must be from 0 to 3"):
        fitted.explain(X[:1], y[0], member=4)
    with pytest.raises(InputError, match="above 0"):
        regressor.explain(rents[0][:1], -1.0)


def test_the_history_and_the_reason(fitted):
    assert fitted.n_iter_ == len(fitted.history_) == 30
    assert "validation_accuracy" in fitted.history_[0].scores
    assert "preset number of 30 epochs" in fitted.stopping_reason_
    assert fitted.engine_ in ("compiled", "reference")


def test_a_time_limit(rents):
    began = time.perf_counter()
    model = TabularRegressor(max_iter=10**6, max_seconds=0.6, quantiles=(0.5,), random_state=0).fit(*rents)
    assert "time limit" in model.stopping_reason_ or "converged" in model.stopping_reason_
    assert time.perf_counter() - began < 60


def test_verbose_prints_a_line_per_epoch(animals, capsys):
    TabularClassifier(**{**QUICK, "max_iter": 3}, verbose=True).fit(*animals)
    assert len(capsys.readouterr().out.splitlines()) >= 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ensemble": 0}, "ensemble must be None or a whole number of at least 1, not 0"),
        ({"ensemble": 101}, "from 1 to 100 networks"),
        ({"max_iter": 2.5}, "max_iter must be"),
        ({"n_threads": True}, "n_threads must be"),
        ({"max_seconds": 0}, "max_seconds must be None or a number above 0, not 0"),
        ({"hidden_layer_sizes": (8, 0)}, "hidden_layer_sizes must be"),
        ({"quantiles": (0.9, 0.1)}, "rising order"),
        ({"quantiles": (0.5, 1.0)}, "between 0 and 1"),
        ({"quantiles": 0.5}, "quantiles must be a sequence"),
        ({"log_target": 1}, "log_target must be True or False"),
        ({"engine": "compild"}, "did you mean 'compiled'"),
    ],
)
def test_parameters_that_cannot_be(rents, given, message):
    with pytest.raises(ValueError, match=message):
        TabularRegressor(**given).fit(*rents)


def test_bad_values_are_named_by_row_and_column(rents):
    X, y = rents
    with pytest.raises(TableError, match="column 'size' is inf in row 3"):
        TabularRegressor(**QUICK).fit(X.assign(size=np.where(np.arange(500) == 2, np.inf, X["size"])), y)
    with pytest.raises(InputError, match="y is -5 in row 2"):
        TabularRegressor(**QUICK, log_target=True).fit(X, np.where(np.arange(500) == 1, -5, y))
    with pytest.raises(InputError, match="y holds the text 'dear' in row 1"):
        TabularRegressor(**QUICK).fit(X, np.array(["dear"] * 500, dtype=object))
    with pytest.raises(ShapeError, match="X has 500 rows, but y has 499"):
        TabularRegressor(**QUICK).fit(X, y[:-1])
    model = TabularRegressor(**QUICK).fit(X, y)
    with pytest.raises(TableError, match="column 'size' holds 'large' in row 1"):
        model.predict(X[:2].assign(size=["large", "small"]))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.drop(columns="size"))
    with pytest.raises(TypeError, match="column 'x0' holds a dict in row 2"):
        TabularRegressor(**QUICK).fit(np.array([[1], [{}]], dtype=object), [1, 2])


def test_a_fit_that_fails_leaves_the_one_before(animals):
    model = TabularClassifier(**QUICK).fit(*animals)
    before = model.predict_proba(animals[0])
    with pytest.raises(InputError, match="only one class"):
        model.fit(animals[0], ["cat"] * 400)
    np.testing.assert_array_equal(model.predict_proba(animals[0]), before)
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(animals[0])


def test_tables_too_small_for_an_ensemble_are_refused():
    with pytest.raises(InputError, match="an ensemble of 4 networks needs at least 4 rows"):
        TabularRegressor().fit([[1.0], [2.0], [3.0]], [1, 2, 3])
    assert np.isfinite(TabularRegressor(ensemble=1).fit([[1.0], [2.0], [3.0]], [1, 2, 3]).predict([[2.0]])).all()
