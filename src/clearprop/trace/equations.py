"""Equations: how the value of each site comes from the sites that it reads.

Each equation can do three things, and they are the same mathematics: compute the whole site (`compute`, on floats or
exact fractions), give the expression tree that one of its numbers comes from (`tree`), and give its matrix form
(`matrix`, see `clearprop.trace.matrices`). The formulas inside (activations, losses, update rules) are those of
`clearprop.formulas`; what is written here is only how layers are joined: the weighted sum and BP1–BP4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.formulas import Apply, Expression, Symbol
from clearprop.formulas.derivative import times
from clearprop.formulas.expressions import nodes, symbols
from clearprop.trace.arithmetic import Program, add_up, product_in_order
from clearprop.trace.kinds import Law
from clearprop.trace.matrices import call, hadamard, hadamard_tree, matmul, transpose
from clearprop.trace.scalar_trees import Scope, instance

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Equation:
    """Base of the equations.

    Attributes
    ----------
    inputs : tuple of str
        The sites that it reads: its fields that are text, unless the kind of equation says otherwise.
    law : Law
        What it is called.
    """

    law = Law.GIVEN

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        texts = (getattr(self, each.name) for each in fields(self) if each.type in ("str", str))
        return tuple(name for name in texts if name)

    def compute(self, arrays: Arrays) -> Any:
        """The site's value from the values of its inputs."""
        raise NotImplementedError

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression | None:
        """The tree of one number of the site, or None where there is none (what is given, a whole second pass)."""
        return None

    def matrix(self, columns: bool) -> Expression | None:
        """The tree of the whole site; `columns` for texts in which a sample is a column and W is (to, from)."""
        return None


@dataclass(frozen=True)
class Input(Equation):
    """A value that somebody gives when a graph is run: a sample, a target, a weight, the learning rate."""


@dataclass(frozen=True)
class Given(Input):
    """A value that somebody gave."""

    value: Any = field(repr=False)

    def compute(self, arrays: Arrays) -> Any:
        return self.value


@dataclass(frozen=True)
class WeightedSum(Equation):
    """zˡⱼ = Σₖ wˡⱼₖ aˡ⁻¹ₖ + bˡⱼ. Nielsen, eq. 23–25."""

    a: str
    W: str
    b: str
    law = Law.FORWARD

    def compute(self, arrays: Arrays) -> Any:
        return product_in_order(arrays[self.a], arrays[self.W]) + arrays[self.b]

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, j = index
        signals, weights = scope.arrays[self.a][tuple(sample)], scope.arrays[self.W][:, j]
        total = scope.sum_of(signals * weights, lambda k: scope.symbol(self.W, k, j) * scope.symbol(self.a, *sample, k))
        return total + scope.symbol(self.b, j)

    def matrix(self, columns: bool) -> Expression:
        a, W, b = map(Symbol, self.inputs)
        return (matmul(W, a) if columns else matmul(a, W)) + b


@dataclass(frozen=True)
class CarriedBack(Equation):
    """∂C/∂aˡₖ = Σⱼ wˡ⁺¹ⱼₖ δˡ⁺¹ⱼ: the weights that carried the signals forward carry the errors back. Part of BP2."""

    delta: str
    W: str
    law = Law.BP2

    def compute(self, arrays: Arrays) -> Any:
        return product_in_order(arrays[self.delta], arrays[self.W].T)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, k = index
        errors, weights = scope.arrays[self.delta][tuple(sample)], scope.arrays[self.W][k]
        return scope.sum_of(
            errors * weights, lambda j: scope.symbol(self.W, k, j) * scope.symbol(self.delta, *sample, j)
        )

    def matrix(self, columns: bool) -> Expression:
        delta, W = map(Symbol, self.inputs)
        return matmul(transpose(W), delta) if columns else matmul(delta, transpose(W))


