"""Fitted networks of scikit-learn, with the steps of a Pipeline before them, read as data.

Objects are known by the names of their classes, and only attributes are read: scikit-learn itself is not imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from clearprop.errors import InputError, is_installed, quoted
from clearprop.files.importers.preprocessing import Preprocessing
from clearprop.files.importers.sklearn_steps import Steps
from clearprop.files.importers.source import OptimizerMemory, SourceLayer, SourceNetwork
from clearprop.formulas import (
    SGD,
    BinaryCrossEntropy,
    CrossEntropy,
    HalfSquaredError,
    KerasAdam,
    Loss,
    Momentum,
    Nesterov,
    Poisson,
    UpdateRule,
)

NETWORKS = ("MLPClassifier", "MLPRegressor")
SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
SETTINGS = (
    "alpha", "batch_size", "beta_1", "beta_2", "early_stopping", "epsilon", "learning_rate", "learning_rate_init",
    "max_fun", "max_iter", "momentum", "n_iter_no_change", "nesterovs_momentum", "power_t", "shuffle", "solver", "tol",
    "validation_fraction",
)  # fmt: skip
Gradients = list[tuple[Any, Any]]


def read(model: Any) -> SourceNetwork:
    """The network of a fitted MLPClassifier or MLPRegressor, alone or at the end of a Pipeline.

    A search over parameters gives its best estimator; a TransformedTargetRegressor whose transformer only scales is
    folded into the output layer.

    Raises
    ------
    InputError
        When it is something else, is not fitted, or has a step that clearprop does not know; the step is named.
    """
    if kind_of(model) in SEARCHES:
        found = read(_fitted(model, "best_estimator_"))
        return replace(found, notes=(f"the best estimator of a {kind_of(model)} was taken", *found.notes))
    if kind_of(model) == "TransformedTargetRegressor":
        return _with_target_scaled(model, read(_fitted(model, "regressor_")))
    if kind_of(model) == "Pipeline":
        return _with_steps(model)
    if kind_of(model) not in NETWORKS:
        raise InputError(
            f"{quoted(type(model).__name__)} is not a network of scikit-learn; from_sklearn takes MLPClassifier, "
            "MLPRegressor, and a Pipeline that ends in one"
        )
    return _network(model)


def kind_of(model: Any) -> str:
    """The name of a class of scikit-learn; "" for objects of other libraries."""
    return type(model).__name__ if type(model).__module__.partition(".")[0] == "sklearn" else ""


def _fitted(model: Any, attribute: str) -> Any:
    if not hasattr(model, attribute):
        raise InputError(f"this {type(model).__name__} is not fitted yet: it has no {attribute}; call fit first")
    return getattr(model, attribute)


def _network(model: Any) -> SourceNetwork:
    coefs, intercepts = _fitted(model, "coefs_"), model.intercepts_
    last = len(coefs) - 1
    layers = tuple(
        SourceLayer(W, b, model.out_activation_ if l == last else model.activation, f"coefs_[{l}]")
        for l, (W, b) in enumerate(zip(coefs, intercepts, strict=True))
    )
    is_classifier = kind_of(model) == "MLPClassifier"
    binarizer = getattr(model, "_label_binarizer", None)
    is_multilabel = is_classifier and str(getattr(binarizer, "y_type_", "")).startswith("multilabel")
    names = getattr(model, "feature_names_in_", None)
    version = getattr(sys.modules.get("sklearn"), "__version__", "")
    rule = _rule(model)
    return SourceNetwork(
        source=f"scikit-learn {version}, {type(model).__name__}",
        layers=layers,
        loss=_loss(model),
        update_rule=rule,
        memory=_memory(model, rule),
        classes=tuple(np.asarray(model.classes_).tolist()) if is_classifier else None,
        is_multilabel=is_multilabel,
        feature_names=None if names is None else tuple(map(str, names)),
        notes=_notes(model, rule),
        reference=_reference(model, model),
        gradient=_gradient(model),
        settings={name: getattr(model, name) for name in SETTINGS if hasattr(model, name)},
    )


def _loss(model: Any) -> Loss:
    if kind_of(model) == "MLPRegressor":
        losses: Mapping[str, type[Loss]] = {"squared_error": HalfSquaredError, "poisson": Poisson}
        name = getattr(model, "loss", "squared_error")
        if name not in losses:
            raise InputError(f"the loss {quoted(name)} of this MLPRegressor is not known")
        return losses[name]()
    return CrossEntropy() if model.out_activation_ == "softmax" else BinaryCrossEntropy()


def _rule(model: Any) -> UpdateRule | None:
    if model.solver == "adam":
        return KerasAdam(model.learning_rate_init, 0.0, model.beta_1, model.beta_2, model.epsilon)
    if model.solver == "sgd":
        if model.momentum == 0:
            return SGD(model.learning_rate_init)
        return (Nesterov if model.nesterovs_momentum else Momentum)(model.learning_rate_init, 0.0, model.momentum)
    return None


def _memory(model: Any, rule: UpdateRule | None) -> OptimizerMemory | None:
    optimizer = getattr(model, "_optimizer", None)
    if rule is None or optimizer is None or not rule.memory:
        return None
    L = len(model.coefs_)
    kept = {"m": "ms", "v": "vs"} if isinstance(rule, KerasAdam) else {"v": "velocities"}
    arrays = {name: getattr(optimizer, theirs, ()) for name, theirs in kept.items()}
    if any(len(found) != 2 * L for found in arrays.values()):
        return None
    vectors = {name: tuple(zip(found[:L], found[L:], strict=True)) for name, found in arrays.items()}
    return OptimizerMemory(int(getattr(optimizer, "t", 0)), vectors)


def _notes(model: Any, rule: UpdateRule | None) -> tuple[str, ...]:
    notes = []
    if rule is None:
        notes.append("it was trained by lbfgs, which has no update rule and leaves no memory")
    if kind_of(model) == "MLPRegressor" and model.coefs_[-1].shape[1] > 1:
        notes.append(
            f"scikit-learn reports the mean loss of {model.coefs_[-1].shape[1]} outputs and descends the gradient of "
            "their sum; here the loss is the sum"
        )
    return tuple(notes)


def _reference(model: Any, network: Any) -> Callable[[Any], Any]:
    """The source's own outputs, one column for each output of the network."""
    is_classifier, n_outputs = kind_of(network) == "MLPClassifier", network.coefs_[-1].shape[1]

    def outputs(rows: Any) -> Any:
        rows = _named(rows, model)
        if not is_classifier:
            return np.asarray(model.predict(rows)).reshape(-1, n_outputs)
        found = np.asarray(model.predict_proba(rows))
        return found[:, 1:] if n_outputs == 1 and found.shape[1] == 2 else found

    return outputs


