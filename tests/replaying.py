"""Reading printed lines back: their numbers, as text, evaluated as Python or with the rounding of each number."""

import math
import re
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import erf

NORMAL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
POWER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")


def as_python(text):
    """A printed line's numbers as a Python expression."""
    text = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"e{m[1].translate(NORMAL)}", text)
    text = re.sub(r"\[[\d,]+ more: ([^\]]*)\]", r"(\1)", text)
    text = re.sub(r"⟦[^:⟦⟧]*: ", "(", text).replace("⟧", ")")
    text = POWER.sub(lambda m: f"**{m[0].translate(NORMAL)}", text)
    text = text.replace("−", "-").replace("·", "*").replace("^", "**")
    text = text.replace("⌊", "floor(").replace("⌋", ")")
    return re.sub(r"\|([^|]*)\|", r"absolute(\1)", text)


FLOATS = {
    "exp": lambda x: math.exp(x) if x < 709 else math.inf, "log": math.log, "tanh": math.tanh, "sqrt": math.sqrt,
    "erf": math.erf, "log1p": math.log1p, "expm1": math.expm1, "sign": lambda x: (x > 0) - (x < 0),
}  # fmt: skip


def rising(function):
    """A rising function, of intervals."""
    return lambda x: of(x).through(function)


def of_both(function):
    """max or min, of intervals."""
    return lambda x, y: Interval(function(of(x).low, of(y).low), function(of(x).high, of(y).high))


def names(kind):
    """The functions that a printed line may use, for floats or intervals."""
    if kind is float:
        return {**FLOATS, "max": max, "min": min, "absolute": abs}
    both = {"max": of_both(max), "min": of_both(min), "absolute": lambda x: abs(of(x))}
    return {**{name: rising(function) for name, function in FLOATS.items()}, **both}


def of(value):
    return value if isinstance(value, Interval) else Interval(float(value), float(value))


@dataclass(frozen=True)
class Interval:
    """All numbers that may be meant."""

    low: float
    high: float

    def through(self, function):
        with_edge = [self.low, self.high]
        try:
            return Interval(*(function(value) for value in with_edge))
        except (ValueError, OverflowError):
            return Interval(-math.inf, math.inf)

    def __add__(self, other):
        return Interval(self.low + of(other).low, self.high + of(other).high)

    __radd__ = __add__

    def __neg__(self):
        return Interval(-self.high, -self.low)

    def __sub__(self, other):
        return self + -of(other)

    def __rsub__(self, other):
        return of(other) + -self

    def __mul__(self, other):
        ends = [x * y if x and y else 0.0 for x in (self.low, self.high) for y in (of(other).low, of(other).high)]
        return Interval(min(ends), max(ends))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = of(other)
        if other.low <= 0 <= other.high:
            return Interval(-math.inf, math.inf)
        return self * Interval(1 / other.high, 1 / other.low)

    def __rtruediv__(self, other):
        return of(other) / self

    def __pow__(self, n):
        if isinstance(n, Interval):
            return Interval(-math.inf, math.inf) if self.low <= 0 else (n * self.through(math.log)).through(math.exp)
        if n % 2 == 0 and self.low < 0 < self.high:
            return Interval(0.0, max(self.low**n, self.high**n))
        ends = sorted((self.low**n, self.high**n))
        return Interval(*ends)

    def __abs__(self):
        if self.low <= 0 <= self.high:
            return Interval(0.0, max(-self.low, self.high))
        return Interval(*sorted((abs(self.low), abs(self.high))))


NUMBER = re.compile(r"(?<![\w.])(\d+\.\d+|\d+)(e-?\d+)?(?![\w.])")


def evaluate(text):
    """The value of a printed line's numbers, as floats."""
    return float(eval(as_python(text), {"__builtins__": {}}, names(float)))


def interval(text):
    """All values that the line may have, each number being anything that is written like that."""

    def number(match):
        written, exponent = match[1], match[2] or ""
        digits = len(written.split(".")[1]) if "." in written else 0
        if not digits and not exponent and len(written) == 1:
            return match[0]  # a whole number is meant as it stands; 14 may be a rounding
        half = 0.5 * 10.0 ** (int(exponent[1:] or 0) - digits)
        value = float(written + exponent)
        return f"I({value - half!r}, {value + half!r})"

    source = as_python(text)
    source = re.sub(r"\*\*(-?\d+)", lambda m: f"**P{m[1].replace('-', 'm')}", source)
    source = NUMBER.sub(number, source)
    source = re.sub(r"\*\*P(m?\d+)", lambda m: f"**{m[1].replace('m', '-')}", source)
    return of(eval(source, {"__builtins__": {}, "I": Interval}, names(Interval)))


