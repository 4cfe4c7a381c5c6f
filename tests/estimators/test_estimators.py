"""What the estimators do: fits that go on, rows held out, several outputs, data of all kinds, what they show."""

import copy
import importlib
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import PoissonRegressor
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier, MLPRegressor, check_gradient
from clearprop.engines import ReferenceEngine
from clearprop.errors import DivergenceError, EngineRefusal, InputError, ShapeError, UnknownNameError
from clearprop.formulas import Activation, Cosine, Huber, exp

BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CHOICE = importlib.import_module("clearprop.engines.choose")  # the module; the package's `choose` is the function
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 20, "learning_rate_init": 0.01}


def weights(model):
    return model.parameters_.theta.copy()


# Several outputs


def test_several_labels(labels):
    X, Y = labels
    model = MLPClassifier(solver="lbfgs", hidden_layer_sizes=20, alpha=0.01, max_iter=300, random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.97
    assert (model.out_activation_, model.n_outputs_, list(model.classes_)) == ("logistic", 3, [0, 1, 2])
    probabilities = model.predict_proba(X)
    assert probabilities.shape == Y.shape
    assert not np.allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X), probabilities > 0.5)
    sparse = clone(model).fit(X, scipy.sparse.csr_array(Y))
    np.testing.assert_array_equal(sparse.predict(X).toarray(), model.predict(X))


def test_several_labels_in_parts(labels):
    X, Y = labels
    model = MLPClassifier(hidden_layer_sizes=20, learning_rate_init=0.02, random_state=0)
    for _ in range(100):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.score(X, Y) > 0.9
    with pytest.raises(InputError, match="several labels per row, but now has one class"):
        model.partial_fit(X, Y[:, 0])


def test_several_numbers(line):
    X, y = line
    Y = np.c_[y, X[:, 0], y - X[:, 1]]
    model = MLPRegressor(solver="lbfgs", hidden_layer_sizes=(), alpha=0, max_iter=1000, tol=1e-8).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.9
    # half the squared error, summed over the outputs, averaged over the rows
    assert model.loss_ == pytest.approx(((Y - model.predict(X)) ** 2).sum() / 2 / len(X), rel=1e-6)


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"], [-3, 7], [2.0, 4.0, 9.0]])
def test_classes_of_any_type(classes):
    X = np.repeat(np.arange(len(classes)), 20)[:, None] * 2.0
    y = np.array(classes)[(X[:, 0] / 2).astype(int)]
    model = MLPClassifier(solver="lbfgs", random_state=0, hidden_layer_sizes=10).fit(X, y)
    assert model.classes_.tolist() == classes
    np.testing.assert_array_equal(model.predict(X), y)
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probabilities)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], y)


def test_a_single_class():
    model = MLPClassifier(**SMALL).fit([[0.0], [1.0]], ["only", "only"])
    assert model.predict([[5.0]]).tolist() == ["only"]


# Losses and formulas


def test_poisson_finds_what_the_linear_model_finds():
    X = np.linspace(0, 1, 100)[:, None]
    y = np.random.default_rng(0).poisson(np.exp(X[:, 0] + 1))
    linear = PoissonRegressor(alpha=0, tol=1e-8).fit(X, y)
    model = MLPRegressor(loss="poisson", hidden_layer_sizes=(), alpha=0, solver="lbfgs", tol=1e-8).fit(X, y)
    assert model.out_activation_ == "exp"
    np.testing.assert_allclose(model.predict(X), linear.predict(X), rtol=1e-4)
    with pytest.raises(InputError, match="at row 0"):
        model.fit(X, -1.0 - y)


def test_losses_that_scikit_learn_lacks():
    random = np.random.default_rng(0)
    X = np.zeros((1001, 1))
    y = random.exponential(size=1001)
    common = {
        "hidden_layer_sizes": (),
        "learning_rate_init": 0.05,
        "max_iter": 300,
        "alpha": 0,
        "learning_rate": "cosine",
    }
    common |= {"n_iter_no_change": np.inf, "batch_size": 1001, "random_state": 0}
    median = MLPRegressor("absolute_error", **common).fit(X, y).predict(X[:1])[0]
    assert median == pytest.approx(np.median(y), abs=0.03)
    assert MLPRegressor(Huber(delta=1e6), **common).fit(X, y).predict(X[:1])[0] == pytest.approx(y.mean(), abs=0.03)
    with pytest.raises(UnknownNameError, match="did you mean 'huber'"):
        MLPRegressor("hubber").fit(X, y)
    with pytest.raises(InputError, match="for classes"):
        MLPRegressor(loss=MLPClassifier().fit(X[:4], [0, 1, 0, 1]).network_.loss).fit(X, y)


