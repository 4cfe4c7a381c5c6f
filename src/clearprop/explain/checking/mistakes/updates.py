"""Mistakes in the update: of gradient descent, and those of each optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.explain.checking.mistakes.spot import Spot, Variant
from clearprop.explain.checking.velocities import OfMeans, factors_of
from clearprop.formulas import Adam, Momentum, Nesterov, RMSProp, UpdateRule
from clearprop.trace.equations import Elementwise


def update(spot: Spot) -> Iterator[Variant]:
    """New weights or biases done wrongly."""
    name = spot.site.removesuffix("_new")
    old, right, g = spot[name], spot.right(), _gradient(spot, name)
    rule, rate = spot.trace.optimizer, float(spot.world.get(f"rate_{name}", spot["rate"]))
    step = right - old
    yield spot.made("gradient_added", old - step)
    yield spot.made("bias_not_updated" if name.startswith("b") else "weight_not_updated", old)
    if rate not in (0.0, 1.0):
        yield spot.made("rate_left_out", old + step / rate)
        yield spot.made("rate_squared", old + step * rate)
    if rate == 0 and name.startswith("b"):
        yield spot.made("bias_updated", old - float(spot["rate"]) * g)
        return
    yield spot.made("rate_ten_times", old + 10 * step)
    yield spot.made("rate_a_tenth", old + step / 10)
    yield spot.made("old_weight_left_out", step)
    yield spot.made("old_weight_left_out", -step)
    yield from _another_step(spot, old, step)
    for variant in spot.scaled(step):
        yield spot.made(variant.mistake, old + variant.value)
    yield from _of_the_rule(spot, rule, name, old, g, rate)


def _gradient(spot: Spot, name: str) -> Any:
    """What the update formula takes for g."""
    equation = spot.equation
    site = equation.sites.get("g", f"d{name}") if isinstance(equation, Elementwise) else f"d{name}"
    return spot[site]


def _another_step(spot: Spot, old: Any, step: Any) -> Iterator[Variant]:
    """The step of a neighbour, or the weight of a neighbour."""
    if step.ndim == 2 and step.shape[0] == step.shape[1] > 1:
        yield spot.made("transposed", old + step.T)
    if step.size < 2:
        return
    for axis in range(step.ndim):
        if step.shape[axis] > 1:
            yield spot.made("step_of_another_weight", old + np.flip(step, axis))
            yield spot.made("weight_of_a_neighbour", np.flip(old, axis) + step)
    if step.ndim == 2:
        yield spot.made("step_of_another_weight", old + np.flip(step))
        yield spot.made("weight_of_a_neighbour", np.flip(old) + step)


def _of_the_rule(spot: Spot, rule: UpdateRule, name: str, old: Any, g: Any, rate: float) -> Iterator[Variant]:
    """The optimizer's own mistakes."""
    if rule.memory:
        yield spot.made("plain_sgd", old - rate * g)
    memory = {key: spot[f"{key}_{name}"] for key in rule.memory}
    t = int(spot.trace.step)
    for mistake, other, changed in _others(rule, g, memory, old):
        with np.errstate(all="ignore"):
            found = other.apply(old, changed, tuple(memory.values()), rate=rate, t=t, decay=float(name[0] == "W"))
        yield spot.made(mistake, found[0])
    decayed = old * (1 - rate * rule.weight_decay) if name.startswith("W") else old
    if isinstance(rule, Adam):
        yield from _adam(spot, rule, name, decayed, rate)
    if isinstance(rule, Nesterov):
        yield spot.made("momentum_for_nesterov", decayed + factors_of(rule, rate).reach * spot[f"v_{name}_new"])
    elif isinstance(rule, Momentum):
        gain, reach = factors_of(rule, rate)
        ahead = rule.momentum * spot[f"v_{name}_new"] + gain * g
        yield spot.made("nesterov_for_momentum", decayed + reach * ahead)
    if isinstance(rule, RMSProp):
        v = spot[f"v_{name}_new"]
        yield spot.made("epsilon_under_root", old - rate * g / np.sqrt(v + rule.epsilon))
        yield spot.made("root_forgotten", old - rate * g / (v + rule.epsilon))