class Exact:
    """A number or matrix as somebody reckons with it who follows the line from left to right, in float64."""

    def __init__(self, value):
        self.value = np.asarray(value, dtype=np.float64)

    def with_other(self, other, function):
        return Exact(function(self.value, other.value if isinstance(other, Exact) else np.float64(other)))

    def __add__(self, other):
        return self.with_other(other, np.add)

    def __sub__(self, other):
        return self.with_other(other, np.subtract)

    def __rsub__(self, other):
        return Exact(other) - self

    def __radd__(self, other):
        return Exact(other) + self

    def __rmul__(self, other):
        return Exact(other) * self

    def __truediv__(self, other):
        return self.with_other(other, np.divide)

    def __rtruediv__(self, other):
        return Exact(other) / self

    def __floordiv__(self, other):  # stands for ⊘
        return self / other

    def __neg__(self):
        return Exact(-self.value)

    def __abs__(self):
        return Exact(np.abs(self.value))

    def __matmul__(self, other):  # stands for ⊙
        return self.with_other(other, np.multiply)

    def __mul__(self, other):
        x, y = self.value, Exact(other).value if not isinstance(other, Exact) else other.value
        if x.ndim < 2 or y.ndim < 2:
            return Exact(x * y)
        found = np.empty((x.shape[0], y.shape[1]))
        for i, j in product(range(x.shape[0]), range(y.shape[1])):
            total = x[i, 0] * y[0, j]
            for k in range(1, x.shape[1]):
                total = total + x[i, k] * y[k, j]
            found[i, j] = total
        return Exact(found)

    def __pow__(self, exponent):
        n = exponent.value if isinstance(exponent, Exact) else exponent
        return Exact(self.value * self.value if np.ndim(n) == 0 and n == 2 else np.power(self.value, n))

    @property
    def T(self):
        return Exact(self.value.T)


def through(function):
    """A function of NumPy, of exact numbers."""
    return lambda *values: Exact(function(*(v.value if isinstance(v, Exact) else np.float64(v) for v in values)))


EXACT = {
    "exp": np.exp, "log": np.log, "tanh": np.tanh, "sqrt": np.sqrt, "erf": erf, "log1p": np.log1p, "expm1": np.expm1,
    "sign": np.sign, "max": np.maximum, "min": np.minimum, "absolute": np.abs, "cos": np.cos, "floor": np.floor,
}  # fmt: skip


def exactly(text, calls=None):
    """The value of a printed line's numbers and matrices, to the last bit; None where a matrix is not written out."""
    if "⋮" in text or "…" in text:
        return None
    text = re.sub(r"\[[\d,]+ more: ([^\]]*)\]", r"(\1)", text)
    text = re.sub(r"⟦[^:⟦⟧]*: ", "(", text).replace("⟧", ")")
    matrices = []

    def matrix(match):
        between = ", " if re.search("[,+]", match[1]) else None  # commas where a cell is a formula
        rows = [[float(eval(as_python(cell))) for cell in row.split(between)] for row in match[1].split(";")]
        matrices.append(Exact(rows))
        return f"matrix_{len(matrices) - 1}_"

    text = (
        re.sub(r"\[([^\[\]]*)\]", matrix, text).replace("⊙", "@").replace("⊘", "//").replace("ᵀ", ".T").replace("′", "")
    )
    source = re.sub(r"\*\*(-?\d+)", lambda m: f"**P{m[1].replace('-', 'm')}", as_python(text))
    source = NUMBER.sub(lambda m: f"N({m[1]}{m[2] or ''})", source)
    source = re.sub(r"\*\*P(m?\d+)", lambda m: f"**{m[1].replace('m', '-')}", source)
    known = {name: through(function) for name, function in {**EXACT, **(calls or {})}.items()}
    known |= {"π": Exact(np.pi)} | {f"matrix_{i}_": found for i, found in enumerate(matrices)}
    with np.errstate(all="ignore"):
        return Exact(0.0).with_other(eval(source, {"__builtins__": {}, "N": Exact}, known), lambda _, y: y).value
