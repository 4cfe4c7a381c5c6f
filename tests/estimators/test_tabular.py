"""What the estimators for tables learn: columns of every kind, ensembles, quantiles, probabilities, weights."""

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import log_loss, r2_score

from clearprop import TabularClassifier, TabularRegressor
from clearprop.tables import Category, Moment, Number, Truth
from clearprop.tabular.calibration import expected_calibration_error

pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning")
QUICK = {"hidden_layer_sizes": (16,), "max_iter": 30, "random_state": 0}


def of_every_kind(n=120):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "amount": np.where(random.random(n) < 0.1, np.nan, random.normal(size=n)),
            "code": pd.Categorical(random.integers(1, 4, n)),
            "word": random.choice(["red", "blue", None], n),
            "flag": random.random(n) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 400, n), unit="D"),
        }
    )


def test_columns_of_every_kind_are_taken_for_what_they_are():
    X = of_every_kind()
    model = TabularClassifier(**QUICK).fit(X, X["flag"])
    steps = {step.column: step for step in model.model_.encoder.steps}
    kinds = {"amount": Number, "code": Category, "word": Category, "flag": Truth, "day": Moment}
    assert {name: type(step) for name, step in steps.items()} == kinds
    assert steps["code"].categories == ("1", "2", "3")
    assert steps["amount"].missing
    assert steps["word"].missing
    assert model.score(X, X["flag"]) > 0.95


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_every_library_of_frames_gives_the_same(library):
    pytest.importorskip(library)
    X = of_every_kind()
    X["code"] = X["code"].astype(str).astype("category")  # Polars has categories of text only
    y = X["flag"].to_numpy()
    other = nw.from_native(X).to_polars() if library == "polars" else pa.Table.from_pandas(X)
    mine, theirs = (TabularClassifier(**QUICK).fit(frame, y) for frame in (X, other))
    np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(other))


def test_arrays_of_objects_are_taken_by_what_they_say():
    X = np.array([[1, "a"], [2.5, "b"], [None, "a"], [4, None]] * 20, dtype=object)
    model = TabularRegressor(**QUICK).fit(X, np.arange(80.0))
    assert [type(step) for step in model.model_.encoder.steps] == [Number, Category]
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    "classes",
    [["no", "yes"], [False, True], [3, 7], [1.0, 2.0], ["a", "b", "c"], np.array([1, 2], dtype=np.uint8)],
    ids=str,
)
def test_classes_of_any_type_come_back_as_they_were(classes, tmp_path):
    y = np.array(classes)[np.arange(90) % len(classes)]
    X = pd.DataFrame({"x": np.arange(90) % len(classes) * 1.0})
    model = TabularClassifier(random_state=0).fit(X, y)
    assert model.predict(X).dtype == y.dtype
    np.testing.assert_array_equal(model.predict(X), y)
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(TabularClassifier.load(tmp_path / "m").predict(X), y)


def test_missing_and_unseen_values_are_predicted_too(animals, fitted):
    odd = pd.DataFrame({"weight": [None, 4.0], "says": ["quack", None]})
    found = fitted.predict_proba(odd)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert fitted.predict(odd)[1] == "cat"


def test_the_number_of_threads_changes_nothing(animals):
    found = [TabularClassifier(**QUICK, n_threads=n).fit(*animals).predict_proba(animals[0]) for n in (1, 3)]
    np.testing.assert_array_equal(*found)


def test_an_ensemble_is_the_mean_of_its_networks(rents):
    model = TabularRegressor(**QUICK, ensemble=3).fit(*rents)
    assert model.ensemble_ == len(model.model_.thetas) == 3
    X = model.model_.encoder.encode(pa.Table.from_pandas(rents[0])).X
    network = model.model_.network
    each = [engine_outputs(network, theta, X) for theta in model.model_.thetas]
    expected = model.model_.target.decode(np.mean(each, axis=0))
    np.testing.assert_allclose(model.predict(rents[0]), expected, rtol=1e-4)


def engine_outputs(network, theta, X):
    from clearprop import forward

    return forward(network, network.views(theta), X).a[-1]


