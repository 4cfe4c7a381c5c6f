"""Side by side with scikit-learn's own classes: same names, shapes, attributes, warnings; scores as good."""

import inspect
import warnings

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.model_selection import cross_val_score

import clearprop as ours

NAMES = ["MLPClassifier", "MLPRegressor"]
SOLVERS = [
    {"solver": "adam", "learning_rate_init": 0.01, "epsilon": 1e-12},  # theirs stands elsewhere in the formula
    {"solver": "lbfgs", "alpha": 0.1},
    {"solver": "sgd", "learning_rate_init": 0.1},
    {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0},
    {"solver": "sgd", "learning_rate_init": 0.3, "learning_rate": "invscaling", "power_t": 0.1},
    {"solver": "sgd", "learning_rate_init": 0.1, "learning_rate": "adaptive"},
]


def both(name, **options):
    return getattr(ours, name)(**options), getattr(theirs, name)(**options)


def quietly(model, *data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*data, **options)


def data_of(name, iris, line):
    return iris if name == "MLPClassifier" else line


@pytest.mark.parametrize("name", NAMES)
def test_parameters_their_order_and_their_defaults(name):
    our, their = (inspect.signature(kind).parameters for kind in (getattr(ours, name), getattr(theirs, name)))
    assert list(our)[: len(their)] == list(their)
    assert {key: our[key].default for key in their} == {key: value.default for key, value in their.items()}
    assert {key: our[key].kind for key in their} == {key: value.kind for key, value in their.items()}
    assert all(value.kind is inspect.Parameter.KEYWORD_ONLY for key, value in our.items() if key not in their)


