"""Mistakes on the way forward: weighted sums, activations, the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from clearprop.explain.checking.mistakes.spot import MOST, Spot, Variant, swaps
from clearprop.formulas import Activation, Logistic, Relu, Softmax, Tanh
from clearprop.trace.equations import Elementwise, WeightedSum
from clearprop.trace.totals import MeanLoss, SumOverOutputs

USED: Mapping[str, type[Activation]] = {"sigmoid_used": Logistic, "tanh_used": Tanh, "relu_used": Relu}
CROSS_ENTROPIES = ("cross_entropy", "binary_cross_entropy")
SQUARES = ("squared_error", "half_squared_error")


def weighted_sum(spot: Spot, equation: WeightedSum) -> Iterator[Variant]:
    """z = aW + b done wrongly."""
    a, W, b = (spot[name] for name in equation.inputs)
    plain = a @ W
    right = plain + b
    if np.any(b):
        yield spot.made("bias_forgotten", plain)
    for k in range(min(len(W), MOST) if len(W) > 1 else 0):
        yield spot.made("input_dropped", right - a[..., k, None] * W[k])
    yield from _another_bias(spot, plain, b)
    if W.shape[0] == W.shape[1] > 1:
        yield spot.made("transposed", a @ W.T + b)
    elif min(W.shape) > 1:
        yield spot.made("transposed", a @ W.reshape(W.shape[::-1]).T + b)
    if spot.layer > 1:
        others = {"input_for_activation": spot["a0"], "weighted_input_for_activation": spot[f"z{spot.layer - 1}"]}
        for mistake, other in others.items():
            if other.shape == a.shape:
                yield spot.made(mistake, other @ W + b)
    for other in spot.others("W", W.shape):
        yield spot.made("weights_of_another_layer", a @ other + b)
    if len(W) > 1:
        yield spot.made("inputs_exchanged", a[..., ::-1] @ W + b)


def _another_bias(spot: Spot, plain: Any, b: Any) -> Iterator[Variant]:
    if np.any(b):
        yield spot.made("bias_subtracted", plain - b)
        yield spot.made("bias_twice", plain + 2 * b)
    for order in swaps(len(b)):
        yield spot.made("biases_exchanged", plain + b[order])
    for j in range(min(len(b), MOST) if len(b) > 1 else 0):
        yield spot.made("bias_of_another_neuron", plain + b[j])
    for m in range(1, spot.depth + 1):
        other = spot[f"b{m}"]
        if m != spot.layer and other.shape in ((1,), b.shape):
            yield spot.made("bias_of_another_layer", plain + other)
        elif m != spot.layer and len(b) == 1:
            for number in other[:MOST]:
                yield spot.made("bias_of_another_layer", plain + number)


def activation(spot: Spot) -> Iterator[Variant]:
    """a = σ(z) done wrongly."""
    l = spot.layer
    z, shape = spot[f"z{l}"], spot.trace.network.layers[l - 1].activation
    rows = np.atleast_2d(z)
    yield spot.made("activation_left_out", z)
    if isinstance(shape, Logistic | Softmax):
        yield spot.made("exponent_sign", shape.forward(-rows).reshape(z.shape))
    if isinstance(shape, Softmax):
        yield spot.made("softmax_not_normalised", np.exp(z))
        yield spot.made("softmax_without_exponential", z / z.sum(axis=-1, keepdims=True))
        yield spot.made("softmax_over_samples", np.exp(z) / np.exp(z).sum(axis=0))
    for mistake, other in USED.items():
        if not isinstance(shape, other):
            yield spot.made(mistake, other().forward(rows).reshape(z.shape))
    if not shape.is_coupled():
        slope = shape.backward(np.ones_like(rows), rows, shape.forward(rows))
        yield spot.made("slope_for_activation", slope.reshape(z.shape))


def loss(spot: Spot) -> Iterator[Variant]:
    """C, or the loss of each output, done wrongly."""
    right, name = spot.right(), spot.trace.network.loss.name
    yield from spot.scaled(right)
    if name in CROSS_ENTROPIES:
        yield spot.made("minus_forgotten", -right)
        yield spot.made("log10_used", right / np.log(10))
        yield spot.made("log2_used", right / np.log(2))
    a, y = spot[f"a{spot.depth}"], spot[spot.trace.target]
    for mistake, each in _other_losses(name, a, y):
        yield spot.made(mistake, _whole(spot, each))
    equation = spot.equation
    if spot.kind == "sample_loss":
        for j in range(min(np.shape(a)[-1], MOST)):
            yield spot.made("output_dropped", right - spot["losses"][..., j] * spot.factor)
    elif isinstance(equation, MeanLoss | SumOverOutputs):
        yield from _something_dropped(spot, spot["losses"], right)
        if name in SQUARES:
            whole = (y - a).sum(axis=-1)
            half = 0.5 if name == "half_squared_error" else 1.0
            if np.shape(a)[-1] > 1:
                yield spot.made("square_of_the_sum", half * spot.factor * np.mean(whole**2))
            yield spot.made("root_taken", spot.factor * np.mean(np.sqrt(((y - a) ** 2).sum(axis=-1))))
            yield spot.made("root_taken", np.sqrt(right))


def _other_losses(name: str, a: Any, y: Any) -> Iterator[tuple[str, Any]]:
    """Each output's loss by another formula."""
    if name in SQUARES:
        for factor in (1.0, 0.5):
            yield "square_forgotten", factor * (y - a)
            yield "square_forgotten", factor * (a - y)
            yield "absolute_for_square", factor * np.abs(y - a)
        yield "plus_for_minus", (y + a) ** 2 * (0.5 if name == "half_squared_error" else 1.0)
        return
    if name == "binary_cross_entropy":
        yield "term_dropped", -y * np.log(a)
        yield "term_dropped", -(1 - y) * np.log(1 - a)
        yield "targets_exchanged", -y * np.log(1 - a) - (1 - y) * np.log(a)
    if name == "cross_entropy":
        yield "other_term_added", -y * np.log(a) - (1 - y) * np.log(1 - a)
    if name in CROSS_ENTROPIES:
        yield "squared_error_used", (y - a) ** 2
        yield "squared_error_used", (y - a) ** 2 / 2


def _whole(spot: Spot, each: Any) -> Any:
    """The loss of the site from that of each output."""
    if spot.kind == "losses":
        return each
    if spot.kind == "sample_loss":
        return each.sum(axis=-1) * spot.factor
    return each.sum() / (len(each) if each.ndim == 2 else 1) * spot.factor


def _something_dropped(spot: Spot, losses: Any, right: Any) -> Iterator[Variant]:
    n = len(losses) if losses.ndim == 2 else 1
    if losses.shape[-1] > 1:
        for j in range(min(losses.shape[-1], MOST)):
            yield spot.made("output_dropped", right - losses[..., j].sum() / n * spot.factor)
    for i in range(min(n, MOST) if n > 1 else 0):
        rest = (losses.sum() - losses[i].sum()) * spot.factor
        yield spot.made("sample_missing", rest / n)
        yield spot.made("sample_missing", rest / (n - 1))
        yield spot.made("one_sample_only", losses[i].sum() * spot.factor)
        yield spot.made("one_sample_only", losses[i].sum() * spot.factor / n)


def is_activation(spot: Spot) -> bool:
    """Whether the site is the activation of a layer."""
    return spot.kind == "a" and isinstance(spot.equation, Elementwise)
