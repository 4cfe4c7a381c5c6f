"""How a Keras model was compiled: its loss, its optimizer with the settings, and what the optimizer remembers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import quoted
from clearprop.files.importers.chain import Chain
from clearprop.files.importers.source import OptimizerMemory
from clearprop.formulas import (
    SGD,
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    KerasAdam,
    KerasRMSProp,
    Loss,
    Momentum,
    Nesterov,
    Poisson,
    SquaredError,
    UpdateRule,
)

LOSSES: Mapping[str, type[Loss]] = {
    "mse": SquaredError, "mean_squared_error": SquaredError, "mae": AbsoluteError,
    "mean_absolute_error": AbsoluteError, "huber": Huber, "poisson": Poisson, "bce": BinaryCrossEntropy,
    "binary_crossentropy": BinaryCrossEntropy, "categorical_crossentropy": CrossEntropy,
    "sparse_categorical_crossentropy": CrossEntropy,
}  # fmt: skip
CLIPS = ("clipnorm", "global_clipnorm", "clipvalue")


def loss_of(compiled: Any, width: int) -> tuple[Loss | None, list[str]]:
    """The loss, and what differs."""
    given = compiled.get("loss") if isinstance(compiled, Mapping) else None
    settings: Mapping[str, Any] = {}
    match given:
        case None | []:
            return None, []
        case (str() as name) | {"class_name": "function", "config": str(name)}:
            pass
        case {"class_name": str(kind), "config": dict(settings)}:
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind)  # as Keras' functions are called
        case _:
            return None, [f"its loss {quoted(given)} is not known here"]
    name = name.lower()
    if name not in LOSSES:
        return None, [f"its loss {quoted(name)} is not known here; say another with loss="]
    notes = []
    if settings.get("label_smoothing"):
        notes.append(f"its label_smoothing {settings['label_smoothing']:g} is a setting of training here")
    loss = LOSSES[name]
    if width > 1 and loss is not CrossEntropy:
        notes.append(f"Keras' {name} is the mean over the outputs; here loss and gradient are of their sum")
    if loss is Huber:
        notes.append("Keras does not write the delta of its Huber loss: it is taken to be 1; say loss=Huber(…)")
    return loss(), notes


def rule_of(compiled: Any) -> tuple[UpdateRule | None, list[str]]:
    """The optimizer in Keras' own form, and what could not be taken along."""
    given = compiled.get("optimizer") if isinstance(compiled, Mapping) else None
    match given:
        case None:
            return None, []
        case {"class_name": str(kind), "config": dict(s)}:
            pass
        case _:
            return None, [f"its optimizer {quoted(given)} is not known here"]
    rate, notes = s.get("learning_rate"), []
    if isinstance(rate, Mapping):
        inner = rate.get("config", {})
        rate = inner.get("initial_learning_rate") if isinstance(inner, Mapping) else None
        notes.append("its schedule of the learning rate was not taken along, only the rate that it starts from")
    try:
        rule = _rule(kind.lower(), float(rate), s)  # type: ignore[arg-type]
    except (TypeError, ValueError, KeyError) as error:
        return None, [*notes, f"the settings of its optimizer {quoted(kind)} cannot be read ({error})"]
    if rule is None:
        return None, [*notes, f"its optimizer {quoted(kind)} has no counterpart here with these settings"]
    if rule.weight_decay:
        notes.append("Keras' weight_decay moves biases too; here they do not decay")
    notes += [f"its {name} {s[name]:g} is a setting of training here, clip_norm" for name in CLIPS if s.get(name)]
    return rule, notes


def _rule(kind: str, rate: float, s: Mapping[str, Any]) -> UpdateRule | None:
    decay = float(s.get("weight_decay") or 0.0)
    if kind in ("adam", "adamw") and not s.get("amsgrad"):
        return KerasAdam(rate, decay, float(s["beta_1"]), float(s["beta_2"]), float(s["epsilon"]))
    if kind == "rmsprop" and not s.get("momentum") and not s.get("centered"):
        return KerasRMSProp(rate, decay, float(s["rho"]), float(s["epsilon"]))
    if kind == "sgd":
        momentum = float(s.get("momentum") or 0.0)
        if not momentum:
            return SGD(rate, decay)
        return (Nesterov if s.get("nesterov") else Momentum)(rate, decay, momentum)
    return None


def memory_of(rule: UpdateRule | None, kept: Sequence[Any], trained: Sequence[Any], chain: Chain) -> Any:
    """What the optimizer remembers, or None and why it was not taken along.

    Parameters
    ----------
    kept : sequence of arrays
        Steps made, the rate, then what is remembered for each trained array in turn.
    trained : sequence of (name, shape)
        The arrays that are trained, in the order of the layers.
    """
    if rule is None or not rule.memory or len(kept) < 3:
        return None, []
    n = len(rule.memory)
    plain = [layer.name for layer in chain.layers]
    shapes = [s for layer in chain.layers for s in _shapes(layer)]
    if (
        len(kept) != 2 + n * len(trained)
        or any(layer.is_folded for layer in chain.layers)
        or [shape for _, shape in trained] != shapes
        or len(set(plain)) < len(plain)
    ):
        return None, ["the memory of its optimizer was not taken along: layers were folded or are shared"]
    if isinstance(rule, KerasRMSProp | Momentum):
        columns = [kept[2:]]
    else:
        columns = [kept[2 + k :: n] for k in range(n)]
    vectors = {}
    for name, column in zip(rule.memory, columns, strict=True):
        left, pairs = iter(column), []
        for layer in chain.layers:
            W = np.asarray(next(left))
            pairs.append((W, None if layer.biases is None else np.asarray(next(left))))
        if any(np.shape(a) != s for a, s in zip(column, shapes, strict=True)):
            return None, ["the memory of its optimizer is of other shapes than its layers"]
        vectors[name] = tuple(pairs)
    return OptimizerMemory(int(np.ravel(kept[0])[0]), vectors), []


def _shapes(layer: Any) -> list[tuple[int, ...]]:
    found = [tuple(layer.weights.shape)]
    return found if layer.biases is None else [*found, tuple(layer.biases.shape)]
