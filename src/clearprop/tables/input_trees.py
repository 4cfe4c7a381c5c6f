"""The formula of every input that a step makes of a column, as an expression tree: what `encode` computes.

An exporter prints these trees before those of the network, and whoever explains a prediction begins at the raw row
with them. `encode` computes the same with NumPy, many rows at once and in float64; both round to float32 at the end.
The trees are in three symbols:

- ``x``: the number, the time in seconds since 1970, 1 for true and −1 for false, of a vector its own number;
- ``code``: the place of the category among `Category.categories`, from 0; −1 for any other and where there is none;
- ``missing``: 1 where there is no value, otherwise 0; ``x`` is then not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from math import pi
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.formulas import Constant, Expression, cos, floor, maximum, minimum, sin, sqrt, where
from clearprop.formulas.vocabulary import equal
from clearprop.tables import columns
from clearprop.tables.column_vectors import matrix
from clearprop.tables.formula_step import Computed
from clearprop.tables.numeric import BIN, CLIP, FAR
from clearprop.tables.origin import CODE, MISSING, X
from clearprop.tables.step import Step
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.target_means import TargetMeans
from clearprop.tables.vector_step import Vector


@singledispatch
def input_trees(step: Step) -> tuple[Expression, ...]:
    """The formula of each input of a step, in the order of its `names`.

    Examples
    --------
    >>> from clearprop.tables.input_trees import input_trees
    >>> from clearprop.tables.steps import Category
    >>> step = Category("colour", ("red", "green", "blue"))
    >>> for name, tree in zip(step.names, input_trees(step)):
    ...     print(name, "=", tree)
    colour: red = {1 if code = 0; 0 otherwise}
    colour: green = {1 if code = 1; 0 otherwise}
    colour: blue = {1 if code = 2; 0 otherwise}
    """
    raise NotImplementedError(f"a step of the kind {step.kind!r} has no formulas")


@singledispatch
def symbol_values(step: Step, values: pa.ChunkedArray) -> Mapping[str, Any]:
    """What a column says, by the names of the symbols of `input_trees`.

    Returns
    -------
    mapping of str to array of shape (n_rows,), of vectors (n_rows, size)

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.input_trees import symbol_values
    >>> from clearprop.tables.steps import Category
    >>> found = symbol_values(Category("colour", ("red", "green")), pa.chunked_array([["green", None, "blue"]]))
    >>> found["code"].tolist(), found["missing"].tolist()
    ([1, -1, -1], [0.0, 1.0, 0.0])
    """
    raise NotImplementedError(f"a step of the kind {step.kind!r} has no formulas")


@symbol_values.register
def _(step: Number, values: pa.ChunkedArray) -> Mapping[str, Any]:
    return _measured(columns.numbers(values, step.column, step.missing_words, notation=step.notation))


@symbol_values.register
def _(step: Truth, values: pa.ChunkedArray) -> Mapping[str, Any]:
    return _measured(columns.truths(values, step.column))


@symbol_values.register
def _(step: Category, values: pa.ChunkedArray) -> Mapping[str, Any]:
    _, codes, absent = step.coded(values)
    return {"code": codes, "missing": absent.astype(float)}


@symbol_values.register
def _(step: Moment, values: pa.ChunkedArray) -> Mapping[str, Any]:
    return _measured(columns.moments(values, step.column, step.order, step.missing_words))


@symbol_values.register
def _(step: Vector, values: pa.ChunkedArray) -> Mapping[str, Any]:
    return _measured(matrix(values, step.column, step.size).astype(np.float64))


def _measured(x: Any) -> Mapping[str, Any]:
    return {"x": x, "missing": np.isnan(x).astype(float)}


@input_trees.register
def _(step: Number) -> tuple[Expression, ...]:
    x = unless_missing(X, step.centre)
    bins = (through_bin(x, low, high) for low, high in zip(step.edges, step.edges[1:], strict=False))
    return standardised(x, step.centre, step.scale), *bins, *is_missing(step)


@input_trees.register
def _(step: Truth) -> tuple[Expression, ...]:
    return unless_missing(X, 0), *is_missing(step)


@input_trees.register
def _(step: Category) -> tuple[Expression, ...]:
    own: list[Expression] = [where(equal(CODE, i), 1, 0) for i in range(len(step.categories))]
    trees = [own[1] - own[0]] if step.is_pair else own
    rare = [unless_missing(where(CODE < 0, 1, 0), 0)] if step.rare else []
    return *trees, *rare, *is_missing(step)


@input_trees.register
def _(step: TargetMeans) -> tuple[Expression, ...]:
    own: list[Expression] = [where(equal(CODE, i), 1, 0) for i in range(step.own)]
    rare = [unless_missing(where(CODE < 0, 1, where(step.own > CODE, 0, 1)), 0)] if step.rare else []
    *known, absent, other = step.of_places.tolist()
    means = [
        unless_missing(where(CODE < 0, other[k], looked_up([of_value[k] for of_value in known])), absent[k])
        for k in range(len(step.of))
    ]
    return *own, *rare, *means, *is_missing(step)


@input_trees.register
def _(step: Moment) -> tuple[Expression, ...]:
    x = unless_missing(X, step.centre)
    circles = [unless_missing(part, 0) for period in step.periods for part in turned(X, period)]
    return standardised(x, step.centre, step.scale), *circles, *is_missing(step)


@input_trees.register
def _(step: Vector) -> tuple[Expression, ...]:
    n = len(step.centres)
    return tuple(
        unless_missing(standardised(X, step.centres[i % n], step.scales[i % n]), 0) for i in range(step.size)
    )  # fmt: skip


@input_trees.register
def _(step: Computed) -> tuple[Expression, ...]:
    return step.trees


@symbol_values.register
def _(step: Computed, values: pa.ChunkedArray) -> Mapping[str, Any]:
    return step.symbols(values)


def unless_missing(tree: Expression, stand_in: float) -> Expression:
    """The tree, or this number where the value is missing."""
    found: Expression = where(MISSING > 0, stand_in, tree)
    return found


def looked_up(numbers: Sequence[float], first: int = 0) -> Expression:
    """The number at the place `code`, by halves: as deep as the logarithm of how many there are."""
    if len(numbers) == 1:
        return Constant(numbers[0])
    half = len(numbers) // 2
    lower, upper = looked_up(numbers[:half], first), looked_up(numbers[half:], first + half)
    found: Expression = where(first + half > CODE, lower, upper)
    return found


def is_missing(step: Number | Truth | Category | Moment) -> tuple[Expression, ...]:
    """The input that says so, if the step has one."""
    return (MISSING,) if step.missing else ()


def standardised(x: Expression, centre: float, scale: float) -> Expression:
    """(x − centre) / scale, smoothly clipped: see `clearprop.tables.numeric.smooth_clip`."""
    distance = minimum(maximum((x - Constant(centre)) / Constant(scale), -FAR), FAR)
    found: Expression = distance / sqrt(1 + (distance / CLIP) ** 2)
    return found


def through_bin(x: Expression, low: float, high: float) -> Expression:
    """How far x has come through a bin, from −1 to 1: see `clearprop.tables.numeric.piecewise_linear`."""
    share = minimum(maximum((x - Constant(low)) / Constant(high - low), 0), 1)
    found: Expression = (share - 0.5) * BIN
    return found


def turned(x: Expression, period: float) -> tuple[Expression, Expression]:
    """Sine and cosine of where x is in its period: see `clearprop.tables.numeric.turns`."""
    angle = Constant(2) * Constant(pi) * ((x - period * floor(x / period)) / period)
    return sin(angle), cos(angle)
