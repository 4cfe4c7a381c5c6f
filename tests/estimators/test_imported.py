"""Networks of scikit-learn brought in: the same outputs, the same gradient, an estimator that predicts the same."""

import warnings
from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from clearprop import Imported, from_sklearn
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.estimators.imported import imported
from clearprop.files.importers.source import SourceLayer, SourceNetwork
from near_exact import assert_near

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(60, 4))
THREE = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])
LABELS = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 1], axis=1).astype(int)


def fitted(model, X=X, y=THREE):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def classifier(**settings):
    return MLPClassifier(**{"hidden_layer_sizes": (5, 4), "max_iter": 8, "random_state": 0, **settings})


def regressor(**settings):
    return MLPRegressor(**{"hidden_layer_sizes": (5,), "max_iter": 8, "random_state": 0, **settings})


NETWORKS = {
    "three classes": (classifier(), THREE),
    "two classes, tanh, sgd": (classifier(activation="tanh", solver="sgd", momentum=0.5), (X[:, 0] > 0).astype(int)),
    "three named classes, logistic, lbfgs": (
        classifier(activation="logistic", solver="lbfgs"),
        np.array(["red", "green", "blue"])[THREE],
    ),
    "two named classes": (classifier(hidden_layer_sizes=(3,)), np.array(["yes", "no"])[(X[:, 1] > 0).astype(int)]),
    "labels": (classifier(), LABELS),
    "one number": (regressor(), X[:, 0] * X[:, 1]),
    "two numbers, identity": (regressor(activation="identity", hidden_layer_sizes=(5, 3)), X[:, :2] ** 2),
    "counts": (regressor(loss="poisson"), np.floor(np.abs(3 * X[:, 0]))),
    "no hidden layer, nesterov": (regressor(hidden_layer_sizes=(), solver="sgd"), X[:, 2]),
}


@pytest.fixture(params=NETWORKS)
def both(request):
    model, y = NETWORKS[request.param]
    theirs = fitted(model, X, y)
    return theirs, from_sklearn(theirs), y


def test_the_outputs_are_the_source_s_own(both):
    theirs, ours, _ = both
    assert ours.proof.passed
    assert ours.proof.n_rows == 1000
    own = theirs.predict_proba(X) if hasattr(theirs, "predict_proba") else theirs.predict(X)
    own = np.asarray(own).reshape(len(X), -1)
    own = own[:, 1:] if own.shape[1] == ours.network.widths[-1] + 1 else own
    assert np.abs(ours.outputs(X) - own).max() < 1e-12


def test_the_gradient_is_the_source_s_own_and_that_of_central_differences(both):
    _, ours, y = both
    found = ours.check_gradient(X, y, n_parameters=None)
    assert found.passed
    assert [each.name for each in found.tensors] == [block.name for block in ours.network.blocks]
    assert all(each.source_error < 1e-9 for each in found.tensors)
    assert "source − ours" in str(found)


def test_the_estimator_predicts_the_same_and_goes_on_learning(both):
    theirs, ours, y = both
    model = ours.estimator()
    same = np.asarray(model.predict(X)) == theirs.predict(X)
    close = same | np.isclose(model.predict(X), theirs.predict(X), rtol=1e-12) if same.dtype != bool else same
    if y.dtype.kind == "f":
        close = np.isclose(model.predict(X), theirs.predict(X), rtol=1e-12, atol=1e-12)
    assert np.all(close)
    before = model.parameters_.theta.copy()
    model.partial_fit(X, y) if theirs.solver != "lbfgs" else fitted(model, X, y)
    assert np.isfinite(model.parameters_.theta).all()
    assert (model.parameters_.theta != before).any()


def test_a_step_is_explained(both):
    _, ours, y = both
    text = " ".join(ours.explain(X[0], y[0]).explained().text().split())
    assert "One step of back-propagation" in text
    assert ours.explain(X[:3], y[:3]).is_batch
    targets = ours.targets
    if targets.n_outputs == 1:
        said = "predict answers: y ="
    elif targets.classes is None:
        said = "predict answers these numbers."
    else:
        said = f"predict answers the {'labels' if targets.is_multilabel else 'class of the greatest probability'}"
    assert said in text


