"""Update rules: how gradient descent and its descendants move the parameters θ.

Each class is one formula, ``update``: from θ, the gradient g, what the rule remembers, the rate η of this step and its
number t (the first is 1) to the new θ and the new memory. All arrays are vectors of the same length. Decoupled weight
decay, θ ← θ − η·λ·θ before the rule's own step, is the same for every rule (``decayed``); `AdamW` is Adam with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from clearprop.errors import InputError
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Expression, Symbol, symbols
from clearprop.formulas.formula import Formula, by_name, callable_form, form_arguments, once_per_class
from clearprop.formulas.vocabulary import sqrt


class UpdateRule(Formula):
    """Base of the update rules.

    Parameters
    ----------
    learning_rate : float
        η, the rate of a step before the schedule and the block's own factor.
    weight_decay : float
        λ of the decoupled decay, Loshchilov & Hutter (2019), algorithm 2. It moves weights, not biases.

    Attributes
    ----------
    memory : tuple of str
        Names of the vectors, as long as θ and zero at the start, that the rule keeps from step to step.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import SGD
    >>> rule = SGD(0.1)
    >>> rule.apply(np.array([1.0]), np.array([2.0]), (), rate=rule.learning_rate, t=1)
    (array([0.8]),)
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "update": ("theta", "g", "rate", "t"),
        "decayed": ("theta", "rate"),
    }
    memory: ClassVar[tuple[str, ...]] = ()
    learning_rate: float = 0.01
    weight_decay: float = 0.0
    parameter_ranges: ClassVar = {"learning_rate": "(0, inf)", "weight_decay": "[0, inf)"}

    @classmethod
    def variables(cls, form: str) -> tuple[str, ...]:
        """The variables that `form` may ask for; an update also what the rule remembers."""
        return (*cls.forms[form], *cls.memory) if form == "update" else cls.forms[form]

    def decayed(theta, rate, weight_decay):
        return theta - rate * weight_decay * theta

    def apply(self, theta: Any, g: Any, memory: tuple[Any, ...], *, rate: float, t: int, decay: float = 1.0) -> Any:
        """The new θ and the new memory, one tuple; nothing is changed in place.

        Parameters
        ----------
        theta, g : array of shape (n,)
        memory : tuple of arrays of shape (n,)
            As many as the rule's `memory` has names.
        rate : float
            η of this step: learning rate × schedule × the block's factor.
        t : int
            Number of this step, from 1.
        decay : float
            The block's factor on `weight_decay`; 0 for biases.
        """
        if self.weight_decay and decay:
            theta = self.compute("decayed", theta=theta, rate=rate, weight_decay=self.weight_decay * decay)
        named = dict(zip(self.memory, memory, strict=True))
        result = self.compute("update", theta=theta, g=g, rate=rate, t=t, **named)
        return result if isinstance(result, tuple) else (result,)

    def compute(self, form: str, **variables: Any) -> Any:
        """As `Formula.compute`; an update's results are a tuple."""
        return callable_form(type(self), form)(self, variables)

    @classmethod
    def full_trees(cls) -> tuple[Expression, ...]:
        """The trees of the whole step, the decay included, in theta, g, the memory, rate, t and the parameters."""
        return _with_decay(cls)

    def computed_trees(self, decay: float = 1.0) -> tuple[Expression, ...]:
        """The trees of what `apply` computes where the block's factor on the decay is `decay`: θ, then the memory."""
        return self.full_trees() if self.weight_decay and decay else self.trees("update")


@once_per_class
def _with_decay(cls: type[UpdateRule]) -> tuple[Expression, ...]:
    moved = cls.tree("decayed")
    if "update" in cls.saved_trees:
        return tuple(
            evaluate(tree, {**{name: Symbol(name) for name in symbols(tree)}, "theta": moved})
            for tree in cls.trees("update")
        )
    result = cls.update(*[moved if n == "theta" else Symbol(n) for n in form_arguments(cls, "update")])  # type: ignore[attr-defined]
    return result if isinstance(result, tuple) else (result,)