def test_the_judging_rows_are_no_rows_of_learning(rents):
    model = TabularRegressor(random_state=1)
    plans = []
    model._train, train = lambda *given: plans.append(given) or train(*given), model._train
    model.set_params(max_iter=1).fit(*rents)
    folds = plans[0][0].folds
    judged = np.concatenate([fold.validation for fold in folds])
    assert len(np.unique(judged)) == len(judged)
    for fold in folds:
        assert len(np.intersect1d(fold.learn, fold.validation)) == 0
        assert len(fold.learn) + len(fold.validation) == 500


def test_quantiles_do_not_cross_and_hold_their_share(rents):
    X, y = rents
    # Networks that are judged before they have learned miss by more than their mean does, and bound too much.
    model = TabularRegressor(max_iter=200, hidden_layer_sizes=(32,), random_state=0, quantiles=(0.1, 0.5, 0.9))
    found = model.fit(X[:350], y[:350]).predict_quantiles(X[350:])
    assert (np.diff(found, axis=1) >= 0).all()
    inside = np.mean((found[:, 0] <= y[350:]) & (y[350:] <= found[:, 2]))
    assert 0.7 < inside < 0.93
    assert np.median(np.abs(found[:, 1] - y[350:]) / y[350:]) < 0.15


def test_quantiles_must_be_asked_for(rents):
    model = TabularRegressor(**QUICK)
    assert not hasattr(model, "predict_quantiles")
    with pytest.raises(AttributeError, match=r"quantiles=\(0.05, 0.95\)"):
        model.predict_quantiles  # noqa: B018


def test_a_log_target_is_learned_as_its_logarithm_and_transformed_targets_work(rents):
    X, y = rents
    mine = TabularRegressor(random_state=0, max_iter=60, log_target=True).fit(X, y)
    theirs = TransformedTargetRegressor(TabularRegressor(random_state=0, max_iter=60), func=np.log, inverse_func=np.exp)
    assert mine.model_.target.log
    np.testing.assert_allclose(mine.predict(X), theirs.fit(X, y).predict(X), rtol=1e-3)
    assert r2_score(np.log(y), np.log(mine.predict(X))) > 0.9


def test_a_constant_target_is_predicted():
    model = TabularRegressor(**QUICK).fit(np.arange(40.0)[:, None], np.full(40, 7.0))
    np.testing.assert_array_equal(model.predict([[3.0], [100.0]]), [7, 7])


def test_probabilities_are_calibrated_better_than_those_of_smoothed_labels():
    """Labels that are wrong at random, so that the right probability is known to be far from certain."""
    random = np.random.default_rng(0)
    X = random.normal(size=(1500, 4))
    y = random.random(1500) < 1 / (1 + np.exp(-2 * X[:, 0]))
    model = TabularClassifier(probabilities=True, max_iter=40, random_state=0).fit(X[:600], y[:600])
    found = model.predict_proba(X[600:])
    best = 1 / (1 + np.exp(-2 * X[600:, 0]))
    assert log_loss(y[600:], found) < log_loss(y[600:], best) + 0.05
    assert expected_calibration_error(found, y[600:].astype(int)) < 0.06
    assert model.calibration_error_ < 0.06


def test_weights_count(animals):
    X, y = animals
    wrong = np.arange(400) % 2 == 0
    told = np.where(wrong, "cow", y)
    assert np.mean(TabularClassifier(**QUICK).fit(X, told).predict(X) == y) < 0.6
    assert np.mean(TabularClassifier(**QUICK).fit(X, told, sample_weight=~wrong).predict(X) == y) > 0.9
    noise = pd.DataFrame({"x": np.random.default_rng(0).normal(size=300)})
    rare = np.arange(300) % 10 == 0
    plain, balanced = (
        TabularClassifier(**QUICK, class_weight=given).fit(noise, rare).predict(noise).mean()
        for given in (None, "balanced")
    )
    assert plain < 0.05 < 0.2 < balanced


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(400), "zero for every row"),
        (np.ones(3), r"shape \(400,\)"),
        (np.full(400, -1.0), r"sample_weight\[0\] is negative"),
        (np.full(400, np.nan), "sample_weight contains NaN"),
    ],
)
def test_weights_that_cannot_be(animals, weight, message):
    with pytest.raises(ValueError, match=message):
        TabularClassifier(**QUICK).fit(*animals, sample_weight=weight)
