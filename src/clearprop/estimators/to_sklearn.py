"""A fitted estimator as scikit-learn's own class of that name: the same weights, settings and optimizer's memory."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.estimators.settings import OF_ADAM, RATES_OF_SGD, SOLVERS
from clearprop.formulas import SGD, KerasAdam, Momentum, Nesterov, UpdateRule

HIDDEN = ("identity", "logistic", "tanh", "relu")
TRAINED_WITH = ("class_weight", "clip_norm", "dropout", "l1", "label_smoothing", "weight_decay")  # what theirs has not


def sklearn_of(estimator: Any) -> Any:
    """See `MLPClassifier.to_sklearn`."""
    from sklearn import neural_network

    check_is_fitted(estimator)
    make = getattr(neural_network, "MLPClassifier" if is_classifier(estimator) else "MLPRegressor")
    settings = _settings(estimator, make._get_param_names())
    # One step of theirs makes everything that their next ones need; then the numbers are put in their place.
    model = make(**{**settings, "solver": _stepping(settings), "early_stopping": False, "batch_size": "auto"})
    X = np.zeros((max(2, len(getattr(estimator, "classes_", ()))), estimator.n_features_in_), estimator.coefs_[0].dtype)
    _first_step(model, estimator, X)
    model.set_params(**settings)
    for theirs, ours in ((model.coefs_, estimator.coefs_), (model.intercepts_, estimator.intercepts_)):
        for target, values in zip(theirs, ours, strict=True):
            target[...] = values
    if settings["solver"] == "lbfgs":
        del model._optimizer
    else:
        _remember(model._optimizer, estimator)
    model.t_, model.n_iter_, model.loss_ = estimator.t_, estimator.n_iter_, estimator.loss_
    model.loss_curve_ = [float(loss) for loss in estimator.loss_curve_]
    model.best_loss_ = min(model.loss_curve_, default=np.inf)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        model.feature_names_in_ = np.array(names, dtype=object)
    return model


def _stepping(settings: dict[str, Any]) -> str:
    return "adam" if settings["solver"] == "lbfgs" else str(settings["solver"])


def _settings(estimator: Any, names: list[str]) -> dict[str, Any]:
    """The parameters that scikit-learn has, too; InputError where the network is one that it has not."""
    network, kind = estimator.network_, type(estimator).__name__
    hidden = [layer.activation for layer in network.layers[:-1]]
    for l, found in enumerate(hidden, start=1):
        if found.name not in HIDDEN or found != hidden[0] or found.parameters:
            each = "; all hidden layers must have the same" if found.name in HIDDEN else ""
            raise InputError(
                f"layer {l} has the activation {found.name!r}, and scikit-learn's {kind} has {', '.join(HIDDEN)}{each}"
            )
    output, loss = network.layers[-1].activation.name, network.loss
    if is_classifier(estimator):
        fits = {("softmax", "cross_entropy"), ("logistic", "binary_cross_entropy")}
        if (output, loss.name) not in fits:
            raise InputError(f"scikit-learn's {kind} has no output {output!r} with the loss {loss.name!r}")
        if len(estimator.classes_) < 2:
            raise InputError("there is one class only, which scikit-learn's class does not take")
    losses = {("identity", "half_squared_error"): "squared_error", ("exp", "poisson"): "poisson"}
    given = estimator.get_params(deep=False)
    settings = {name: given[name] for name in names if name in given}
    if not is_classifier(estimator):
        if (output, loss.name) not in losses:
            raise InputError(f"scikit-learn's {kind} has no output {output!r} with the loss {loss.name!r}")
        if "loss" in names:
            settings["loss"] = losses[output, loss.name]
    settings["activation"] = hidden[0].name if hidden else "relu"
    settings |= _solver(settings["solver"])
    if settings["learning_rate"] not in RATES_OF_SGD or settings["solver"] not in SOLVERS:
        raise InputError(
            "scikit-learn has no schedules as formulas, and of update rules SGD, Momentum, Nesterov and KerasAdam, its "
            "adam; set learning_rate and solver"
        )
    if isinstance(given["solver"], UpdateRule):
        given["weight_decay"] = given["solver"].weight_decay
    lost = [f"{name}={given[name]!r}" for name in TRAINED_WITH if given.get(name)]
    if lost:
        warnings.warn(f"scikit-learn's {kind} has no {', '.join(lost)}: left out", stacklevel=4)
    return settings


def _solver(solver: str | UpdateRule) -> dict[str, Any]:
    """A rule that scikit-learn has, as its parameters."""
    if isinstance(solver, str):
        return {}
    if type(solver) is KerasAdam:
        found = {name: getattr(solver, own) for name, own in OF_ADAM.items()}
        return {"solver": "adam", "learning_rate_init": solver.learning_rate, **found}
    if type(solver) in (SGD, Momentum, Nesterov):
        momentum = getattr(solver, "momentum", 0.0)
        found = {"momentum": momentum, "nesterovs_momentum": isinstance(solver, Nesterov)}
        return {"solver": "sgd", "learning_rate_init": solver.learning_rate, **found}
    return {}


def _first_step(model: Any, estimator: Any, X: Any) -> None:
    run = estimator._run
    if not is_classifier(estimator):
        shape = (len(X),) if estimator.n_outputs_ == 1 else (len(X), estimator.n_outputs_)
        model.partial_fit(X, np.zeros(shape))
    elif run.targets.is_multilabel:
        y = np.zeros((len(X), estimator.n_outputs_), dtype=int)
        y[1:] = 1
        model.partial_fit(X, y, classes=np.arange(estimator.n_outputs_))
    else:
        model.partial_fit(X, estimator.classes_, classes=estimator.classes_)


def _remember(optimizer: Any, estimator: Any) -> None:
    """The memory of our optimizer in theirs."""
    run = estimator._run
    names = ("ms", "vs") if "m" in getattr(run.job.update_rule, "memory", ()) else ("velocities",)
    vectors = run.state.memory or [np.zeros_like(run.state.theta)]
    for name, vector in zip(names, vectors, strict=True):
        found = run.network.views(vector)
        setattr(optimizer, name, [array.copy() for array in (*found.W, *found.b)])
    optimizer.t = run.state.step
