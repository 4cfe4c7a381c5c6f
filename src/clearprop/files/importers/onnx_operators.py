"""The operators of ONNX that work number by number, or along a row, in the vocabulary of formulas.

Each is written once. Given trees it makes the tree of an activation, given arrays it computes: so what stands between
two layers is read as a formula, and what a file computes of its own constants is computed. Names, defaults and
definitions: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from math import pi, sqrt
from typing import Any

import numpy as np

from clearprop.errors import InputError, shortened
from clearprop.files.onnx_messages import ATTRIBUTE_TYPES, Attribute, Node
from clearprop.formulas import activations
from clearprop.formulas import vocabulary as v
from clearprop.formulas.expressions import Apply, Expression

FIELDS = {kind: name for name, kind in ATTRIBUTE_TYPES.items()}
Operator = Callable[..., Any]
forms: Any = activations  # whose forms take trees as well as arrays


class Settings:
    """The attributes of a node.

    Parameters
    ----------
    node : Node
        For the place in messages, too.
    outer : mapping of str to Attribute
        Of the call, for a node in a function whose attributes are those of the call.
    """

    def __init__(self, node: Node, outer: Mapping[str, Attribute] | None = None) -> None:
        self.place, self.layer = place_of(node), ""
        self.given: dict[str, Attribute] = {}
        for item in node.attribute:
            if item.ref_attr_name:
                if item.ref_attr_name not in (outer or {}):
                    continue  # not given in the call: the default holds
                item = (outer or {})[item.ref_attr_name]
                self.given[next(a.name for a in node.attribute if a.ref_attr_name == item.name)] = item
            else:
                self.given[item.name] = item

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an attribute as the file has it."""
        if name not in self.given:
            return default
        item = self.given[name]
        field = FIELDS.get(item.type)
        if field is None:  # files of the first versions name no type
            field = next((f for f in ATTRIBUTE_TYPES if _is_there(getattr(item, f))), "i")
        found = getattr(item, field)
        return default if found is None else found

    def number(self, name: str, default: float) -> float:
        """A number; attributes are float32, and 0.2 is meant by 0.20000000298."""
        return shortest(np.float32(self.get(name, default)))

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        found = self.get(name, default)
        if not isinstance(found, int):
            raise InputError(f"{self.place} has a {name} that is not a whole number")
        return found

    def text(self, name: str, default: str) -> str:
        """A text."""
        found = self.get(name, default)
        return found if isinstance(found, str) else bytes(found).decode(errors="replace")


def _is_there(value: Any) -> bool:
    return value is not None and (not hasattr(value, "__len__") or len(value) > 0)


def place_of(node: Node) -> str:
    """How messages call a node: the operator and the name, or the value that it makes."""
    name = node.name or next(iter(node.output), "")
    return f"the node {shortened(name)!r} ({shortened(node.op_type)})"


def shortest(number: Any) -> float:
    """The number that was meant: of a float32, the shortest decimal that it is nearest to.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.importers.onnx_operators import shortest
    >>> shortest(np.float32(0.2)), shortest(np.float64(0.1) + 0.2), shortest(np.float32(3))
    (0.2, 0.30000000000000004, 3)
    """
    found = float(str(np.float32(number))) if getattr(number, "dtype", None) == np.float32 else float(number)
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def _softplus(_: Settings, x: Any) -> Any:
    return forms.Softplus.stable(x)


def _log(_: Settings, x: Any) -> Any:
    """The logarithm; of a sigmoid or a softmax in the form that does not become −∞."""
    of_sigmoid = _argument_of(x, forms.Logistic)
    if of_sigmoid is not None:
        return -forms.Softplus.stable(-of_sigmoid)
    of_softmax = _argument_of(x, forms.Softmax)
    return v.log(x) if of_softmax is None else log_softmax(of_softmax)


def _argument_of(tree: Any, cls: Any) -> Expression | None:
    """What the stable form of an activation was applied to, if this tree is one."""
    if not isinstance(tree, Apply):
        return None
    inner: Any = tree
    place = {forms.Logistic: (1, 1, 0, 0, 0), forms.Softmax: (0, 0, 0)}[cls]  # of 1 + exp(−|x|), and of exp(x − max x)
    for k in place:
        if not isinstance(inner, Apply) or len(inner.arguments) <= k:
            return None
        inner = inner.arguments[k]
    return inner if tree == cls.stable(inner) else None


def log_softmax(x: Any) -> Any:
    """z − log Σ e^z, from the greatest on."""
    shifted = x - v.row_max(x)
    return shifted - v.log(v.row_sum(v.exp(shifted)))


def _clip(s: Settings, x: Any, low: Any = None, high: Any = None) -> Any:
    """Bounds are attributes up to opset 10, inputs from 11 on; each can be left out."""
    low = s.number("min", 0) if low is None and "min" in s.given else low
    high = s.number("max", 0) if high is None and "max" in s.given else high
    x = x if low is None or _is_past(low, -1) else v.maximum(x, low)
    return x if high is None or _is_past(high, 1) else v.minimum(x, high)


def _is_past(bound: Any, sign: int) -> bool:
    """Whether a bound is none: float32's last number, or infinity."""
    return isinstance(bound, int | float) and sign * bound >= 3.4e38


