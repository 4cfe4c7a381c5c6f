"""An estimator as a model file and back: the network as every model has it, and what else it takes to predict as JSON.

The file holds no code. What cannot be data stays out of it: callbacks, a scorer of one's own, a RandomState. So do the
history and the optimizer's memory, for which there are pickle and joblib.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from clearprop.engines import Choice, TrainingState, choose, choose_for_prediction
from clearprop.errors import ModelFileError, quoted
from clearprop.estimators.run import Run, Seeds
from clearprop.estimators.saved_training import training_from_json, training_to_json
from clearprop.estimators.settings import Settings
from clearprop.estimators.targets import ClassTargets, NumberTargets, Targets
from clearprop.files import Model, load, save
from clearprop.files.json_text import refusing
from clearprop.formulas import ACTIVATIONS, LOSSES, SCHEDULES, UPDATE_RULES, Activation, Loss, Schedule, UpdateRule
from clearprop.formulas.formula import Formula
from clearprop.formulas.saving import formula_from_json, formula_to_json
from clearprop.job import Layout
from clearprop.network import Network

KIND = "estimator"  # what the details of such a model file say that they are
KINDS: Mapping[str, tuple[type[Any], Mapping[str, type[Any]]]] = {
    "activation": (Activation, ACTIVATIONS),
    "loss": (Loss, LOSSES),
    "schedule": (Schedule, SCHEDULES),
    "update rule": (UpdateRule, UPDATE_RULES),
}
NUMBER_TYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")
TEXT_TYPE = re.compile(r"[<>]U\d{1,9}")
WIDE = 16 * 2**20  # bytes: names of classes that would take more, as an array of one width, are refused
NUMBER = (int, float)
FACTS: Mapping[str, Any] = {  # attributes of a fit that are kept, and what they can be
    "n_features_in_": int,
    "n_iter_": int,
    "t_": NUMBER,
    "loss_": NUMBER,
    "best_validation_score_": (*NUMBER, NoneType),
    "stopping_reason_": str,
}


def save_estimator(path: str | os.PathLike[str], estimator: Any) -> None:
    """Write a fitted estimator to one model file; see `MLPClassifier.save`."""
    names, run = getattr(estimator, "feature_names_in_", None), estimator._run
    details = {
        "kind": KIND,
        "estimator": type(estimator).__name__,
        "parameters": parameters_to_json(estimator),
        "targets": _targets_to_json(run.targets),
        "feature_names": None if names is None else [str(name) for name in names],
        "seeds": list(run.seeds),
        "facts": {name: _to_json(getattr(estimator, name)) for name in FACTS},
        "training": training_to_json(run),
    }
    save(path, run.network, estimator.parameters_, details)


def load_estimator(path: str | os.PathLike[str], make: Callable[..., Any]) -> Any:
    """The estimator of a model file; see `MLPClassifier.load`."""
    return estimator_of(load(path), Path(path), make)


def estimator_of(model: Model, path: Path, make: Callable[..., Any]) -> Any:
    """The estimator of a model file that is read already."""
    details, name = model.details, make.__name__
    if details.get("kind") != KIND:
        raise ModelFileError(f"{path} holds no estimator; clearprop.load reads the network in it")
    if details.get("estimator") != name:
        was = quoted(details.get("estimator"))
        raise ModelFileError(f"{path} holds an estimator of the class {was}, not {name!r}")
    with refusing(path, "is damaged: its estimator cannot be made"):
        estimator = make(**parameters_from_json(details["parameters"]))
        settings = estimator._settings()
        targets = _targets_from_json(details["targets"], model.network)
        if is_classifier(estimator) != isinstance(targets, ClassTargets):
            raise ModelFileError("its outputs are not those of such an estimator")
        facts = _facts_from_json(details["facts"])
        seeds = Seeds(*map(_seed, details["seeds"]))
        if settings.difference(model.network) or facts["n_features_in_"] != model.network.widths[0]:
            raise ModelFileError("the parameters are those of another network")
        names = feature_names(details["feature_names"], model.network.widths[0])
        run = filled(estimator, model.network, model.parameters.theta, targets, seeds)
        training_from_json(details.get("training"), run)
    vars(estimator).update(facts)
    if names is not None:
        estimator.feature_names_in_ = names
    return estimator


def filled(
    estimator: Any,
    network: Network,
    theta: Any,
    targets: Targets,
    seeds: Seeds | None = None,
    *,
    stopping_reason: str = "",
) -> Run:
    """Make an estimator a fitted one, with these numbers; its run."""
    settings = estimator._settings()
    seeds = seeds or Seeds(*(int(check_random_state(settings.random_state).randint(2**31 - 1)) for _ in Seeds._fields))
    job = settings.job(network, 1, 1, seeds.order)
    run = Run(network, targets, seeds, TrainingState.start(job, theta), job)
    choice = _engine(settings, run)
    run.engine, run.engine_reason = choice.engine, choice.reason
    facts = {"n_features_in_": network.widths[0], "n_iter_": 0, "t_": 0, "loss_": math.nan}
    vars(estimator).update(facts, _run=run, best_validation_score_=None, stopping_reason_=stopping_reason)
    if isinstance(targets, ClassTargets):
        estimator.classes_ = targets.classes
    return run


def feature_names(found: Any, n_features: int) -> Any:
    """The names of the features that a file holds, an object array (n_features,), or None where it holds none.

    Raises
    ------
    ModelFileError
        When they are not one text for each feature.
    """
    if found is None:
        return None
    if not isinstance(found, list) or len(found) != n_features or not all(isinstance(name, str) for name in found):
        raise ModelFileError("the names of the features are not one text for each")
    return np.array(found, dtype=object)


def _seed(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**64:
        raise ModelFileError(f"{quoted(value)} is not a seed")
    return value


def _facts_from_json(spec: Any) -> dict[str, Any]:
    """What the attributes of a fit were; each of its own type."""
    found = {name: _from_json(spec[name]) for name in FACTS}
    for name, kinds in FACTS.items():
        if not isinstance(found[name], kinds) or isinstance(found[name], bool):
            raise ModelFileError(f"{name} cannot be {quoted(found[name])}")
    return found


def _engine(settings: Settings, run: Run) -> Choice:
    """What predicts: the engine asked for by name, or the fastest that is ready.

    A device that trained need not be here, where the model is read.
    """
    dtype = run.state.theta.dtype
    if settings.engine in ("auto", "torch"):
        return choose_for_prediction(run.network, dtype, settings.n_threads)
    return choose(settings.engine, run.job, Layout.dense(0, dtype), settings.n_threads)


def parameters_to_json(estimator: Any) -> dict[str, Any]:
    """The parameters of an estimator as JSON; those that cannot be data are left out."""
    found = {name: _to_json(value) for name, value in estimator.get_params(deep=False).items()}
    return {name: value for name, value in found.items() if value is not _NOTHING}


def parameters_from_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that `parameters_to_json` wrote.

    Raises
    ------
    ModelFileError
        For what it cannot have written.
    """
    return {name: _from_json(value) for name, value in found.items()}


