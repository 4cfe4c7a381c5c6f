"""No estimator predicts from outputs that are not finite: a NaN would be the first class, or a number like another."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import NotFiniteError

X = np.random.default_rng(0).standard_normal((80, 3))
Y = X[:, 0]
TABLE = {"max_iter": 1, "ensemble": 1, "hidden_layer_sizes": (3,), "random_state": 0}
SMALL = {"max_iter": 1, "hidden_layer_sizes": (3,), "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:No better than")
FITTED = {
    "two classes": lambda: MLPClassifier(**SMALL).fit(X, Y > 0),
    "three classes": lambda: MLPClassifier(**SMALL).fit(X, np.arange(80) % 3),
    "labels": lambda: MLPClassifier(**SMALL).fit(X, np.stack([Y > 0, Y < 1], axis=1).astype(int)),
    "numbers": lambda: MLPRegressor(**SMALL).fit(X, Y),
    "counts": lambda: MLPRegressor("poisson", **SMALL).fit(X, abs(Y)),
    "table, classes": lambda: TabularClassifier(**TABLE).fit(X, Y > 0),
    "table, numbers": lambda: TabularRegressor(**TABLE, quantiles=(0.1, 0.9)).fit(X, Y),
}
WAYS = ("predict", "predict_proba", "predict_log_proba", "predict_quantiles")


@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_damaged_weights_predict_nothing(kind, value):
    model = FITTED[kind]()
    if kind.startswith("table"):
        for thetas in (model.model_.thetas, *(each.thetas for each in model.model_.quantiles)):
            thetas[:] = np.nan
    else:
        model.coefs_[-1][:] = value
    ways = [way for way in WAYS if hasattr(model, way)]
    assert len(ways) >= 1
    for way in ways:
        with pytest.raises(NotFiniteError, match="outputs are not finite in"):
            getattr(model, way)(X)
    with pytest.raises(NotFiniteError, match="outputs are not finite in"):
        model.score(X, Y > 0 if hasattr(model, "classes_") else Y)


def test_rows_too_large_for_the_weights_are_named():
    model = MLPRegressor("poisson", **SMALL).fit(X, abs(Y))
    model.coefs_[0][:] = model.coefs_[1][:] = 1.0
    rows = np.concatenate([X[:4], np.full((1, 3), 1e6)])
    with pytest.raises(NotFiniteError, match=r"in 1 of 5 rows, the first of them row 4 \(counted from 0\)"):
        model.predict(rows)
    assert np.isfinite(model.predict(rows[:4])).all()


def test_a_scorer_that_meets_outputs_which_are_not_finite_ends_no_training(monkeypatch):
    def scoring(model, X, y):
        raise NotFiniteError("as predict raises it")

    with pytest.warns(ConvergenceWarning):
        model = MLPClassifier(**SMALL, scoring=scoring, early_stopping=True).fit(X, Y > 0)
    assert np.isnan(model.validation_scores_).all()
