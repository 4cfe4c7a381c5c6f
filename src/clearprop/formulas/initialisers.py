"""Initialisers: the random weights that training starts from.

Each class is one formula, the standard deviation of a weight as a function of how many neurons feed the layer
(`fan_in`) and how many it has (`fan_out`). A uniform one draws from ±√3 times that.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt as sqrt_of_number
from typing import Any, ClassVar

import numpy as np

from clearprop.formulas.formula import Formula, by_name
from clearprop.formulas.vocabulary import sqrt


class Initialiser(Formula):
    """Base of the initialisers.

    Parameters
    ----------
    gain : float
        Factor on every weight.
    bias_gain : float
        Biases are drawn like weights and multiplied by this; 0 leaves them at zero.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import GlorotUniform
    >>> W, b = GlorotUniform().draw(2, 3, np.random.default_rng(0))
    >>> W.shape, b.tolist()
    ((2, 3), [0.0, 0.0, 0.0])
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("fan_in", "fan_out")}
    is_uniform: ClassVar[bool] = False
    gain: float = 1.0
    bias_gain: float = 0.0
    parameter_ranges: ClassVar = {"gain": "[0, inf)", "bias_gain": "[0, inf)"}

    def draw(self, fan_in: int, fan_out: int, random: np.random.Generator) -> tuple[Any, Any]:
        """Weights of shape (fan_in, fan_out) and biases of shape (fan_out,), float64."""
        deviation = float(self.compute("value", fan_in=fan_in, fan_out=fan_out))
        weights = self.noise((fan_in, fan_out), random)
        weights *= self.gain * deviation  # in place: it may be most of the memory there is
        if not self.bias_gain:
            return weights, np.zeros(fan_out)
        return weights, self.bias_gain * deviation * self.noise((1, fan_out), random)[0]

    def noise(self, shape: tuple[int, int], random: np.random.Generator) -> Any:
        """Numbers with mean 0 and variance 1."""
        if self.is_uniform:
            bound = sqrt_of_number(3)
            return random.uniform(-bound, bound, shape)
        return random.standard_normal(shape)


class GlorotNormal(Initialiser):
    """Standard deviation √(2 / (fan_in + fan_out)). Glorot & Bengio (2010), eq. 12."""

    def value(fan_in, fan_out):
        return sqrt(2 / (fan_in + fan_out))


class GlorotUniform(GlorotNormal):
    """Uniform in ±√(6 / (fan_in + fan_out)). Glorot & Bengio (2010), eq. 16."""

    is_uniform = True


class HeNormal(Initialiser):
    """Standard deviation √(2 / fan_in), for relu. He et al. (2015), eq. 10."""

    def value(fan_in):
        return sqrt(2 / fan_in)


class HeUniform(HeNormal):
    """Uniform in ±√(6 / fan_in)."""

    is_uniform = True


class LecunNormal(Initialiser):
    """Standard deviation √(1 / fan_in). LeCun et al. (1998), eq. 16."""

    def value(fan_in):
        return sqrt(1 / fan_in)


class LecunUniform(LecunNormal):
    """Uniform in ±√(3 / fan_in)."""

    is_uniform = True


class Orthogonal(Initialiser):
    """Orthonormal rows or columns, whichever are fewer, times gain. Saxe, McClelland & Ganguli (2014)."""

    @staticmethod
    def value():
        return 1

    def noise(self, shape: tuple[int, int], random: np.random.Generator) -> Any:
        tall = random.standard_normal((max(shape), min(shape)))
        q, r = np.linalg.qr(tall)
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # makes the draw uniform over the orthogonal matrices
        return q if shape[0] >= shape[1] else q.T


INITIALISERS: Mapping[str, type[Initialiser]] = {
    cls.name: cls for cls in (GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal)
}


def initialiser(given: str | Initialiser | type[Initialiser]) -> Initialiser:
    """The initialiser of this name, class or instance.

    Examples
    --------
    >>> from clearprop.formulas import initialiser
    >>> initialiser("he_uniform")
    HeUniform(gain=1.0, bias_gain=0.0)
    """
    return by_name("initialiser", given, INITIALISERS)
