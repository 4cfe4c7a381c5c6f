"""What layers and activations of Keras 3 do to a dense chain: one row each, by their names there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.errors import InputError, quoted
from clearprop.files.importers.chain import Chain, scale_and_shift
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
    Softsign,
    SparsePlus,
    Squareplus,
    Tanh,
    Tanhshrink,
    Threshold,
)

EPSILON = 1e-7  # keras.backend.epsilon(), the least that Normalization divides by
Config = Mapping[str, Any]
BY_NAME: Mapping[str, Activation] = {
    "linear": Identity(), "relu": Relu(), "leaky_relu": LeakyRelu(0.2), "relu6": Relu6(), "softmax": Softmax(),
    "celu": Celu(), "elu": Elu(), "selu": Selu(), "softplus": Softplus(), "softsign": Softsign(),
    "squareplus": Squareplus(), "soft_shrink": Shrink(0.5, 0.5), "sparse_plus": SparsePlus(), "silu": Silu(),
    "swish": Silu(), "gelu": Gelu(), "tanh": Tanh(), "tanh_shrink": Tanhshrink(), "sigmoid": Logistic(),
    "sparse_sigmoid": HardSigmoid(0.5, 0.5), "exponential": Exp(), "hard_sigmoid": HardSigmoid(),
    "hard_silu": HardSwish(), "hard_swish": HardSwish(), "hard_tanh": HardTanh(), "hard_shrink": Shrink(),
    "mish": Mish(), "log_softmax": LogSoftmax(), "log_sigmoid": LogSigmoid(),
}  # fmt: skip
NOTHING = ("InputLayer", "Flatten", "Identity")
DROPPED = (
    "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D", "ActivityRegularization",
)  # fmt: skip


def activation_of(given: Any) -> Activation:
    """An activation by its name, or by the description of the function or layer that Keras writes.

    Raises
    ------
    InputError
        For one that is not known.
    """
    match given:
        case None:
            return Identity()
        case str() if given in BY_NAME:
            return BY_NAME[given]
        case {"class_name": "function", "module": "builtins", "config": str()}:
            raise InputError(f"its activation {quoted(given['config'])} is a function of its maker's own")
        case {"class_name": "function", "config": str(name)} if name in BY_NAME:
            return BY_NAME[name]
        case {"class_name": str(kind), "config": dict(config)} if kind in ACTIVATION_LAYERS:
            return ACTIVATION_LAYERS[kind](config)
        case {"config": name}:
            raise InputError(f"its activation {quoted(name)} is not known here")
        case _:
            raise InputError(f"its activation {quoted(given)} is not known here")


def _relu(s: Config) -> Activation:
    ceiling = None if s.get("max_value") is None else float(s["max_value"])
    slope, threshold = (float(s.get(name) or 0.0) for name in ("negative_slope", "threshold"))
    if not slope and not threshold:
        return Relu() if ceiling is None else Relu6(ceiling)
    if ceiling is None and not threshold:
        return LeakyRelu(slope)
    if ceiling is None and not slope:
        return Threshold(threshold, 0.0)
    raise InputError("a ReLU with two of max_value, negative_slope and threshold is not known here")


def _softmax(s: Config) -> Activation:
    if s.get("axis", -1) not in (-1, 1, [-1]):
        raise InputError(f"it works along axis {s['axis']}, not along the units of a row")
    return Softmax()


ACTIVATION_LAYERS: Mapping[str, Callable[[Config], Activation]] = {
    "Activation": lambda s: activation_of(s.get("activation")),
    "ReLU": _relu,
    "LeakyReLU": lambda s: LeakyRelu(float(s.get("negative_slope", s.get("alpha", 0.3)))),
    "ELU": lambda s: Elu(float(s.get("alpha", 1.0))),
    "Softmax": _softmax,
}


def n_variables(kind: str, s: Config) -> int | None:
    """How many arrays a layer has in a file; None where that is not known."""
    if kind == "Dense":
        return 1 + bool(s.get("use_bias", True))
    if kind == "BatchNormalization":
        return 2 + bool(s.get("scale", True)) + bool(s.get("center", True))
    if kind == "Normalization":
        return 3 if s.get("mean") is None else 0
    return 1 if kind == "PReLU" else None


def add_layer(chain: Chain, kind: str, s: Config, arrays: list[Any], name: str, at: Any = None) -> bool:
    """Add what a layer does; False where it is no part of a dense chain.

    Raises
    ------
    InputError
        For one that could be, but not with these settings or these arrays.
    """
    wanted = n_variables(kind, s)
    if wanted is not None and wanted != len(arrays):
        raise InputError(f"it has {len(arrays)} arrays in the file, and takes {wanted}")
    if kind == "Dense":
        chain.dense(arrays[0], arrays[1] if len(arrays) > 1 else None, name, at)
        chain.activation(activation_of(s.get("activation")), name)
    elif kind == "BatchNormalization":
        _check_axis(s, (-1, 1))
        *factors, mean, variance = arrays
        gamma = factors.pop(0) if s.get("scale", True) else None
        beta = factors[0] if factors else None
        scale, shift = scale_and_shift(mean, variance, float(s.get("epsilon", 1e-3)), gamma, beta)
        chain.affine(scale, shift, f"the BatchNormalization {name!r}")
    elif kind == "Normalization":
        _normalization(chain, s, arrays, name)
    elif kind == "Rescaling":
        chain.affine(_numbers(s["scale"]), _numbers(s.get("offset", 0.0)), f"the Rescaling {name!r}")
    elif kind == "PReLU":
        chain.slopes(arrays[0], f"the PReLU {name!r}")
    elif kind in DROPPED:
        chain.notes.append(f"{kind} {name!r} does nothing in prediction and was dropped")
    elif kind in ACTIVATION_LAYERS:
        chain.activation(ACTIVATION_LAYERS[kind](s), f"{kind} {name!r}")
    else:
        return kind in NOTHING
    return True


def _normalization(chain: Chain, s: Config, arrays: list[Any], name: str) -> None:
    _check_axis(s, (-1, 1, None))
    mean, variance = arrays[:2] if arrays else (_numbers(s["mean"]), _numbers(s["variance"]))
    mean, root = np.ravel(mean).astype(np.float64), np.maximum(np.sqrt(np.ravel(variance).astype(np.float64)), EPSILON)
    what = f"the Normalization {name!r}"
    if s.get("invert"):
        chain.affine(root, mean, what)
    else:  # in two, so that inputs far from 0 lose no digits
        chain.affine(1.0, -mean, what, quietly=True)
        chain.affine(1 / root, 0.0, what)


def _numbers(given: Any) -> Any:
    """Numbers of a config: one, a list, or an array as Keras describes it."""
    if isinstance(given, Mapping):
        given = given.get("config", {}).get("value")
    try:
        return np.ravel(np.array(given, dtype=np.float64)) if np.ndim(given) else np.float64(given)
    except (TypeError, ValueError):
        raise InputError(f"{quoted(given)} is not a number") from None


def _check_axis(s: Config, allowed: tuple[Any, ...]) -> None:
    axis = s.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in allowed:
        raise InputError(f"it works along axis {axis}, not along the units of a row")
