"""A network as a keras.Sequential of Dense layers; an activation that Keras has no name for is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, require
from clearprop.formulas import (
    Activation,
    Celu,
    Elu,
    Exp,
    Gelu,
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
    Softplus,
    SoftplusThreshold,
    Softsign,
    SparsePlus,
    Squareplus,
    Swish,
    Tanh,
    Tanhshrink,
    Threshold,
)
from clearprop.network import Dense, Parameters
from clearprop.network.layers import Layer

NAMES: Mapping[Activation, str] = {
    Identity(): "linear", Logistic(): "sigmoid", Tanh(): "tanh", Relu(): "relu", LeakyRelu(0.2): "leaky_relu",
    Elu(): "elu", Selu(): "selu", Celu(): "celu", Gelu(): "gelu", Silu(): "silu", Swish(): "silu", Mish(): "mish",
    Softplus(): "softplus", SoftplusThreshold(): "softplus", Softsign(): "softsign", Exp(): "exponential",
    Softmax(): "softmax", LogSoftmax(): "log_softmax", LogSigmoid(): "log_sigmoid", Relu6(): "relu6",
    HardTanh(): "hard_tanh", HardSigmoid(): "hard_sigmoid", HardSigmoid(0.5, 0.5): "sparse_sigmoid",
    HardSwish(): "hard_silu", Tanhshrink(): "tanh_shrink", Shrink(): "hard_shrink", Shrink(0.5, 0.5): "soft_shrink",
    Squareplus(): "squareplus", SparsePlus(): "sparse_plus",
}  # fmt: skip
# By class: the layer of Keras and its arguments, for parameters that no name has.
LAYERS: Mapping[type[Activation], Callable[[Any], tuple[str, dict[str, float]] | None]] = {
    LeakyRelu: lambda f: ("LeakyReLU", {"negative_slope": f.negative_slope}) if f.negative_slope >= 0 else None,
    Elu: lambda f: ("ELU", {"alpha": f.alpha}),
    Relu6: lambda f: ("ReLU", {"max_value": f.ceiling}),
    Threshold: lambda f: ("ReLU", {"threshold": f.threshold}) if f.otherwise == 0 and f.threshold >= 0 else None,
}


def to_keras(layers: Sequence[Layer], parameters: Parameters) -> Any:
    """The layers as a keras.Sequential with the same numbers, of the precision of the parameters; not compiled.

    Raises
    ------
    MissingExtra
        Where Keras is not installed.
    InputError
        When a layer is not dense, or has an activation that Keras has no name and no layer for.
    """
    require("a network for Keras needs", "keras", "keras")
    described = [_described(l, layer) for l, layer in enumerate(layers, start=1)]
    import keras

    dtype = str(parameters.theta.dtype)
    made: list[Any] = [keras.Input((layers[0].inputs,), dtype=dtype)]
    arrays: list[Any] = []
    for l, (layer, (name, after)) in enumerate(zip(layers, described, strict=True), start=1):
        W, b = np.asarray(parameters.W[l]), np.asarray(parameters.b[l])
        has_biases = getattr(layer, "bias_rate", 1.0) != 0 or bool(b.any())
        made.append(keras.layers.Dense(W.shape[1], activation=name, use_bias=has_biases, dtype=dtype))
        arrays += [W, b] if has_biases else [W]
        if after is not None:
            made.append(getattr(keras.layers, after[0])(**after[1], dtype=dtype))
    model = keras.Sequential(made)
    model.set_weights(arrays)
    return model


def _described(l: int, layer: Any) -> tuple[str, tuple[str, dict[str, float]] | None]:
    """The activation's name in the layer, and the layer after it where there is no such name."""
    if not isinstance(layer, Dense):
        raise InputError(f"layer {l} is a {type(layer).__name__}, which Keras has no layer for")
    if layer.activation in NAMES:
        return NAMES[layer.activation], None
    after = LAYERS.get(type(layer.activation), lambda f: None)(layer.activation)
    if after is None:
        raise InputError(
            f"layer {l} has the activation {layer.activation!r}, which Keras has no name and no layer for; export it "
            "as ONNX, or use to_torch"
        )
    return "linear", after