_NOTHING = object()  # what a value that cannot be data becomes


def _to_json(value: Any) -> Any:
    """A parameter as JSON, with a tag where JSON has no such thing; `_NOTHING` for what cannot be data."""
    if isinstance(value, type) and issubclass(value, Formula):
        value = value()
    if isinstance(value, Formula):
        for kind, (base, known) in KINDS.items():
            if isinstance(value, base):
                return {"formula": kind, "spec": formula_to_json(value, known)}
        return _NOTHING
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"number": str(value)}
    if isinstance(value, Mapping):
        pairs = [[_to_json(key), _to_json(item)] for key, item in value.items()]
        return _NOTHING if any(_NOTHING in pair for pair in pairs) else {"mapping": pairs}
    if isinstance(value, list | tuple | np.ndarray):
        items = [_to_json(item) for item in value]
        return _NOTHING if _NOTHING in items else {"tuple": items} if isinstance(value, tuple) else items
    return _NOTHING


def _from_json(value: Any) -> Any:
    """The parameter that `_to_json` wrote."""
    match value:
        case {"formula": str() as kind, "spec": spec} if kind in KINDS:
            return formula_from_json(spec, *KINDS[kind])
        case {"number": "inf" | "-inf" | "nan" as number}:
            return float(number)
        case {"mapping": list() as pairs}:
            return {_from_json(key): _from_json(item) for key, item in pairs}
        case {"tuple": list() as items}:
            return tuple(_from_json(item) for item in items)
        case list() as items:
            return [_from_json(item) for item in items]
        case dict():
            raise ModelFileError(f"this version does not know a parameter: {quoted(value)}")
        case _:
            return value


def _targets_to_json(targets: Targets) -> dict[str, Any]:
    if not isinstance(targets, ClassTargets):
        return {"outputs": targets.n_outputs}
    classes = targets.classes
    return {
        "classes": [_to_json(name) for name in classes],
        "type": "O" if classes.dtype.kind == "O" else classes.dtype.str,
        "labels": targets.is_multilabel,
        "sparse": bool(targets.binarizer.sparse_input_),
    }


def _targets_from_json(spec: Any, network: Network) -> Targets:
    """What `_targets_to_json` wrote; how many there are is compared with the network before anything is made."""
    n_outputs = network.widths[-1]
    match spec:
        case {
            "classes": [_, *_] as classes,
            "type": str() as kind,
            "labels": bool() as several,
            "sparse": bool() as sparse,
        }:
            if n_outputs != (len(classes) if several or len(classes) > 2 else 1):
                raise ModelFileError(f"{len(classes):,} classes do not go with {n_outputs:,} outputs")
            if several:
                y: Any = np.array([[0] * len(classes), [1] * len(classes)])
                return ClassTargets(scipy.sparse.csr_array(y) if sparse else y)
            # Twice, as scikit-learn warns of labels that are nearly all different.
            return ClassTargets(np.tile(_classes(classes, kind), 2))
        case {"outputs": int() as outputs} if outputs == n_outputs:
            return NumberTargets(np.empty((0, outputs)) if outputs > 1 else np.empty(0), network.loss)
        case _:
            raise ModelFileError("what is predicted is not described")


def _classes(classes: list[Any], kind: str) -> Any:
    """The classes as an array of the type that they had. How wide its texts are is seen from the texts themselves."""
    if kind == "O" or TEXT_TYPE.fullmatch(kind):
        if not all(isinstance(name, str) for name in classes):
            raise ModelFileError("classes are neither all text nor all numbers")
        if 4 * max(map(len, classes)) * len(classes) > WIDE:  # scikit-learn makes an array of one width of them
            raise ModelFileError(f"{len(classes):,} classes with names of up to {max(map(len, classes)):,} characters")
        if kind != "O" and np.dtype(kind).itemsize * len(classes) > WIDE:
            kind = "U"
        return np.array(classes, dtype=kind)
    if not NUMBER_TYPE.fullmatch(kind):
        raise ModelFileError(f"classes cannot be of the type {quoted(kind)}")
    found = np.array([_from_json(name) for name in classes])
    made = found.astype(kind)
    if found.dtype.kind not in "biuf" or not (made == found).all():
        raise ModelFileError(f"classes such as {quoted(classes[0])} are not of the type {kind}")
    return made
