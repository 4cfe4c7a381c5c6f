"""The model file of an estimator: what comes back predicts the same; what is no such file is refused."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from safetensors import safe_open
from safetensors.numpy import save_file

import clearprop
from clearprop import MLPClassifier, MLPRegressor
from clearprop.errors import ModelFileError
from clearprop.files.contents import checksum
from clearprop.formulas import Activation, Cosine, Huber, KerasAdam, Loss, Mish, RMSProp, absolute, exp
from own_formulas import Halving

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 8, "learning_rate_init": 0.01}


class Bump(Activation):
    def value(z):
        return exp(-(z**2))


class Absolute(Loss):
    def value(a, y):
        return absolute(a - y)


def there_and_back(model, path):
    model.save(path / "model.clearprop")
    return type(model).load(path / "model.clearprop")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"solver": "lbfgs", "hidden_layer_sizes": []},
        {"activation": [Bump(), "tanh"], "hidden_layer_sizes": (4, 3), "dropout": np.array([0.1, 0.2])},
        {"activation": Mish, "learning_rate": Cosine(end=0.1), "n_iter_no_change": np.inf, "clip_norm": np.float32(2)},
        {"early_stopping": True, "scoring": "r2", "warm_start": True, "max_seconds": 100.0, "n_threads": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_what_comes_back_is_the_same(kind, options, iris, tmp_path):
    model = kind(**SMALL | options).fit(*iris)
    back = there_and_back(model, tmp_path)
    np.testing.assert_array_equal(back.predict(iris[0]), model.predict(iris[0]))
    assert [layer.activation.name for layer in back.network_.layers] == [
        layer.activation.name for layer in model.network_.layers
    ]
    for name in ("n_iter_", "t_", "loss_", "best_validation_score_", "stopping_reason_", "n_features_in_", "n_layers_"):
        assert getattr(back, name) == getattr(model, name)
    for name in ("hidden_layer_sizes", "solver", "scoring", "n_iter_no_change", "warm_start", "learning_rate"):
        assert back.get_params()[name] == model.get_params()[name]
    assert back.history_ == ()
    assert back.explain(iris[0][0], iris[1][0], optimizer="sgd")["loss"].value >= 0
    back.set_params(warm_start=True).fit(*iris)
    assert back.n_iter_ > 0


@pytest.mark.parametrize("rule", [KerasAdam(0.02), RMSProp(0.01), Halving(0.02, share=0.25)], ids=str)
def test_a_rule_as_solver_comes_back(rule, iris, tmp_path):
    options = {**SMALL, "solver": rule, "learning_rate_init": rule.learning_rate, "engine": "reference"}
    model = MLPClassifier(**options).fit(*iris)
    back = there_and_back(model, tmp_path)
    assert (back.solver.name, back.solver.parameters) == (rule.name, rule.parameters)
    assert type(back.solver) is type(rule) or type(rule) is Halving
    assert back._run.job.update_rule == back.solver
    trained = back.set_params(warm_start=True, max_iter=2).fit(*iris)
    assert np.isfinite(trained.parameters_.theta).all()


@pytest.mark.parametrize("loss", ["poisson", "quantile", Huber(delta=0.5), Absolute()], ids=str)
def test_every_loss_comes_back(loss, iris, tmp_path):
    model = MLPRegressor(loss, **SMALL).fit(*iris)
    np.testing.assert_array_equal(there_and_back(model, tmp_path).predict(iris[0]), model.predict(iris[0]))


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c"], [3, 7, 9], [False, True, True], [1.0, 2.0, 4.0], np.array(["x", "yy", "z"], object), [5, 5, 5]],
    ids=str,
)
def test_classes_keep_their_type(names, iris, tmp_path):
    y = np.array(names)[iris[1]]
    model = MLPClassifier(**SMALL, class_weight={names[0]: 2.0}).fit(iris[0], y)
    back = there_and_back(model, tmp_path)
    np.testing.assert_array_equal(back.classes_, model.classes_)
    assert back.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(back.predict(iris[0]), model.predict(iris[0]))
    np.testing.assert_array_equal(back.predict_proba(iris[0]), model.predict_proba(iris[0]))
    assert back.class_weight == {names[0]: 2.0}


def test_several_labels_sparse_and_dense_and_several_numbers(labels, tmp_path):
    X, Y = labels
    for target in (Y, scipy.sparse.csr_array(Y)):
        model = MLPClassifier(**SMALL).fit(X, target)
        back = there_and_back(model, tmp_path)
        assert scipy.sparse.issparse(back.predict(X)) == scipy.sparse.issparse(target)
        np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    model = MLPRegressor(**SMALL).fit(X, Y * 1.5)
    np.testing.assert_array_equal(there_and_back(model, tmp_path).predict(X), model.predict(X))


def test_names_of_features_and_float32_come_back(iris, tmp_path):
    frame = pd.DataFrame(iris[0].astype(np.float32), columns=["a", "b", "c", "d"])
    model = MLPClassifier(**SMALL).fit(frame, iris[1])
    back = there_and_back(model, tmp_path)
    assert back.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert back.coefs_[0].dtype == np.float32
    with pytest.raises(ValueError, match="feature names"):
        back.predict(frame[["b", "a", "c", "d"]])


def test_what_cannot_be_data_is_its_default_again(iris, tmp_path):
    model = MLPClassifier(
        **SMALL | {"random_state": np.random.RandomState(1)}, callbacks=[print], class_weight={0: 2.0}
    )
    model.set_params(callbacks=lambda epoch: None, scoring=lambda estimator, X, y: 1.0, early_stopping=True)
    back = there_and_back(model.fit(*iris), tmp_path)
    assert (back.callbacks, back.scoring, back.random_state) == (None, None, None)
    assert back.early_stopping


@pytest.mark.parametrize("labels", [False, True])
def test_the_step_of_its_training_comes_back(labels, iris, tmp_path):
    X, y = iris
    y = np.stack([y > 0, y == 1], axis=1).astype(int) if labels else y
    weights = [{0: 1, 1: 3}, {1: 0.5}] if labels else "balanced"
    options = {"solver": "sgd", "momentum": 0.0, "alpha": 0.5, "clip_norm": 0.1, "batch_size": 30}
    smoothing = {} if labels else {"label_smoothing": 0.2}
    model = MLPClassifier(**SMALL, **options, **smoothing, class_weight=weights).fit(X[20:], y[20:])
    again = there_and_back(model, tmp_path)
    assert again._run.job == model._run.job
    assert again._run.n_samples == 130
    rows = slice(40, 60)
    texts = [each.explain(X[rows], y[rows]).explained().text() for each in (model, again)]
    one, other = (re.sub(r"step \d+\.", "step n.", text) for text in texts)  # a file counts no steps
    assert one == other
    plain = MLPClassifier(**SMALL, **options, **smoothing).fit(X[20:], y[20:])
    assert again._run.factors.of_rows(np.asarray(y[rows], dtype=float) if labels else np.eye(3)[y[rows]]).std() > 0
    assert plain._run.factors is None


def test_a_file_that_does_not_say_how_it_was_trained_is_read(iris, tmp_path):
    """As those of earlier versions."""
    X, y = iris
    path = tmp_path / "model.clearprop"
    model = MLPClassifier(**SMALL).fit(X, y)
    model.save(path)
    found = clearprop.load(path)
    details = {name: value for name, value in found.details.items() if name != "training"}
    clearprop.save(path, found.network, found.parameters, details)
    again = MLPClassifier.load(path)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.explain(X[0], y[0]).trained.step == "known"  # its parameters say it


def test_the_network_in_it_is_for_everyone(iris, tmp_path):
    model = MLPClassifier(**SMALL).fit(*iris)
    model.save(tmp_path / "model.clearprop")
    found = clearprop.load(tmp_path / "model.clearprop")
    assert found.network == model.network_
    np.testing.assert_array_equal(found.parameters.theta, model.parameters_.theta)


def test_a_file_of_something_else_is_refused(iris, tmp_path):
    model = MLPClassifier(**SMALL).fit(*iris)
    model.save(tmp_path / "model.clearprop")
    with pytest.raises(ModelFileError, match="of the class 'MLPClassifier', not 'MLPRegressor'"):
        MLPRegressor.load(tmp_path / "model.clearprop")
    clearprop.save(tmp_path / "network.clearprop", model.network_, model.parameters_)
    with pytest.raises(ModelFileError, match="holds no estimator"):
        MLPClassifier.load(tmp_path / "network.clearprop")


@pytest.mark.parametrize(
    "damage",
    [
        lambda details: details.pop("parameters"),
        lambda details: details["parameters"].update(solver="magic"),
        lambda details: details["parameters"].update(hidden_layer_sizes=[7]),
        lambda details: details["parameters"].update(alpha={"code": "print()"}),
        lambda details: details["parameters"].update(unheard_of=1),
        lambda details: details["targets"].update(type="O4"),
        lambda details: details["targets"].update(classes=[]),
        lambda details: details["targets"].update(classes=[0, 1]),
        lambda details: details["targets"].update(classes=[{"a": 1}, 2, 3]),
        lambda details: details.update(targets={"outputs": 3}),
        lambda details: details.update(targets=None),
        lambda details: details.update(seeds=[1]),
        lambda details: details.update(feature_names=["a"]),
        lambda details: details["facts"].pop("t_"),
        lambda details: details["facts"].update(n_features_in_=5),
        lambda details: details.update(training=[]),
        lambda details: details["training"].update(n_samples=0),
        lambda details: details["training"].update(jobs={}),
        lambda details: details["training"]["jobs"]["job"].update(l2="much"),
        lambda details: details["training"].update(class_factors=[[1.0, 1.0]]),
        lambda details: details["training"].update(class_factors=[[1.0, 1.0, -1.0]]),
        lambda details: details["training"].update(class_factors=[3]),
    ],
)
def test_a_damaged_description_is_refused(damage, iris, tmp_path):
    path = tmp_path / "model.clearprop"
    MLPClassifier(**SMALL).fit(*iris).save(path)
    with safe_open(str(path), framework="numpy") as file:
        document, theta = json.loads(file.metadata()["clearprop"]), file.get_tensor("theta")
    damage(document["details"])
    text = json.dumps(document)
    save_file({"theta": theta}, str(path), metadata={"clearprop": text, "sha256": checksum(text, theta)})
    with pytest.raises(ModelFileError, match="is damaged"):
        MLPClassifier.load(path)
