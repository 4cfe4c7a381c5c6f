"""Lines of a derivation: name = symbols = numbers = value, all from one expression tree.

A line holds the tree, the value of each of its symbols and the engine's value of what it derives. Nothing is rounded
here: `clearprop.explain.writing.pen` writes a line in a notation, with so many digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.telling import telling_rows
from clearprop.formulas import Apply, Constant, Expression, Symbol, evaluate
from clearprop.formulas.expressions import fold, nodes, symbols
from clearprop.trace.arithmetic import computed
from clearprop.trace.equations import CarriedBack, Elementwise, SumOverSamples, WeightedSum
from clearprop.trace.matrices import evaluate_matrices, matmul, transpose
from clearprop.trace.names import at, reference
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.trace import Trace

NEURONS_SHOWN = 6  # of a layer; of a wider one the first three and the last
ONES = Symbol("ones")  # a column of ones: what comes before it is added up over the samples
NONE_FINER: Mapping[str, int] = {}


@dataclass(frozen=True)
class Line:
    """One line of a derivation.

    Attributes
    ----------
    target : Expression
        What the line derives, mostly the symbol of one number of the trace.
    forms : tuple of Expression
        What it is equal to, step by step; the numbers are put into the last.
    values : mapping of str to number or array
        The value of every symbol.
    value : number or array
        The engine's value of the target.
    law : str
        "forward", "BP2", …; decides the colour.
    reason : str
        In words, why; "" where the equation says it.
    calls : mapping of str to callable
        Functions that are written by name: σ.
    finer : mapping of str to int
        Of which symbols, the target among them, so many digits more than usual are written.
    """

    target: Expression
    forms: tuple[Expression, ...]
    values: Mapping[str, Any]
    value: Any
    law: str = ""
    reason: str = ""
    calls: Mapping[str, Any] = field(default_factory=dict)
    finer: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_matrix(self) -> bool:
        """Whether the line derives a whole vector or matrix."""
        return np.ndim(self.value) > 0

    def replay(self) -> Any:
        """The value of the last form, from the values of its symbols."""
        if self.is_matrix or any(isinstance(item, Apply) and item.function in ("matmul", "transpose", "hadamard")
                                 for item in nodes(self.forms[-1])):  # fmt: skip
            return evaluate_matrices(plain(self.forms[-1]), self.values, self.calls)
        with np.errstate(all="ignore"):
            return computed(plain(self.forms[-1]), self.values)


@dataclass(frozen=True)
class Omission:
    """Neurons or lines that are left out of a derivation."""

    count: int


Lines = Sequence[Line | Omission]


def plain(tree: Expression) -> Expression:
    """The tree without its boxes."""

    def node(function: str, _: Apply, arguments: list[Expression]) -> Expression:
        return arguments[1] if function.startswith("box_") else Apply(function, tuple(arguments))

    return fold(tree, lambda leaf: leaf, node)


def taken(tree: Expression, values: Mapping[str, Any]) -> Expression:
    """The tree with the branch that these values take, where it is piecewise."""

    def node(function: str, item: Apply, arguments: list[Expression]) -> Expression:
        if function == "where":
            holds = bool(evaluate(plain(arguments[0]), values))
            return arguments[1] if holds else arguments[2]
        return Apply(function, tuple(arguments)) if any(
            a is not b for a, b in zip(arguments, item.arguments, strict=True)
        ) else item  # fmt: skip

    return fold(tree, lambda leaf: leaf, node)


def vanishes(tree: Expression, values: Mapping[str, Any]) -> bool:
    """Whether a factor that is exactly 0 makes the tree 0, to whatever digits its other numbers are written.

    Examples
    --------
    >>> from clearprop.explain.derivations.lines import vanishes
    >>> from clearprop.formulas import Symbol
    >>> a, delta = Symbol("a0[0]"), Symbol("delta1[0]")
    >>> vanishes(a * delta, {"a0[0]": 0.0, "delta1[0]": 0.3}), vanishes(a + delta, {"a0[0]": 0.0, "delta1[0]": 0.3})
    (True, False)
    """

    def leaf(item: Symbol | Constant) -> bool:
        value: Any = item.value if isinstance(item, Constant) else values.get(item.name, 1)
        return np.ndim(value) == 0 and value == 0

    def node(function: str, _: Apply, arguments: list[bool]) -> bool:
        match function:
            case "multiply":
                return any(arguments)
            case "add" | "subtract":
                return all(arguments)
            case "divide" | "negative" | "sqrt":
                return arguments[0]
        return function.startswith("box_") and arguments[1]

    return fold(tree, leaf, node)


def line_of(trace: Trace, name: str) -> Line:
    """The line of one number of a trace.

    Parameters
    ----------
    trace : Trace
    name : str
        For example "z1[0]", "delta2[1]", "W1_new[0,1]", "loss".

    Raises
    ------
    UnknownNameError, InputError
        When there is no such number, or it was given and not computed.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.derivations.lines import line_of
    >>> line = line_of(case("case_study").trace(), "delta2[0]")
    >>> print(line.target, "=", line.forms[0])
    delta2[0] = error2[0]·slope2[0]
    """
    found = reference(name)
    site = trace[found.site]
    value = trace.value_of(name)
    scope = Scope(trace.arrays)
    tree = site.equation.tree(scope, tuple(int(i) for i in found.indices))
    if tree is None:
        raise InputError(f"{name} is not derived from other values of the trace: {type(site.equation).__doc__}")
    return Line(Symbol(str(found)), (tree,), scope.values, value, site.equation.law)


def lines_of(trace: Trace, site: str, shown: int = NEURONS_SHOWN) -> list[Line | Omission]:
    """The lines of every number of a site, the middle of a wide one left out."""
    return [
        place if isinstance(place, Omission) else line_of(trace, at(site, *place) if place else site)
        for place in places(np.shape(trace[site].value), shown, telling_rows(trace, site))
    ]


def places(
    shape: tuple[int, ...], shown: int = NEURONS_SHOWN, telling: Sequence[Sequence[int]] = ()
) -> list[tuple[int, ...] | Omission]:
    """Which numbers of an array are shown: all of a small one; of a larger one the corners, and how many are not.

    `telling` are the rows and columns that say something, as those of signals that are not 0.
    """
    if not shape:
        return [()]
    few = int(np.prod(shape)) <= shown
    each = shown if len(shape) == 1 else max(2, shown // 2)
    chosen = (*telling, *((),) * len(shape))
    found = list(product(*(range(n) if few else ends(n, each, chosen[axis]) for axis, n in enumerate(shape))))
    count = int(np.prod(shape)) - len(found)
    if not count:
        return list(found)
    last = found[-1][0]  # the gap is before the last row, of a single row before its last number
    gap = next((i for i, place in enumerate(found) if place[0] == last and i), len(found) - 1)
    return [*found[:gap], Omission(count), *found[gap:]]


def ends(n: int, shown: int, telling: Sequence[int] = ()) -> list[int]:
    """Which of n things are shown: all of a few, otherwise the first half of `shown` and the last.

    Where more of them than that say something (`telling`), only those are taken.
    """
    if n <= shown:
        return list(range(n))
    half = max(1, shown // 2)
    known = telling if len(telling) > half else range(n)
    return [*known[:half], known[-1]]


def matrix_line(trace: Trace, site: str, columns: bool) -> Line | None:
    """The line of a whole site, oriented as in the books (columns) or as in the code (rows); None if it has none."""
    equation = trace[site].equation
    tree = equation.matrix(columns)
    if isinstance(equation, SumOverSamples) and trace.is_batch:
        tree = matmul(Symbol(equation.delta), ONES) if columns else matmul(transpose(ONES), Symbol(equation.delta))
    if tree is None:
        return None
    line = matrix_values(trace, site, tree, columns, equation.law)
    if line is not None and isinstance(equation, Elementwise):
        values = {key: value for key, value in equation.parameters.items() if key in symbols(tree)}
        return replace(line, values={**line.values, **values}, calls=_calls(trace, site, columns))
    return line


def matrix_values(trace: Trace, site: str, tree: Expression, columns: bool, law: str) -> Line | None:
    """The line of a whole site from a matrix form; None where that needs a Jacobian for each sample."""
    values = {name: oriented(trace, name, columns) for name in symbols(tree)}
    if any(np.ndim(value) > 2 for value in values.values()):
        return None
    return Line(Symbol(site), (tree,), values, oriented(trace, site, columns), law)


def neuron_line(trace: Trace, site: str, place: tuple[int, ...], columns: bool) -> Line | None:
    """One neuron's line with whole vectors: zⱼ = wⱼ · a + bⱼ, the view of somebody who stands at that node.

    `place` is the neuron, of a batch (sample, neuron).
    """

    equation, (*sample, j) = trace[site].equation, place
    if not isinstance(equation, WeightedSum | CarriedBack):
        return None
    W = trace[equation.W].value
    if isinstance(equation, WeightedSum):
        weights, signals, column = at(equation.W, ":", j), equation.a, W[:, j]
    else:
        weights, signals, column = at(equation.W, j, ":"), equation.delta, W[j]
    signal = at(signals, *sample, ":") if sample else signals
    values = {
        weights: column[None, :] if columns else column[:, None],
        signal: turned(np.asarray(trace[signals].value)[tuple(sample)], columns),
    }
    pair = (Symbol(weights), Symbol(signal)) if columns else (Symbol(signal), Symbol(weights))
    tree: Expression = Apply("matmul", pair)
    if isinstance(equation, WeightedSum):
        bias = at(equation.b, j)
        values[bias] = trace.value_of(bias)
        tree = tree + Symbol(bias)
    name = at(site, *place)
    return Line(Symbol(name), (tree,), values, trace.value_of(name), equation.law)


def oriented(trace: Trace, name: str, columns: bool) -> Any:
    """A site's array as a matrix: samples in rows as in the code, or in columns as in the books."""
    if name == "ones":
        return np.ones((trace.n_samples, 1))
    if name not in trace:
        return trace[name.split("[")[0]].value if "[" in name else None
    value = np.asarray(trace[name].value)
    if value.ndim == 0:
        return trace.value_of(name)
    return turned(value, columns)


def turned(array: Any, columns: bool) -> Any:
    """An array with samples in rows, a vector being one row; or in columns."""
    matrix = array[None, :] if array.ndim == 1 else array
    return np.swapaxes(matrix, -1, -2) if columns else matrix


def _calls(trace: Trace, site: str, columns: bool) -> Mapping[str, Any]:
    """What the function written by name computes: an activation."""
    equation = trace[site].equation
    if not isinstance(equation, Elementwise) or not equation.call:
        return {}

    def compute(*arrays: Any) -> Any:
        rows = [np.swapaxes(array, -1, -2) if columns else array for array in arrays]
        found = computed(equation.formula, {**equation.parameters, **dict(zip(equation.sites, rows, strict=True))})
        return np.swapaxes(found, -1, -2) if columns else found

    return {equation.call: compute}
