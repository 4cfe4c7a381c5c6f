"""The value of an expression tree: numbers, arrays or other trees put in place of its symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.errors import FormulaError
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold
from clearprop.formulas.vocabulary import FUNCTIONS


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """The value of a tree, with `values` (numbers, arrays or other trees) in place of its symbols.

    Examples
    --------
    >>> from clearprop.formulas import Symbol, evaluate
    >>> evaluate(Symbol("z") ** 2 + 1, {"z": 3.0})
    10.0
    """
    return prepare(expression)(values)


def prepare(expression: Expression) -> Callable[[Mapping[str, Any]], Any]:
    """`evaluate` for one tree and many values: the tree is walked now, and what it computes is only listed.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> from clearprop.formulas.evaluation import prepare
    >>> square = prepare(Symbol("z") ** 2)
    >>> square({"z": 3.0}), square({"z": 4.0})
    (9.0, 16.0)
    """
    leaves: list[Symbol | Constant] = []
    operations: list[tuple[Callable[..., Any], list[int]]] = []  # functions, and where their arguments are

    def leaf(item: Symbol | Constant) -> int:
        leaves.append(item)
        return -len(leaves)  # from the end of the results backwards, as their number is not known yet

    def node(function: str, _: Apply, arguments: list[int]) -> int:
        operations.append((FUNCTIONS[function], arguments))
        return len(operations) - 1

    root = fold(expression, leaf, node)
    empty = [None] * len(operations)

    def value(values: Mapping[str, Any]) -> Any:
        found = [*empty, *(_value_of(item, values) for item in reversed(leaves))]
        for n, (function, places) in enumerate(operations):
            arguments = [found[place] for place in places]
            if all(isinstance(argument, int | float) for argument in arguments):
                found[n] = _of_numbers(function, arguments)
            else:
                found[n] = function(*arguments)
        return found[root]

    return value


def _value_of(item: Symbol | Constant, values: Mapping[str, Any]) -> Any:
    if isinstance(item, Constant):
        return item.value
    if item.name not in values:
        raise FormulaError(f"no value was given for {item.name!r}; there are values for {sorted(values)}")
    return values[item.name]


def _of_numbers(function: Callable[..., Any], numbers: list[Any]) -> Any:
    """Numbers among themselves, in double precision as arrays are.

    Python's own whole numbers grow without end (10**10**10, from a hostile file) and its 1/0 is an error.
    """
    with np.errstate(all="ignore"):
        result = function(*(np.float64(number) for number in numbers))
    return bool(result) if isinstance(result, np.bool_) else float(result)
