"""Mistakes on the way back: errors, slopes, δ's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clearprop.explain.checking.mistakes.spot import MOST, Spot, Variant
from clearprop.formulas import Logistic, Relu, Tanh
from clearprop.trace.equations import CarriedBack, Product
from clearprop.trace.jacobian import ErrorThroughJacobian


def output_error(spot: Spot) -> Iterator[Variant]:
    """∂C/∂a of the output done wrongly."""
    right = spot.right()
    yield from spot.scaled(right)
    yield spot.made("sign", -right)
    a, y = spot[f"a{spot.layer}"], spot[spot.trace.target]
    yield spot.made("plus_for_minus", (a + y) * (right / np.where(a == y, 1.0, a - y)))
    if spot.trace.network.loss.name.endswith("cross_entropy"):
        yield spot.made("delta_for_error", _share(spot) * (a - y))


def _share(spot: Spot) -> float:
    """What the conventions make of the loss of one sample: 1/n and the sign of δ."""
    return spot.factor / (spot.trace.n_samples if spot.trace.is_batch else 1)


def carried_back(spot: Spot, equation: CarriedBack) -> Iterator[Variant]:
    """∂C/∂a of a hidden layer done wrongly."""
    delta, W = (spot[name] for name in equation.inputs)
    right = delta @ W.T
    yield spot.made("updated_weights", delta @ spot[f"{equation.W}_new"].T)
    yield spot.made("weight_left_out", delta.sum(axis=-1, keepdims=True) + 0 * right)
    yield spot.made("gradients_summed", spot[f"d{equation.W}"].sum(axis=1) + 0 * right)
    if W.shape[0] == W.shape[1] > 1:
        yield spot.made("transposed", delta @ W)
    elif min(W.shape) > 1:
        yield spot.made("transposed", delta @ W.reshape(W.shape[::-1]))
    for j in range(min(W.shape[1], MOST) if W.shape[1] > 1 else 0):
        yield spot.made("path_dropped", right - delta[..., j, None] * W[:, j])
    yield spot.made("sign", -right)
    error = spot[f"error{spot.layer + 1}"]
    yield spot.made("error_for_delta", error @ W.T)
    shares = W / W.sum(axis=0)
    for told in (error, delta):
        for sign in (1, -1):
            yield spot.made("shares_for_error", sign * told @ shares.T)
    for other in spot.others("W", W.shape):
        yield spot.made("weights_of_another_layer", delta @ other.T)


def slopes(spot: Spot, l: int) -> Iterator[tuple[str, Any]]:
    """σ′ of layer l done wrongly, each with its name."""
    shape = spot.trace.network.layers[l - 1].activation
    z, a = spot[f"z{l}"], spot[f"a{l}"]
    rows = np.atleast_2d(a)
    yield "slope_at_a", shape.backward(np.ones_like(rows), rows, shape.forward(rows)).reshape(a.shape)
    if isinstance(shape, Logistic):
        yield "slope_is_a", a
        yield "slope_one_minus_a", 1 - a
        yield "slope_with_z", z * (1 - z)
        yield "tanh_slope", 1 - a**2
    elif isinstance(shape, Tanh):
        yield "square_lost_in_slope", 1 - a
        yield "sigmoid_slope", a * (1 - a)
        yield "slope_with_z", 1 - z**2
        yield "slope_is_a", a
    elif isinstance(shape, Relu):
        yield "slope_is_a", a
        yield "slope_with_z", z
        yield "sigmoid_slope", a * (1 - a)
    for m in range(1, spot.depth + 1):
        other = f"slope{m}"
        if m != l and other in spot and (np.shape(spot[other]) == a.shape or np.shape(spot[other])[-1] == 1):
            yield "slope_of_another_layer", spot[other] + 0 * a


def slope(spot: Spot) -> Iterator[Variant]:
    """The site of σ′ done wrongly."""
    for mistake, value in slopes(spot, spot.layer):
        yield spot.made(mistake, value)
    yield spot.made("sign", -spot.right())


def delta(spot: Spot) -> Iterator[Variant]:
    """δ done wrongly."""
    equation, right, l = spot.equation, spot.right(), spot.layer
    if isinstance(equation, Product):
        error = spot[equation.error]
        yield spot.made("slope_left_out", error)
        for mistake, value in slopes(spot, l):
            yield spot.made(mistake, error * value)
    elif isinstance(equation, ErrorThroughJacobian):
        yield spot.made("slope_left_out", spot[equation.error])
    yield from spot.scaled(right)
    yield spot.made("sign", -right)
    if l == spot.depth:
        a, y = spot[f"a{l}"], spot[spot.trace.target]
        share = spot[f"error{l}"] * 0 + _share_of_output(spot)
        extra = spot[f"slope{l}"] if f"slope{l}" in spot else a * (1 - a)
        if spot.trace.network.head.pair is not None:
            yield spot.made("extra_slope", right * extra)
        else:
            yield spot.made("short_form", share * (a - y))
            yield spot.made("slope_twice", right * extra)
        yield spot.made("target_left_out", share * a)
    else:
        if isinstance(equation, Product):
            yield spot.made("error_left_out", spot[equation.slope])
            yield spot.made("slope_twice", right * spot[equation.slope])
    for other in spot.others("delta", right.shape):
        yield spot.made("delta_of_another_layer", other)


def _share_of_output(spot: Spot) -> float:
    """What one sample's a − y is multiplied by in δ of the output, under the conventions."""
    whole = Spot(spot.trace, f"error{spot.layer}", spot.world)
    return _share(whole)