class Bump(Activation):
    def value(z):
        return exp(-(z**2))


@BOTH
def test_an_activation_of_ones_own_and_one_per_layer(kind, iris):
    X, y = iris
    model = kind(hidden_layer_sizes=(8, 5), activation=["mish", Bump()], max_iter=150, learning_rate_init=0.02)
    assert model.set_params(random_state=1).fit(X, y).score(X, y) > 0.8
    assert [layer.activation.name for layer in model.network_.layers[:2]] == ["mish", "bump"]
    with pytest.raises(InputError, match="2 hidden layers but 1"):
        kind(hidden_layer_sizes=(8, 5), activation=["mish"]).fit(X, y)


@BOTH
def test_a_schedule_of_ours_goes_with_adam_too(kind, iris):
    rates = [epoch.learning_rate for epoch in kind(**SMALL, learning_rate=Cosine()).fit(*iris).history_]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.1 * rates[0]
    assert {e.learning_rate for e in kind(**SMALL, learning_rate="invscaling").fit(*iris).history_} == {0.01}


@BOTH
def test_adaptive_ends_when_the_rate_is_least(kind):
    model = kind(solver="sgd", learning_rate="adaptive", tol=0.5, max_iter=3000, random_state=0, n_iter_no_change=2)
    model.fit([[3, 2], [1, 6]], [1, 0])
    assert model.n_iter_ < 3000
    assert model.history_[-1].learning_rate <= 1e-6
    assert "converged" in model.stopping_reason_


# Going on


@BOTH
def test_parts_are_the_same_as_a_whole(kind, iris):
    X, y = iris
    whole = kind(**{**SMALL, "solver": "sgd", "tol": 0, "n_iter_no_change": 50}).fit(X, y)
    parts = clone(whole)
    for _ in range(20):
        parts.partial_fit(X, y, **({"classes": np.unique(y)} if kind is MLPClassifier else {}))
    np.testing.assert_array_equal(weights(parts), weights(whole))
    assert (parts.n_iter_, parts.t_, parts.loss_curve_) == (1, whole.t_, whole.loss_curve_)


@BOTH
def test_a_plateau_is_noticed_over_parts(kind):
    model = kind(solver="sgd", learning_rate="adaptive", tol=1e9, n_iter_no_change=2, random_state=0)
    for _ in range(6):
        model.partial_fit([[3, 2], [1, 6]], [1, 0], **({"classes": [0, 1]} if kind is MLPClassifier else {}))
    assert [epoch.learning_rate for epoch in model.history_] == pytest.approx([1e-3] * 4 + [2e-4] * 2)


@BOTH
def test_a_warm_start_goes_on_with_the_memory_of_the_optimizer(kind, iris):
    whole = kind(**{**SMALL, "max_iter": 30, "n_iter_no_change": 40}).fit(*iris)
    warm = clone(whole).set_params(warm_start=True, max_iter=10)
    for fits in range(1, 4):
        warm.fit(*iris)
        assert (warm.n_iter_, len(warm.loss_curve_), warm.t_) == (10, 10 * fits, 1500 * fits)
    np.testing.assert_array_equal(weights(warm), weights(whole))


@BOTH
def test_a_fit_without_warm_start_begins_anew(kind, iris):
    model = kind(**SMALL).fit(*iris)
    first = weights(model)
    np.testing.assert_array_equal(weights(model.fit(*iris)), first)
    assert len(model.loss_curve_) == 20


@BOTH
def test_another_solver_may_go_on(kind, iris):
    model = kind(**SMALL, warm_start=True).fit(*iris)
    score = model.score(*iris)
    model.set_params(solver="lbfgs", max_iter=50).fit(*iris)
    assert model.score(*iris) > score
    assert model.set_params(solver="sgd", tol=0).fit(*iris).n_iter_ > 10


@BOTH
def test_another_network_may_not_go_on(kind, iris):
    model = kind(**SMALL, warm_start=True).fit(*iris)
    with pytest.raises(InputError, match=r"hidden_layer_sizes was \(6,\) and is \(7,\)"):
        model.set_params(hidden_layer_sizes=7).fit(*iris)
    with pytest.raises(InputError, match="activation has changed"):
        model.set_params(hidden_layer_sizes=6, activation="tanh").fit(*iris)


