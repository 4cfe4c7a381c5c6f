"""The same network, each layer learning at a rate of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from clearprop.errors import InputError
from clearprop.network.embedding import NumberEmbedding
from clearprop.network.layers import Dense, Layer
from clearprop.network.specs import Network


def at_rates(network: Network, rates: Sequence[float]) -> Network:
    """The network with a factor on the learning rate of each layer; 0 keeps a layer as it is.

    Biases that are fixed beside weights that are not, as those that a layer lacks where it comes from, stay so.

    Parameters
    ----------
    network : Network
    rates : sequence of float
        One for each of the layers 1 … L, at least 0.

    Raises
    ------
    InputError
        When they are too few or too many, below 0, or all 0; or a layer is not dense.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.network.rates import at_rates
    >>> net = at_rates(Network.mlp([2, 3, 1]), [0, 0.1])
    >>> [block.rate for block in net.blocks]
    [0.0, 0.0, 0.1, 0.1]
    """
    if isinstance(rates, str) or not hasattr(rates, "__len__") or len(rates) != network.depth:
        raise InputError(f"there must be a rate for each of the {network.depth} layers, not {rates!r}")
    for rate in rates:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < math.inf:
            raise InputError(f"the rate of a layer must be a number of at least 0, not {rate!r}")
    if not any(rates):
        raise InputError("the rate of every layer is 0: nothing would be learned")
    layers: list[Layer] = []
    for l, (layer, rate) in enumerate(zip(network.layers, rates, strict=True), start=1):
        if isinstance(layer, NumberEmbedding):
            layers.append(replace(layer, rate=float(rate)))
            continue
        if not isinstance(layer, Dense):
            raise InputError(f"layer {l}, {type(layer).__name__}, has no rate of its own")
        has_fixed_biases = layer.bias_rate == 0 and layer.weight_rate > 0
        layers.append(replace(layer, weight_rate=float(rate), bias_rate=0.0 if has_fixed_biases else float(rate)))
    return Network(tuple(layers), network.loss)
