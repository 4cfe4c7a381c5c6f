"""How each kind of layer computes: its equations, forward and back. A new kind is one more row of `LAYERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clearprop.network import Dense, NumberEmbedding
from clearprop.network.embedding import FREQUENCIES, PHASES
from clearprop.network.layers import Layer
from clearprop.trace.embedding import Embedded, EmbeddedBack, FrequencyGradient, PhaseGradient
from clearprop.trace.equations import CarriedBack, Equation, OuterProduct, SumOverSamples, WeightedSum


class LayerEquations(NamedTuple):
    """The equations of one kind of layer; each function gets the number of the layer.

    Attributes
    ----------
    forward : callable
        (what the layer before passes on, l) → the equation of z{l}.
    back : callable
        l → the equation of ∂C/∂(what the layer before passed on), from delta{l}. The first part of BP2.
    gradients : mapping of str to callable
        For each block (what the layer before passes on, l) → the equation of its gradient, from delta{l}. BP3, BP4.
    """

    forward: Callable[[str, int], Equation]
    back: Callable[[int], Equation]
    gradients: Mapping[str, Callable[[str, int], Equation]]


def _embedding(layer: Any) -> LayerEquations:
    """Those of an embedding of numbers, which depend on which inputs it embeds."""

    def of(signal: str, l: int) -> tuple[Any, str, str, str]:
        return layer, signal, f"{FREQUENCIES}{l}", f"{PHASES}{l}"

    return LayerEquations(
        forward=lambda signal, l: Embedded(*of(signal, l)),
        back=lambda l: EmbeddedBack(*of(f"a{l - 1}", l), f"delta{l}"),
        gradients={
            FREQUENCIES: lambda signal, l: FrequencyGradient(*of(signal, l), f"delta{l}"),
            PHASES: lambda signal, l: PhaseGradient(*of(signal, l), f"delta{l}"),
        },
    )


# The equations of a kind, or what makes them of a layer.
LAYERS: dict[type[Any], LayerEquations | Callable[[Any], LayerEquations]] = {
    NumberEmbedding: _embedding,
    Dense: LayerEquations(
        forward=lambda signal, l: WeightedSum(signal, f"W{l}", f"b{l}"),
        back=lambda l: CarriedBack(f"delta{l}", f"W{l}"),
        gradients={
            "W": lambda signal, l: OuterProduct(signal, f"delta{l}"),
            "b": lambda signal, l: SumOverSamples(f"delta{l}"),
        },
    ),
}


def equations_of(layer: Layer) -> LayerEquations:
    """How this layer computes."""
    found = LAYERS[type(layer)]
    return found if isinstance(found, LayerEquations) else found(layer)