def test_another_loss_may_not_go_on(line):
    model = MLPRegressor(**SMALL, warm_start=True).fit(*line)
    with pytest.raises(InputError, match="same loss"):
        model.set_params(loss="huber").fit(*line)


def test_classes_that_come_later():
    model = MLPClassifier(random_state=0, learning_rate_init=0.05)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    for _ in range(200):
        model.partial_fit([[1], [2], [3], [4]], ["a", "b", "c", "d"])
    assert model.predict([[4], [1]]).tolist() == ["d", "a"]


# Rows held out


@BOTH
def test_early_stopping_puts_the_best_weights_back(kind, iris):
    X, y = iris
    model = kind(**{**SMALL, "max_iter": 300, "learning_rate_init": 0.1}, early_stopping=True, n_iter_no_change=5)
    model.fit(X, y)
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ < 300
    assert model.best_validation_score_ == max(scores)
    assert model.best_loss_ is None
    assert f"the weights of epoch {scores.index(max(scores)) + 1}, the best, were put back" in model.stopping_reason_
    assert all("validation_loss" in epoch.scores for epoch in model.history_)
    assert model.t_ == model.n_iter_ * 135


def test_the_score_is_that_of_the_rows_held_out(digits):
    X, y = digits
    seen = []

    class Listening(ReferenceEngine):
        def outputs(self, network, params, X):
            seen.append(X)
            return super().outputs(network, params, X)

    model = MLPClassifier(**SMALL, early_stopping=True, validation_fraction=0.2, engine="reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CHOICE, "ReferenceEngine", Listening)
        model.fit(X, y)
    held_out = seen[0]
    assert len(held_out) == int(np.ceil(0.2 * len(X)))
    rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in held_out]
    assert model.score(X[rows], y[rows]) == pytest.approx(model.best_validation_score_)
    shares = np.bincount(y[rows]) / len(rows)
    np.testing.assert_allclose(shares, np.bincount(y) / len(y), atol=0.01)  # stratified


@BOTH
def test_weights_of_one_change_nothing(kind, iris):
    X, y = iris
    plain = kind(**SMALL, early_stopping=True).fit(X, y)
    weighted = clone(plain).fit(X, y, sample_weight=np.ones(150))
    np.testing.assert_allclose(weights(weighted), weights(plain), rtol=1e-12)
    np.testing.assert_allclose(weights(clone(plain).fit(X, y, sample_weight=3)), weights(plain), atol=1e-3)


@pytest.mark.parametrize(
    ("weight", "says"),
    [(np.ones(3), "one per row"), (np.ones((150, 1)), "one per row"), (-np.ones(150), "negative"), (0, "zero")],
    ids=["short", "matrix", "negative", "zero"],
)
@BOTH
def test_bad_weights(kind, weight, says, iris):
    with pytest.raises(ValueError, match=says):
        kind(early_stopping=True).fit(*iris, sample_weight=weight)


