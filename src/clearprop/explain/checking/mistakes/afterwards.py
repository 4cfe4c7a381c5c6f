"""Mistakes in the loss after the update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from clearprop.explain.checking.mistakes import forward
from clearprop.explain.checking.mistakes.spot import Spot, Variant
from clearprop.trace.totals import SecondPass


def second_pass(spot: Spot, equation: SecondPass) -> Iterator[Variant]:
    """The loss with the new parameters done wrongly: the mistakes of a loss, or parameters that were left as before."""
    if equation.of != "loss":
        return
    blocks = [name.removesuffix("_new") for name in equation.inputs]
    again = forward_again(spot, blocks)
    for variant in forward.loss(Spot(spot.trace, "loss", again)):
        yield Variant(variant.mistake, spot.site, variant.value)
    yield spot.made("old_parameters_used", spot["loss"])
    weights = [name for name in blocks if name.startswith("W")]
    yield spot.made("biases_not_updated_after", forward_again(spot, weights)["loss"])
    for l in range(1, spot.depth + 1):
        yield spot.made("one_layer_updated", forward_again(spot, [f"W{l}", f"b{l}"])["loss"])


def forward_again(spot: Spot, blocks: list[str]) -> Mapping[str, Any]:
    """Forward once more, with these blocks of parameters updated and the others as before."""
    known: dict[str, Any] = {name: spot[name] for name in spot.trace.sites if name not in ("loss_new", "cost_new")}
    known |= {name: spot[f"{name}_new"] for name in blocks}
    for name, site in spot.trace.sites.items():
        if site.equation.law.is_forward:
            known[name] = np.asarray(site.equation.compute(known), dtype=float)
    return known
