"""Searches: what scikit-learn's find, to the bit; what is impossible is named, and Ctrl-C keeps what there is."""

import threading

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier, MLPRegressor, TabularRegressor
from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import SGD
from clearprop.search import HalvingSearchCV, SearchCV
from ctrl_c import with_ctrl_c

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite:UserWarning"),
    pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning"),
]
X, y = load_iris(return_X_y=True)
SHORT = MLPClassifier((5,), max_iter=15, learning_rate_init=0.02, random_state=0)
SPACE = {"hidden_layer_sizes": [(3,), (9, 4)], "activation": ["tanh", "relu"]}
ENDLESS = {"max_iter": 10**7, "tol": 0.0, "n_iter_no_change": 10**9}
TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


@pytest.fixture(autouse=True)
def _long_ago(monkeypatch):
    """No Ctrl-C of another test came just now."""
    monkeypatch.setattr("clearprop.training.interrupts._last", -np.inf)


def same(found, expected):
    assert set(found.cv_results_) == set(expected.cv_results_)
    for name, values in expected.cv_results_.items():
        if name not in TIMES:
            np.testing.assert_array_equal(found.cv_results_[name], values, err_msg=name)
    assert found.best_params_ == expected.best_params_
    assert found.best_index_ == expected.best_index_