class SGD(UpdateRule):
    """θ ← θ − ηg: gradient descent. Robbins & Monro (1951); Nielsen, eq. 16–17."""

    name = "sgd"
    learning_rate: float = 0.1

    def update(theta, g, rate):
        return theta - rate * g


class Momentum(UpdateRule):
    """v ← μv − ηg; θ ← θ + v. Polyak (1964), in the form of Sutskever et al. (2013), eq. 1–2."""

    memory = ("v",)
    learning_rate: float = 0.1
    momentum: float = 0.9
    parameter_ranges: ClassVar = {"momentum": "[0, 1]"}

    def update(theta, g, v, rate, momentum):
        v = momentum * v - rate * g
        return theta + v, v


class Nesterov(Momentum):
    """v ← μv − ηg; θ ← θ + μv − ηg. Nesterov (1983), in the form of Bengio et al. (2013), eq. 7."""

    def update(theta, g, v, rate, momentum):
        v = momentum * v - rate * g
        return theta + momentum * v - rate * g, v


class RMSProp(UpdateRule):
    """v ← ρv + (1 − ρ)g²; θ ← θ − ηg/(√v + ε). Hinton, Neural Networks for Machine Learning, lecture 6e (2012)."""

    name = "rmsprop"
    memory = ("v",)
    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-8
    parameter_ranges: ClassVar = {"rho": "[0, 1)", "epsilon": "(0, inf)"}

    def update(theta, g, v, rate, rho, epsilon):
        v = rho * v + (1 - rho) * g**2
        return theta - rate * g / (sqrt(v) + epsilon), v


class Adam(UpdateRule):
    """m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − η·m̂/(√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).

    Kingma & Ba (2015), algorithm 1.
    """

    memory = ("m", "v")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    parameter_ranges: ClassVar = {"beta1": "[0, 1)", "beta2": "[0, 1)", "epsilon": "(0, inf)"}

    def update(theta, g, m, v, rate, t, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        return theta - rate * m_hat / (sqrt(v_hat) + epsilon), m, v


class AdamW(Adam):
    """Adam with decoupled weight decay. Loshchilov & Hutter (2019), algorithm 2 with η for both of its rates."""

    name = "adamw"
    weight_decay: float = 0.01


UPDATE_RULES: Mapping[str, type[UpdateRule]] = {
    cls.name: cls for cls in (SGD, Momentum, Nesterov, RMSProp, Adam, AdamW)
}


def update_rule(given: str | UpdateRule | type[UpdateRule]) -> UpdateRule:
    """The update rule of this name, class or instance.

    Examples
    --------
    >>> from clearprop.formulas import update_rule
    >>> update_rule("momentum")
    Momentum(learning_rate=0.1, weight_decay=0.0, momentum=0.9)
    """
    return by_name("update rule", given, UPDATE_RULES)


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS on all rows at once, by SciPy's L-BFGS-B. Byrd, Lu, Nocedal & Zhu (1995).

    Not an update rule but a whole minimiser: it chooses its own steps, so it has no learning rate and takes no batches.

    Parameters
    ----------
    max_evaluations : int
        Most evaluations of loss and gradient.
    tolerance : float
        Ends when the largest component of the gradient is no larger.
    history : int
        Pairs of steps and gradient changes that it remembers.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, lbfgs, train
    >>> X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> net = Network.mlp([1, 1])
    >>> trained = train(net, net.initial(seed=0), X, Y, optimizer=lbfgs(tolerance=1e-8))
    >>> trained.parameters.theta.round(5).tolist()
    [2.0, 1.0]
    """

    max_evaluations: int = 15_000
    tolerance: float = 1e-4
    history: int = 10

    def __post_init__(self) -> None:
        for name in ("max_evaluations", "history"):
            if getattr(self, name) < 1:
                raise InputError(f"lbfgs: {name} must be at least 1, not {getattr(self, name)!r}")
        if not self.tolerance >= 0:
            raise InputError(f"lbfgs: tolerance must be at least 0, not {self.tolerance!r}")
