"""Equations whose value is one number of the whole network: the loss, its prediction, the loss afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.explain.equations import Arrays, Equation
from clearprop.explain.instances import Scope
from clearprop.formulas import Expression


@dataclass(frozen=True)
class MeanLoss(Equation):
    """C: the mean over samples of the sum over outputs."""

    losses: str
    law = "loss"

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.losses,)

    def compute(self, arrays: Arrays) -> Any:
        losses = arrays[self.losses]
        return losses.sum() / len(losses) if losses.ndim == 2 else losses.sum()

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        losses = scope.arrays[self.losses]
        flat = losses.reshape(-1)
        places = list(np.ndindex(losses.shape))
        total = scope.sum_of(
            len(flat), lambda i: scope.symbol(self.losses, *places[i]), lambda left_out: flat[left_out].sum()
        )
        return total / len(losses) if losses.ndim == 2 else total


@dataclass(frozen=True)
class FirstOrder(Equation):
    """What the gradient predicts: C + Σ ∂C/∂θ · (θ_new − θ) over all parameters."""

    loss: str
    blocks: tuple[str, ...]
    law = "prediction"

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.loss, *(f"{before}{name}{after}" for name in self.blocks for before, after in PARTS))

    def moved(self, arrays: Arrays) -> list[Any]:
        """Σ ∂C/∂θ · Δθ of each block."""
        return [np.sum(arrays[f"d{name}"] * (arrays[f"{name}_new"] - arrays[name])) for name in self.blocks]

    def compute(self, arrays: Arrays) -> Any:
        return arrays[self.loss] + sum(self.moved(arrays))

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        shapes = {name: np.shape(scope.arrays[name]) for name in self.blocks}

        def term(i: int) -> Expression:
            name, place = _place(shapes, i)
            step = scope.symbol(f"{name}_new", *place) - scope.symbol(name, *place)
            return scope.symbol(f"d{name}", *place) * step

        def share(left_out: slice) -> Any:
            each = [np.ravel(scope.arrays[f"d{n}"] * (scope.arrays[f"{n}_new"] - scope.arrays[n])) for n in self.blocks]
            return np.concatenate(each)[left_out].sum()

        return scope.symbol(self.loss) + scope.sum_of(sum(map(math.prod, shapes.values())), term, share)


def _place(shapes: Mapping[str, tuple[int, ...]], i: int) -> tuple[str, tuple[int, ...]]:
    """Which block the i-th parameter lies in, and where there."""
    for name, shape in shapes.items():
        if i < math.prod(shape):
            return name, tuple(int(n) for n in np.unravel_index(i, shape))
        i -= math.prod(shape)
    raise IndexError(i)


PARTS = (("d", ""), ("", "_new"), ("", ""))


@dataclass(frozen=True)
class SecondPass(Equation):
    """The loss of the same samples with the updated parameters: forward propagation once more, by the engine."""

    again: Callable[[Any], float] = field(repr=False)
    blocks: tuple[str, ...] = ()
    law = "second pass"

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"{name}_new" for name in self.blocks)

    def compute(self, arrays: Arrays) -> Any:
        return self.again(np.concatenate([np.ravel(arrays[name]) for name in self.inputs]))
