"""The exact value of a formula, in hundreds of digits, and how far a computed one may be from it.

The tree that people are shown is evaluated by mpmath, so that neither the form that is computed nor NumPy has a part in
it. A row is a list of numbers; one that is the same all along a row is a list of one.
"""

from functools import cache

import mpmath
import numpy as np

from clearprop.formulas.expressions import Apply, Constant, Symbol, fold
from kinks import KINKS

DTYPES = ("float32", "float64")
MANTISSA, LOWEST = {"float32": 24, "float64": 53}, {"float32": -149, "float64": -1074}


def divide(x, y):
    """x/y with IEEE's answers for 0, for branches of `where` that are not taken."""
    if y != 0:
        return x / y
    return mpmath.nan if x == 0 else mpmath.inf * mpmath.sign(x)


def logarithm(x):
    return mpmath.log(x) if x > 0 else (-mpmath.inf if x == 0 else mpmath.nan)


FUNCTIONS = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y, "divide": divide,
    "power": lambda x, y: x**y, "negative": lambda x: -x, "exp": mpmath.exp, "expm1": lambda x: mpmath.exp(x) - 1,
    "log": logarithm, "log1p": lambda x: logarithm(1 + x), "tanh": mpmath.tanh, "sqrt": mpmath.sqrt,
    "cos": mpmath.cos, "sin": mpmath.sin, "erf": mpmath.erf, "absolute": abs, "sign": mpmath.sign,
    "floor": mpmath.floor, "maximum": max, "minimum": min, "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y, "equal": lambda x, y: x == y, "where": lambda c, x, y: x if c else y,
}  # fmt: skip
OF_ROWS = {"row_sum": mpmath.fsum, "row_max": max}


def digits(values):
    """So many that 1 + e^(−z), 1 + erf z and z² + 4 are told apart from what they are near to."""
    sizes = [abs(mpmath.mpf(each)) for value in values for each in _listed(value) if each != 0]
    return 60 + max([int(min(2 * abs(mpmath.log10(x)), 650) + min(x * x / 4, 360)) for x in sizes], default=0)


def exact(tree, **values):
    """The value of a tree in exact numbers, each a number or a list of them: a list."""
    with mpmath.workdps(digits(values.values())):
        rows = {name: [mpmath.mpf(each) for each in _listed(value)] for name, value in values.items()}

        def leaf(item):
            return [mpmath.mpf(item.value)] if isinstance(item, Constant) else rows[item.name]

        def node(function, _, arguments):
            if function in OF_ROWS:
                return [OF_ROWS[function](arguments[0])]
            width = max(map(len, arguments))
            wide = [row * width if len(row) == 1 else row for row in arguments]
            return [FUNCTIONS[function](*numbers) for numbers in zip(*wide, strict=True)]

        assert isinstance(tree, Apply | Constant | Symbol)
        return fold(tree, leaf, node)


def _listed(value):
    return value if isinstance(value, list) else [value]


def allowed(bound, expected, dtype, z):
    """A bound, times |z| where the exact value is a product of z and of a denormal number, which has few digits."""
    factor = max(1.0, abs(z))
    return bound * factor if abs(expected) < factor * float(np.finfo(dtype).smallest_normal) else bound


def units(found, expected, dtype, scale=0, room=1):
    """How many units in the last place a computed number is off: those of the exact one, or of `scale` if larger.

    Where `room` times the exact number is beyond the largest of the type, infinity is right.
    """
    with mpmath.workdps(60):
        mantissa, lowest = MANTISSA[dtype], LOWEST[dtype]
        largest = mpmath.ldexp(2 - mpmath.ldexp(1, 1 - mantissa), 2 - lowest - mantissa)
        assert mpmath.isfinite(expected), expected
        found, sign = mpmath.mpf(float(found)), mpmath.sign(expected)
        if room * abs(expected) > largest and found == sign * mpmath.inf:
            return 0.0
        if abs(expected) > largest or not mpmath.isfinite(found):
            return 0.0 if found == sign * largest else float("inf")
        size = max(abs(expected), min(mpmath.mpf(scale), largest))
        exponent = mpmath.frexp(size)[1] - mantissa if size else lowest
        return float(abs(found - expected) / mpmath.ldexp(1, max(exponent, lowest)))


