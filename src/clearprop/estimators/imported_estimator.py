"""A fitted estimator of an imported network: the same numbers, behind scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from clearprop.errors import InputError
from clearprop.estimators.classifier import MLPClassifier
from clearprop.estimators.imported_check import remember
from clearprop.estimators.imported_targets import ImportedNetwork
from clearprop.estimators.regressor import MLPRegressor
from clearprop.estimators.saving import filled
from clearprop.estimators.settings import OF_ADAM
from clearprop.estimators.targets import ClassTargets, NumberTargets, Targets
from clearprop.files.importers.preprocessing import Preprocessing
from clearprop.files.importers.source import OptimizerMemory, SourceNetwork
from clearprop.formulas import SGD, Adam, AdamW, Logistic, Momentum, Nesterov
from clearprop.network import Dense, Network


class ImportedSteps(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The steps before an imported network, as a transformer that is fitted already.

    Parameters
    ----------
    steps : Preprocessing
    """

    def __init__(self, steps: Preprocessing) -> None:
        self.steps = steps

    def fit(self, X: Any, y: Any = None) -> ImportedSteps:
        """Nothing is learned: the steps are as they were fitted where they come from."""
        return self

    def transform(self, X: Any) -> Any:
        """The inputs of the first layer, float64 (n_rows, n_inputs)."""
        return self.steps.apply(X)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """A name for each input."""
        return np.array([each.name for each in self.steps.inputs], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def estimator_of(imported: ImportedNetwork) -> Any:
    """See `Imported.estimator`."""
    source = imported.source
    network, arrays, memory, targets = _as_estimators_have_it(imported)
    settings = {**_settings(source), **_rule(source), "warm_start": True}
    hidden = [layer.activation for layer in network.layers[:-1]]
    settings["hidden_layer_sizes"] = network.widths[1:-1]
    if hidden:
        settings["activation"] = hidden[0].name if _is_plain(hidden) else hidden
    make: type[Any] = MLPClassifier if isinstance(targets, ClassTargets) else MLPRegressor
    if make is MLPRegressor:
        settings["loss"] = imported.loss
    estimator = make(**settings)
    params = network.parameters([W for W, _ in arrays], [b for _, b in arrays], source.dtype)
    filled(estimator, network, params.theta, targets, stopping_reason=f"imported from {source.source}")
    if memory is not None:
        remember(estimator._run.state, network, estimator._run.job.update_rule, memory)
    if source.inputs is not None:
        return Pipeline([("inputs", ImportedSteps(source.inputs)), ("network", estimator)])
    if source.feature_names is not None:
        estimator.feature_names_in_ = np.array(source.feature_names, dtype=object)
    return estimator


def _is_plain(hidden: list[Any]) -> bool:
    """Whether all are one activation of its usual parameters, so that its name says all."""
    return all(each == hidden[0] for each in hidden) and hidden[0] == type(hidden[0])()


def _settings(source: SourceNetwork) -> dict[str, Any]:
    known = MLPClassifier._get_param_names()
    return {name: value for name, value in source.settings.items() if name in known}


def _rule(source: SourceNetwork) -> dict[str, Any]:
    """The source's update rule as parameters of an estimator: by name where it has one, otherwise the rule itself."""
    rule = source.update_rule
    if rule is None:
        return {}
    found = {"learning_rate_init": rule.learning_rate, "weight_decay": rule.weight_decay}
    if "solver" not in source.settings:  # of another library than scikit-learn, where alpha is no penalty
        found["alpha"] = 0.0
    if type(rule) in (Adam, AdamW):
        return {**found, "solver": "adam", **{ours: getattr(rule, own) for ours, own in OF_ADAM.items()}}
    if type(rule) in (SGD, Momentum, Nesterov):
        momentum, is_nesterov = getattr(rule, "momentum", 0.0), isinstance(rule, Nesterov)
        return {**found, "solver": "sgd", "momentum": momentum, "nesterovs_momentum": is_nesterov}
    return {**found, "solver": rule}


def _as_estimators_have_it(
    imported: ImportedNetwork,
) -> tuple[Network, list[tuple[Any, Any]], OptimizerMemory | None, Targets]:
    """The network with its classes in scikit-learn's order, and one output for two of them."""
    network, params = imported.network, imported.parameters
    arrays = list(zip(params.W, params.b, strict=True))
    memory, classes = imported.source.memory, imported.classes
    if classes is None:
        n_outputs = network.widths[-1]
        rows = np.empty((0, n_outputs)) if n_outputs > 1 else np.empty(0)
        if imported.loss.natural_output in ("softmax", "logistic"):
            raise InputError(f"the loss {imported.loss.name!r} is for classes, and the network has none")
        return network, arrays, memory, NumberTargets(rows, imported.loss)
    if imported.targets.is_multilabel:
        return network, arrays, memory, ClassTargets(np.array([[0] * len(classes), [1] * len(classes)]))
    low, high = network.layers[-1].activation.range
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"the output {network.layers[-1].activation.name!r} is not a probability, as an MLPClassifier's is; use "
            "`network` and `parameters` with clearprop.train"
        )
    targets = ClassTargets(np.tile(np.array(classes), 2))
    place = {label: k for k, label in enumerate(classes)}
    order = [place[label] for label in targets.classes.tolist()]
    W, b = arrays[-1]
    if network.widths[-1] == 2:
        (first, second), memory = order, None
        W, b = W[:, [second]] - W[:, [first]], b[[second]] - b[[first]]
        last = Dense(network.widths[-2], 1, Logistic())
        network = Network((*network.layers[:-1], last), targets.loss)
    elif order != list(range(len(order))):
        memory = None
        W, b = (-W, -b) if network.widths[-1] == 1 else (W[:, order], b[order])
    return network, [*arrays[:-1], (W, b)], memory, targets
