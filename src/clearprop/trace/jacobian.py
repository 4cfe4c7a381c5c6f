"""Equations of a layer whose neurons depend on each other (softmax): its Jacobian, and BP1 in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.formulas import Constant, Expression, Symbol
from clearprop.trace.arithmetic import IN_ORDER, add_up, computed, plain_sum_of_rows
from clearprop.trace.equations import Arrays, Equation
from clearprop.trace.kinds import Law
from clearprop.trace.matrices import matmul, transpose
from clearprop.trace.scalar_trees import Scope, instance


@dataclass(frozen=True)
class Jacobian(Equation):
    """∂aₖ/∂zⱼ of an output whose neurons depend on each other (softmax); shape (n_L, n_L), rows the k."""

    pullback: Expression
    a: str
    z: str
    parameters: Mapping[str, Any]
    law = Law.BP1

    def compute(self, arrays: Arrays) -> Any:
        a, z = arrays[self.a], arrays[self.z]
        n = a.shape[-1]
        unit = np.eye(n, dtype=a.dtype)
        functions = {**IN_ORDER, "row_sum": plain_sum_of_rows}  # as it is written out: without the terms that are 0
        values = {**self.parameters, "a": a, "z": z}
        rows = [computed(self.pullback, {**values, "g": unit[k] + 0 * a}, functions) for k in range(n)]
        return np.stack(rows, axis=-2)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, k, j = index
        one_at_k: dict[str, Callable[[int], Expression]] = {"g": lambda i: Constant(1 if i == k else 0)}
        sites = {"a": self.a, "z": self.z}
        return instance(self.pullback, scope, sites, (*sample, j), self.parameters, fixed=one_at_k)


@dataclass(frozen=True)
class ErrorThroughJacobian(Equation):
    """BP1 in full: δᴸⱼ = Σₖ ∂C/∂aₖ · ∂aₖ/∂zⱼ."""

    error: str
    jacobian: str
    law = Law.BP1

    def compute(self, arrays: Arrays) -> Any:
        error, jacobian = arrays[self.error], arrays[self.jacobian]
        return add_up(error.shape[-1], lambda k: error[..., k, None] * jacobian[..., k, :])

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, j = index
        error, jacobian = scope.arrays[self.error][tuple(sample)], scope.arrays[self.jacobian][(*sample, ..., j)]
        return scope.sum_of(
            error * jacobian,
            lambda k: scope.symbol(self.error, *sample, k) * scope.symbol(self.jacobian, *sample, k, j),
        )

    def matrix(self, columns: bool) -> Expression:
        error, jacobian = map(Symbol, self.inputs)
        return matmul(transpose(jacobian), error) if columns else matmul(error, jacobian)