USUAL = 4
Z, ONE = "z", "1"
LOOSER = {
    ("slope", "logistic"): (USUAL, ONE),  # a(1 − a), of a that rounds to 1
    ("slope", "tanh"): (USUAL, ONE),  # 1 − a²
    ("value", "gelu"): (USUAL, Z),  # 1 + erf
    ("slope", "gelu"): (USUAL, ONE),
    ("value", "gelu_tanh"): (USUAL, Z),  # 1 + tanh
    ("slope", "gelu_tanh"): (32, ONE),  # z(1 − t²)(1 + 3cz²), of a t that rounds to 1
    ("value", "hard_sigmoid"): (USUAL, ONE),  # z/6 + ½
    ("value", "hard_swish"): (USUAL, Z),
    ("slope", "hard_swish"): (USUAL, ONE),  # z/3 + ½
    ("slope", "silu"): ((12, 24), ONE),  # a(1 − σ), of a as large as z and a σ that rounds to 1
    ("slope", "swish"): ((12, 24), ONE),
    ("slope", "mish"): ((12, 24), ONE),
    ("value", "tanhshrink"): (USUAL, Z),  # z − tanh z
    ("slope", "softsign"): (USUAL, ONE),  # 0 where it is denormal
    ("slope", "softmax"): (USUAL, ONE),
    ("value", "log_softmax"): (USUAL, Z),  # z − log Σ
    ("slope", "log_softmax"): (USUAL, ONE),
    ("forward", "poisson"): (USUAL, Z),  # y log(y/a) − y + a
    ("backward", "poisson"): (USUAL, ONE),  # 1 − y/a
    ("forward", "binary_cross_entropy"): (USUAL, ONE),  # log(1 − a)
    ("loss", "softmax_cross_entropy"): (USUAL, ONE),
    ("loss", "exp_poisson"): (USUAL, ONE),
    ("delta", "logistic_binary_cross_entropy"): (USUAL, ONE),  # a − y, of an a that is rounded
    ("delta", "softmax_cross_entropy"): (USUAL, ONE),
    ("delta", "exp_poisson"): (USUAL, ONE),
}


SIZES = [
    1e-30, 1e-20, 1e-12, 1e-8, 1e-5, 1e-3, 0.1, 0.5, 0.7, 1.0, 1.278, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 17.0,
    20.0, 30.0, 36.0, 40.0, 88.0, 90.0, 104.0, 300.0, 709.0, 710.0, 745.0, 750.0, 1e4, 1e6, 1e15, 2e19, 1e30, 3e38,
]  # fmt: skip


def numbers(dtype):
    """Both signs of numbers of every size: denormal, near 0, where something underflows, and at the ends."""
    sizes = [0.0, *map(float, np.float32(SIZES)), *([1e100, 1e160, 1e300] if dtype == "float64" else [])]
    kind = np.finfo(dtype)
    tiny = float(kind.smallest_subnormal)
    sizes += [tiny, 1000 * tiny, float(kind.smallest_normal), float(kind.max)]
    return np.array([*sizes, *(-size for size in sizes)], dtype)


def looser(kind, name, dtype):
    """The bound for a formula, and of what its units are."""
    bound, of = LOOSER.get((kind, name), (USUAL, ""))
    return (bound[DTYPES.index(dtype)] if isinstance(bound, tuple) else bound), of


def scale(of, z):
    return {"": 0.0, ONE: 1.0, Z: abs(z)}[of]


@cache
def exact_value_and_slope(shape, z):
    """The exact activation of a number, and its slope there."""
    a = exact(shape.tree(), z=z, **shape.parameters)[0]
    return a, exact(shape.slope_tree(), z=z, a=a, **shape.parameters)[0]


def at_kink(shape, z):
    """Whether z is so near a corner, other than 0, that rounding says on which side of it."""
    return any(kink and abs(z - kink) <= 1e-6 for kink in KINKS.get(shape.name, ()))
