"""Mistakes in the gradients of weights and biases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clearprop.explain.checking.mistakes.spot import MOST, Spot, Variant
from clearprop.trace.equations import OuterProduct


def outer(spot: Spot, equation: OuterProduct) -> Iterator[Variant]:
    """∂C/∂W = aᵀδ done wrongly."""
    a, delta = (spot[name] for name in equation.inputs)
    right, l, factor = spot.right(), spot.layer, spot.factor
    W = spot[f"W{l}"]
    total = delta.sum(axis=0) if delta.ndim == 2 else delta
    yield spot.made("weights_for_activations", factor * W * total)
    if l > 1:
        others = {"input_for_activation": spot["a0"], "weighted_input_for_activation": spot[f"z{l - 1}"]}
        for mistake, other in others.items():
            if other.shape == a.shape:
                yield spot.made(mistake, factor * _outer(other, delta))
    yield from _other_factors(spot, a, delta)
    if right.shape[0] == right.shape[1] > 1:
        yield spot.made("transposed", right.T)
    elif min(right.shape) > 1:
        yield spot.made("transposed", right.T.reshape(right.shape))
    yield from spot.scaled(right)
    yield spot.made("sign", -right)
    yield spot.made("delta_without_activation", factor * total + 0 * right)
    yield spot.made("rate_included", right * float(spot["rate"]))
    yield from _samples(spot, right, lambda i: factor * a[i, :, None] * delta[i])


def _other_factors(spot: Spot, a: Any, delta: Any) -> Iterator[Variant]:
    """Another a, another δ, or the error in place of δ."""
    l, factor = spot.layer, spot.factor
    for m in range(spot.depth + 1):
        name = f"a{m}"
        if m != l - 1 and (m != 0 or l == 1) and spot[name].shape == a.shape:
            yield spot.made("activation_of_another_layer", factor * _outer(spot[name], delta))
        elif m == l:
            yield spot.made("activation_of_another_layer", factor * _summed(spot[name] * delta))
    for m in range(1, spot.depth + 1):
        other = spot[f"delta{m}"]
        if m != l and (other.shape == delta.shape or other.shape[-1] == 1):
            yield spot.made("delta_of_another_layer", factor * _outer(a, other + 0 * delta))
    yield spot.made("error_for_delta", factor * _outer(a, spot[f"error{l}"]))
    if a.shape[-1] > 1:
        yield spot.made("inputs_exchanged", factor * _outer(a[..., ::-1], delta))


def _outer(a: Any, delta: Any) -> Any:
    return a.T @ delta if delta.ndim == 2 else a[:, None] * delta


def over_samples(spot: Spot) -> Iterator[Variant]:
    """∂C/∂b = Σδ done wrongly."""
    right, l = spot.right(), spot.layer
    delta, factor = spot[f"delta{l}"], spot.factor
    yield from spot.scaled(right)
    yield spot.made("sign", -right)
    yield spot.made("error_for_delta", factor * _summed(spot[f"error{l}"]))
    if len(right) > 1:
        yield spot.made("bias_gradients_summed", right.sum())
    if np.any(spot[f"b{l}"]):
        yield spot.made("bias_multiplied", right * spot[f"b{l}"])
    yield spot.made("rate_included", right * float(spot["rate"]))
    for m in range(1, spot.depth + 1):
        other = _summed(spot[f"delta{m}"])
        if m != l and other.shape in ((1,), right.shape):
            yield spot.made("delta_of_another_layer", factor * other)
    yield from _samples(spot, right, lambda i: factor * delta[i])


def _summed(values: Any) -> Any:
    return values.sum(axis=0) if values.ndim == 2 else values


def _samples(spot: Spot, right: Any, share: Any) -> Iterator[Variant]:
    """Samples left out of a sum over samples; alone, with and without the 1/n."""
    if not spot.is_batch:
        return
    n = spot.trace.n_samples
    for i in range(min(n, MOST)):
        yield spot.made("sample_missing", right - share(i))
        yield spot.made("sample_missing", (right - share(i)) * n / (n - 1))
    for i in range(min(n, MOST)):
        yield spot.made("one_sample_only", share(i))
        yield spot.made("one_sample_only", share(i) * n)
