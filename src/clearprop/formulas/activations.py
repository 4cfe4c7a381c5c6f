"""The activations of the textbooks: a = σ(z), each class one formula; `activation_base` says what their forms are.

Those that networks of other libraries bring are in `library_activations`, the names of all in `activation_names`.
"""

from __future__ import annotations

from math import inf, pi, sqrt

from clearprop.formulas.activation_base import Activation
from clearprop.formulas.vocabulary import (
    absolute,
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

    def stable(z):  # 2z may be infinite
        return z * ((1 + erf(z / sqrt(2))) / 2)

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
