"""A network as a torch.nn.Sequential: Linear layers and modules of PyTorch, or an activation's formula as a graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, require
from clearprop.formulas import (
    Activation,
    Celu,
    Constant,
    Elu,
    Expression,
    Gelu,
    GeluTanh,
    HardSigmoid,
    HardSwish,
    HardTanh,
    Identity,
    LeakyRelu,
    Logistic,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Relu,
    Relu6,
    Selu,
    Shrink,
    Silu,
    Softmax,
    SoftplusThreshold,
    Softsign,
    Symbol,
    Tanh,
    Tanhshrink,
    Threshold,
)
from clearprop.formulas.expressions import fold
from clearprop.formulas.vocabulary import FUNCTIONS
from clearprop.network import Dense, Parameters
from clearprop.network.layers import Layer

# By class: the module of torch.nn and its arguments, or None where those of the formula have no module.
MODULES: Mapping[type[Activation], Callable[[Any], tuple[str, tuple[Any, ...]] | None]] = {
    Logistic: lambda f: ("Sigmoid", ()),
    Tanh: lambda f: ("Tanh", ()),
    Relu: lambda f: ("ReLU", ()),
    LeakyRelu: lambda f: ("LeakyReLU", (f.negative_slope,)),
    Elu: lambda f: ("ELU", (f.alpha,)),
    Selu: lambda f: ("SELU", ()) if f == Selu() else None,
    Celu: lambda f: ("CELU", (f.alpha,)),
    Gelu: lambda f: ("GELU", ()),
    GeluTanh: lambda f: ("GELU", ("tanh",)),
    Silu: lambda f: ("SiLU", ()),
    Mish: lambda f: ("Mish", ()),
    Relu6: lambda f: ("ReLU6", ()) if f.ceiling == 6 else ("Hardtanh", (0.0, f.ceiling)),
    HardTanh: lambda f: ("Hardtanh", (f.low, f.high)),
    HardSigmoid: lambda f: ("Hardsigmoid", ()) if f == HardSigmoid() else None,
    HardSwish: lambda f: ("Hardswish", ()),
    Softsign: lambda f: ("Softsign", ()),
    SoftplusThreshold: lambda f: ("Softplus", (f.beta, f.threshold)),
    LogSigmoid: lambda f: ("LogSigmoid", ()),
    Tanhshrink: lambda f: ("Tanhshrink", ()),
    Shrink: lambda f: {0.0: ("Hardshrink", (f.threshold,)), f.threshold: ("Softshrink", (f.threshold,))}.get(f.bias),
    Threshold: lambda f: ("Threshold", (f.threshold, f.otherwise)),
    Softmax: lambda f: ("Softmax", (1,)),
    LogSoftmax: lambda f: ("LogSoftmax", (1,)),
}
OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "negative": operator.neg, "less": operator.lt, "less_equal": operator.le,
    "equal": operator.eq,
}  # fmt: skip


def to_torch(layers: Sequence[Layer], parameters: Parameters) -> Any:
    """The layers as a torch.nn.Sequential with the same numbers, in evaluation, of the precision of the parameters.

    Raises
    ------
    MissingExtra
        Where PyTorch is not installed.
    InputError
        When a layer is not dense.
    """
    require("a network for PyTorch needs", "torch", "torch")
    import torch

    modules: list[Any] = []
    for l, layer in enumerate(layers, start=1):
        if not isinstance(layer, Dense):
            raise InputError(f"layer {l} is a {type(layer).__name__}, which PyTorch has no module for")
        W, b = np.asarray(parameters.W[l]), np.asarray(parameters.b[l])
        has_biases = layer.bias_rate != 0 or bool(b.any())
        linear = torch.nn.utils.skip_init(torch.nn.Linear, *W.shape, bias=has_biases)
        linear.weight = torch.nn.Parameter(torch.tensor(np.ascontiguousarray(W.T)))
        if has_biases:
            linear.bias = torch.nn.Parameter(torch.tensor(b.copy()))
        modules.append(linear)
        if type(layer.activation) is not Identity:
            modules.append(_activation(layer.activation))
    return torch.nn.Sequential(*modules).eval()


def _activation(formula: Activation) -> Any:
    import torch

    known = MODULES.get(type(formula), lambda f: None)(formula)
    if known is None:
        return _graph(formula)
    name, arguments = known
    return getattr(torch.nn, name)(*arguments)


def _graph(formula: Activation) -> Any:
    """The formula as a torch.fx.GraphModule, which needs nothing of clearprop."""
    import torch

    graph = torch.fx.Graph()
    z = graph.placeholder("z")

    def leaf(item: Symbol | Constant) -> Any:
        if isinstance(item, Constant):
            return item.value
        return z if item.name == "z" else formula.parameters[item.name]

    def call(function: str, _: Expression, values: Any) -> Any:
        if not any(isinstance(value, torch.fx.Node) for value in values):
            return _of_numbers(function, values)
        if function in OPERATORS:
            return graph.call_function(OPERATORS[function], tuple(values))
        if function in ("row_sum", "row_max"):
            name = "sum" if function == "row_sum" else "amax"
            return graph.call_function(getattr(torch, name), (values[0],), {"dim": -1, "keepdim": True})
        if function in ("maximum", "minimum"):
            return _bounded(graph, function, values)
        name = {"absolute": "abs"}.get(function, function)
        return graph.call_function(getattr(torch, name), tuple(values))

    graph.output(fold(formula.computed_tree(), leaf, call))
    return torch.fx.GraphModule(torch.nn.Module(), graph, formula.name)


def _of_numbers(function: str, values: Any) -> Any:
    return float(FUNCTIONS[function](*values))


def _bounded(graph: Any, function: str, values: Any) -> Any:
    """A maximum or minimum; with a number it is a clamp."""
    import torch

    numbers = [value for value in values if isinstance(value, int | float)]
    if not numbers:
        return graph.call_function(getattr(torch, function), tuple(values))
    (node,) = [value for value in values if not isinstance(value, int | float)]
    return graph.call_function(torch.clamp, (node,), {"min" if function == "maximum" else "max": numbers[0]})
