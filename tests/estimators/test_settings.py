"""What the parameters mean: each reaches the job, and those that do not go together are refused by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import InputError
from clearprop.estimators.ranges import dropout_of
from clearprop.formulas import SCHEDULES, RMSProp

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
SMALL = {"hidden_layer_sizes": (6, 5), "random_state": 0, "max_iter": 6, "learning_rate_init": 0.01, "batch_size": 50}
NEW = [
    {"l1": 0.5}, {"weight_decay": 0.1}, {"dropout": 0.3}, {"dropout": [0.0, 0.3]}, {"clip_norm": 0.05},
    {"solver": "sgd", "weight_decay": 0.1}, {"solver": "sgd", "momentum": 0.0, "weight_decay": 0.1},
    {"solver": "sgd", "nesterovs_momentum": False, "weight_decay": 0.1}, {"solver": "lbfgs", "l1": 0.1},
]  # fmt: skip
OF_CLASSES = [{"label_smoothing": 0.2}, {"class_weight": "balanced"}, {"solver": "lbfgs", "label_smoothing": 0.2}]


def theta(kind, iris, **options):
    return kind(**SMALL | options).fit(*iris).parameters_.theta


@BOTH
@pytest.mark.parametrize("option", [*NEW, *OF_CLASSES], ids=str)
def test_none_is_ignored(kind, option, iris):
    X, y = iris[0][:140], iris[1][:140]
    if kind is MLPRegressor and option in OF_CLASSES:
        pytest.skip("for classes")
    rest = {name: value for name, value in option.items() if name in ("solver", "momentum", "nesterovs_momentum")}
    assert not np.array_equal(theta(kind, (X, y), **option), theta(kind, (X, y), **rest))


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_with_every_solver_that_has_a_rate(kind, solver, name, iris):
    model = kind(**SMALL, solver=solver, learning_rate=name).fit(*iris)
    assert np.isfinite(model.loss_curve_).all()
    same = kind(**SMALL, solver=solver, learning_rate=SCHEDULES[name]()).fit(*iris)
    np.testing.assert_array_equal(same.parameters_.theta, model.parameters_.theta)


@BOTH
@pytest.mark.parametrize(
    "option", [{"dropout": 0.5}, {"dropout": [0, 0.5]}, {"clip_norm": 1.0}, {"weight_decay": 0.1},
               {"learning_rate": "cosine"}], ids=str,
)  # fmt: skip
def test_what_does_not_go_with_lbfgs_is_refused_by_name(kind, option, iris):
    name, value = next(iter(option.items()))
    with pytest.raises(InputError) as refused:
        kind(**SMALL | option, solver="lbfgs").fit(*iris)
    assert str(refused.value).startswith(f"{name}={value!r} does not go with solver='lbfgs'")


@BOTH
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_scorer_needs_rows_to_judge_by(kind, early_stopping, iris):
    model = kind(**SMALL, scoring="r2", solver="lbfgs", early_stopping=early_stopping)
    with pytest.raises(InputError, match="scoring='r2' is measured over rows held out, and there are none"):
        model.fit(*iris)


@BOTH
@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"n_threads": 0}, "n_threads must be a whole number of at least 1, or None for all cores, not 0"),
        ({"n_threads": 1.5}, "n_threads must be a whole number"),
        ({"n_threads": True}, "n_threads must be a whole number"),
        ({"dropout": 1.0}, "dropout must be a fraction of at least 0 and below 1, not 1.0"),
        ({"dropout": -0.1}, "dropout must be a fraction"),
        ({"dropout": "half"}, "dropout must be a fraction"),
        ({"dropout": [0.1, float("nan")]}, "dropout must be a fraction"),
        ({"dropout": [0.1]}, "one for each of the 2 hidden layers, or one more in front for the inputs; got 1"),
        ({"l1": -1}, "l1 must be a number at least 0, not -1"),
        ({"weight_decay": None}, "weight_decay must be a number at least 0, not None"),
        ({"clip_norm": 0}, "clip_norm must be a number above 0 or None, not 0"),
        ({"max_seconds": 0}, "max_seconds must be a number above 0 or None, not 0"),
        ({"max_seconds": "long"}, "max_seconds"),
        ({"callbacks": 5}, "callbacks must be a function that takes an Epoch"),
        ({"callbacks": "print"}, "callbacks must be a function"),
        ({"callbacks": [print, None]}, "callbacks must be a function"),
        ({"scoring": "acuracy", "early_stopping": True}, "did you mean 'accuracy'"),
        ({"scoring": 3, "early_stopping": True}, "scoring must be the name of a scorer"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_out_of_range(kind, option, says, iris):
    with pytest.raises(InputError, match=says):
        kind(**SMALL | option).fit(*iris)


def test_label_smoothing_out_of_range(iris):
    with pytest.raises(InputError, match="label_smoothing must be a number at least 0 and below 1, not 1"):
        MLPClassifier(label_smoothing=1).fit(*iris)


@given(st.floats(0, 0.99), st.integers(0, 4))
def test_one_fraction_is_for_the_hidden_layers(fraction, n_hidden):
    found = dropout_of(fraction, n_hidden)
    assert found == ((0.0, *[fraction] * n_hidden) if fraction and n_hidden else ())


@given(st.lists(st.floats(0, 0.99), min_size=1, max_size=4))
def test_several_fractions_are_one_a_layer_with_or_without_the_inputs(fractions):
    with_inputs = dropout_of(fractions, len(fractions) - 1)
    assert with_inputs == (tuple(fractions) if any(fractions) else ())
    without = dropout_of(np.array(fractions), len(fractions))
    assert without == ((0.0, *fractions) if any(fractions) else ())


def test_a_fraction_out_of_range_is_refused_where_there_is_no_layer_to_drop_from():
    with pytest.raises(InputError, match="dropout"):
        dropout_of(2.0, 0)


@BOTH
def test_the_number_of_threads_changes_nothing(kind, iris):
    one, two = (theta(kind, iris, n_threads=threads) for threads in (1, np.int64(2)))
    np.testing.assert_array_equal(one, two)


def test_l1_makes_weights_zero_and_dropout_only_trains():
    random = np.random.default_rng(0)
    X = random.standard_normal((300, 8))
    y = X[:, 0]
    options = {"hidden_layer_sizes": (), "alpha": 0.0, "solver": "lbfgs", "random_state": 0}
    plain, sparse = (MLPRegressor(**options, l1=l1).fit(X, y).coefs_[0].ravel() for l1 in (0.0, 15.0))
    assert np.abs(sparse[1:]).max() < 1e-3 < abs(sparse[0])
    assert abs(sparse[0]) == pytest.approx(abs(plain[0]) - 15 / 300 / X[:, 0].var(), abs=0.02)
    dropping = MLPRegressor(hidden_layer_sizes=(20,), dropout=0.5, random_state=0, max_iter=5).fit(X, y)
    np.testing.assert_array_equal(dropping.predict(X), dropping.predict(X))


def test_clipping_keeps_training_that_would_run_away():
    X = np.random.default_rng(0).standard_normal((200, 3))
    y = X @ [100.0, -50.0, 20.0]
    options = {"hidden_layer_sizes": (30,), "solver": "sgd", "learning_rate_init": 0.05, "random_state": 0}
    with pytest.raises(ValueError, match="diverged"):
        MLPRegressor(**options).fit(X, y)
    assert MLPRegressor(**options, clip_norm=1.0, max_iter=500).fit(X, y).score(X, y) > 0.9


def test_a_rate_beside_a_rule_that_has_its_own_is_refused(iris):
    for option, said in (({"learning_rate_init": 0.5}, "learning_rate_init=0.5 is not heeded beside solver=RMSProp"),
                         ({"weight_decay": 0.1}, r"give it there: RMSProp\(…, weight_decay=0.1\)")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            MLPClassifier(solver=RMSProp(0.02), **option).fit(*iris)
    MLPClassifier((2,), solver=RMSProp(0.02), learning_rate_init=0.02, max_iter=1).fit(*iris)