@pytest.mark.parametrize("name", NAMES)
def test_public_methods_and_their_arguments(name):
    our, their = getattr(ours, name), getattr(theirs, name)
    for method in (item for item in dir(their) if not item.startswith("_")):
        if not method.startswith("set_"):
            found, expected = (inspect.signature(getattr(kind, method)).parameters for kind in (our, their))
            assert list(found)[: len(expected)] == list(expected), method
            more = list(found.values())[len(expected) :]
            assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in more), method


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("options", SOLVERS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_attributes(name, options, early_stopping, iris, line):
    data = data_of(name, iris, line)
    for model in (pair := both(name, **options, early_stopping=early_stopping, max_iter=30, random_state=0)):
        quietly(model, *data)
    our, their = pair
    for attribute in (key for key in vars(their) if key.endswith("_") and not key.startswith("_")):
        found, expected = getattr(our, attribute), getattr(their, attribute)
        assert (found is None) == (expected is None), attribute
        if attribute in ("n_features_in_", "n_outputs_", "n_layers_", "out_activation_"):
            assert found == expected
        if isinstance(expected, list):
            assert isinstance(found, list)
            assert [np.shape(item) for item in found][: len(expected)] == [np.shape(item) for item in expected][
                : len(found)
            ]
    assert 0 < our.n_iter_ <= 30


@pytest.mark.parametrize("options", SOLVERS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_scores_are_as_good(name, options, iris, line):
    data = data_of(name, iris, line)
    scores = []
    for model in both(name, hidden_layer_sizes=20, activation="tanh", max_iter=150, random_state=1, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores.append(cross_val_score(model, *data, cv=3).mean())
    assert scores[0] > scores[1] - 0.04
    assert scores[0] > 0.7


@pytest.mark.parametrize("options", [item for item in SOLVERS if item["solver"] != "lbfgs"], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_from_the_same_weights_the_same_epochs(name, options, iris, line):
    """Without shuffling nothing is left to chance, so twelve passes over the rows must give the same weights."""
    X, y = data_of(name, iris, line)
    common = {"hidden_layer_sizes": (7,), "activation": "tanh", "shuffle": False, "batch_size": 40, "random_state": 2}
    our, their = both(name, **common, **options)
    for model in (our, their):
        model.partial_fit(X, y, **({"classes": np.unique(y)} if name == "MLPClassifier" else {}))
    our, their = both(name, **common, **options, max_iter=12, tol=0, warm_start=True)
    for model in (our, their):
        quietly(model.set_params(max_iter=1), X, y)
        model.set_params(max_iter=12)
    our.coefs_, our.intercepts_ = (
        [array.copy() for array in their.coefs_],
        [array.copy() for array in their.intercepts_],
    )
    our._run.state.memory = [
        np.zeros_like(vector) for vector in our._run.state.memory
    ]  # as theirs begins anew in each fit
    our._run.state.step = our._run.state.samples = their.t_ = 0
    for model in (our, their):
        quietly(model, X, y)
    for found, expected in zip([*our.coefs_, *our.intercepts_], [*their.coefs_, *their.intercepts_], strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-6)
    np.testing.assert_allclose(our.loss_curve_[-12:], their.loss_curve_[-12:], rtol=1e-5)
    assert our.n_iter_ == their.n_iter_ == 12
    assert our.t_ == their.t_


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("name", NAMES)
def test_lbfgs_reaches_the_same_minimum(name, weighted, iris, line):
    """With no hidden layer there is one minimum, and it is the same objective that has it."""
    X, y = data_of(name, iris, line)
    weight = np.random.default_rng(0).uniform(0, 3, len(y)) if weighted else None
    pair = both(name, hidden_layer_sizes=(), solver="lbfgs", alpha=1.0, tol=1e-8, max_iter=2000, random_state=0)
    for model in pair:
        model.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(pair[0].coefs_[0], pair[1].coefs_[0], atol=3e-3)
    assert pair[0].loss_ == pytest.approx(pair[1].loss_, rel=1e-7)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("name", NAMES)
def test_initial_weights_are_drawn_alike(name, activation):
    """Uniform within the same bounds: the largest of many is close to the bound, the spread that of a uniform draw."""
    random = np.random.default_rng(0)
    X, y = random.standard_normal((30, 200)), np.arange(30) % 3
    spreads = []
    options = {"hidden_layer_sizes": 300, "activation": activation, "learning_rate_init": 1e-12, "max_iter": 1}
    for model in both(name, **options, random_state=0):
        quietly(model, X, y)
        numbers = [model.coefs_[0], model.intercepts_[0], model.coefs_[1]]
        spreads.append([(float(np.abs(n).max()), float(n.std())) for n in numbers])
    np.testing.assert_allclose(spreads[0], spreads[1], rtol=0.12)


@pytest.mark.parametrize("name", NAMES)
def test_warnings(name, iris, line):
    X, y = data_of(name, iris, line)
    for model in both(name, max_iter=2, random_state=0):
        with pytest.warns(ConvergenceWarning, match="hasn't converged yet"):
            model.fit(X, y)
        with pytest.warns(DataConversionWarning), pytest.warns(ConvergenceWarning):
            model.fit(X, y[:, None])
    for model in both(name, batch_size=10_000, tol=1e9, random_state=0):
        with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample size"):
            model.fit(X, y)
    for model in both(name, solver="lbfgs", max_fun=5, random_state=0):
        with pytest.warns(ConvergenceWarning):
            model.fit(X, y)
        assert model.n_iter_ <= 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "options",
    [
        {"hidden_layer_sizes": (5, 0)}, {"hidden_layer_sizes": -1}, {"hidden_layer_sizes": 2.5},
        {"activation": "rellu"},
        {"solver": "adamm"}, {"alpha": -1}, {"batch_size": 0}, {"batch_size": "all"}, {"learning_rate": "fast"},
        {"learning_rate_init": 0}, {"power_t": -1, "solver": "sgd"}, {"max_iter": 0}, {"max_iter": 1.5},
        {"shuffle": "yes"}, {"random_state": "today"}, {"tol": -1}, {"tol": float("nan")}, {"warm_start": 2},
        {"momentum": 1.1}, {"nesterovs_momentum": None}, {"early_stopping": "no"}, {"validation_fraction": 1.0},
        {"beta_1": 1.0}, {"beta_2": -0.1}, {"epsilon": 0}, {"n_iter_no_change": 0}, {"max_fun": 0},
    ],
    ids=str,
)  # fmt: skip
def test_what_one_refuses_the_other_refuses(name, options, iris, line):
    for model in both(name, **options):
        with pytest.raises(ValueError, match=next(iter(options))):
            model.fit(*data_of(name, iris, line))


@pytest.mark.parametrize("name", NAMES)
def test_before_a_fit(name):
    for model in both(name):
        assert not hasattr(model, "coefs_")
        assert not hasattr(model, "loss_curve_")
        with pytest.raises(NotFittedError):
            model.predict([[0.0]])


@pytest.mark.parametrize("name", NAMES)
def test_too_few_rows_to_hold_some_out(name):
    for model in both(name, early_stopping=True):
        with pytest.raises(ValueError, match="The validation set is too small"):
            model.fit([[1.0], [2.0], [3.0]], [1, 1, 1])


def test_weights_of_zero_are_refused(iris):
    for model in both("MLPClassifier"):
        # ZeroDivisionError is what scikit-learn 1.7 raised.
        with pytest.raises((ValueError, ZeroDivisionError), match=r"(?i)weight.*zero"):
            model.fit(*iris, sample_weight=np.zeros(150))


def test_partial_fit_refuses_the_same(iris):
    X, y = iris
    for model in both("MLPClassifier"):
        with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
            model.partial_fit(X, y)
        with pytest.raises(ValueError, match=r"`y` has classes not in `self\.classes_`"):
            clone(model).partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match="classes"):
            clone(model).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y, classes=[1, 2, 3])
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
            clone(model).set_params(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])
        assert not hasattr(clone(model).set_params(solver="lbfgs"), "partial_fit")


def test_other_classes_in_a_warm_start_are_refused(iris):
    X, y = iris
    for model in both("MLPClassifier", warm_start=True, max_iter=2):
        quietly(model, X, y)
        with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same classes"):
            model.fit(X, np.minimum(y, 1))


def test_a_class_with_one_row_cannot_be_split():
    for model in both("MLPClassifier", early_stopping=True):
        with pytest.raises(ValueError, match="only 1 member"):
            model.fit([[1, 2], [2, 3], [3, 4], [4, 5]], [0, 0, 0, 1])
