"""The activations by name."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.formulas import activations as textbook
from clearprop.formulas import library_activations as library
from clearprop.formulas.activation_base import Activation
from clearprop.formulas.formula import by_name

ACTIVATIONS: Mapping[str, type[Activation]] = {
    **{
        cls.name: cls
        for cls in (
            textbook.Identity, textbook.Logistic, textbook.Tanh, textbook.Relu, textbook.LeakyRelu, textbook.Elu,
            textbook.Selu, textbook.Gelu, textbook.Silu, textbook.Mish, textbook.Softplus, textbook.Exp,
            textbook.Softmax, library.Relu6, library.HardTanh, library.HardSigmoid, library.HardSwish,
            library.Softsign, library.Celu, library.SoftplusThreshold, library.LogSigmoid, library.Swish,
            library.GeluTanh, library.SquaredRelu, library.Tanhshrink, library.LogSoftmax,
        )
    },
    "sigmoid": textbook.Logistic,
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
