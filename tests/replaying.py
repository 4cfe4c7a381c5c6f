"""Reading printed lines back: their numbers, as text, evaluated as Python or with the rounding of each number."""

import math
import re
from dataclasses import dataclass

NORMAL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
POWER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")


def as_python(text):
    """A printed line's numbers as a Python expression."""
    text = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"e{m[1].translate(NORMAL)}", text)
    text = re.sub(r"\[\d+ more: ([^\]]*)\]", r"(\1)", text)
    text = re.sub(r"⟦[^:⟦⟧]*: ", "(", text).replace("⟧", ")")
    text = POWER.sub(lambda m: f"**{m[0].translate(NORMAL)}", text)
    text = text.replace("−", "-").replace("·", "*").replace("^", "**")
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