@dataclass(frozen=True)
class Elementwise(Equation):
    """A formula applied to every number of the sites (or, where it holds Σₖ over a row, to every row).

    Attributes
    ----------
    formula : Expression
    sites : mapping of str to str
        Which site each of its variables is.
    parameters : mapping of str to number
        The values of its other symbols. In a graph those of the state (the clock of a schedule) are left open.
    """

    formula: Expression
    sites: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    law: Law = Law.GIVEN
    call: str = ""  # how the matrix form names the formula, where it does not spell it out

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.sites.values()))

    def compute(self, arrays: Arrays) -> Any:
        values = {name: arrays[site] for name, site in self.sites.items()}
        widest = max(values.values(), key=np.ndim) if len(values) > 1 else next(iter(values.values()))
        if len(values) > 1:
            values = {name: _spread(array, np.ndim(widest)) for name, array in values.items()}
        found = self.program.run({**self.parameters, **values})
        return found if np.shape(found) == np.shape(widest) else np.broadcast_to(found, np.shape(widest))

    @cached_property
    def open(self) -> frozenset[str]:
        """The symbols without a value: they get it when the graph is run."""
        return frozenset(symbols(self.formula)) - self.sites.keys() - self.parameters.keys()

    @cached_property
    def program(self) -> Program:
        """The formula, ready to be computed many times."""
        return Program.of(self.formula)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        return instance(self.formula, scope, self.sites, index, self.parameters)

    def matrix(self, columns: bool) -> Expression | None:
        if self.call:
            return call(self.call, *map(Symbol, self.inputs))
        if "share" in self.inputs or any(
            isinstance(item, Apply) and item.function == "where" for item in nodes(self.formula)
        ):
            return None  # one number for each sample; or a branch that differs from number to number
        return hadamard_tree(self.formula, self.sites, self.parameters)


def _spread(array: Any, n_axes: int) -> Any:
    """A number for each sample as a column, so that it goes with every neuron."""
    return array[:, None] if np.ndim(array) == 1 and n_axes == 2 else array


@dataclass(frozen=True)
class Product(Equation):
    """δ = (∂C/∂a) ⊙ σ′(z): the last step of BP1 and of BP2."""

    error: str
    slope: str
    law: Law = Law.BP2

    def compute(self, arrays: Arrays) -> Any:
        return arrays[self.error] * arrays[self.slope]

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        return scope.symbol(self.error, *index) * scope.symbol(self.slope, *index)

    def matrix(self, columns: bool) -> Expression:
        return hadamard(*map(Symbol, self.inputs))


@dataclass(frozen=True)
class SumOverSamples(Equation):
    """BP3: ∂C/∂bˡⱼ = δˡⱼ, summed over the samples of a batch."""

    delta: str
    law = Law.BP3

    def compute(self, arrays: Arrays) -> Any:
        delta = arrays[self.delta]
        return add_up(len(delta), lambda i: delta[i]) if delta.ndim == 2 else delta

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        delta = scope.arrays[self.delta]
        if delta.ndim == 1:
            return scope.symbol(self.delta, *index)
        (j,) = index
        return scope.sum_of(delta[:, j], lambda i: scope.symbol(self.delta, i, j))

    def matrix(self, columns: bool) -> Expression | None:
        return Symbol(self.delta)


@dataclass(frozen=True)
class OuterProduct(Equation):
    """BP4: ∂C/∂wˡⱼₖ = aˡ⁻¹ₖ δˡⱼ, summed over the samples of a batch."""

    a: str
    delta: str
    law = Law.BP4

    def compute(self, arrays: Arrays) -> Any:
        a, delta = arrays[self.a], arrays[self.delta]
        return add_up(len(a), lambda i: a[i, :, None] * delta[i]) if a.ndim == 2 else a[:, None] * delta

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        k, j = index
        a, delta = scope.arrays[self.a], scope.arrays[self.delta]
        if a.ndim == 1:
            return times(scope.symbol(self.a, k), scope.symbol(self.delta, j))
        return scope.sum_of(
            a[:, k] * delta[:, j], lambda i: scope.symbol(self.a, i, k) * scope.symbol(self.delta, i, j)
        )

    def matrix(self, columns: bool) -> Expression:
        a, delta = map(Symbol, self.inputs)
        return matmul(delta, transpose(a)) if columns else matmul(transpose(a), delta)
