"""From here to scikit-learn and back: the same weights to the bit, and the same next step."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from clearprop import MLPClassifier, MLPRegressor, from_sklearn
from clearprop.errors import InputError
from clearprop.formulas import KerasAdam, Momentum, RMSProp

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(40, 3))
THREE = np.digitize(X[:, 0], [-0.5, 0.5])

MODELS = {
    "three classes": (MLPClassifier((4, 3), max_iter=3, tol=1e9, n_iter_no_change=1, random_state=0), THREE),
    "two classes": (
        MLPClassifier((4,), activation="tanh", solver="sgd", max_iter=9, tol=1e9, n_iter_no_change=1),
        THREE > 0,
    ),
    "names": (MLPClassifier((4,), max_iter=9, tol=1e9, n_iter_no_change=1), np.array(["a", "b", "c"])[THREE]),
    "labels": (MLPClassifier((4,), max_iter=9, tol=1e9, n_iter_no_change=1), (X > 0).astype(int)),
    "a number": (MLPRegressor(hidden_layer_sizes=(4,), max_iter=9, tol=1e9, n_iter_no_change=1), X[:, 0]),
    "two numbers": (
        MLPRegressor(hidden_layer_sizes=(4,), solver="sgd", momentum=0.0, max_iter=9, tol=1e9, n_iter_no_change=1),
        X[:, :2],
    ),
    "counts, lbfgs": (MLPRegressor("poisson", (4,), solver="lbfgs", max_iter=500, tol=0.1), np.floor(abs(X[:, 0]))),
    "no hidden layer": (MLPRegressor(hidden_layer_sizes=(), max_iter=9, tol=1e9, n_iter_no_change=1), X[:, 1]),
}


@pytest.fixture(params=MODELS)
def ours(request):
    model, y = MODELS[request.param]
    return model.fit(X, y), y


def test_the_weights_come_back_to_the_bit(ours):
    model, _ = ours
    theirs = model.to_sklearn()
    assert type(theirs).__module__.startswith("sklearn")
    back = from_sklearn(theirs)
    assert np.array_equal(back.parameters.theta, model.parameters_.theta)
    assert np.array_equal(back.estimator().parameters_.theta, model.parameters_.theta)
    assert back.proof.passed
    assert np.allclose(
        np.asarray(theirs.predict(X) == model.predict(X), dtype=float)
        if model.predict(X).dtype.kind != "f"
        else theirs.predict(X) - model.predict(X) + 1,
        1,
    )


def test_the_next_step_is_the_same():
    for settings in (
        {"solver": "sgd"},
        {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
        {"solver": KerasAdam(0.02, beta1=0.8, epsilon=0.01), "engine": "reference"},
        {"solver": Momentum(0.02, momentum=0.7)},
    ):
        model = MLPClassifier(
            (4,), batch_size=40, shuffle=False, max_iter=5, tol=1e9, n_iter_no_change=3, random_state=0, **settings
        ).fit(X, THREE)
        theirs = model.to_sklearn()
        for _ in range(5):
            theirs.partial_fit(X, THREE)
            model.partial_fit(X, THREE)
        assert np.abs(theirs.coefs_[0] - model.coefs_[0]).max() < 1e-12
        assert theirs.get_params()["batch_size"] == 40
        assert theirs.solver in ("adam", "sgd")


def test_what_scikit_learn_has_not_is_refused_by_name():
    with pytest.raises(NotFittedError):
        MLPClassifier().to_sklearn()
    for settings, said in (
        ({"activation": "gelu"}, "layer 1 has the activation 'gelu'"),
        (
            {"activation": ["relu", "tanh"], "hidden_layer_sizes": (2, 2)},
            "layer 2 .*all hidden layers must have the same",
        ),
        ({"learning_rate": "cosine"}, "no schedules"),
        ({"solver": RMSProp()}, "of update rules SGD, Momentum, Nesterov and KerasAdam"),
    ):
        model = MLPClassifier(**{"hidden_layer_sizes": (2,), **settings}).initialize(X, THREE)
        with pytest.raises(InputError, match=said):
            model.to_sklearn()
    with pytest.raises(InputError, match="no output 'identity' with the loss 'huber'"):
        MLPRegressor("huber", (2,)).initialize(X, X[:, 0]).to_sklearn()
    with pytest.warns(UserWarning, match=r"has no dropout=0\.5: left out"):
        MLPClassifier((2,), dropout=0.5).initialize(X, THREE).to_sklearn()
