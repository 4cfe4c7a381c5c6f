"""What keeps a network from fitting noise, and a step from running away: l1, l2, label smoothing, clipping.

The penalties belong to the sum over samples, as scikit-learn's alpha does: a batch adds penalty / Σw to its mean loss,
so that a sample of weight 2 is the same as the sample twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from clearprop.formulas.expressions import Expression, Symbol
from clearprop.formulas.formula import Formula
from clearprop.formulas.vocabulary import absolute, maximum, minimum, sign


class Penalty(Formula):
    """Base of the penalties on weights.

    Parameters
    ----------
    strength : float
        0 switches it off.

    Attributes
    ----------
    degree : int
        The penalty of a multiple cθ is c to this power times that of θ; so its value is θ · slope / degree (Euler).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import L2
    >>> L2(0.5).compute("slope", theta=np.array([2.0, -4.0]))
    array([ 1., -2.])
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("theta",), "slope": ("theta",)}
    degree: ClassVar[int]
    strength: float = 0.0
    parameter_ranges: ClassVar = {"strength": "[0, inf)"}

    @classmethod
    def added_tree(cls) -> Expression:
        """The gradient g with the penalty's slope in it, times a factor: that of the block and 1/Σw."""
        return Symbol("g") + Symbol("factor") * cls.tree("slope")


class L2(Penalty):
    """½λθ², scikit-learn's alpha. Hoerl & Kennard (1970)."""

    name, degree = "l2", 2

    def value(theta, strength):
        return strength / 2 * theta**2

    def slope(theta, strength):
        return strength * theta


class L1(Penalty):
    """λ|θ|, which drives weights to exactly 0. Tibshirani (1996)."""

    name, degree = "l1", 1

    def value(theta, strength):
        return strength * absolute(theta)

    def slope(theta, strength):
        return strength * sign(theta)


class LabelSmoothing(Formula):
    """y ← (1 − ε)y + ε/K, K the number of classes (2 for each label of a binary one). Szegedy et al. (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import LabelSmoothing
    >>> LabelSmoothing(0.1).forward(np.array([1.0, 0.0]), n_classes=2).round(2).tolist()
    [0.95, 0.05]
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("y", "n_classes")}
    smoothing: float = 0.0
    parameter_ranges: ClassVar = {"smoothing": "[0, 1)"}

    def value(y, smoothing, n_classes):
        return (1 - smoothing) * y + smoothing / n_classes

    def forward(self, y: Any, n_classes: int) -> Any:
        """The smoothed targets, same shape as y."""
        return self.compute("value", y=y, n_classes=n_classes)


class ClipByNorm(Formula):
    """g ← g · min(1, limit/‖g‖) over all parameters together. Pascanu, Mikolov & Bengio (2013), algorithm 1.

    Examples
    --------
    >>> from clearprop.formulas import ClipByNorm
    >>> ClipByNorm(1.0).factor(4.0)
    0.25
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("norm",)}
    limit: float = 1.0
    parameter_ranges: ClassVar = {"limit": "(0, inf)"}

    def value(norm, limit):
        return minimum(1, limit / maximum(norm, 1e-30))

    def factor(self, norm: float) -> float:
        """What the gradient is multiplied by."""
        return float(self.compute("value", norm=norm))
