"""Equations of what a fit may ask beyond the plain mean: weights of rows and classes, penalties, the gradient's length.

The penalties and the clipping are the formulas of `clearprop.formulas.regularisers`; here is only what they are applied
to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from clearprop.formulas import L1, L2, Expression, Symbol, evaluate, sqrt
from clearprop.formulas.derivative import ZERO, plus
from clearprop.job import Job
from clearprop.trace.arithmetic import product_in_order, total_of
from clearprop.trace.equations import Arrays, Elementwise, Equation
from clearprop.trace.kinds import Law
from clearprop.trace.scalar_trees import Scope


@dataclass(frozen=True)
class RowWeight(Equation):
    """ωᵢ = sᵢ Σₖ cₖ yᵢₖ: the weight of a row times that of its class."""

    sample_weight: str  # "" where all are 1
    class_weight: str
    y: str
    law = Law.WEIGHT

    def compute(self, arrays: Arrays) -> Any:
        factor = product_in_order(arrays[self.y], arrays[self.class_weight][:, None])[..., 0]
        return arrays[self.sample_weight] * factor if self.sample_weight else factor

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        y, factors = scope.arrays[self.y][index], scope.arrays[self.class_weight]
        factor = scope.sum_of(
            y * factors, lambda k: scope.symbol(self.y, *index, k) * scope.symbol(self.class_weight, k)
        )
        return scope.symbol(self.sample_weight, *index) * factor if self.sample_weight else factor


@dataclass(frozen=True)
class TotalWeight(Equation):
    """Ω = Σ ωᵢ over the rows of the step."""

    weight: str
    law = Law.WEIGHT

    def compute(self, arrays: Arrays) -> Any:
        return total_of(np.atleast_1d(arrays[self.weight]))

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        weights = scope.arrays[self.weight]
        if not weights.ndim:
            return scope.symbol(self.weight)
        return scope.sum_of(weights, lambda i: scope.symbol(self.weight, i))


@dataclass(frozen=True)
class WeightedLoss(Equation):
    """C = Σᵢ pᵢ Cᵢ, pᵢ the share of row i in the total weight."""

    losses: str
    share: str
    law = Law.LOSS

    def compute(self, arrays: Arrays) -> Any:
        return total_of(arrays[self.share] * arrays[self.losses].reshape(-1))

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        losses, share = scope.arrays[self.losses], scope.arrays[self.share]
        places = list(np.ndindex(losses.shape))
        return scope.sum_of(
            share * losses.reshape(-1), lambda i: scope.symbol(self.share, i) * scope.symbol(self.losses, *places[i])
        )


def penalty_trees(job: Job, decay: float) -> Mapping[str, Expression]:
    """What the penalties of one parameter θ come to, and what they add to its gradient g.

    Returns
    -------
    mapping of {"value", "slope"} to Expression
        In the symbols theta, total_weight, and g for the slope; l1 and l2 are the strengths that the job names.
    """
    value: Expression = ZERO
    slope: Expression = Symbol("g")
    for kind, name, strength in ((L2, "l2", job.l2), (L1, "l1", job.l1)):
        if strength:
            whole = Symbol(name) * decay if decay != 1 else Symbol(name)
            known = {"theta": Symbol("theta"), "strength": whole / Symbol("total_weight")}
            value = plus(value, evaluate(kind.tree("value"), known))
            slope = plus(slope, evaluate(kind.tree("slope"), known))
    return {"value": value, "slope": slope}


@dataclass(frozen=True)
class Penalty(Equation):
    """R: the penalties of all weights, added up, for the sum over samples and so divided by their weight."""

    blocks: Mapping[str, Elementwise]  # the penalty of each number of each block that has one
    law = Law.PENALTY

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for equation in self.blocks.values() for name in equation.inputs))

    def compute(self, arrays: Arrays) -> Any:
        return total_of(self._flat(arrays))

    def _flat(self, arrays: Arrays) -> Any:
        return np.concatenate([np.ravel(equation.compute(arrays)) for equation in self.blocks.values()])

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        shapes = {name: np.shape(scope.arrays[name]) for name in self.blocks}

        def term(i: int) -> Expression:
            name, place = place_of(shapes, i)
            return self.blocks[name].tree(scope, place)

        return scope.sum_of(self._flat(scope.arrays), term)


@dataclass(frozen=True)
class GradientNorm(Equation):
    """‖g‖ = √Σg² over all parameters together."""

    gradients: tuple[str, ...]
    law = Law.CLIPPING

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.gradients

    def compute(self, arrays: Arrays) -> Any:
        return np.sqrt(total_of(self._squares(arrays)))

    def _squares(self, arrays: Arrays) -> Any:
        flat = np.concatenate([np.ravel(arrays[name]) for name in self.gradients])
        return flat * flat

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        shapes = {name: np.shape(scope.arrays[name]) for name in self.gradients}

        def term(i: int) -> Expression:
            name, place = place_of(shapes, i)
            return scope.symbol(name, *place) ** 2

        found: Expression = sqrt(scope.sum_of(self._squares(scope.arrays), term))
        return found


def place_of(shapes: Mapping[str, tuple[int, ...]], i: int) -> tuple[str, tuple[int, ...]]:
    """Which block the i-th of all numbers lies in, and where there."""
    for name, shape in shapes.items():
        if i < prod(shape):
            return name, tuple(int(n) for n in np.unravel_index(i, shape))
        i -= prod(shape)
    raise IndexError(i)
