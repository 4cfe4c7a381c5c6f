"""Data that the lab makes itself: built-in cases, shapes in the plane, a function that was typed in, drawn points.

Each kind is one function of its parameters, whose defaults and ranges stand in its signature and in `RANGES`; the page
reads both.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import case as built_in
from clearprop.formulas import evaluate
from clearprop.formulas.expressions import symbols
from clearprop.lab import limits
from clearprop.lab.refusals import LabError
from clearprop.lab.rows import CLASSIFICATION, REGRESSION, Rows, held_out
from clearprop.lab.typed import check_finite, read_formula

DECIMALS = 3  # of the coordinates of made points
# From and to of each parameter; both are allowed.
RANGES: Mapping[str, tuple[float, float]] = {
    "n": (4, limits.ROWS), "noise": (0.0, 2.0), "seed": (0, 2**31), "turns": (0.25, 4.0), "classes": (2, 8),
    "low": (-1e6, 1e6), "high": (-1e6, 1e6), "validation": (0.0, 0.9),
}  # fmt: skip
IMAGE_OF_DIGITS = (8, 8)

Points = tuple[Any, Any]  # X (n, inputs) and the classes (n,)


def xor(random: Any, n: int = 200, noise: float = 0.1) -> Points:
    """Two classes in the four quarters of a square, those across from each other alike."""
    X = random.uniform(-1, 1, (n, 2))
    y = (X[:, 0] * X[:, 1] < 0).astype(int)
    return X + noise * random.standard_normal((n, 2)), y


def circles(random: Any, n: int = 200, noise: float = 0.08) -> Points:
    """One class around the other."""
    y = np.arange(n) % 2
    angle = random.uniform(0, 2 * math.pi, n)
    radius = np.where(y == 1, 0.4, 1.0)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return X + noise * random.standard_normal((n, 2)), y


def spirals(random: Any, n: int = 200, noise: float = 0.03, turns: float = 1.0) -> Points:
    """Two arms wound around each other, hard for a small network."""
    y = np.arange(n) % 2
    along = np.sqrt(random.uniform(0.02, 1, n))
    angle = 2 * math.pi * turns * along + math.pi * y
    X = np.stack([along * np.cos(angle), along * np.sin(angle)], axis=1)
    return X + noise * random.standard_normal((n, 2)), y


def blobs(random: Any, n: int = 210, noise: float = 0.2, classes: int = 3) -> Points:
    """Several classes, each a cloud of its own: an output for each, and softmax."""
    y = np.arange(n) % classes
    angle = 2 * math.pi * y / classes
    X = 0.8 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return X + noise * random.standard_normal((n, 2)), y


SHAPES: Mapping[str, Callable[..., Points]] = {made.__name__: made for made in (xor, circles, spirals, blobs)}


def function(
    text: str = "sin(3*x)", n: int = 100, low: float = -1.0, high: float = 1.0, noise: float = 0.05, seed: int = 0
) -> tuple[Any, Any]:
    """Numbers to predict, from a function of x, or of x1 and x2, that is typed in.

    Returns
    -------
    X : array of shape (n, 1) or (n, 2)
    y : array of shape (n,)
    """
    if not low < high:
        raise LabError(f"the inputs must go from a smaller number to a larger one, not from {low:g} to {high:g}")
    tree = read_formula(text, {"x": "x1", "x1": "x1", "x2": "x2", "y": "x2"})
    names = sorted(symbols(tree)) or ["x1"]
    names = ["x1", "x2"] if "x2" in names else ["x1"]
    check_finite(tree, *names)
    random = np.random.default_rng(seed)
    X = np.round(random.uniform(low, high, (n, len(names))), DECIMALS)
    with np.errstate(all="ignore"):
        y = np.broadcast_to(evaluate(tree, {name: X[:, k] for k, name in enumerate(names)}), (n,))
    if not np.isfinite(y).all():
        raise LabError(f"the function is not a finite number at {X[int(np.argmin(np.isfinite(y)))].tolist()}")
    return X, y + noise * random.standard_normal(n)


def parameters_of(made: Callable[..., Any]) -> dict[str, Any]:
    """The parameters of a kind of data and their defaults."""
    found = {
        name: parameter.default
        for name, parameter in inspect.signature(made).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    return {**found, **({} if "seed" in found else {"seed": 0}), "validation": 0.2}


def checked(kind: str, made: Callable[..., Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were asked for, the others at their defaults.

    Raises
    ------
    LabError
        For a parameter that the kind does not have, or a value that it cannot have.
    """
    known = parameters_of(made)
    for name, value in asked.items():
        if name not in known:
            raise UnknownNameError(f"parameter of {kind}", name, known)
        if isinstance(known[name], str):
            if not isinstance(value, str):
                raise LabError(f"{name} must be a text, not {value!r}")
            known[name] = value
            continue
        low, high = RANGES[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        is_whole = isinstance(known[name], int)
        if not is_number or not low <= value <= high or (is_whole and value != int(value)):
            kind_of_number = "a whole number" if is_whole else "a number"
            raise LabError(f"{name} must be {kind_of_number} from {low:g} to {high:g}, not {value!r}")
        known[name] = int(value) if is_whole else float(value)
    return known


def made_data(kind: str, asked: Mapping[str, Any]) -> Rows:
    """The rows of a kind of data that the lab makes.

    Parameters
    ----------
    kind : {"xor", "circles", "spirals", "blobs", "function", "drawn"}
    asked : mapping
        Its parameters.

    Raises
    ------
    LabError, UnknownNameError, TypedError
        For what cannot be made.

    Examples
    --------
    >>> from clearprop.lab.making import made_data
    >>> rows = made_data("blobs", {"n": 30, "validation": 0.5})
    >>> rows.X.shape, rows.Y.shape, rows.n_training, rows.classes
    ((30, 2), (30, 3), 15, ('1', '2', '3'))
    """
    if kind == "drawn":
        return drawn(asked)
    if kind == "function":
        values = checked(kind, function, asked)
        share = values.pop("validation")
        X, y = function(**values)
        return of_numbers(kind, str(values["text"]), X, y, share, {"kind": kind, **values, "validation": share})
    if kind not in SHAPES:
        raise UnknownNameError("kind of data", kind, ("case", "function", "drawn", "upload", *SHAPES))
    values = checked(kind, SHAPES[kind], asked)
    recipe = {"kind": kind, **values}
    share, random = values.pop("validation"), np.random.default_rng(values.pop("seed"))
    X, y = SHAPES[kind](random, **values)
    order = random.permutation(len(X))
    return of_classes(kind, kind, np.round(X[order], DECIMALS), y[order], share, recipe)


def of_classes(kind: str, name: str, X: Any, y: Any, share: float, recipe: Mapping[str, Any]) -> Rows:
    """Rows with classes, from their numbers 0, 1, …: one output for two classes, one each for more."""
    n_classes = max(2, int(y.max()) + 1)
    Y = y[:, None].astype(np.float64) if n_classes == 2 else np.eye(n_classes)[y]
    names = ("0", "1") if n_classes == 2 else tuple(str(k + 1) for k in range(n_classes))
    outputs = ("class 1",) if n_classes == 2 else tuple(f"class {name}" for name in names)
    n_training = held_out(share, len(X))
    return Rows(
        kind, name, X, Y, n_training, input_names(X.shape[1]), outputs, CLASSIFICATION, names, recipe=recipe
    )  # fmt: skip


def of_numbers(kind: str, name: str, X: Any, y: Any, share: float, recipe: Mapping[str, Any]) -> Rows:
    """Rows with a number to predict."""
    Y = np.asarray(y, dtype=np.float64).reshape(len(X), -1)
    outputs = ("y",) if Y.shape[1] == 1 else tuple(f"y{k + 1}" for k in range(Y.shape[1]))
    n_training = held_out(share, len(X))
    return Rows(kind, name, X, Y, n_training, input_names(X.shape[1]), outputs, REGRESSION, recipe=recipe)


def input_names(n: int) -> tuple[str, ...]:
    """x, or x1, x2, …"""
    return ("x",) if n == 1 else tuple(f"x{k + 1}" for k in range(n))


def drawn(asked: Mapping[str, Any]) -> Rows:
    """Points that were drawn by hand: two coordinates and a class, or one and the number wanted there."""
    points, task, share = asked.get("points"), asked.get("task", CLASSIFICATION), asked.get("validation", 0.0)
    if task not in (CLASSIFICATION, REGRESSION):
        raise UnknownNameError("task", task, (CLASSIFICATION, REGRESSION))
    width = 3 if task == CLASSIFICATION else 2
    if not isinstance(points, list) or len(points) < 2:
        raise LabError("points must be a list of at least 2 points")
    limits.check_most("points", len(points), limits.POINTS, "draw fewer")
    for k, point in enumerate(points):
        _check_point(k, point, width)
    array = np.array(points, dtype=np.float64)
    recipe = {"kind": "drawn", "points": array.tolist(), "task": task, "validation": share}
    if task == REGRESSION:
        return of_numbers("drawn", "drawn", array[:, :1], array[:, 1], share, recipe)
    y = array[:, 2]
    if (y != np.round(y)).any() or y.min() < 0 or y.max() >= RANGES["classes"][1]:
        raise LabError(f"the class of a point is a whole number from 0 to {int(RANGES['classes'][1]) - 1}")
    if len(set(y.tolist())) < 2:
        raise LabError("all points are of one class: draw some of another, or there is nothing to tell apart")
    return of_classes("drawn", "drawn", array[:, :2], y.astype(int), share, recipe)


def _check_point(k: int, point: object, width: int) -> None:
    is_list = isinstance(point, Sequence) and not isinstance(point, str) and len(point) == width
    if not is_list or not all(_is_coordinate(value) for value in point):  # type: ignore[attr-defined]
        raise LabError(f"point {k} must be a list of {width} numbers from −1,000,000 to 1,000,000")


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e6


def case_data(name: str) -> Rows:
    """The sample, or the batch, of a built-in case.

    Raises
    ------
    UnknownNameError
        For another name.
    """
    found = built_in(name)
    X, Y = np.atleast_2d(found.x).astype(np.float64), np.atleast_2d(found.y).astype(np.float64)
    rows = of_numbers("case", name, X, Y, 0.0, {"kind": "case", "name": name})
    if found.network.loss.natural_output != "identity" and set(np.unique(Y)) <= {0.0, 1.0}:
        classes = ("0", "1") if Y.shape[1] == 1 else tuple(map(str, range(Y.shape[1])))
        rows = replace(rows, task=CLASSIFICATION, classes=classes)
    if X.shape[1] == math.prod(IMAGE_OF_DIGITS):
        rows = replace(rows, image=IMAGE_OF_DIGITS)
    return replace(rows, outputs=tuple(f"y{k + 1}" for k in range(Y.shape[1])))


def from_recipe(recipe: Mapping[str, Any]) -> Rows:
    """The rows that a recipe makes; of a case, a shape, a function or drawn points.

    Raises
    ------
    LabError, InputError
        For anything else.
    """
    kind = recipe.get("kind")
    if not isinstance(kind, str):
        raise InputError("data must say its kind, as circles")
    asked = {name: value for name, value in recipe.items() if name != "kind"}
    if kind == "case":
        if set(asked) != {"name"} or not isinstance(asked["name"], str):
            raise InputError("a case has a name, and nothing else: {'kind': 'case', 'name': 'mazur'}")
        return case_data(asked["name"])
    return made_data(kind, asked)
