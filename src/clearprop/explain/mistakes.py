"""The mistakes that hand calculations make, each as the calculation that makes it.

A mistake belongs to one site. It computes that site wrongly, from values that are otherwise right; what follows from
it further down is computed by the right equations. So `check` finds it even where the wrong line itself was not
written down, as in Mazur's example: the published loss after the update comes from hidden errors that were carried
back over output weights already updated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.explain.equations import CarriedBack, Elementwise, OuterProduct, Product, SumOverSamples, WeightedSum
from clearprop.explain.totals import MeanLoss
from clearprop.explain.trace import Trace

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Variant:
    """A mistake made at one site.

    Attributes
    ----------
    mistake : str
        Key of the words that name it.
    site : str
        Where it is made.
    value : array
        What the site then is.
    """

    mistake: str
    site: str
    value: Any


MISTAKES = (
    "bias_forgotten", "bias_not_updated", "updated_weights", "slope_left_out", "slope_at_a", "weight_left_out",
    "gradients_summed", "transposed", "path_dropped", "input_dropped", "sign", "gradient_added", "two_lost",
    "half_lost", "mean_lost", "input_for_activation", "weighted_input_for_activation", "weights_for_activations",
    "activation_left_out", "rate_left_out", "output_dropped",
)  # fmt: skip


def variants(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    """Every mistake that can be made at a site, computed from the values of `world`."""
    equation = trace[site].equation
    kind = site.rstrip("0123456789")
    with np.errstate(all="ignore"):
        if isinstance(equation, WeightedSum):
            yield from _weighted_sum(trace, site, equation, world)
        elif isinstance(equation, CarriedBack):
            yield from _carried_back(trace, site, equation, world)
        elif kind == "slope":
            yield from _slope(trace, site, world)
        elif kind == "delta":
            yield from _delta(trace, site, world)
        elif isinstance(equation, OuterProduct):
            yield from _outer(trace, site, equation, world)
        elif isinstance(equation, SumOverSamples):
            yield from _scaled(trace, site, equation.compute(world))
        elif kind in ("error", "losses") or isinstance(equation, MeanLoss):
            yield from _loss(trace, site, world)
        elif site.endswith("_new") and site[0] in "Wb":
            yield from _update(trace, site, world)
        elif kind == "a" and isinstance(equation, Elementwise):
            yield Variant("activation_left_out", site, world[f"z{site[1:]}"])


def _weighted_sum(trace: Trace, site: str, equation: WeightedSum, world: Arrays) -> Iterator[Variant]:
    a, W, b = (world[name] for name in equation.inputs)
    right = a @ W + b
    yield Variant("bias_forgotten", site, right - b)
    if W.shape[0] == W.shape[1] > 1:
        yield Variant("transposed", site, a @ W.T + b)
    for k in range(W.shape[0] if W.shape[0] > 1 else 0):
        yield Variant("input_dropped", site, right - a[..., k, None] * W[k])


def _carried_back(trace: Trace, site: str, equation: CarriedBack, world: Arrays) -> Iterator[Variant]:
    delta, W = (world[name] for name in equation.inputs)
    right = delta @ W.T
    yield Variant("updated_weights", site, delta @ world[f"{equation.W}_new"].T)
    yield Variant("weight_left_out", site, delta.sum(axis=-1, keepdims=True) + 0 * right)
    gradients = world[f"d{equation.W}"].sum(axis=1)
    yield Variant("gradients_summed", site, gradients + 0 * right)
    if W.shape[0] == W.shape[1] > 1:
        yield Variant("transposed", site, delta @ W)
    for j in range(W.shape[1] if W.shape[1] > 1 else 0):
        yield Variant("path_dropped", site, right - delta[..., j, None] * W[:, j])
    yield Variant("sign", site, -right)


def _slope(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    l = int(site[5:])
    shape = trace.network.layers[l - 1].activation
    a = np.atleast_2d(world[f"a{l}"])
    found = shape.backward(np.ones_like(a), a, shape.forward(a))
    yield Variant("slope_at_a", site, found.reshape(np.shape(world[f"a{l}"])))


def _delta(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    equation = trace[site].equation
    right = equation.compute(world)
    if isinstance(equation, Product):
        error = world[equation.error]
        yield Variant("slope_left_out", site, error)
        for found in _slope(trace, equation.slope, world):
            yield Variant("slope_at_a", site, error * found.value)
    yield from _scaled(trace, site, right)
    yield Variant("sign", site, -right)


def _outer(trace: Trace, site: str, equation: OuterProduct, world: Arrays) -> Iterator[Variant]:
    a, delta = (world[name] for name in equation.inputs)
    right = equation.compute(world)
    l = int(site[2:])
    W = world[f"W{l}"]
    yield Variant("weights_for_activations", site, W * (delta.sum(axis=0) if delta.ndim == 2 else delta))
    if l > 1:
        others = (("input_for_activation", world["a0"]), ("weighted_input_for_activation", world[f"z{l - 1}"]))
        for name, other in others:
            if other.shape == a.shape:
                yield Variant(name, site, other.T @ delta if delta.ndim == 2 else other[:, None] * delta)
    if right.shape[0] == right.shape[1] > 1:
        yield Variant("transposed", site, right.T)
    yield from _scaled(trace, site, right)
    yield Variant("sign", site, -right)


def _loss(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    equation = trace[site].equation
    right = equation.compute(world)
    yield from _scaled(trace, site, right)
    if site.startswith("error"):
        yield Variant("sign", site, -right)
    if isinstance(equation, MeanLoss):
        losses = world[equation.losses]
        for j in range(losses.shape[-1] if losses.shape[-1] > 1 else 0):
            share = losses[..., j].sum() / (len(losses) if losses.ndim == 2 else 1)
            yield Variant("output_dropped", site, right - share)


def _scaled(trace: Trace, site: str, right: Any) -> Iterator[Variant]:
    """A constant factor lost: the 2 of (y − a)², the ½ of ½(y − a)², the 1/n of the mean."""
    if trace.network.loss.name == "squared_error" and site != "loss" and site != "losses":
        yield Variant("two_lost", site, right / 2)
    if trace.network.loss.name == "half_squared_error":
        yield Variant("half_lost", site, right * 2)
    if trace.is_batch and trace.n_samples > 1 and site != "losses":
        yield Variant("mean_lost", site, right * trace.n_samples)


def _update(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    name = site.removesuffix("_new")
    old, right = world[name], trace[site].equation.compute(world)
    gradient = world[f"d{name}"]
    yield Variant("gradient_added", site, 2 * old - right)
    rate = float(world.get(f"rate_{name}", world["rate"]))
    if trace.optimizer.name == "sgd" and rate not in (0.0, 1.0):
        yield Variant("rate_left_out", site, old - gradient)
    if name.startswith("b"):
        yield Variant("bias_not_updated", site, old)
