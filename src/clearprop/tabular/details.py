"""What a model file says beside its network, checked: whoever uses it relies on these types."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, quoted
from clearprop.files.contents import check_length
from clearprop.tables import Encoder, Target
from clearprop.tables.number_target import is_finite
from clearprop.tabular.calibration import COLDEST, HOTTEST


class QuantileNetworks(NamedTuple):
    """The networks that predict one quantile.

    Attributes
    ----------
    quantile : float
    thetas : array of shape (k, n_parameters)
    shift : float
        What is added, on the scale that is learned: see `clearprop.tabular.learning.Learned`.
    """

    quantile: float
    thetas: Any
    shift: float


def groups_of(thetas: Any, spec: Any, n_main: Any = None) -> tuple[Any, tuple[QuantileNetworks, ...]]:
    """The parameters of the main networks and those of each quantile.

    All groups are of the same size, but that the main networks may be others in number, `n_main`.
    """
    count = n_main if n_main is not None else isinstance(spec, list) and len(thetas) // (1 + len(spec))
    rest = len(thetas) - count if type(count) is int else -1
    if not isinstance(spec, list) or count < 1 or rest < len(spec) or (rest % len(spec) if spec else rest):
        raise InputError("its networks and its quantiles do not belong together")
    groups = [thetas[:count], *(np.split(thetas[count:], len(spec)) if spec else ())]
    found = []
    for group, item in zip(groups[1:], spec, strict=True):
        match item:
            case {"quantile": float() as quantile, "shift": float() as shift} if 0 < quantile < 1 and np.isfinite(
                shift
            ):
                found.append(QuantileNetworks(quantile, group, shift))
            case _:
                raise InputError("the description of a quantile is damaged")
    return groups[0], tuple(found)


def temperature_of(given: Any) -> float:
    """The temperature of the probabilities; raises InputError for one that cannot be."""
    if not isinstance(given, float) or not COLDEST / 2 <= given <= HOTTEST * 2:
        raise InputError(f"the temperature must be between {COLDEST / 2:g} and {HOTTEST * 2:g}, not {quoted(given)}")
    return given


def settings_of(given: Any) -> dict[str, Any]:
    """What is kept of how it was trained; whoever shows it relies on these types."""
    if not isinstance(given, dict):
        raise InputError("its settings are not a mapping")
    for name in ("file", "sha256", "ended"):
        value = given.get(name)
        if value is not None and not (isinstance(value, str) and "\0" not in value):
            raise InputError(f"its setting {name!r} is {quoted(value)}, not a text")
    rows = given.get("rows", {})
    if not isinstance(rows, dict) or not all(type(count) is int for count in rows.values()):
        raise InputError(f"its setting 'rows' is {quoted(rows)}, not numbers of rows")
    keep, weights = given.get("keep") or [], given.get("weights")
    if not isinstance(keep, list) or not all(isinstance(name, str) for name in keep):
        raise InputError(f"its setting 'keep' is {quoted(keep)}, not names of columns")
    if weights is not None and not isinstance(weights, str):
        raise InputError(f"its setting 'weights' is {quoted(weights)}, not the name of a column")
    recipes = given.get("recipes") or []
    if not isinstance(recipes, list) or not all(isinstance(said, str) for said in recipes):
        raise InputError(f"its setting 'recipes' is {quoted(recipes)}, not texts")
    match given.get("importances"):
        case None:
            pass
        case {"rows": int(), "columns": dict() as columns} if all(map(is_finite, columns.values())):
            pass
        case other:
            raise InputError(f"its setting 'importances' is {quoted(other)}, not numbers by column")
    match given.get("cross_validation"):
        case None:
            pass
        case {"folds": int(), "scores": dict() as scores} if all(map(_is_pair, scores.values())):
            pass
        case other:
            raise InputError(f"its setting 'cross_validation' is {quoted(other)}, not scores")
    return given


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_finite, value))


def check_description(encoder: Encoder, target: Target) -> None:
    """Raise ModelFileError where a model of these could not be saved, before it is trained."""
    scores = [1 / 3] * (2 * target.n_outputs)  # two of each class
    check_length(json.dumps([encoder.to_json(), target.to_json(), scores], ensure_ascii=False))
