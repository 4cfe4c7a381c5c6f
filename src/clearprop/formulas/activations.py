"""Activations: what a neuron makes of its weighted input, a = σ(z), and how errors pass back through it.

Each class is one formula. ``value`` is the form of the textbooks and what people are shown; ``stable``, where there is
one, is equal to it and does not overflow. ``slope`` is σ′(z) and may use a = σ(z); ``stable_slope`` stands beside it as
``stable`` does beside ``value``. Softmax couples the outputs of a row, so it has a ``pullback`` instead: the error at
z, given the error g at a; beside a slope, a pullback is a quicker way to g times that slope. Without either, the
derivative comes from the tree of the form that is computed; give a ``slope`` where that has a kink which the formula
has not, as |z| at 0 in the stable form of softplus.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, pi, sqrt
from typing import Any, ClassVar

from clearprop.formulas.derivative import pullback as tree_pullback
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, nodes
from clearprop.formulas.formula import Formula, by_name, once_per_class
from clearprop.formulas.vocabulary import (
    absolute,
    array_namespace,
    erf,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    row_max,
    row_sum,
    where,
)
from clearprop.formulas.vocabulary import tanh as tanh_of


class Activation(Formula):
    """Base of the activations.

    Attributes
    ----------
    range : (float, float)
        Between which bounds the values lie; decides which losses fit.
    reaches_bounds : bool
        Whether a finite bound is a value itself, as 0 is for relu.
    is_distribution : bool
        Whether each row of values is a probability distribution, as softmax's is.
    initialiser : str
        The name of the initialiser that suits this activation.

    Examples
    --------
    An activation of one's own works in every room of clearprop:

    >>> import numpy as np
    >>> from clearprop.formulas import Activation, exp
    >>> class Gaussian(Activation):
    ...     def value(z):
    ...         return exp(-(z**2))
    >>> Gaussian().forward(np.array([0.0]))
    array([1.])
    >>> print(Gaussian.tree())
    exp(−z²)
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "value": ("z",),
        "stable": ("z",),
        "slope": ("z", "a"),
        "stable_slope": ("z", "a"),
        "pullback": ("g", "z", "a"),
    }
    argument: ClassVar[str | None] = "z"
    range: ClassVar[tuple[float, float]] = (-inf, inf)
    reaches_bounds: ClassVar[bool] = False
    is_distribution: ClassVar[bool] = False
    initialiser: ClassVar[str] = "glorot_uniform"

    def forward(self, z: Any) -> Any:
        """a = σ(z), same shape and type as `z` (n_samples, n_neurons)."""
        return self.compute("stable" if self.has("stable") else "value", z=z)

    def backward(self, g: Any, z: Any, a: Any) -> Any:
        """∂C/∂z from g = ∂C/∂a: g ⊙ σ′(z), or the Jacobian of a coupled activation applied to g."""
        if self.has("pullback"):
            return self.compute("pullback", g=g, z=z, a=a)
        if self.has("slope"):
            return g * self.compute("stable_slope" if self.has("stable_slope") else "slope", z=z, a=a)
        error = evaluate(self.pullback_tree(), {"g": g, "z": z, "a": a, **self.parameters})
        return error if error.shape == z.shape else array_namespace(z).broadcast_to(error, z.shape)  # one for each row

    @classmethod
    def slope_tree(cls) -> Expression | None:
        """The tree of σ′ in z and a as people are shown it, or None when the outputs of a row are coupled."""
        if cls.has("slope"):
            return cls.tree("slope")
        return None if cls.is_coupled() else tree_pullback(cls.tree(), "z", Constant(1))

    @classmethod
    def pullback_tree(cls) -> Expression:
        """The tree of ∂C/∂z in g, z and a that is computed (and compiled): the stable forms where there are any."""
        if cls.has("pullback"):
            return cls.tree("pullback")
        if cls.has("slope"):
            return Symbol("g") * cls.tree("stable_slope" if cls.has("stable_slope") else "slope")
        return _derived(cls)

    @classmethod
    def is_coupled(cls) -> bool:
        """Whether each output depends on the whole row of z, as softmax does."""
        return any(isinstance(n, Apply) and n.function.startswith("row_") for n in nodes(cls.tree()))


@once_per_class
def _derived(cls: type[Activation]) -> Expression:
    """The derivative of the form that is computed, so that it overflows no earlier than that."""
    return tree_pullback(cls.tree("stable" if cls.has("stable") else "value"), "z", Symbol("g"))


class Identity(Activation):
    """a = z, the output of a regression."""

    def value(z):
        return z

    def slope(z, a):
        return 1


class Logistic(Activation):
    """a = 1 / (1 + e⁻ᶻ), also called sigmoid."""

    range = (0, 1)

    def value(z):
        return 1 / (1 + exp(-z))

    def stable(z):
        e = exp(-absolute(z))
        return where(z >= 0, 1, e) / (1 + e)

    def slope(z, a):
        return a * (1 - a)


class Tanh(Activation):
    """a = tanh z."""

    range = (-1, 1)

    def value(z):
        return tanh_of(z)

    def slope(z, a):
        return 1 - a**2


