"""Instances of formulas: the tree that one number comes from, in symbols that name numbers of a trace.

A `Scope` makes the symbols, keeps the value of each, and leaves out the middle of wide sums: what is left out becomes
one symbol, ``…780``, whose value is its share of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.derivative import ONE, ZERO, choose, negative, over, plus, times
from clearprop.formulas.expressions import apply, fold
from clearprop.trace.arithmetic import WIDEST_SUM, computed, left_out_of, running_sum
from clearprop.trace.names import at

ROWS = ("row_sum", "row_max")


class Scope:
    """Where the symbols of a derivation get their values.

    Parameters
    ----------
    arrays : mapping of str to array
        The sites' arrays by name.
    widest : int
        The most terms of a sum that are written out.
    """

    def __init__(self, arrays: Mapping[str, Any], widest: int = WIDEST_SUM) -> None:
        self.arrays, self.widest = arrays, widest
        self.values: dict[str, Any] = {}

    def symbol(self, site: str, *index: int) -> Symbol:
        """The symbol of one number of a site; with no index, of a site that is one number."""
        name = at(site, *index) if index else site
        value = self.arrays[site][index] if index else self.arrays[site]
        self.values[name] = plain_number(value)
        return Symbol(name)

    def named(self, name: str, value: Any) -> Symbol:
        """A symbol of another name, a formula's parameter above all."""
        self.values[name] = plain_number(value)
        return Symbol(name)

    def sum_of(self, values: Any, term: Callable[[int], Expression]) -> Expression:
        """Σ of terms, `values` a vector of what each comes to; of a wide sum those left out are one number."""
        n = len(values)
        left_out = left_out_of(n, self.widest)
        if left_out is None:
            return reduce(plus, map(term, range(n)))
        number = sum(1 for name in self.values if name.startswith("…"))
        rest = self.named(f"…{left_out.stop - left_out.start}" + "′" * number, running_sum(values[left_out]))
        return reduce(plus, [*map(term, range(left_out.start)), rest, *map(term, range(left_out.stop, n))])


def plain_number(value: Any) -> Any:
    """A number of NumPy as Python's; an exact fraction as it is."""
    found = value[()] if isinstance(value, np.ndarray) else value
    return float(found) if isinstance(found, np.floating) else found


def instance(
    tree: Expression,
    scope: Scope,
    sites: Mapping[str, str],
    index: tuple[int, ...],
    parameters: Mapping[str, Any],
    fixed: Mapping[str, Callable[[int], Expression]] | None = None,
) -> Expression:
    """The tree of a formula for one number.

    Parameters
    ----------
    tree : Expression
        In the formula's own symbols.
    scope : Scope
    sites : mapping of str to str
        Which site each of its variables is.
    index : tuple of int
        Which number of those sites; the last index is the neuron. A site that is one number, or one for each sample,
        takes no index, or only the sample's.
    parameters : mapping of str to number
        The values of its other symbols.
    fixed : mapping of str to callable, optional
        Variables that are a tree for each neuron instead (the 1 and the 0s of one column of a Jacobian).

    Returns
    -------
    Expression
        Sums over a row are written out; factors 1 and terms 0 are left out.
    """
    formula = _Instance(scope, sites, index, parameters, fixed, _width(scope, sites))
    return formula.at(tree, index[-1] if index else 0)


@dataclass(frozen=True)
class _Instance:
    """What the symbols of a formula stand for in one place; `at` writes a tree for one neuron of it."""

    scope: Scope
    sites: Mapping[str, str]
    index: tuple[int, ...]
    parameters: Mapping[str, Any]
    fixed: Mapping[str, Callable[[int], Expression]] | None
    width: int

    def at(self, tree: Expression, j: int) -> Expression:
        """The tree for neuron j, sums over the row written out."""

        def node(function: str, item: Apply, arguments: list[Expression]) -> Expression:
            return self.row(function, item.arguments[0]) if function in ROWS else build(function, arguments)

        return fold(tree, lambda item: self.leaf(item, j), node)

    def leaf(self, item: Symbol | Constant, j: int) -> Expression:
        """A symbol of the formula as one of the trace."""
        if isinstance(item, Constant):
            return item
        if self.fixed is not None and item.name in self.fixed:
            return self.fixed[item.name](j)
        if item.name in self.sites:
            site = self.sites[item.name]
            return self.scope.symbol(site, *(*self.index[:-1], j)[: np.ndim(self.scope.arrays[site])])
        return self.scope.named(item.name, self.parameters[item.name])

    def row(self, function: str, body: Expression) -> Expression:
        """Σₖ or maxₖ over the neurons of the row."""
        if function == "row_max":
            return reduce(lambda x, y: apply("maximum", x, y), (self.at(body, k) for k in range(self.width)))
        if self.fixed is not None:  # most terms are 0: what is left of them is written out
            return reduce(plus, (self.at(body, k) for k in range(self.width)))
        rows = {name: self.scope.arrays[site][self.index[:-1]] for name, site in self.sites.items()}
        with np.errstate(all="ignore"):
            values = computed(body, {**self.parameters, **rows})
        return self.scope.sum_of(np.broadcast_to(values, (self.width,)), lambda k: self.at(body, k))


def _width(scope: Scope, sites: Mapping[str, str]) -> int:
    return max((np.shape(scope.arrays[site])[-1] for site in sites.values() if np.ndim(scope.arrays[site])), default=1)


def build(function: str, arguments: list[Expression]) -> Expression:
    """The node, without factors 1 and terms 0."""
    match function, arguments:
        case "add", [x, y]:
            return plus(x, y)
        case "subtract", [x, y] if y == ZERO:
            return x
        case "subtract", [x, y] if x == ZERO:
            return negative(y)
        case "multiply", [x, y]:
            return times(x, y)
        case "divide", [x, y]:
            return x if y == ONE else over(x, y)
        case "negative", [x]:
            return negative(x)
        case "where", [condition, x, y]:
            return choose(condition, x, y)
    return apply(function, *arguments)
