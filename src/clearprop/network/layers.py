"""Kinds of layers: what each holds in θ. A kind of its own says in the same class how it computes, forward and back.

`Dense` is the layer of the book, and the four equations of back-propagation for it are written out in
`clearprop.network.backprop`. Beside the class here, a kind has one row in `clearprop.trace.layers` (its equations) and
one in `clearprop.files.network_json` (its name in model files); the compiled engine refuses kinds it has no kernel for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError
from clearprop.formulas import Activation, Initialiser, activation
from clearprop.network.parameters import Matrix


class BlockSpec(NamedTuple):
    """One block of a layer's parameters; with the layer's number behind it, `letter` is its name."""

    letter: str
    shape: tuple[int, ...]
    rate: float = 1.0
    decay: float = 1.0


@dataclass(frozen=True)
class Layer:
    """Base of the kinds of layers: z = what the layer makes of what comes in, a = σ(z).

    `forward`, `back` and `gradients` get x (n_samples, n_{l−1}), what the layer before passes on, and the layer's
    blocks by letter; those of `Dense` are the lines of `clearprop.network.backprop`.
    """

    inputs: int
    outputs: int
    activation: Activation

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise InputError(f"a layer needs a whole number of {name}, at least 1, not {count!r}")
        object.__setattr__(self, "activation", activation(self.activation))

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        """What it holds in θ, one after the other."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """What it makes of what comes in, in a word or two: its activation."""
        return self.activation.name

    def arrows(self, blocks: Mapping[str, Any]) -> Matrix | None:
        """What is written on the arrow from each input to each output, (n_{l−1}, n_l), NaN where there is no arrow.

        None where the kind does not say, and any output may depend on any input.
        """
        return None

    def draw(self, rule: Initialiser, random: np.random.Generator) -> Mapping[str, Any]:
        """Its blocks to start training from, by letter."""
        raise NotImplementedError

    def forward(self, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        """z (n_samples, n_l)."""
        raise NotImplementedError

    def back(self, delta: Matrix, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        """∂C/∂x (n_samples, n_{l−1}) from δ = ∂C/∂z (n_samples, n_l)."""
        raise NotImplementedError

    def gradients(self, delta: Matrix, x: Matrix, blocks: Mapping[str, Any]) -> Mapping[str, Any]:
        """∂C/∂ of each block, by letter, summed over the samples."""
        raise NotImplementedError


@dataclass(frozen=True)
class Dense(Layer):
    """A layer in which every neuron sees all outputs of the layer before: z = a @ W + b.

    Parameters
    ----------
    inputs, outputs : int
        n_{l−1} and n_l.
    activation : Activation
        Its name or class will do.
    weight_rate, bias_rate : float
        Factors on the learning rate for W and for b.
    weight_decay, bias_decay : float
        Factors on the decoupled weight decay; l1 and l2 follow them too.

    Raises
    ------
    InputError
        When a size is no whole number of at least 1, or a factor no number of at least 0.

    Examples
    --------
    >>> from clearprop.network import Dense
    >>> Dense(2, 3, "relu", bias_rate=0.1).activation
    Relu()
    """

    weight_rate: float = 1.0
    bias_rate: float = 1.0
    weight_decay: float = 1.0
    bias_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weight_rate", "bias_rate", "weight_decay", "bias_decay"):
            factor = getattr(self, name)
            if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor < np.inf:
                raise InputError(f"{name} must be a number of at least 0, not {factor!r}")

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        return (
            BlockSpec("W", (self.inputs, self.outputs), self.weight_rate, self.weight_decay),
            BlockSpec("b", (self.outputs,), self.bias_rate, self.bias_decay),
        )

    def arrows(self, blocks: Mapping[str, Any]) -> Matrix | None:
        return np.asarray(blocks["W"])

    def draw(self, rule: Initialiser, random: np.random.Generator) -> Mapping[str, Any]:
        return dict(zip("Wb", rule.draw(self.inputs, self.outputs, random), strict=True))