def test_the_step_explained_is_the_one_that_scikit_learn_makes():
    theirs = fitted(classifier(batch_size=60, shuffle=False, alpha=0.01, solver="sgd", learning_rate_init=0.1))
    trace = from_sklearn(theirs).explain(X, THREE)
    theirs.partial_fit(X, THREE)
    assert np.abs(trace["W1_new"].value - theirs.coefs_[0]).max() < 1e-12
    assert np.abs(trace["b3_new"].value - theirs.intercepts_[2]).max() < 1e-12


def test_the_memory_of_the_optimizer_is_carried_over():
    for settings in (
        {"solver": "sgd"},
        {"solver": "sgd", "nesterovs_momentum": False},
        {"solver": "adam"},
        {"solver": "adam", "epsilon": 0.01, "learning_rate_init": 0.02, "beta_1": 0.8, "alpha": 0.1},
    ):
        theirs = fitted(classifier(batch_size=60, shuffle=False, **settings))
        model = from_sklearn(theirs).estimator().set_params(engine="reference")
        before = theirs.coefs_[0].copy()
        for _ in range(7):
            theirs.partial_fit(X, THREE)
            model.partial_fit(X, THREE)
        for ours, own in zip((*model.coefs_, *model.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True):
            assert np.abs(ours - own).max() < 1e-12
        assert np.abs(theirs.coefs_[0] - before).max() > 1e-3


def test_float32_stays_float32():
    theirs = fitted(classifier(), X.astype(np.float32))
    ours = from_sklearn(theirs)
    assert ours.parameters.theta.dtype == np.float32 == ours.estimator().parameters_.theta.dtype
    assert ours.proof.passed
    assert ours.check_gradient(X, THREE).passed
    exact = copy(theirs)
    exact.coefs_, exact.intercepts_ = ([a.astype(float) for a in each] for each in (theirs.coefs_, theirs.intercepts_))
    single = X.astype(np.float32)
    assert_near(ours, single, exact.predict_proba(single.astype(float)))


def test_names_of_columns_come_along():
    theirs = fitted(classifier(), pd.DataFrame(X, columns=list("abcd")))
    ours = from_sklearn(theirs)
    assert ours.estimator().feature_names_in_.tolist() == list("abcd")
    assert ours.proof.passed


def test_a_search_gives_its_best():
    search = GridSearchCV(classifier(), {"alpha": [0.1, 0.2]}, cv=2)
    ours = from_sklearn(fitted(search))
    assert "GridSearchCV" in ours.report


def layer(n_in, n_out, activation="identity", biases=True):
    random = np.random.default_rng(n_in)
    return SourceLayer(random.normal(size=(n_in, n_out)), random.normal(size=n_out) if biases else None, activation)


def test_a_loss_is_asked_for():
    source = SourceNetwork("a test", (layer(4, 3, "relu"), layer(3, 3)))
    with pytest.raises(InputError, match=r"say loss=.*'identity' of 3 can be .*'half_squared_error'.*'cross_entropy'"):
        imported(source)
    assert imported(source, loss="half_squared_error").classes is None


def test_cross_entropy_on_a_linear_output_adds_softmax():
    found = imported(SourceNetwork("a test", (layer(4, 3, "relu"), layer(3, 3))), loss="cross_entropy")
    z = found.outputs(X)
    assert found.network.layers[-1].activation.name == "softmax"
    assert (z < 0).any()
    assert np.allclose(found.estimator().predict_proba(X), np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))
    assert "softmax is added" in found.report
    assert "0 … 2" in found.report
    assert found.check_gradient(X, THREE).passed


