"""Losses: how far the output activations a are from the targets y.

Each class is one formula for one output; a network's loss is the weighted mean over samples of the sum over outputs.
Each docstring says its constant (½ or not). ``slope`` is ∂C/∂a. Which output activation fits which loss follows from
the values that the activation can take and those that the loss can use: `fitting_activations`, `table_of_fits`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

from clearprop.formulas.activation_base import Activation
from clearprop.formulas.activation_names import ACTIVATIONS
from clearprop.formulas.derivative import pullback as tree_pullback
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Constant, Expression
from clearprop.formulas.formula import Formula, by_name, once_per_class
from clearprop.formulas.vocabulary import absolute, log, sign, where


class Loss(Formula):
    """Base of the losses.

    Attributes
    ----------
    domain : (float, float)
        The outputs a for which the loss is defined lie strictly between these bounds (infinite: anywhere).
    targets : (float, float)
        The targets y lie between these bounds, which are allowed.
    is_distribution : bool
        Whether each row of outputs and of targets is a probability distribution.
    natural_output : str
        The output activation taken when none is named.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import SquaredError
    >>> SquaredError().forward(np.array([[0.6]]), np.array([[0.8]]))
    array([[0.04]])
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("a", "y"), "slope": ("a", "y")}
    argument: ClassVar[str | None] = "a"
    domain: ClassVar[tuple[float, float]] = (-inf, inf)
    targets: ClassVar[tuple[float, float]] = (-inf, inf)
    is_distribution: ClassVar[bool] = False
    natural_output: ClassVar[str] = "identity"

    def forward(self, a: Any, y: Any) -> Any:
        """The loss of every output, same shape as `a` and `y` (n_samples, n_outputs)."""
        return self.compute("value", a=a, y=y)

    def backward(self, a: Any, y: Any) -> Any:
        """∂C/∂a of every output, for the sum over outputs of one sample."""
        if self.has("slope"):
            return self.compute("slope", a=a, y=y)
        return evaluate(self.slope_tree(), {"a": a, "y": y, **self.parameters})

    @classmethod
    def slope_tree(cls) -> Expression:
        """The tree of ∂C/∂a in a and y."""
        return cls.tree("slope") if cls.has("slope") else _derived(cls)

    @classmethod
    def fits(cls, output: Activation | type[Activation]) -> bool:
        """Whether every value of this output activation is one that the loss can use."""
        (low, high), (least, most) = cls.domain, output.range
        if output.reaches_bounds:
            inside = (least > low or low == -inf) and (most < high or high == inf)
        else:
            inside = least >= low and most <= high
        return inside and (output.is_distribution or not cls.is_distribution)


@once_per_class
def _derived(cls: type[Loss]) -> Expression:
    return tree_pullback(cls.tree(), "a", Constant(1))


class SquaredError(Loss):
    """C = (y − a)², without ½."""

    def value(a, y):
        return (y - a) ** 2

    def slope(a, y):
        return 2 * (a - y)


class HalfSquaredError(Loss):
    """C = ½(y − a)²: the ½ of the textbooks, so that the slope is a − y."""

    def value(a, y):
        return (y - a) ** 2 / 2

    def slope(a, y):
        return a - y


class AbsoluteError(Loss):
    """C = |y − a|, whose best constant prediction is the median."""

    def value(a, y):
        return absolute(y - a)

    def slope(a, y):
        return sign(a - y)


class Huber(Loss):
    """C = ½(y − a)² up to |y − a| = δ, δ(|y − a| − ½δ) beyond. Huber (1964)."""

    delta: float = 1.0
    parameter_ranges: ClassVar = {"delta": "(0, inf)"}

    def value(a, y, delta):
        return where(absolute(y - a) <= delta, (y - a) ** 2 / 2, delta * (absolute(y - a) - delta / 2))

    def slope(a, y, delta):
        return where(absolute(y - a) <= delta, a - y, delta * sign(a - y))


class Quantile(Loss):
    """C = q(y − a) for y ≥ a, (1 − q)(a − y) below: the pinball loss. Koenker & Bassett (1978)."""

    quantile: float = 0.5
    parameter_ranges: ClassVar = {"quantile": "(0, 1)"}

    def value(a, y, quantile):
        return where(y >= a, quantile * (y - a), (1 - quantile) * (a - y))

    def slope(a, y, quantile):
        return where(y >= a, -quantile, 1 - quantile)


class Poisson(Loss):
    """C = y log(y/a) − y + a, half the Poisson deviance; y log(y/a) counts as 0 for y = 0."""

    domain = (0, inf)
    targets = (0, inf)
    natural_output = "exp"

    def value(a, y):
        return where(y > 0, y * log(where(y > 0, y, 1) / a), 0) - y + a

    def slope(a, y):
        return 1 - y / a


class CrossEntropy(Loss):
    """C = −y log a, summed over the classes, y a distribution over them (one-hot for a known class)."""

    domain = (0, 1)
    targets = (0, 1)
    is_distribution = True
    natural_output = "softmax"

    def value(a, y):
        return -y * log(a)

    def slope(a, y):
        return -y / a


class BinaryCrossEntropy(Loss):
    """C = −y log a − (1 − y) log(1 − a), for two classes, or for each label of a multi-label target."""

    domain = (0, 1)
    targets = (0, 1)
    natural_output = "logistic"

    def value(a, y):
        return -y * log(a) - (1 - y) * log(1 - a)

    def slope(a, y):
        return (a - y) / (a * (1 - a))


LOSSES: Mapping[str, type[Loss]] = {
    cls.name: cls
    for cls in (
        SquaredError, HalfSquaredError, AbsoluteError, Huber, Quantile, Poisson, CrossEntropy, BinaryCrossEntropy
    )
}  # fmt: skip


def loss_function(given: str | Loss | type[Loss]) -> Loss:
    """The loss of this name, class or instance.

    Examples
    --------
    >>> from clearprop.formulas import loss_function
    >>> loss_function("huber")
    Huber(delta=1.0)
    """
    return by_name("loss", given, LOSSES)


def fitting_activations(loss: str | Loss | type[Loss]) -> list[str]:
    """The names of the output activations whose every value this loss can use.

    Examples
    --------
    >>> from clearprop.formulas import fitting_activations
    >>> fitting_activations("poisson")
    ['logistic', 'softplus', 'exp', 'softmax', 'softplus_threshold']
    """
    found = loss_function(loss)
    return [name for name, cls in ACTIVATIONS.items() if name == cls.name and found.fits(cls)]


def table_of_fits() -> str:
    """A Markdown table: which output activation fits which loss. The natural one of each loss is in bold.

    Examples
    --------
    >>> from clearprop.formulas import table_of_fits
    >>> print(table_of_fits().splitlines()[-1])
    | binary_cross_entropy | **logistic**, softmax |
    """
    lines = ["| loss | output activations that fit |", "|---|---|"]
    for name, cls in LOSSES.items():
        fitting = [f"**{n}**" if n == cls.natural_output else n for n in fitting_activations(cls)]
        lines.append(f"| {name} | {', '.join(fitting)} |")
    return "\n".join(lines)