@pytest.mark.parametrize("told", [
    {"cv": 3},
    {"cv": StratifiedKFold(4, shuffle=True, random_state=1), "scoring": "neg_log_loss", "return_train_score": True},
    {"cv": 3, "scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
    {"cv": KFold(3, shuffle=True, random_state=0), "refit": lambda results: 2},
    {"cv": 3, "refit": False},
])  # fmt: skip
def test_a_grid_gives_what_scikit_learns_gives_to_the_bit(told):
    found, expected = (
        SearchCV(SHORT, SPACE, n_threads=2, **told).fit(X, y),
        GridSearchCV(SHORT, SPACE, **told).fit(X, y),
    )
    same(found, expected)
    if told.get("refit", True):
        np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
        assert found.score(X, y) == expected.score(X, y)
        assert found.classes_.tolist() == [0, 1, 2]


def test_draws_give_what_scikit_learns_give():
    space = {"alpha": scipy.stats.loguniform(1e-4, 1), "hidden_layer_sizes": [(3,), (8,)]}
    told = {"cv": 3, "n_iter": 5, "random_state": 3}
    same(SearchCV(SHORT, space, **told).fit(X, y), RandomizedSearchCV(SHORT, space, **told).fit(X, y))


def test_a_pipeline_weights_and_groups_go_as_in_scikit_learns():
    model = make_pipeline(StandardScaler(), SHORT)
    space = [{"mlpclassifier__alpha": [0.0, 1.0]}, {"mlpclassifier__solver": ["sgd", SGD(0.02)]}]
    groups, weight = np.arange(150) % 7, np.linspace(0.1, 2, 150)
    same(
        SearchCV(model, space, cv=GroupKFold(3)).fit(X, y, groups=groups),
        GridSearchCV(model, space, cv=GroupKFold(3)).fit(X, y, groups=groups),
    )
    same(
        SearchCV(SHORT, SPACE, cv=3).fit(X, y, sample_weight=weight),
        GridSearchCV(SHORT, SPACE, cv=3).fit(X, y, sample_weight=weight),
    )


def test_numbers_of_data_frames_and_tables():
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    model, space = MLPRegressor((4,), max_iter=8, random_state=0), {"loss": ["squared_error", "huber"]}
    same(SearchCV(model, space, cv=2).fit(frame, X[:, 3]), GridSearchCV(model, space, cv=2).fit(frame, X[:, 3]))
    table = frame.assign(kind=np.where(y == 0, "small", "large"))
    model = TabularRegressor(ensemble=2, hidden_layer_sizes=(8,), max_iter=40, random_state=0)
    space = {"batch_size": [32, 64]}
    found, expected = (each(model, space, cv=2).fit(table, X[:, 3]) for each in (SearchCV, GridSearchCV))
    same(found, expected)
    assert found.feature_names_in_.tolist() == ["a", "b", "c", "kind"]


@pytest.mark.parametrize("told", [
    {"min_resources": 36},
    {"factor": 2, "min_resources": "smallest", "max_resources": 120},
    {"resource": "max_iter", "max_resources": 18, "min_resources": 2},
])  # fmt: skip
def test_halving_gives_what_scikit_learns_gives(told):
    space = {"hidden_layer_sizes": [(2,), (5,), (9,)], "alpha": [0.0, 0.1, 1.0, 5.0]}
    told = {"cv": 3, "random_state": 0, **told}
    found, expected = (
        HalvingSearchCV(SHORT, space, **told).fit(X, y),
        HalvingGridSearchCV(SHORT, space, **told).fit(X, y),
    )
    for name, values in expected.cv_results_.items():
        if name not in TIMES and "train" not in name:
            np.testing.assert_array_equal(found.cv_results_[name], values, err_msg=name)
    assert (found.n_resources_, found.n_candidates_of_rounds_) == (expected.n_resources_, expected.n_candidates_)
    assert found.best_params_ == expected.best_params_


def test_other_estimators_can_be_searched_as_well():
    space = {"n_neighbors": [1, 5, 30]}
    same(SearchCV(KNeighborsClassifier(), space).fit(X, y), GridSearchCV(KNeighborsClassifier(), space).fit(X, y))


def test_a_search_is_an_estimator_itself():
    search = SearchCV(SHORT, {"alpha": [0.0, 1.0]}, cv=2)
    assert clone(search).get_params()["space"] == {"alpha": [0.0, 1.0]}
    assert len(cross_val_score(search, X, y, cv=2)) == 2


@pytest.mark.parametrize(("model", "space", "told", "error", "says"), [
    (SHORT, {"hidden_layer_sizes": [(5,), (5, 0)]}, {}, InputError,
     r"candidate 2 of 2 \(hidden_layer_sizes=\(5, 0\)\) is impossible: hidden_layer_sizes must be > 0"),
    (SHORT, {"activation": ["tanh", "rellu"]}, {}, InputError, r"candidate 2 of 2 .* did you mean 'relu'"),
    (SHORT, {"hidden_layer_sizes": [(5,), (5, 5)], "dropout": [(0.1, 0.2, 0.3)]}, {}, InputError,
     r"candidate 1 of 2 .* impossible: dropout must be one number"),
    (SHORT, {"solver": ["adam", "lbfgs"], "dropout": [0.1]}, {}, InputError, "candidate 2 of 2 .* dropout=0.1 does"),
    (make_pipeline(StandardScaler(), SHORT), {"mlpclassifier__layer_rates": [None, (1, 2, 3)]}, {}, InputError,
     "candidate 2 of 2 .* impossible: layer_rates"),
    (TabularRegressor(), {"hidden_layer_sizes": [(8,), (-1,)]}, {}, InputError, "candidate 2 of 2 .* impossible"),
    (TabularRegressor(), {"activation": ["silu", "none"]}, {}, InputError, "candidate 2 of 2 .* impossible: .*'none'"),
    (SHORT, {"hidden_layers": [(5,)]}, {}, UnknownNameError, "parameter of MLPClassifier 'hidden_layers'"),
    (make_pipeline(SHORT), {"mlpclassifier__alfa": [1]}, {}, InputError, "candidate 1 of 1 .*Invalid parameter 'alfa'"),
    (SHORT, {"alpha": scipy.stats.uniform()}, {}, InputError, "alpha has a distribution of values, so n_iter must say"),
    (SHORT, {"alpha": 0.1}, {}, InputError, "space: Parameter"),
    (SHORT, "alpha", {}, InputError, "space must be a mapping"),
    (SHORT, {"alpha": []}, {}, InputError, "space: Parameter"),
    (SHORT, {"alpha": [0]}, {"time_limit": -1}, InputError, "time_limit must be a number of seconds above 0"),
    (SHORT, {"alpha": [0]}, {"n_threads": 0}, InputError, "n_threads must be"),
    (SHORT, {"alpha": [0]}, {"n_iter": 0}, ValueError, "n_iter"),
    (SHORT, {"alpha": [0]}, {"scoring": "acuracy"}, ValueError, "scoring"),
])  # fmt: skip
def test_what_cannot_be_is_named_before_anything_is_fitted(model, space, told, error, says):
    with pytest.raises(error, match=says):
        SearchCV(model, space, **told).fit(X, y)


@pytest.mark.parametrize(("told", "says"), [
    ({"resource": "n_rows"}, "resource must be 'n_samples' or a parameter of MLPClassifier"),
    ({"resource": "alpha", "max_resources": 3}, "alpha is the resource"),
    ({"resource": "max_iter"}, "max_resources must say how much of max_iter"),
    ({"min_resources": 200}, "min_resources=200 is more than max_resources=150"),
    ({"max_resources": 1000}, "max_resources=1000 is more than the 150 rows"),
    ({"cv": KFold(3, shuffle=True)}, "cv must give the same splits"),
    ({"factor": 1}, "factor"),
])  # fmt: skip
def test_halving_says_what_cannot_be(told, says):
    with pytest.raises(ValueError, match=says):
        HalvingSearchCV(SHORT, {"alpha": [0.0, 1.0]}, **told).fit(X, y)


def test_fits_that_diverge_are_told_of_and_end_no_other():
    model = clone(SHORT).set_params(solver="sgd", activation="identity")
    space = {"learning_rate_init": [0.01, 1e100]}
    with pytest.warns(FitFailedWarning, match=r"3 of 6 fits failed.*candidate 2 of 2 .*, split 1 of 3: .*not finite"):
        found = SearchCV(model, space, cv=3).fit(X, y)
    assert np.isnan(found.cv_results_["mean_test_score"]).tolist() == [False, True]
    with pytest.raises(InputError, match="all 3 fits failed; candidate 1 of 1"):
        SearchCV(model, {**space, "learning_rate_init": [1e100]}, cv=3).fit(X, y)
    with pytest.raises(ValueError, match="not finite"):
        SearchCV(model, space, cv=3, error_score="raise").fit(X, y)


LONG_ONE = {"max_iter": [3, 5, 10**7], "tol": [0.0], "n_iter_no_change": [10**9]}


def test_ctrl_c_ends_a_search_at_once_and_keeps_what_is_whole(monkeypatch):
    monkeypatch.setattr("clearprop.search.evaluating.cost_of", lambda model: -model.max_iter)
    search = SearchCV(SHORT, LONG_ONE, cv=2)
    with pytest.warns(UserWarning, match="Search interrupted by user after 2 of 3 candidates"):
        with_ctrl_c(lambda: search.fit(X, y), after=1.5)
    assert [each["max_iter"] for each in search.cv_results_["params"]] == [3, 5]
    assert search.best_params_["max_iter"] in (3, 5)
    assert not hasattr(search, "best_estimator_")
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop member"]


def test_ctrl_c_before_a_candidate_is_whole_is_raised():
    search = SearchCV(SHORT.set_params(), {key: values[-1:] for key, values in LONG_ONE.items()}, cv=2)
    with pytest.raises(KeyboardInterrupt):
        with_ctrl_c(lambda: search.fit(X, y), after=1.5)


def test_the_time_limit_leaves_out_what_is_not_whole(monkeypatch):
    monkeypatch.setattr("clearprop.search.evaluating.cost_of", lambda model: -model.max_iter)
    search = SearchCV(SHORT, LONG_ONE, cv=2, time_limit=3.0).fit(X, y)
    assert [each["max_iter"] for each in search.cv_results_["params"]] == [3, 5]
    assert search.predict(X).shape == (150,)
    only_long = {key: values[-1:] for key, values in LONG_ONE.items()}
    with pytest.raises(InputError, match=r"no candidate was whole when the time limit of 0\.2 s on all was reached"):
        SearchCV(SHORT, only_long, cv=2, time_limit=0.2).fit(X, y)


def test_it_says_how_far_it_is(capsys):
    SearchCV(SHORT, {"alpha": [0.0, 1.0]}, cv=2, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"{k} of 4" for k in range(1, 5)]
    assert "alpha=" in lines[0]
    assert ", split " in lines[0]
