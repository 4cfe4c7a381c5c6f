"""The activations that networks of other libraries have beside those of `clearprop.formulas.activations`.

Constants differ from library to library (HardSigmoid is z/6 + ½ in PyTorch and Keras, 0.2z + ½ by ONNX's default), so
they are parameters; the defaults are those of PyTorch. At a kink the slope is PyTorch's too, 0 at the ends of a
hard tanh, say. The last ones of the file are in no table of names: few networks have them, and every name in the table
is eight kernels in a wheel. They are saved with a model, exported and explained as a formula of one's own is.
"""

from __future__ import annotations

from math import inf, pi, sqrt
from typing import ClassVar

from clearprop.errors import InputError
from clearprop.formulas.activation_base import Activation
from clearprop.formulas.activations import Logistic, Softplus
from clearprop.formulas.vocabulary import absolute, exp, expm1, log, maximum, minimum, row_max, row_sum, where
from clearprop.formulas.vocabulary import sqrt as sqrt_of
from clearprop.formulas.vocabulary import tanh as tanh_of


class Relu6(Activation):
    """a = min(max(z, 0), ceiling). Krizhevsky (2010), with 6 as in MobileNet."""

    range, reaches_bounds = (0, inf), True
    initialiser = "he_uniform"
    ceiling: float = 6.0
    parameter_ranges: ClassVar = {"ceiling": "(0, inf)"}

    def value(z, ceiling):
        return minimum(maximum(z, 0), ceiling)

    def slope(z, a, ceiling):
        return where(z > 0, where(z < ceiling, 1, 0), 0)


class HardTanh(Activation):
    """a = z between two bounds, and the nearer bound outside of them. Collobert (2004)."""

    reaches_bounds = True
    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise InputError(f"hard_tanh: low must be below high, not {self.low!r} and {self.high!r}")

    def value(z, low, high):
        return minimum(maximum(z, low), high)

    def slope(z, a, low, high):
        return where(z > low, where(z < high, 1, 0), 0)


class HardSigmoid(Activation):
    """a = αz + β between 0 and 1. Courbariaux, Bengio & David (2015); α = 1/6 in PyTorch and Keras 3, 0.2 in ONNX."""

    range, reaches_bounds = (0, 1), True
    alpha: float = 1 / 6
    beta: float = 0.5

    def value(z, alpha, beta):
        return minimum(maximum(alpha * z + beta, 0), 1)

    def slope(z, a, alpha, beta):
        return where(a > 0, where(a < 1, alpha, 0), 0)


class HardSwish(Activation):
    """a = z·(z/6 + ½), its second factor between 0 and 1. Howard et al. (2019), MobileNetV3."""

    initialiser = "he_uniform"

    def value(z):
        return z * minimum(maximum(z / 6 + 1 / 2, 0), 1)

    def slope(z, a):
        return where(z > -3, where(z < 3, z / 3 + 1 / 2, 1), 0)


class Softsign(Activation):
    """a = z / (1 + |z|). Bergstra, Desjardins, Lamblin & Bengio (2009)."""

    range = (-1, 1)

    def value(z):
        return z / (1 + absolute(z))

    def slope(z, a):
        return 1 / (1 + absolute(z)) ** 2


class Celu(Activation):
    """a = z for z > 0, otherwise α(e^(z/α) − 1): elu with a smooth slope at 0 for every α. Barron (2017)."""

    initialiser = "he_uniform"
    alpha: float = 1.0
    parameter_ranges: ClassVar = {"alpha": "(0, inf)"}

    def value(z, alpha):
        return where(z > 0, z, alpha * (exp(minimum(z, 0) / alpha) - 1))

    def stable(z, alpha):
        return where(z > 0, z, alpha * expm1(minimum(z, 0) / alpha))

    def slope(z, a, alpha):
        return where(z > 0, 1, exp(minimum(z, 0) / alpha))


class SoftplusThreshold(Activation):
    """a = log(1 + e^(βz)) / β up to βz = threshold, z itself beyond: PyTorch's Softplus."""

    range = (0, inf)
    beta: float = 1.0
    threshold: float = 20.0
    parameter_ranges: ClassVar = {"beta": "(0, inf)"}

    def value(z, beta, threshold):
        return where(beta * z > threshold, z, log(1 + exp(minimum(beta * z, threshold))) / beta)

    def stable(z, beta, threshold):
        return where(beta * z > threshold, z, Softplus.stable(minimum(beta * z, threshold)) / beta)

    def slope(z, a, beta, threshold):
        return where(beta * z > threshold, 1, 1 / (1 + exp(-beta * z)))

    def stable_slope(z, a, beta, threshold):
        return where(beta * z > threshold, 1, Logistic.stable(beta * z))


class LogSigmoid(Activation):
    """a = log(1 / (1 + e⁻ᶻ)), the logarithm of a probability."""

    range = (-inf, 0)

    def value(z):
        return log(1 / (1 + exp(-z)))

    def stable(z):
        return -Softplus.stable(-z)

    def slope(z, a):
        return 1 / (1 + exp(z))

    def stable_slope(z, a):
        return Logistic.stable(-z)