def _others(rule: UpdateRule, g: Any, memory: Mapping[str, Any], old: Any) -> Iterator[tuple[str, UpdateRule, Any]]:
    """Other rules and gradients that the step may have been made with."""
    if rule.weight_decay:
        yield "decay_left_out", replace(rule, weight_decay=0.0), g
        yield "decay_in_gradient", replace(rule, weight_decay=0.0), g + rule.weight_decay * old
    if isinstance(rule, Adam):
        yield "betas_exchanged", replace(rule, beta1=rule.beta2, beta2=rule.beta1), g
    if isinstance(rule, Momentum):
        yield "coefficient_exchanged", replace(rule, momentum=1 - rule.momentum), g
        yield "gradient_damped", rule, (1 - rule.momentum) * g
    if isinstance(rule, RMSProp):
        yield "coefficient_exchanged", replace(rule, rho=1 - rule.rho), g


def _adam(spot: Spot, rule: Adam, name: str, decayed: Any, rate: float) -> Iterator[Variant]:
    m, v = spot[f"m_{name}_new"], spot[f"v_{name}_new"]
    m_hat, v_hat = spot[f"m_hat_{name}"], spot[f"v_hat_{name}"]

    def made(mistake: str, first: Any, second: Any) -> Variant:
        return spot.made(mistake, decayed - rate * first / second)

    with np.errstate(all="ignore"):
        yield made("no_bias_correction", m, np.sqrt(v) + rule.epsilon)
        yield made("no_correction_of_m", m, np.sqrt(v_hat) + rule.epsilon)
        yield made("no_correction_of_v", m_hat, np.sqrt(v) + rule.epsilon)
        yield made("epsilon_under_root", m_hat, np.sqrt(v_hat + rule.epsilon))
        yield made("root_forgotten", m_hat, v_hat + rule.epsilon)


def remembered(spot: Spot) -> Iterator[Variant]:
    """The optimizer's new memory done wrongly."""
    memory, _, block = spot.site.removesuffix("_new").partition("_")
    rule, right, before = spot.trace.optimizer, spot.right(), spot[f"{memory}_{block}"]
    g = _gradient(spot, block)
    yield spot.made("memory_not_updated", before)
    if isinstance(rule, Momentum):
        yield spot.made("sign", -right)
        yield from _velocity(spot, rule, float(spot.world.get(f"rate_{block}", spot["rate"])), before, g)
        return
    beta = {"m": getattr(rule, "beta1", 0.0), "v": getattr(rule, "beta2", getattr(rule, "rho", 0.0))}[memory]
    new = g**2 if memory == "v" else g
    yield spot.made("coefficient_exchanged", (1 - beta) * before + beta * new)
    yield spot.made("one_minus_beta_lost", beta * before + new)
    yield spot.made("memory_left_out", (1 - beta) * new)
    if isinstance(rule, Adam):
        other = rule.beta2 if memory == "m" else rule.beta1
        yield spot.made("betas_exchanged", other * before + (1 - other) * new)
    if memory == "v":
        yield spot.made("square_forgotten_in_v", beta * before + (1 - beta) * g)
        yield spot.made("square_of_all", beta * before + ((1 - beta) * g) ** 2)
    else:
        yield spot.made("sign", -right)


def _velocity(spot: Spot, rule: Momentum, rate: float, before: Any, g: Any) -> Iterator[Variant]:
    """The velocity of momentum done wrongly."""
    mu, gain = rule.momentum, factors_of(rule, rate).gain
    if abs(gain) == rate:
        yield spot.made("rate_left_out", mu * before - g)
        yield spot.made("rate_left_out", mu * before + g)
    else:
        yield spot.made("rate_included", mu * before + gain * rate * g)
    if isinstance(rule, OfMeans):
        yield spot.made("coefficient_exchanged", (1 - mu) * before + mu * g)
        yield spot.made("one_minus_beta_lost", mu * before + g)
    else:
        yield spot.made("coefficient_exchanged", (1 - mu) * before + gain * g)
        yield spot.made("gradient_damped", mu * before + (1 - mu) * gain * g)
    yield spot.made("memory_left_out", gain * g)


def corrected(spot: Spot) -> Iterator[Variant]:
    """m̂ and v̂ done wrongly."""
    memory, _, block = spot.site.split("_")
    rule, t = spot.trace.optimizer, int(spot.trace.step)
    assert isinstance(rule, Adam)
    new = spot[f"{memory}_{block}_new"]
    own, other = (rule.beta1, rule.beta2) if memory == "m" else (rule.beta2, rule.beta1)
    yield spot.made("no_bias_correction", new)
    yield spot.made("betas_exchanged", new / (1 - other**t))
    yield spot.made("correction_multiplied", new * (1 - own**t))
    if t > 1:
        yield spot.made("power_forgotten", new / (1 - own))
    yield spot.made("correction_by_beta", new / own**t)
    if memory == "v":
        yield spot.made("root_taken_early", np.sqrt(np.abs(new)) / np.sqrt(1 - own**t))
