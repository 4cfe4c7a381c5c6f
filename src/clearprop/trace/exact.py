"""Exact fractions: a trace whose numbers are rational, where every formula of the network is.

The numbers given (0.1) are read as the decimals that people write (1/10), not as the binary fractions nearest to them,
and every site is computed from its inputs by the same equations as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.expressions import fold, nodes
from clearprop.trace.equations import Elementwise, Equation, Given
from clearprop.trace.penalties_and_weights import GradientNorm, Penalty
from clearprop.trace.totals import SecondPass
from clearprop.trace.trace import Site, Trace

RATIONAL = frozenset({
    "add", "subtract", "multiply", "divide", "power", "negative", "absolute", "sign", "maximum", "minimum", "less",
    "less_equal", "equal", "where", "row_sum", "row_max",
})  # fmt: skip


def exact(trace: Trace) -> Trace:
    """The same trace in exact fractions.

    Raises
    ------
    InputError
        When a formula of the network, the loss or the optimizer leaves the rational numbers (exp, tanh, sqrt, …).

    Examples
    --------
    >>> from clearprop import Network, sgd
    >>> from clearprop.explain import exact, explain
    >>> net = Network.mlp([2, 1], loss="half_squared_error")
    >>> trace = exact(explain(net, net.parameters([[0.1, 0.2]], [0.3]), [1, 2], 1, sgd(0.1)))
    >>> print(trace.value_of("z1[0]"), trace.value_of("W1_new[1,0]"))
    4/5 6/25
    """
    arrays: dict[str, Any] = {}
    sites: dict[str, Site] = {}
    for name, site in trace.sites.items():
        equation = rational(name, site.equation)
        value = _again(sites, arrays, equation.of) if isinstance(equation, SecondPass) else equation.compute(arrays)
        arrays[name] = np.array(value, dtype=object)
        arrays[name].flags.writeable = False
        sites[name] = Site(name, equation, arrays[name])
    return Trace(trace.setting, trace.params, sites)


def rational(name: str, equation: Equation) -> Equation:
    """The equation with its decimals as fractions; InputError where it is not rational."""
    if isinstance(equation, Given):
        return Given(as_fractions(equation.value))
    if isinstance(equation, GradientNorm):
        raise InputError(f"{name} cannot be an exact fraction: it is a square root; leave the clipping out")
    if isinstance(equation, Penalty):
        return replace(equation, blocks={key: _rational(name, item) for key, item in equation.blocks.items()})
    return _rational(name, equation) if isinstance(equation, Elementwise) else equation


def _rational(name: str, equation: Elementwise) -> Elementwise:
    for item in nodes(equation.formula):
        whole = (
            not (isinstance(item, Apply) and item.function == "power")
            or (isinstance(item.arguments[1], Constant) and isinstance(item.arguments[1].value, int))
            or isinstance(item.arguments[1], Symbol)
        )
        if isinstance(item, Apply) and (item.function not in RATIONAL or not whole):
            raise InputError(
                f"{name} cannot be an exact fraction: its formula {equation.formula} leaves the rational numbers; "
                "use decimals, or relu, identity and the squared error with sgd"
            )
    parameters = {key: as_fraction(value) for key, value in equation.parameters.items()}
    return replace(equation, formula=_rational_tree(equation.formula), parameters=parameters)


def _rational_tree(tree: Expression) -> Expression:
    def leaf(item: Symbol | Constant) -> Expression:
        return (
            Constant(as_fraction(item.value)) if isinstance(item, Constant) and isinstance(item.value, float) else item
        )

    return fold(tree, leaf, lambda function, _, arguments: Apply(function, tuple(arguments)))


def as_fraction(value: Any) -> Any:
    """The fraction that a decimal is, as people read it."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


def as_fractions(values: Any) -> Any:
    """An array of fractions."""
    array = np.asarray(values)
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        found[place] = as_fraction(array[place])
    return found


def _again(sites: Mapping[str, Site], arrays: Mapping[str, Any], of: str) -> Any:
    """The loss or cost with the updated parameters: the forward equations once more."""
    again = dict(arrays)
    for name in arrays:
        if name.endswith("_new"):
            again[name.removesuffix("_new")] = arrays[name]
    for name, site in sites.items():
        if site.equation.law.is_forward:
            again[name] = np.array(site.equation.compute(again), dtype=object)
    return again[of]