def _gelu(s: Settings, x: Any) -> Any:
    if s.text("approximate", "none") == "tanh":
        return x * (1 + v.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2
    return forms.Gelu.value(x)


def _hard_sigmoid(s: Settings, x: Any) -> Any:
    return v.minimum(v.maximum(s.number("alpha", 0.2) * x + s.number("beta", 0.5), 0), 1)


def _hard_swish(_: Settings, x: Any) -> Any:
    return x * v.minimum(v.maximum(x / 6 + 1 / 2, 0), 1)


def _celu(s: Settings, x: Any) -> Any:
    alpha = s.number("alpha", 1.0)
    return v.where(x > 0, x, alpha * v.expm1(v.minimum(x, 0) / alpha))


def _elu(s: Settings, x: Any) -> Any:
    return forms.Elu.stable(x, s.number("alpha", 1.0))


def _selu(s: Settings, x: Any) -> Any:
    defaults = activations.Selu()
    return forms.Selu.stable(x, s.number("alpha", defaults.alpha), s.number("gamma", defaults.scale))


def _leaky_relu(s: Settings, x: Any) -> Any:
    return v.where(x > 0, x, s.number("alpha", 0.01) * x)


def _thresholded_relu(s: Settings, x: Any) -> Any:
    return v.where(x > s.number("alpha", 1.0), x, 0)


def _shrink(s: Settings, x: Any) -> Any:
    bias, threshold = s.number("bias", 0.0), s.number("lambd", 0.5)
    return v.where(x > threshold, x - bias, v.where(x < -threshold, x + bias, 0))


def _swish(s: Settings, x: Any) -> Any:
    return x * forms.Logistic.stable(s.number("alpha", 1.0) * x)


def _either(_: Settings, a: Any, b: Any) -> Any:
    return v.where(a, 1, v.where(b, 1, 0))


def _both(_: Settings, a: Any, b: Any) -> Any:
    return v.where(a, v.where(b, 1, 0), 0)


def _plain(function: Callable[..., Any]) -> Operator:
    """An operator without settings."""
    return lambda _, *arguments: function(*arguments)


def _all_of(function: Callable[[Any, Any], Any]) -> Operator:
    """An operator of any number of arguments."""
    return lambda _, *arguments: reduce(function, arguments)


def _tangent(x: Any) -> Any:
    return v.sin(x) / v.cos(x)


ELEMENTWISE: Mapping[str, Operator] = {
    "Add": _plain(operator.add), "Sub": _plain(operator.sub), "Mul": _plain(operator.mul),
    "Div": _plain(operator.truediv), "Pow": _plain(operator.pow), "Neg": _plain(operator.neg),
    "Sum": _all_of(operator.add), "Max": _all_of(v.maximum), "Min": _all_of(v.minimum),
    "Mean": lambda _, *items: reduce(operator.add, items) / len(items),
    "Abs": _plain(v.absolute), "Exp": _plain(v.exp), "Log": _log, "Sqrt": _plain(v.sqrt), "Erf": _plain(v.erf),
    "Sin": _plain(v.sin), "Cos": _plain(v.cos), "Tan": _plain(_tangent), "Sign": _plain(v.sign),
    "Floor": _plain(v.floor), "Ceil": _plain(lambda x: -v.floor(-x)), "Reciprocal": _plain(lambda x: 1 / x),
    "Tanh": _plain(v.tanh), "Sigmoid": _plain(forms.Logistic.stable), "Relu": _plain(lambda x: v.maximum(x, 0)),
    "Sinh": _plain(lambda x: (v.exp(x) - v.exp(-x)) / 2), "Cosh": _plain(lambda x: (v.exp(x) + v.exp(-x)) / 2),
    "Softplus": _softplus, "Softsign": _plain(lambda x: x / (1 + v.absolute(x))), "Mish": _plain(forms.Mish.stable),
    "Clip": _clip, "Gelu": _gelu, "HardSigmoid": _hard_sigmoid, "HardSwish": _hard_swish, "Celu": _celu, "Elu": _elu,
    "Selu": _selu, "LeakyRelu": _leaky_relu, "PRelu": _plain(lambda x, slope: v.where(x > 0, x, slope * x)),
    "ThresholdedRelu": _thresholded_relu, "Shrink": _shrink, "Swish": _swish,
    "Greater": _plain(operator.gt), "GreaterOrEqual": _plain(operator.ge), "Less": _plain(operator.lt),
    "LessOrEqual": _plain(operator.le), "Equal": _plain(v.equal), "Where": _plain(v.where),
    "Not": _plain(lambda x: v.where(x, 0, 1)), "And": _both, "Or": _either,
}  # fmt: skip

# Along the last axis, which is kept with length 1 by those that reduce it; n is how long it is.
ROWS: Mapping[str, Callable[[Any, int], Any]] = {
    "Softmax": lambda x, n: forms.Softmax.stable(x),
    "LogSoftmax": lambda x, n: log_softmax(x),
    "ReduceSum": lambda x, n: v.row_sum(x),
    "ReduceMax": lambda x, n: v.row_max(x),
    "ReduceMin": lambda x, n: -v.row_max(-x),
    "ReduceMean": lambda x, n: v.row_sum(x) / n,
    "ReduceSumSquare": lambda x, n: v.row_sum(x**2),
    "ReduceL1": lambda x, n: v.row_sum(v.absolute(x)),
    "ReduceL2": lambda x, n: v.sqrt(v.row_sum(x**2)),
    "ReduceLogSum": lambda x, n: v.log(v.row_sum(x)),
    "ReduceLogSumExp": lambda x, n: v.row_max(x) + v.log(v.row_sum(v.exp(x - v.row_max(x)))),
}