class Swish(Activation):
    """a = z / (1 + e^(−βz)); silu is the one with β = 1. Ramachandran, Zoph & Le (2017)."""

    initialiser = "he_uniform"
    beta: float = 1.0

    def value(z, beta):
        return z / (1 + exp(-beta * z))

    def stable(z, beta):
        return z * Logistic.stable(beta * z)

    def slope(z, a, beta):
        sigma = 1 / (1 + exp(-beta * z))
        return sigma + beta * a * (1 - sigma)

    def stable_slope(z, a, beta):
        sigma = Logistic.stable(beta * z)
        return sigma + beta * a * (1 - sigma)


def _slope_of_gelu_tanh(z):
    t = tanh_of(sqrt(2 / pi) * (z + 0.044715 * z**3))
    return (1 + t) / 2 + z * (1 - t**2) * sqrt(2 / pi) * (1 + 0.134145 * z**2) / 2


class GeluTanh(Activation):
    """a = ½z(1 + tanh(√(2/π)(z + 0.044715z³))), close to gelu. Hendrycks & Gimpel (2016), the approximation."""

    initialiser = "he_uniform"

    def value(z):
        return z * (1 + tanh_of(sqrt(2 / pi) * (z + 0.044715 * z**3))) / 2

    def stable(z):  # 2z may be infinite
        return z * ((1 + tanh_of(sqrt(2 / pi) * (z + 0.044715 * z**3))) / 2)

    def slope(z, a):
        return _slope_of_gelu_tanh(z)

    def stable_slope(z, a):  # from 10 on t is 1, and z² must not become infinite
        return _slope_of_gelu_tanh(minimum(maximum(z, -10), 10))


class SquaredRelu(Activation):
    """a = max(z, 0)². So et al. (2021), Primer."""

    range, reaches_bounds = (0, inf), True
    initialiser = "he_uniform"

    def value(z):
        return maximum(z, 0) ** 2

    def slope(z, a):
        return 2 * maximum(z, 0)


class Tanhshrink(Activation):
    """a = z − tanh z."""

    def value(z):
        return z - tanh_of(z)

    def slope(z, a):
        return tanh_of(z) ** 2


class LogSoftmax(Activation):
    """aⱼ = zⱼ − log Σₖ e^(zₖ), the logarithm of softmax.

    Its Jacobian ∂aₖ/∂zⱼ = [k = j] − e^(aⱼ), applied to an error g, gives gⱼ − e^(aⱼ) Σₖ gₖ.
    """

    range, reaches_bounds = (-inf, 0), True

    def value(z):
        return z - log(row_sum(exp(z)))

    def stable(z):
        shifted = z - row_max(z)
        return shifted - log(row_sum(exp(shifted)))

    def pullback(g, z, a):
        return g - exp(a) * row_sum(g)


class Threshold(Activation):
    """a = z above a threshold, otherwise a constant: PyTorch's Threshold, ONNX's ThresholdedRelu, Keras' threshold."""

    initialiser = "he_uniform"
    threshold: float = 0.0
    otherwise: float = 0.0

    def value(z, threshold, otherwise):
        return where(z > threshold, z, otherwise)

    def slope(z, a, threshold):
        return where(z > threshold, 1, 0)


class Shrink(Activation):
    """a = z − bias above the threshold, z + bias below its negative, 0 between: Softshrink with bias = threshold."""

    threshold: float = 0.5
    bias: float = 0.0
    parameter_ranges: ClassVar = {"threshold": "[0, inf)"}

    def value(z, threshold, bias):
        return where(z > threshold, z - bias, where(z < -threshold, z + bias, 0))

    def slope(z, a, threshold):
        return where(absolute(z) > threshold, 1, 0)


def _root(z, b):
    """√(z² + b), whose square does not overflow."""
    m = absolute(z) + 1
    return m * sqrt_of((z / m) ** 2 + b / m / m)


class Squareplus(Activation):
    """a = (z + √(z² + b)) / 2. Barron (2021)."""

    range = (0, inf)
    b: float = 4.0
    parameter_ranges: ClassVar = {"b": "(0, inf)"}

    def value(z, b):
        return (z + sqrt_of(z**2 + b)) / 2

    def stable(z, b):  # below 0 the two would cancel; their product with the conjugate is b
        half = absolute(z) / 2 + _root(z, b) / 2
        return where(z > 0, half, b / half / 4)

    def slope(z, a, b):
        return (1 + z / sqrt_of(z**2 + b)) / 2

    def stable_slope(z, a, b):
        return a / _root(z, b)


class SparsePlus(Activation):
    """a = z from 1 on, 0 up to −1, ¼(z + 1)² between: Keras' sparse_plus."""

    range, reaches_bounds = (0, inf), True

    def value(z):
        return where(z >= 1, z, maximum(z + 1, 0) ** 2 / 4)

    def slope(z, a):
        return where(z >= 1, 1, maximum(z + 1, 0) / 2)
