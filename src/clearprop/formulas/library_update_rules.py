"""Update rules in the forms that other libraries give them, for going on with what was trained there.

They differ from those of `clearprop.formulas.update_rules` in where ε stands, in whether a velocity holds the rate, and
in weight decay that is a penalty ½λθ² on every parameter (``l2``) and not a decay beside the step. ``optimizer=`` and
``solver=`` take them like any rule, and files know them by `LIBRARY_UPDATE_RULES`; to ask for one, give its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clearprop.formulas.update_rules import Adam, RMSProp, UpdateRule
from clearprop.formulas.vocabulary import sqrt


class TorchMomentum(UpdateRule):
    """v ← μv + g; θ ← θ − ηv: PyTorch's SGD, whose velocity does not hold the rate; g has l2·θ added first."""

    memory = ("v",)
    learning_rate: float = 0.001
    momentum: float = 0.9
    l2: float = 0.0
    parameter_ranges: ClassVar = {"momentum": "[0, 1]", "l2": "[0, inf)"}

    def update(theta, g, v, rate, momentum, l2):
        v = momentum * v + g + l2 * theta
        return theta - rate * v, v


class TorchNesterov(TorchMomentum):
    """v ← μv + g; θ ← θ − η(g + μv): PyTorch's SGD with nesterov=True; g has l2·θ added first."""

    def update(theta, g, v, rate, momentum, l2):
        g = g + l2 * theta
        v = momentum * v + g
        return theta - rate * (g + momentum * v), v


class TorchAdam(UpdateRule):
    """Adam on g + l2·θ: PyTorch's Adam, whose weight_decay is a penalty on every parameter."""

    memory = ("m", "v")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    l2: float = 0.0
    parameter_ranges: ClassVar = {"beta1": "[0, 1)", "beta2": "[0, 1)", "epsilon": "(0, inf)", "l2": "[0, inf)"}

    def update(theta, g, m, v, rate, t, beta1, beta2, epsilon, l2):
        return Adam.update(theta, g + l2 * theta, m, v, rate, t, beta1, beta2, epsilon)


class TorchRMSProp(UpdateRule):
    """RMSProp on g + l2·θ: PyTorch's RMSprop, whose weight_decay is a penalty on every parameter."""

    name = "torch_rmsprop"
    memory = ("v",)
    learning_rate: float = 0.01
    rho: float = 0.99
    epsilon: float = 1e-8
    l2: float = 0.0
    parameter_ranges: ClassVar = {"rho": "[0, 1)", "epsilon": "(0, inf)", "l2": "[0, inf)"}

    def update(theta, g, v, rate, rho, epsilon, l2):
        return RMSProp.update(theta, g + l2 * theta, v, rate, rho, epsilon)


class KerasAdam(UpdateRule):
    """θ ← θ − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε), m and v as in Adam: Keras' and scikit-learn's.

    It is the order of computation at the end of section 2 of Kingma & Ba (2015), with ε for their ε̂: in the first steps
    ε weighs more than in algorithm 1.
    """

    memory = ("m", "v")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    parameter_ranges: ClassVar = {"beta1": "[0, 1)", "beta2": "[0, 1)", "epsilon": "(0, inf)"}

    def update(theta, g, m, v, rate, t, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        return theta - rate * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon), m, v


class KerasRMSProp(UpdateRule):
    """v ← ρv + (1 − ρ)g²; θ ← θ − ηg/√(v + ε): Keras' RMSprop, whose ε is inside the root."""

    name = "keras_rmsprop"
    memory = ("v",)
    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7
    parameter_ranges: ClassVar = {"rho": "[0, 1)", "epsilon": "(0, inf)"}

    def update(theta, g, v, rate, rho, epsilon):
        v = rho * v + (1 - rho) * g**2
        return theta - rate * g / sqrt(v + epsilon), v


LIBRARY_UPDATE_RULES: Mapping[str, type[UpdateRule]] = {
    cls.name: cls for cls in (TorchMomentum, TorchNesterov, TorchAdam, TorchRMSProp, KerasAdam, KerasRMSProp)
}
