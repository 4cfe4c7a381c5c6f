"""What books and programs call the velocity of momentum: the steps themselves, the gradients, their mean.

All are kept by one rule, v ← μv + c·∂C/∂θ and θ ← θ + f·v, and differ in the two factors. A sheet may say which it
follows, ``velocity: gradients``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

from clearprop.formulas import Momentum, Nesterov, UpdateRule


class Factors(NamedTuple):
    """The factors of a velocity: v ← μv + gain·g and θ ← θ + reach·v."""

    gain: float
    reach: float


class OfGradients(Momentum):
    """v ← μv + g; θ ← θ − ηv. torch.optim.SGD."""

    name = "momentum_of_gradients"

    def update(theta, g, v, rate, momentum):
        v = momentum * v + g
        return theta - rate * v, v


class Subtracted(Momentum):
    """v ← μv + ηg; θ ← θ − v. Ruder, An overview of gradient descent optimization algorithms (2016), eq. 4."""

    name = "momentum_subtracted"

    def update(theta, g, v, rate, momentum):
        v = momentum * v + rate * g
        return theta - v, v


class OfMeans(Momentum):
    """v ← μv + (1 − μ)g; θ ← θ − ηv. Ng, Deep Learning Specialization, gradient descent with momentum."""

    name = "momentum_of_means"

    def update(theta, g, v, rate, momentum):
        v = momentum * v + (1 - momentum) * g
        return theta - rate * v, v


class NesterovOfGradients(Nesterov):
    """v ← μv + g; θ ← θ − η(μv + g). torch.optim.SGD(nesterov=True)."""

    name = "nesterov_of_gradients"

    def update(theta, g, v, rate, momentum):
        v = momentum * v + g
        return theta - rate * (momentum * v + g), v


class NesterovSubtracted(Nesterov):
    """v ← μv + ηg; θ ← θ − μv − ηg."""

    name = "nesterov_subtracted"

    def update(theta, g, v, rate, momentum):
        v = momentum * v + rate * g
        return theta - momentum * v - rate * g, v


RULES: dict[tuple[type[UpdateRule], str], type[UpdateRule]] = {
    (Momentum, "gradients"): OfGradients, (Momentum, "subtracted"): Subtracted, (Momentum, "mean"): OfMeans,
    (Nesterov, "gradients"): NesterovOfGradients, (Nesterov, "subtracted"): NesterovSubtracted,
}  # fmt: skip


def velocities_of(rule: UpdateRule) -> tuple[str, ...]:
    """The velocities that a rule can be written with, next to the usual one; none for a rule without one."""
    plain = next((kind for kind in (Nesterov, Momentum) if isinstance(rule, kind)), None)
    return tuple(velocity for kind, velocity in RULES if kind is plain)


def with_velocity(rule: UpdateRule, velocity: str) -> UpdateRule:
    """The rule with its velocity so; the usual one is that of the steps.

    Examples
    --------
    >>> from clearprop.explain.checking.velocities import with_velocity
    >>> from clearprop.formulas import Momentum
    >>> with_velocity(Momentum(0.5, momentum=0.8), "gradients").apply(1.0, 2.0, (0.0,), rate=0.5, t=1)
    (0.0, 2.0)
    """
    if velocity == "steps":
        return rule
    kind = RULES[type(rule), velocity]
    return kind(**{item.name: getattr(rule, item.name) for item in fields(rule)})


def factors_of(rule: Momentum, rate: float) -> Factors:
    """The factors of a rule's velocity."""
    if isinstance(rule, OfMeans):
        return Factors(1 - rule.momentum, -rate)
    if isinstance(rule, OfGradients | NesterovOfGradients):
        return Factors(1.0, -rate)
    return Factors(rate, -1.0) if isinstance(rule, Subtracted | NesterovSubtracted) else Factors(-rate, 1.0)
