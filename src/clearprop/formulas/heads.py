"""Heads: output activation and loss together, where the error δᴸ = ∂C/∂zᴸ is computed (BP1).

In general δᴸ is the activation's pullback of ∂C/∂a. For a few pairs that comes out as a − y, and the loss has a form in
z that does not overflow (log-sum-exp and its kin). Those pairs are written here, once, as formulas; the tests hold
each of them against the general form. Which of the two is computed is decided here, once: engines, printed kernels and
exporters read `Head.loss_tree` and `Head.error_tree`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from clearprop.errors import InputError
from clearprop.formulas.activation_base import Activation
from clearprop.formulas.activations import Exp, Identity, Logistic, Softmax
from clearprop.formulas.expressions import Expression
from clearprop.formulas.formula import Formula
from clearprop.formulas.kept import kept
from clearprop.formulas.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    HalfSquaredError,
    Loss,
    Poisson,
    fitting_activations,
)
from clearprop.formulas.vocabulary import absolute, equal, exp, log, log1p, maximum, row_max, row_sum, where


class Pair(Formula):
    """An output activation and a loss whose δᴸ is simply a − y, with the loss written in z."""

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": ("z", "y"), "delta": ("a", "y")}
    activation: ClassVar[type[Activation]]
    loss: ClassVar[type[Loss]]

    def delta(a, y):
        return a - y


class IdentityHalfSquaredError(Pair):
    """δᴸ = a − y, because σ′ = 1."""

    activation, loss = Identity, HalfSquaredError

    def value(z, y):
        return (y - z) ** 2 / 2


class LogisticBinaryCrossEntropy(Pair):
    """δᴸ = (a − y)/(a(1 − a)) · a(1 − a); the loss is log(1 + eᶻ) − yz."""

    activation, loss = Logistic, BinaryCrossEntropy

    def value(z, y):
        return maximum(z, 0) - y * z + log1p(exp(-absolute(z)))


class SoftmaxCrossEntropy(Pair):
    """δᴸⱼ = Σₖ −(yₖ/aₖ) aₖ([k = j] − aⱼ) = aⱼ Σₖ yₖ − yⱼ, and Σₖ yₖ = 1; the loss is y(log Σₖ e^(zₖ) − z)."""

    activation, loss = Softmax, CrossEntropy

    def value(z, y):
        shifted = z - row_max(z)  # infinite between ends of the type, and what is not the class has no part in it
        return where(equal(y, 0), 0, y * (log(row_sum(exp(shifted))) - shifted))


class ExpPoisson(Pair):
    """δᴸ = (1 − y/a) · a; the loss is eᶻ − yz with what makes it 0 at a = y."""

    activation, loss = Exp, Poisson

    def value(z, y):
        return exp(z) - y * z + where(y > 0, y * log(where(y > 0, y, 1)), 0) - y


PAIRS: Mapping[tuple[type[Activation], type[Loss]], type[Pair]] = {
    (pair.activation, pair.loss): pair
    for pair in (IdentityHalfSquaredError, LogisticBinaryCrossEntropy, SoftmaxCrossEntropy, ExpPoisson)
}


@dataclass(frozen=True)
class Head:
    """Output activation and loss of a network.

    Parameters
    ----------
    activation : Activation
    loss : Loss

    Raises
    ------
    InputError
        When the activation has values that the loss cannot use.

    Examples
    --------
    >>> from clearprop.formulas import BinaryCrossEntropy, Head, Logistic
    >>> head = Head(Logistic(), BinaryCrossEntropy())
    >>> print(head.pair.tree("delta"))
    a − y
    """

    activation: Activation
    loss: Loss

    def __post_init__(self) -> None:
        if not self.loss.fits(self.activation):
            raise InputError(
                f"the loss {self.loss.name!r} cannot use every output of {self.activation.name!r}; "
                f"activations that fit it: {', '.join(fitting_activations(self.loss))}"
            )

    @kept
    def pair(self) -> Pair | None:
        """The named pair that this head is, or None."""
        cls = PAIRS.get((type(self.activation), type(self.loss)))
        return None if cls is None else cls()

    @property
    def computed(self) -> Pair | Loss:
        """Whose formulas are computed: the named pair's, or the loss's."""
        return self.loss if self.pair is None else self.pair

    @property
    def gives_delta(self) -> bool:
        """Whether the error that is computed is δᴸ = ∂C/∂zᴸ already, and not ∂C/∂aᴸ."""
        return self.pair is not None

    def loss_tree(self) -> Expression:
        """The tree of the loss that is computed, in a and y or, of a named pair, in z and y."""
        return self.computed.tree()

    def error_tree(self) -> Expression:
        """The tree of the error that is computed: δᴸ or ∂C/∂aᴸ (see `gives_delta`), in a and y."""
        return self.loss.slope_tree() if self.pair is None else self.pair.tree("delta")

    def value(self, z: Any, a: Any, y: Any) -> Any:
        """The loss of every output, from z where that is stabler; shape (n_samples, n_outputs)."""
        return self.loss.forward(a, y) if self.pair is None else self.pair.compute("value", z=z, y=y)

    def delta(self, z: Any, a: Any, y: Any) -> Any:
        """BP1: δᴸ = ∂C/∂zᴸ of every sample, before its share of the mean; shape (n_samples, n_outputs)."""
        return self.general_delta(z, a, y) if self.pair is None else self.pair.compute("delta", a=a, y=y)

    def general_delta(self, z: Any, a: Any, y: Any) -> Any:
        """BP1 in full, δᴸⱼ = Σₖ ∂C/∂aₖ · ∂aₖ/∂zⱼ, which holds for every pair."""
        return self.activation.backward(self.loss.backward(a, y), z, a)
