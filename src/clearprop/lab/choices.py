"""All that can be chosen, read from the library: formulas with their parameters, data, cases, names; nothing twice."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from clearprop.explain import CASES
from clearprop.explain import case as built_in
from clearprop.explain.sections.kit import FORMS
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.notation import NOTATIONS
from clearprop.formulas import (
    ACTIVATIONS,
    INITIALISERS,
    LOSSES,
    SCHEDULES,
    UPDATE_RULES,
    Formula,
    fitting_activations,
)
from clearprop.formulas.printers.mathml import to_mathml
from clearprop.lab import limits
from clearprop.lab.building import natural_loss
from clearprop.lab.chinese_formulas import SENTENCES
from clearprop.lab.making import RANGES, SHAPES, function, parameters_of
from clearprop.lab.rows import CLASSIFICATION, REGRESSION
from clearprop.lab.sent import ENDINGS
from clearprop.lab.stops import GRAINS
from clearprop.lab.typed import LONGEST, functions
from clearprop.lab.workspace import Workspace
from clearprop.network import Network

ALIASES = {"sigmoid": "logistic"}  # a second name of the same formula


def choices_of(workspace: Workspace, language: str = "en") -> dict[str, Any]:
    """The answer of ``/api/choices``."""
    rows = workspace.project.rows
    loss = natural_loss(rows)
    natural = Network.mlp([1, rows.Y.shape[1]], loss=loss).layers[-1].activation.name
    return {**of_library(language), "defaults": {"output": natural, "loss": loss}}


@lru_cache(maxsize=len(LANGUAGES))
def of_library(language: str = "en") -> Mapping[str, Any]:
    """What can be chosen whatever the data are; what formulas say of themselves in a language."""
    said = SENTENCES if language == "zh" else {}
    return {
        "activations": [
            {**_formula(cls, said), "hidden": True, "output": True, "coupled": cls.is_coupled()}
            for name, cls in ACTIVATIONS.items()
            if name not in ALIASES
        ],
        "losses": [_loss(name, said) for name in LOSSES],
        "optimizers": [_formula(cls, said) for cls in UPDATE_RULES.values()],
        "schedules": [_formula(cls, said) for cls in SCHEDULES.values()],
        "initialisers": [_formula(cls, said) for cls in INITIALISERS.values()],
        "data": [_data(name, made) for name, made in {**SHAPES, "function": function}.items()],
        "cases": [_case(name) for name in CASES],
        "notations": list(NOTATIONS), "languages": list(LANGUAGES), "forms": list(FORMS), "grains": list(GRAINS),
        "typed": {"functions": sorted(functions()), "longest": LONGEST}, "limits": dict(limits.ALL),
        "uploads": list(ENDINGS),
    }  # fmt: skip


def _sentence(described: object) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join((inspect.getdoc(described) or "").split("\n\n")[0].split())


def _formula(cls: type[Formula], said: Mapping[str, str]) -> dict[str, Any]:
    form = next((form for form in ("value", "update") if cls.has(form)), None)
    tree = None if form is None else cls.trees(form)[0]
    return {
        "name": cls.name, "says": said.get(cls.name) or _sentence(cls),
        "parameters": [_parameter(cls, field.name, field.default) for field in fields(cls)],  # type: ignore[arg-type]
        "mathml": None if tree is None else f"<math>{to_mathml(tree)}</math>",
    }  # fmt: skip


def _parameter(cls: type[Formula], name: str, default: Any) -> dict[str, Any]:
    interval = cls.parameter_ranges.get(name, "(-inf, inf)")
    low, high = (float(end) for end in interval[1:-1].split(","))
    return {
        "name": name, "default": default if isinstance(default, int | float) else None,
        "low": None if math.isinf(low) else low, "high": None if math.isinf(high) else high,
        "open_low": interval.startswith("("), "open_high": interval.endswith(")"), "whole": isinstance(default, int),
    }  # fmt: skip


def _loss(name: str, said: Mapping[str, str]) -> dict[str, Any]:
    cls = LOSSES[name]
    is_classes = cls.natural_output in ("softmax", "logistic")
    return {
        **_formula(cls, said), "outputs": [shape for shape in fitting_activations(cls) if shape not in ALIASES],
        "natural": cls.natural_output, "tasks": [CLASSIFICATION] if is_classes else [REGRESSION, CLASSIFICATION],
    }  # fmt: skip


def _data(name: str, made: Callable[..., Any]) -> dict[str, Any]:
    parameters = []
    for parameter, default in parameters_of(made).items():
        low, high = RANGES.get(parameter, (None, None))
        parameters.append({
            "name": parameter, "default": default, "low": low, "high": high, "open_low": False, "open_high": False,
            "whole": isinstance(default, int), "text": isinstance(default, str),
        })  # fmt: skip
    task = REGRESSION if name == "function" else CLASSIFICATION
    return {"name": name, "says": _sentence(made), "task": task, "parameters": parameters}


def _case(name: str) -> dict[str, Any]:
    network = built_in(name).network
    shapes = [shape.activation.name for shape in network.layers]
    return {"name": name, "widths": list(network.widths), "says": f"{', '.join(shapes)}; {network.loss.name}"}
