"""Equations whose value is one number of the whole network: the loss, its prediction, the loss afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.formulas import Expression
from clearprop.trace.arithmetic import total_of
from clearprop.trace.equations import Arrays, Equation
from clearprop.trace.kinds import Law
from clearprop.trace.penalties_and_weights import place_of
from clearprop.trace.scalar_trees import Scope


@dataclass(frozen=True)
class SumOverOutputs(Equation):
    """The loss of a sample, or of each sample of a batch: the sum over its outputs."""

    losses: str
    law = Law.LOSS

    def compute(self, arrays: Arrays) -> Any:
        losses = arrays[self.losses]
        return total_of(losses.T)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        return scope.sum_of(scope.arrays[self.losses][index], lambda j: scope.symbol(self.losses, *index, j))


@dataclass(frozen=True)
class MeanLoss(Equation):
    """C: the mean over samples of their losses."""

    losses: str
    law = Law.LOSS

    def compute(self, arrays: Arrays) -> Any:
        losses = arrays[self.losses].reshape(-1)
        return total_of(losses) / len(losses)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        losses = scope.arrays[self.losses]
        places = list(np.ndindex(losses.shape))
        return scope.sum_of(losses.reshape(-1), lambda i: scope.symbol(self.losses, *places[i])) / len(losses)


@dataclass(frozen=True)
class FirstOrder(Equation):
    """What the gradient predicts: C + Σ ∂C/∂θ · (θ_new − θ) over all parameters.

    Attributes
    ----------
    loss : str
        The site that is predicted: the loss, or with penalties the cost.
    gradients : mapping of str to str
        For each block of parameters the site of its gradient.
    """

    loss: str
    gradients: Mapping[str, str]
    law = Law.PREDICTION

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.loss, *(site for name, g in self.gradients.items() for site in (g, f"{name}_new", name)))

    def moved(self, arrays: Arrays) -> Any:
        """∂C/∂θ · Δθ of every parameter."""
        each = [arrays[g] * (arrays[f"{name}_new"] - arrays[name]) for name, g in self.gradients.items()]
        return np.concatenate([np.ravel(part) for part in each])

    def compute(self, arrays: Arrays) -> Any:
        return arrays[self.loss] + total_of(self.moved(arrays))

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        shapes = {name: np.shape(scope.arrays[name]) for name in self.gradients}

        def term(i: int) -> Expression:
            name, place = place_of(shapes, i)
            step = scope.symbol(f"{name}_new", *place) - scope.symbol(name, *place)
            return scope.symbol(self.gradients[name], *place) * step

        return scope.symbol(self.loss) + scope.sum_of(self.moved(scope.arrays), term)


@dataclass(frozen=True)
class SecondPass(Equation):
    """What forward propagation of the same samples gives once more, with the updated parameters.

    Attributes
    ----------
    blocks : tuple of str
        The parameters; their new values are read.
    of : str
        The site that it is the later value of.
    """

    blocks: tuple[str, ...]
    of: str = "loss"
    law = Law.SECOND_PASS

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"{name}_new" for name in self.blocks)


@dataclass(frozen=True)
class EnginesPass(SecondPass):
    """The same, made by an engine: `again` gives it from θ."""

    again: Callable[[Any], float] = field(repr=False, kw_only=True)

    def compute(self, arrays: Arrays) -> Any:
        return self.again(np.concatenate([np.ravel(arrays[name]) for name in self.inputs]))