# Data of all kinds


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_give_what_dense_ones_give(kind, solver, digits):
    X, y = digits
    dense = kind(**SMALL, solver=solver, batch_size=64).fit(X, y)
    for make in (scipy.sparse.csr_array, scipy.sparse.csc_matrix, scipy.sparse.coo_array):
        sparse = clone(dense).fit(make(X), y)
        np.testing.assert_allclose(weights(sparse), weights(dense), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(sparse.predict(make(X)), sparse.predict(X))


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32_stays_float32(kind, solver, digits):
    X, y = digits
    model = kind(**SMALL, solver=solver).fit(X.astype(np.float32), y)
    assert {array.dtype for array in [*model.coefs_, *model.intercepts_]} == {np.dtype(np.float32)}
    outputs = model.predict_proba(X) if kind is MLPClassifier else model.predict(X)
    assert outputs.dtype == np.float32
    double = clone(model).fit(X, y)
    assert double.coefs_[0].dtype == np.float64
    assert model.score(X, y) == pytest.approx(double.score(X, y), abs=0.02)


@BOTH
def test_data_frames(kind, iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    model = kind(**SMALL, early_stopping=True).fit(frame, pd.Series(y, name="target"))
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(model.predict(frame), clone(model).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])


@BOTH
def test_in_pipelines_and_grid_searches(kind, iris):
    pipeline = make_pipeline(StandardScaler(), kind(**SMALL))
    name = kind.__name__.lower()
    search = GridSearchCV(
        pipeline,
        {f"{name}__alpha": [0.0, 10.0], f"{name}__activation": ["tanh", "relu"]},
        cv=KFold(3, shuffle=True, random_state=0),
    )
    with joblib.parallel_backend("threading", n_jobs=2):
        search.fit(*iris)
    assert search.best_score_ > 0.4
    assert isinstance(search.best_estimator_[-1], kind)


@BOTH
def test_metadata_routing_of_weights(kind, iris):
    X, y = iris
    with sklearn.config_context(enable_metadata_routing=True):
        model = kind(**SMALL).set_fit_request(sample_weight=True)
        weight = np.linspace(0.1, 2, 150)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        routed = make_pipeline(scaler, model).fit(X, y, sample_weight=weight)[-1]
    direct = kind(**SMALL).fit(StandardScaler().fit_transform(X), y, sample_weight=weight)
    np.testing.assert_allclose(weights(routed), weights(direct))


# What they show and how they end


@BOTH
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_copies_go_on_alike_and_apart(kind, duplicate, iris):
    model = kind(**SMALL).fit(*iris)
    twin = duplicate(model)
    np.testing.assert_array_equal(weights(twin.partial_fit(*iris)), weights(clone(model).fit(*iris).partial_fit(*iris)))
    assert not np.array_equal(weights(twin), weights(model))
    twin.coefs_[0][:] = 0
    assert not twin.parameters_.W[1].any()
    assert model.parameters_.W[1].any()


@BOTH
def test_weights_are_windows_that_can_be_written(kind, iris):
    X, y = iris
    model = kind(**SMALL).fit(X, y)
    assert [array.shape for array in model.coefs_] == [(4, 6), (6, model.n_outputs_)]
    assert [array.shape for array in model.intercepts_] == [(6,), (model.n_outputs_,)]
    assert all(np.shares_memory(array, model.parameters_.theta) for array in [*model.coefs_, *model.intercepts_])
    before = model.predict(X)
    model.coefs_[1] = np.zeros((6, model.n_outputs_))
    assert len(np.unique(model.predict(X))) == 1
    other = clone(model).fit(X, y)
    model.coefs_, model.intercepts_ = other.coefs_, other.intercepts_
    np.testing.assert_array_equal(model.predict(X), before)
    with pytest.raises(ShapeError, match=r"has shape \(6,\), not \(7,\)"):
        model.intercepts_[0] = np.zeros(7)
    with pytest.raises(ShapeError, match="2 arrays are to be set, not 1"):
        model.coefs_ = [np.zeros((4, 6))]


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_history_has_it_all(kind, solver, iris):
    model = kind(**SMALL, solver=solver).fit(*iris)
    assert [epoch.n for epoch in model.history_] == list(range(1, model.n_iter_ + 1))
    assert [epoch.loss for epoch in model.history_] == model.loss_curve_
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert all(len(epoch.gradient_norms) == 2 for epoch in model.history_)
    assert model.stopping_reason_.startswith("stopped")


def test_the_network_is_open_to_the_functions_of_the_core(iris):
    X, y = iris
    model = MLPClassifier(**{**SMALL, "activation": "tanh"}).fit(X, y)
    assert check_gradient(model.network_, model.parameters_, X, np.eye(3)[y]).passed


def test_the_engine_and_why(iris):
    model = MLPClassifier(**SMALL, engine="reference").fit(*iris)
    assert (model.engine_, model.engine_reason_) == ("reference", "it was asked for by name")
    with pytest.raises(UnknownNameError, match="did you mean 'reference'"):
        MLPClassifier(engine="refrence").fit(*iris)
    assert issubclass(EngineRefusal, ValueError)


@BOTH
def test_random_state(kind, iris):
    first, second = (kind(**{**SMALL, "random_state": 5}).fit(*iris) for _ in range(2))
    np.testing.assert_array_equal(weights(first), weights(second))
    stream = np.random.RandomState(5)
    third, fourth = (kind(**{**SMALL, "random_state": stream}).fit(*iris) for _ in range(2))
    np.testing.assert_array_equal(weights(third), weights(first))
    assert not np.array_equal(weights(fourth), weights(third))
    assert not np.array_equal(weights(kind(**{**SMALL, "random_state": None}).fit(*iris)), weights(first))


@BOTH
def test_shuffling_matters(kind, iris):
    shuffled, straight = (kind(**SMALL, batch_size=10, shuffle=shuffle).fit(*iris) for shuffle in (True, False))
    assert not np.array_equal(weights(shuffled), weights(straight))


@BOTH
def test_patience(kind, iris):
    for patience in (2, 5):
        model = kind(**{**SMALL, "max_iter": 100}, tol=1e9, n_iter_no_change=patience).fit(*iris)
        assert model.n_iter_ == patience + 2  # the first is always better than nothing
    assert kind(**SMALL, tol=1e9, n_iter_no_change=np.inf).fit(*iris).n_iter_ == 20


@BOTH
def test_verbose_prints_a_line_an_epoch(kind, iris, capsys):
    kind(**SMALL, verbose=True, engine="reference").fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    assert lines[-1].startswith("Iteration 20, loss = 0.")
    kind(**SMALL).fit(*iris)
    assert capsys.readouterr().out == ""


class Interrupted(ReferenceEngine):
    """Is interrupted after some updates, as if by Ctrl-C."""

    def steps(self, job, state, data, order, rates):
        if state.epoch == 4:
            raise KeyboardInterrupt
        super().steps(job, state, data, order, rates)


@BOTH
def test_ctrl_c_keeps_the_weights(kind, iris, monkeypatch):
    model = kind(**SMALL, engine="reference")
    with monkeypatch.context() as patch:
        patch.setattr(CHOICE, "ReferenceEngine", Interrupted)
        with pytest.warns(UserWarning, match=r"Training interrupted by user\."):
            model.fit(*iris)
    assert (model.n_iter_, len(model.loss_curve_)) == (4, 4)
    four = clone(model).set_params(max_iter=4).fit(*iris)
    np.testing.assert_array_equal(weights(model), weights(four))


@BOTH
def test_divergence_is_an_error_that_says_where(kind):
    X = 1e200 * np.random.default_rng(0).uniform(size=(10, 2))
    with pytest.raises(DivergenceError, match=r"epoch 1, step 1: .* scale the columns"):
        kind(activation="identity").fit(X, np.arange(10) % 2)


@BOTH
def test_convergence_is_told_apart_from_being_cut_off(kind, iris):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        kind(**{**SMALL, "max_iter": 100}, tol=1e9).fit(*iris)
        kind(solver="lbfgs", alpha=1, max_iter=1000, random_state=0).fit(*iris)
        kind(**SMALL).partial_fit(*iris, **({"classes": [0, 1, 2]} if kind is MLPClassifier else {}))
        with pytest.raises(ConvergenceWarning, match=r"Increase max_iter \(20\)"):
            kind(**SMALL).fit(*iris)
        with pytest.raises(ConvergenceWarning, match=r"Increase max_fun \(4\)"):
            kind(solver="lbfgs", max_fun=4).fit(*iris)


# Fits that fail


@pytest.fixture(scope="module")
def two_classes():
    X = np.random.default_rng(0).standard_normal((60, 3))
    return X, (X[:, 0] > 0).astype(int)


@BOTH
@pytest.mark.parametrize("wrong", [{"engine": "steam"}, {"learning_rate_init": 1e300}])
def test_a_first_fit_that_fails_leaves_an_estimator_that_is_not_fitted(kind, wrong, two_classes):
    X, y = two_classes
    model = kind(**SMALL | wrong)
    with pytest.raises((UnknownNameError, DivergenceError)):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(**SMALL | {"engine": "auto"}).fit(X, y)  # and one that can be fitted
    assert model.n_iter_ == 20


@BOTH
def test_a_fit_that_fails_leaves_the_one_before_as_it_was(kind, two_classes):
    X, y = two_classes
    model = kind(**SMALL).fit(X, y)
    expected, history = model.predict(X), model.history_
    for rows, wrong in ((X, {"learning_rate_init": 1e300}), (X[:, :1], {"engine": "steam"})):
        with pytest.raises((UnknownNameError, DivergenceError)):
            model.set_params(**wrong).fit(rows, y)
        np.testing.assert_array_equal(model.predict(X), expected)
        assert model.history_ == history
        assert model.n_features_in_ == X.shape[1]
        model.set_params(**SMALL, engine="auto")


def test_targets_far_from_unit_size_are_named_as_a_cause(two_classes):
    X, _ = two_classes
    with pytest.raises(DivergenceError, match="targets"):
        MLPRegressor(**SMALL).fit(X, X[:, 0] * 1e300)
