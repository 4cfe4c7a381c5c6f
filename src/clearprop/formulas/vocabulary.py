"""The small vocabulary that every formula is written in.

Each function takes numbers, arrays or expression trees. On a tree it builds a node; on arrays it computes, with NumPy
or with the library the array comes from (anything that follows the Python array API standard, PyTorch tensors too).

A *row* is one sample: `row_sum` and `row_max` reduce the last axis and keep it with length 1.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.errors import require
from clearprop.formulas.expressions import Expression, apply


def array_namespace(*arrays: Any) -> Any:
    """The library that computes with these arrays: NumPy for arrays and numbers, theirs for others.

    Raises
    ------
    TypeError
        For something that is no array of any library that follows the array API.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import array_namespace
    >>> array_namespace(np.zeros(2), 1.0).__name__
    'numpy'
    """
    foreign = [a for a in arrays if not isinstance(a, np.ndarray | np.generic | int | float)]
    if not foreign:
        return np
    require("arrays of another library than NumPy need", "arrays")
    from array_api_compat import array_namespace as find

    return find(*foreign)


def _elementwise(name: str, standard_name: str) -> Callable[..., Any]:
    """A vocabulary function that the array API standard has under `standard_name`."""
    numpy_function = getattr(np, standard_name)

    def function(*arguments: Any) -> Any:
        for argument in arguments:
            if isinstance(argument, Expression):
                return apply(name, *arguments)
        xp = array_namespace(*arguments)
        if xp is np:
            return numpy_function(*arguments)
        return getattr(xp, standard_name)(*_as_arrays(xp, arguments))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name} of numbers, arrays (elementwise) or expression trees."
    return function


def _as_arrays(xp: Any, arguments: tuple[Any, ...]) -> list[Any]:
    """Numbers among the arguments as arrays of the others' type, as some libraries demand."""
    like = next(a for a in arguments if not isinstance(a, int | float))
    return [xp.asarray(a, dtype=like.dtype, device=like.device) if isinstance(a, int | float) else a for a in arguments]


exp = _elementwise("exp", "exp")
expm1 = _elementwise("expm1", "expm1")
log = _elementwise("log", "log")
log1p = _elementwise("log1p", "log1p")
tanh = _elementwise("tanh", "tanh")
sqrt = _elementwise("sqrt", "sqrt")
cos = _elementwise("cos", "cos")
sin = _elementwise("sin", "sin")
absolute = _elementwise("absolute", "abs")
sign = _elementwise("sign", "sign")
floor = _elementwise("floor", "floor")
maximum = _elementwise("maximum", "maximum")
minimum = _elementwise("minimum", "minimum")
equal = _elementwise("equal", "equal")


def erf(x: Any) -> Any:
    """The error function (2/√π) ∫₀ˣ e^(−t²) dt.

    The array API standard has no erf: libraries that have one are asked, others go through NumPy and SciPy.
    """
    if isinstance(x, Expression):
        return apply("erf", x)
    xp = array_namespace(x)
    if xp is not np and hasattr(xp, "erf"):
        return xp.erf(x)
    from scipy.special import erf as scipy_erf  # only gelu needs it, and importing SciPy takes a while

    return scipy_erf(x) if xp is np else xp.asarray(scipy_erf(np.from_dlpack(x)), dtype=x.dtype, device=x.device)


def where(condition: Any, if_true: Any, if_false: Any) -> Any:
    """`if_true` where `condition` holds, `if_false` elsewhere. Both are computed, so both must be finite.

    Examples
    --------
    >>> from clearprop.formulas import Symbol, where
    >>> z = Symbol("z")
    >>> print(where(z > 0, z, 0))
    {z if z > 0; 0 otherwise}
    """
    if any(isinstance(a, Expression) for a in (condition, if_true, if_false)):
        return apply("where", condition, if_true, if_false)
    xp = array_namespace(condition, if_true, if_false)
    if xp is np:
        return np.where(condition, if_true, if_false)
    like = next((a for a in (if_true, if_false) if not isinstance(a, int | float)), None)
    if like is not None:
        dtype = like.dtype
    else:  # two numbers, one type: some libraries would make one an integer and the other single precision
        dtype = xp.float64 if isinstance(if_true, float) or isinstance(if_false, float) else None
    device = next(a.device for a in (condition, like) if a is not None and hasattr(a, "device"))
    if isinstance(condition, int | float):  # of numbers alone, such as a parameter
        condition = xp.asarray(bool(condition), device=device)
    return xp.where(condition, *(xp.asarray(a, dtype=dtype, device=device) for a in (if_true, if_false)))


def row_sum(x: Any) -> Any:
    """The sum over the last axis, which is kept with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import row_sum
    >>> row_sum(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[3.0], [7.0]]
    """
    if isinstance(x, Expression):
        return apply("row_sum", x)
    return array_namespace(x).sum(x, axis=-1, keepdims=True)


def row_max(x: Any) -> Any:
    """The maximum over the last axis, which is kept with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import row_max
    >>> row_max(np.array([[1.0, 2.0], [3.0, 0.0]])).tolist()
    [[2.0], [3.0]]
    """
    if isinstance(x, Expression):
        return apply("row_max", x)
    return array_namespace(x).max(x, axis=-1, keepdims=True)


# Every function that a tree may hold, by its name there.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "negative": operator.neg,
    "exp": exp, "expm1": expm1, "log": log, "log1p": log1p, "tanh": tanh, "sqrt": sqrt, "cos": cos, "sin": sin,
    "erf": erf, "absolute": absolute, "sign": sign, "floor": floor, "maximum": maximum, "minimum": minimum,
    "less": operator.lt, "less_equal": operator.le, "equal": equal, "where": where,
    "row_sum": row_sum, "row_max": row_max,
}  # fmt: skip