class Relu(Activation):
    """a = max(z, 0). Nair & Hinton (2010). Its slope at 0 is taken as 0."""

    range, reaches_bounds = (0, inf), True
    initialiser = "he_uniform"

    def value(z):
        return maximum(z, 0)

    def slope(z, a):
        return where(z > 0, 1, 0)

    def pullback(g, z, a):  # g times the slope, without making an array of ones and zeros first
        return where(z > 0, g, 0)


class LeakyRelu(Activation):
    """a = z for z > 0, otherwise a small multiple of z. Maas, Hannun & Ng (2013)."""

    initialiser = "he_uniform"
    negative_slope: float = 0.01

    def value(z, negative_slope):
        return where(z > 0, z, negative_slope * z)

    def slope(z, a, negative_slope):
        return where(z > 0, 1, negative_slope)


class Elu(Activation):
    """a = z for z > 0, otherwise α(eᶻ − 1). Clevert, Unterthiner & Hochreiter (2016)."""

    initialiser = "he_uniform"
    alpha: float = 1.0

    def value(z, alpha):
        return where(z > 0, z, alpha * (exp(minimum(z, 0)) - 1))

    def stable(z, alpha):
        return where(z > 0, z, alpha * expm1(minimum(z, 0)))

    def slope(z, a, alpha):
        return where(z > 0, 1, alpha * exp(minimum(z, 0)))


class Selu(Activation):
    """a = λ·elu(z) with the two constants that keep mean 0 and variance 1. Klambauer et al. (2017), appendix A1."""

    initialiser = "lecun_normal"
    alpha: float = 1.6732632423543772
    scale: float = 1.0507009873554805

    def value(z, alpha, scale):
        return scale * Elu.value(z, alpha)

    def stable(z, alpha, scale):
        return scale * Elu.stable(z, alpha)

    def slope(z, a, alpha, scale):
        return scale * Elu.slope(z, a, alpha)


class Gelu(Activation):
    """a = z·Φ(z), Φ the normal distribution function. Hendrycks & Gimpel (2016), the exact form."""

    initialiser = "he_uniform"

    def value(z):
        return z * (1 + erf(z / sqrt(2))) / 2

    def slope(z, a):
        return (1 + erf(z / sqrt(2))) / 2 + z * exp(-(z**2) / 2) / sqrt(2 * pi)


class Silu(Activation):
    """a = z / (1 + e⁻ᶻ), also called swish. Elfwing, Uchibe & Doya (2018)."""

    initialiser = "he_uniform"

    def value(z):
        return z / (1 + exp(-z))

    def stable(z):
        return z * Logistic.stable(z)

    def slope(z, a):
        return (1 + exp(-z) + z * exp(-z)) / (1 + exp(-z)) ** 2

    def stable_slope(z, a):
        sigma = Logistic.stable(z)
        return sigma + a * (1 - sigma)


class Softplus(Activation):
    """a = log(1 + eᶻ), a smooth relu. Dugas et al. (2001)."""

    range = (0, inf)

    def value(z):
        return log(1 + exp(z))

    def stable(z):
        return maximum(z, 0) + log1p(exp(-absolute(z)))

    def slope(z, a):
        return 1 / (1 + exp(-z))

    def stable_slope(z, a):
        return Logistic.stable(z)


class Mish(Activation):
    """a = z·tanh(softplus(z)). Misra (2020)."""

    initialiser = "he_uniform"

    def value(z):
        return z * tanh_of(log(1 + exp(z)))

    def stable(z):
        return z * tanh_of(Softplus.stable(z))

    def slope(z, a):
        t = tanh_of(log(1 + exp(z)))
        return t + z * (1 - t**2) / (1 + exp(-z))

    def stable_slope(z, a):
        t = tanh_of(Softplus.stable(z))
        return t + z * (1 - t**2) * Logistic.stable(z)


class Exp(Activation):
    """a = eᶻ, the output for a Poisson mean."""

    range = (0, inf)

    def value(z):
        return exp(z)

    def slope(z, a):
        return a


class Softmax(Activation):
    """aⱼ = e^(zⱼ) / Σₖ e^(zₖ): the outputs of a row are positive and sum to one.

    Its Jacobian ∂aₖ/∂zⱼ = aₖ([k = j] − aⱼ), applied to an error g, gives aⱼ(gⱼ − Σₖ gₖaₖ).
    """

    range, is_distribution = (0, 1), True

    def value(z):
        return exp(z) / row_sum(exp(z))

    def stable(z):
        e = exp(z - row_max(z))
        return e / row_sum(e)

    def pullback(g, z, a):
        return a * (g - row_sum(g * a))


ACTIVATIONS: Mapping[str, type[Activation]] = {
    **{
        cls.name: cls
        for cls in (
            Identity, Logistic, Tanh, Relu, LeakyRelu, Elu, Selu, Gelu, Silu, Mish, Softplus, Exp, Softmax
        )
    },
    "sigmoid": Logistic,
}  # fmt: skip


def activation(given: str | Activation | type[Activation]) -> Activation:
    """The activation of this name, class or instance.

    Examples
    --------
    >>> from clearprop.formulas import activation
    >>> activation("sigmoid")
    Logistic()
    """
    return by_name("activation", given, ACTIVATIONS)