def _named(rows: Any, model: Any) -> Any:
    """An array as the data frame that scikit-learn asks for where it was fitted with one."""
    names = getattr(model, "feature_names_in_", None)
    if names is None or hasattr(rows, "columns") or not is_installed("pandas"):
        return rows
    return import_module("pandas").DataFrame(dict(zip(names, np.asarray(rows).T, strict=True))).infer_objects()


def _gradient(model: Any) -> Callable[[Any, Any], Gradients] | None:
    """scikit-learn's own back-propagation; None where this version has it in another form."""
    if not hasattr(model, "_backprop"):
        return None
    plain = copy(model)
    plain.alpha = 0.0  # the gradient of the loss alone

    def gradients(X: Any, Y: Any) -> Gradients:
        L = len(plain.coefs_)
        X = np.asarray(X, dtype=plain.coefs_[0].dtype)
        activations = [X, *(np.empty((len(X), W.shape[1]), X.dtype) for W in plain.coefs_)]
        spaces: list[list[Any]] = [[None] * L, [None] * L, [None] * L]
        _, W, b = plain._backprop(X, np.asarray(Y), None, activations, *spaces)
        return list(zip(W, b, strict=True))

    return gradients


def _with_steps(model: Any) -> SourceNetwork:
    """The last step of a Pipeline, behind what the others make of the columns."""
    steps = [(name, step) for name, step in model.steps if not (step is None or step == "passthrough")]
    if not steps:
        raise InputError("the Pipeline has no steps")
    name, last = steps[-1]
    if kind_of(last) not in (*NETWORKS, *SEARCHES, "Pipeline", "TransformedTargetRegressor"):
        raise InputError(f"the Pipeline ends in {name!r}, {quoted(type(last).__name__)}, which is not a network")
    found = read(last)
    if found.inputs is not None:
        raise InputError(f"the step {name!r} has steps of its own; put all steps into one Pipeline")
    if len(steps) == 1:
        return replace(found, reference=_reference(model, _innermost(last)))
    read_steps = Steps.of(steps[0][1])
    for step_name, step in steps[:-1]:
        read_steps.apply(step_name, step)
    inputs, gradient = read_steps.preprocessing(), found.gradient
    names = tuple(column.name for column in inputs.columns)
    return replace(
        found,
        source=f"{found.source} in a Pipeline",
        feature_names=names if hasattr(steps[0][1], "feature_names_in_") else None,
        inputs=inputs,
        gradient=None if gradient is None else lambda rows, Y: gradient(inputs.apply(rows).astype(found.dtype), Y),
        notes=(*found.notes, *read_steps.notes),
        reference=_reference(model, _innermost(last)),
    )


def _innermost(model: Any) -> Any:
    """The network itself."""
    for attribute in ("best_estimator_", "regressor_"):
        if kind_of(model) not in NETWORKS and hasattr(model, attribute):
            return _innermost(getattr(model, attribute))
    return _innermost(model.steps[-1][1]) if kind_of(model) == "Pipeline" else model


def _with_target_scaled(model: Any, found: SourceNetwork) -> SourceNetwork:
    """A target that was scaled for training: its scale is folded into the output layer."""
    transformer, last = model.transformer_, found.layers[-1]
    targets = Steps.of(transformer)
    targets.apply("transformer", transformer)
    made: Preprocessing = targets.preprocessing()
    n_outputs = last.weights.shape[1]
    zero, one = (made.apply(np.full((1, n_outputs), value))[0] for value in (0.0, 1.0))
    slope = one - zero
    is_affine = kind_of(transformer) in ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")
    if last.activation.name != "identity" or not (is_affine or kind_of(transformer) == "FunctionTransformer"):
        raise InputError(
            f"the target was transformed by {quoted(type(transformer).__name__)}; only scalers of the target in front "
            "of a linear output are known. Import its regressor_ and undo the transformation yourself"
        )
    scaled = SourceLayer(last.weights / slope, (last.biases - zero) / slope, last.activation, last.name)
    return replace(
        found,
        source=f"{found.source} with its target transformed",
        layers=(*found.layers[:-1], scaled),
        memory=None,
        gradient=None,  # that of the layer as it was
        notes=(*found.notes, "the scale of the target is folded into the output layer, which is therefore another one"),
        reference=lambda rows: np.asarray(model.predict(_named(rows, model))).reshape(-1, n_outputs),
    )