def test_classes_come_in_the_order_of_scikit_learn():
    for widths, classes in ((1, ["yes", "no"]), (2, ["yes", "no"]), (3, ["c", "a", "b"])):
        loss = "binary_cross_entropy" if widths == 1 else "cross_entropy"
        output = "logistic" if widths == 1 else "softmax"
        source = SourceNetwork("a test", (layer(4, 3, "tanh"), layer(3, widths, output)))
        found = imported(source, loss=loss, classes=classes)
        model, a = found.estimator(), found.outputs(X)
        expected = np.hstack([1 - a, a]) if widths == 1 else a
        place = [classes.index(label) for label in model.classes_]
        assert np.allclose(model.predict_proba(X), expected[:, place])
        assert (model.predict(X) == np.array(classes)[expected.argmax(axis=1)]).all()
        assert (found.targets.decode(a) == model.predict(X)).all()


def test_biases_that_the_source_has_not_stay_zero():
    found = imported(
        SourceNetwork("a test", (layer(4, 3, "tanh", biases=False), layer(3, 1))), loss="half_squared_error"
    )
    assert "layer 1 has no biases" in found.report
    model = found.estimator()
    model.partial_fit(X, X[:, 0])
    assert not model.intercepts_[0].any()
    assert model.intercepts_[1].any()
    assert [each.name for each in found.check_gradient(X, X[:, 0]).tensors] == ["W1", "W2", "b2"]


def test_classes_must_be_as_many_as_the_outputs():
    source = SourceNetwork("a test", (layer(4, 3, "softmax"),))
    with pytest.raises(InputError, match="classes must name 3 different classes for 3 outputs, not 2"):
        imported(source, loss="cross_entropy", classes=["a", "b"])


def test_layers_must_chain_and_hold_numbers():
    with pytest.raises(ShapeError, match=r"layer 1, .*has 3 outputs, but layer 2, .*takes 2 inputs"):
        SourceNetwork("a test", (layer(4, 3), layer(2, 1)))
    with pytest.raises(NotFiniteError, match="the layer 'first' has weights that are NaN"):
        SourceLayer(np.array([[np.nan]]), None, "relu", "first")
    with pytest.raises(ShapeError, match=r"biases of shape \(2,\), not \(1,\)"):
        SourceLayer(np.ones((1, 1)), np.ones(2), "relu")
    with pytest.raises(InputError, match="no dense layer"):
        SourceNetwork("a test", ())


def test_a_wrong_reading_is_told():
    source = SourceNetwork("a test", (layer(4, 1),), reference=lambda rows: np.zeros((len(rows), 1)))
    with pytest.warns(UserWarning, match="a test is not computed as it computes itself"):
        found = imported(source, loss="half_squared_error")
    assert not found.proof.passed
    assert "NOT the same" in found.report


MISTAKES = {
    "the number of rows: it sums": lambda W, n: n * W,
    "it goes uphill": lambda W, n: -W,
    "instead of ½": lambda W, n: 2 * W,
    "0 everywhere": lambda W, n: 0 * W,
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_of_the_source_is_named(said):
    ours = from_sklearn(fitted(regressor(), X, X[:, 0]))
    right = ours.source.gradient

    def wrong(rows, targets):
        found = right(rows, targets)
        return [(MISTAKES[said](found[0][0], len(rows)), found[0][1]), *found[1:]]

    found = replace(ours, source=replace(ours.source, gradient=wrong)).check_gradient(X, X[:, 0])
    assert not found.passed
    assert found.first_wrong.name == "W1"
    assert said in str(found)
    assert "b2" in str(found)


def test_y_that_is_no_class_is_told_with_its_row():
    ours = from_sklearn(fitted(classifier()))
    with pytest.raises(InputError, match="y is 9 in row 1, which is none of the classes: 0, 1, 2"):
        ours.check_gradient(X[:2], [0, 9])
    with pytest.raises(ShapeError, match="X must be of shape"):
        ours.outputs(X[:, :2])
    assert isinstance(ours, Imported)
