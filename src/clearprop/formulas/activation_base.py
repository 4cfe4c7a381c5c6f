"""The base of the activations: what a neuron makes of its weighted input, and how errors pass back through it.

``value`` is the form of the textbooks and what people are shown; ``stable``, where there is one, is equal to it and
does not overflow. ``slope`` is σ′(z) and may use a = σ(z); ``stable_slope`` stands beside it as ``stable`` does beside
``value``. Which of two forms is computed is decided here, once (`Activation.computed_form`). Softmax couples the
outputs of a row, so it has a ``pullback`` instead: the error at z, given the error g at a; beside a slope, a pullback
is a quicker way to g times that slope. Without either, the derivative comes from the tree of the form that is
computed; give a ``slope`` where that has a kink which the formula has not, as |z| at 0 in the stable form of softplus.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

from clearprop.formulas.derivative import pullback as tree_pullback
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, nodes
from clearprop.formulas.formula import Formula, once_per_class
from clearprop.formulas.vocabulary import array_namespace

STABLE_FORMS = {"value": "stable", "slope": "stable_slope"}


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
    An activation of your own works everywhere in clearprop:

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
        return self.compute(self.computed_form("value"), z=z)

    def backward(self, g: Any, z: Any, a: Any) -> Any:
        """∂C/∂z from g = ∂C/∂a: g ⊙ σ′(z), or the Jacobian of a coupled activation applied to g."""
        if self.has("pullback"):
            return self.compute("pullback", g=g, z=z, a=a)
        if self.has("slope"):
            return g * self.compute(self.computed_form("slope"), z=z, a=a)
        error = evaluate(self.pullback_tree(), {"g": g, "z": z, "a": a, **self.parameters})
        return error if error.shape == z.shape else array_namespace(z).broadcast_to(error, z.shape)  # one for each row

    @classmethod
    def computed_form(cls, form: str) -> str:
        """Which form every engine and exporter computes: of "value" and "slope" the stable one where there is one."""
        stable = STABLE_FORMS[form]
        return stable if cls.has(stable) else form

    @classmethod
    def computed_tree(cls) -> Expression:
        """The tree of σ(z) that every engine and exporter computes."""
        return cls.tree(cls.computed_form("value"))

    @classmethod
    def slope_tree(cls) -> Expression | None:
        """The tree of σ′ in z and a as people are shown it, or None when the outputs of a row are coupled."""
        if cls.has("slope"):
            return cls.tree("slope")
        return None if cls.is_coupled() else tree_pullback(cls.tree(), "z", Constant(1))

    @classmethod
    def computed_slope_tree(cls) -> Expression:
        """The tree of σ′ in z and a that goes with the computed form; not of an activation that couples a row."""
        if cls.has("slope"):
            return cls.tree(cls.computed_form("slope"))
        return tree_pullback(cls.computed_tree(), "z", Constant(1))

    @classmethod
    def pullback_tree(cls) -> Expression:
        """The tree of ∂C/∂z in g, z and a that is computed: the stable form where there is one."""
        if cls.has("pullback"):
            return cls.tree("pullback")
        if cls.has("slope"):
            return Symbol("g") * cls.computed_slope_tree()
        return _derived(cls)

    @classmethod
    def is_coupled(cls) -> bool:
        """Whether each output depends on the whole row of z, as softmax does."""
        return any(isinstance(n, Apply) and n.function.startswith("row_") for n in nodes(cls.tree()))


@once_per_class
def _derived(cls: type[Activation]) -> Expression:
    """The derivative of the form that is computed, so that it overflows no earlier than that."""
    return tree_pullback(cls.computed_tree(), "z", Symbol("g"))
