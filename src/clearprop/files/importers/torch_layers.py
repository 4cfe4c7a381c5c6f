"""What modules and functions of PyTorch do to a dense chain: one row each, by the names of torch 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.chain import Chain, scale_and_shift
from clearprop.formulas import (
    Activation,
    Celu,
    Elu,
    Exp,
    Gelu,
    GeluTanh,
    HardSigmoid,
    HardSwish,
    HardTanh,
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
    Tanh,
    Tanhshrink,
    Threshold,
)

Settings = Mapping[str, Any]  # the attributes of a module, or the arguments of a function, by name


def array(tensor: Any) -> Any:
    """A tensor's numbers, in the order of its indices whatever its strides are; half precision is widened."""
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) in ("torch.float16", "torch.bfloat16"):
        tensor = tensor.float()
    return np.array(tensor.numpy(), order="C")


def _row_axis(s: Settings) -> None:
    if s.get("dim") not in (None, 1, -1):
        raise InputError(f"it works along axis {s['dim']}, not along the units of a row")


def _over_units(formula: Activation) -> Callable[[Settings], Activation]:
    def made(s: Settings) -> Activation:
        _row_axis(s)
        return formula

    return made


# The activations, by the names of their functions; a module's is its class's in lower case.
ACTIVATIONS: Mapping[str, Callable[[Settings], Activation]] = {
    "relu": lambda s: Relu(),
    "relu6": lambda s: Relu6(),
    "leakyrelu": lambda s: LeakyRelu(float(s.get("negative_slope", 0.01))),
    "rrelu": lambda s: LeakyRelu((float(s.get("lower", 1 / 8)) + float(s.get("upper", 1 / 3))) / 2),
    "elu": lambda s: Elu(float(s.get("alpha", 1.0))),
    "celu": lambda s: Celu(float(s.get("alpha", 1.0))),
    "selu": lambda s: Selu(),
    "gelu": lambda s: GeluTanh() if s.get("approximate", "none") == "tanh" else Gelu(),
    "silu": lambda s: Silu(),
    "mish": lambda s: Mish(),
    "sigmoid": lambda s: Logistic(),
    "tanh": lambda s: Tanh(),
    "hardtanh": lambda s: HardTanh(float(s.get("min_val", -1.0)), float(s.get("max_val", 1.0))),
    "hardsigmoid": lambda s: HardSigmoid(),
    "hardswish": lambda s: HardSwish(),
    "softplus": lambda s: SoftplusThreshold(float(s.get("beta", 1.0)), float(s.get("threshold", 20.0))),
    "softsign": lambda s: Softsign(),
    "logsigmoid": lambda s: LogSigmoid(),
    "tanhshrink": lambda s: Tanhshrink(),
    "hardshrink": lambda s: Shrink(float(s.get("lambd", 0.5)), 0.0),
    "softshrink": lambda s: Shrink(float(s.get("lambd", 0.5)), float(s.get("lambd", 0.5))),
    "threshold": lambda s: Threshold(float(s["threshold"]), float(s["value"])),
    "exp": lambda s: Exp(),
    "softmax": _over_units(Softmax()),
    "logsoftmax": _over_units(LogSoftmax()),
}
# The arguments of the activations' functions behind the first, in their order.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "leakyrelu": ("negative_slope",), "elu": ("alpha",), "celu": ("alpha",), "hardtanh": ("min_val", "max_val"),
    "softplus": ("beta", "threshold"), "hardshrink": ("lambd",), "softshrink": ("lambd",), "softmax": ("dim",),
    "threshold": ("threshold", "value"), "logsoftmax": ("dim",), "gelu": (), "rrelu": ("lower", "upper", "training"),
}  # fmt: skip
NOTHING = ("Identity", "Flatten")
DROPOUTS = ("Dropout", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d")
NORMALISES_A_ROW = ("LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm1d", "LocalResponseNorm")


def function_name(name: str) -> str:
    """The name of a function without underscores: `leaky_relu_` and `LeakyReLU` are both leakyrelu."""
    return name.lower().replace("_", "")


def add_module(chain: Chain, module: Any, kind: str, name: str, at: Any) -> bool:
    """Add what a module of torch.nn does; False where it is no part of a dense chain.

    Raises
    ------
    InputError
        For one that could be, but not with these settings.
    """
    if kind == "Linear":
        bias = module.bias
        chain.dense(array(weight_of(module)).T, None if bias is None else array(bias), name, at)
    elif kind in ("BatchNorm1d", "SyncBatchNorm"):
        _batch_norm(chain, module, kind, name, at)
    elif kind == "PReLU":
        slopes = array(module.weight)
        chain.slopes(slopes, f"the PReLU {name!r}", at)
    elif kind == "Softmin":
        _row_axis(vars(module))
        chain.affine(-1.0, 0.0, f"the minus of the Softmin {name!r}")
        chain.activation(Softmax(), name, at)
    elif kind in DROPOUTS:
        chain.notes.append(f"{kind} {name!r}, p = {module.p:g}, does nothing in evaluation and was dropped")
    elif function_name(kind) in ACTIVATIONS and kind != "Exp":
        if kind == "RReLU":
            chain.notes.append(f"the slope of the RReLU {name!r} is the mean of its bounds, as in evaluation")
        chain.activation(ACTIVATIONS[function_name(kind)](vars(module)), f"{kind} {name!r}", at)
    else:
        return kind in NOTHING
    return True


def weight_of(module: Any) -> Any:
    """The weight that a Linear multiplies by; the old weight_norm and spectral_norm make it before each call."""
    for hook in module._forward_pre_hooks.values():
        kind = type(hook).__name__
        if kind == "WeightNorm":
            return hook.compute_weight(module)
        if kind == "SpectralNorm":
            return hook.compute_weight(module, do_power_iteration=False)
    return module.weight


def _batch_norm(chain: Chain, module: Any, kind: str, name: str, at: Any) -> None:
    if module.running_mean is None:
        raise InputError(
            f"{kind} {name!r} keeps no running mean (track_running_stats=False): it normalises by the batch it gets, "
            "which no layer of weights does"
        )
    factors = [None if tensor is None else array(tensor) for tensor in (module.weight, module.bias)]
    scale, shift = scale_and_shift(array(module.running_mean), array(module.running_var), module.eps, *factors)
    chain.affine(scale, shift, f"{kind} {name!r}", at)
