"""Intervals: arrays whose numbers are known only within bounds, and what an equation makes of them.

A person rounds on the way. What was rounded is known to half a unit of its last digit, and so is, a little less well,
what was worked out from it. Interval arithmetic carries the bounds along: whatever number within the bounds was really
used, the result lies within the result's bounds (Moore, Interval Analysis, 1966). They may be wider than they need be,
as a symbol that occurs twice is taken for two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from clearprop.formulas.vocabulary import FUNCTIONS


class Interval:
    """An array of bounds; arithmetic and indexing as an array's. Never written to.

    Parameters
    ----------
    low, high : array
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.explain.checking.intervals import Interval
    >>> x = Interval(np.array([0.5, -1.0]), np.array([0.6, 1.0]))
    >>> (x * x).high.round(2), (1 - x).low.round(2)
    (array([0.36, 1.  ]), array([0.4, 0. ]))
    """

    __slots__ = ("high", "low")
    __array_ufunc__ = None  # so that array * interval comes here

    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = low, high

    @property
    def shape(self) -> tuple[int, ...]:
        """As the bounds."""
        return np.shape(self.low)

    @property
    def ndim(self) -> int:
        """As the bounds."""
        return np.ndim(self.low)

    @property
    def T(self) -> Interval:
        """Transposed."""
        return Interval(self.low.T, self.high.T)

    @property
    def dtype(self) -> Any:
        """Of the bounds."""
        return np.float64

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, place: Any) -> Interval:
        return Interval(self.low[place], self.high[place])

    def reshape(self, *shape: int) -> Interval:
        """With another shape."""
        return Interval(np.reshape(self.low, shape), np.reshape(self.high, shape))

    def each(self, change: Callable[[Any], Any]) -> Interval:
        """With both bounds changed, by what keeps their order."""
        return Interval(change(self.low), change(self.high))

    def __add__(self, other: Any) -> Interval:
        if isinstance(other, Interval):
            return Interval(self.low + other.low, self.high + other.high)
        return Interval(self.low + other, self.high + other)

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Any) -> Interval:
        if isinstance(other, Interval):
            return Interval(self.low - other.high, self.high - other.low)
        return Interval(self.low - other, self.high - other)

    def __rsub__(self, other: Any) -> Interval:
        return Interval(other - self.high, other - self.low)

    def __mul__(self, other: Any) -> Interval:
        if other is self:
            return square(self)
        if isinstance(other, Interval):
            ends = (self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high)
            return Interval(reduce(np.fmin, ends), reduce(np.fmax, ends))
        low, high = self.low * other, self.high * other
        return Interval(np.fmin(low, high), np.fmax(low, high))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Interval:
        return self * (reciprocal(other) if isinstance(other, Interval) else 1 / np.asarray(other, dtype=float))

    def __rtruediv__(self, other: Any) -> Interval:
        found: Interval = reciprocal(self) * other
        return found

    def __pow__(self, exponent: Any) -> Interval:
        if exponent == 2:
            return square(self)
        if exponent == int(exponent) and int(exponent) % 2 == 0:
            size = absolute(self)
            return Interval(size.low**exponent, size.high**exponent)
        return Interval(self.low**exponent, self.high**exponent)

    def __rpow__(self, base: Any) -> Interval:
        low, high = base**self.low, base**self.high
        return Interval(np.fmin(low, high), np.fmax(low, high))

    def __lt__(self, other: Any) -> Interval:
        low, high = ends_of(other)
        return Interval(self.high < low, self.low < high)

    def __le__(self, other: Any) -> Interval:
        low, high = ends_of(other)
        return Interval(self.high <= low, self.low <= high)

    def __gt__(self, other: Any) -> Interval:
        low, high = ends_of(other)
        return Interval(self.low > high, self.high > low)

    def __ge__(self, other: Any) -> Interval:
        low, high = ends_of(other)
        return Interval(self.low >= high, self.high >= low)

    def __repr__(self) -> str:
        return f"Interval({self.low}, {self.high})"


def ends_of(x: Any) -> tuple[Any, Any]:
    """The bounds of an interval, or a number twice."""
    return (x.low, x.high) if isinstance(x, Interval) else (x, x)


def interval(x: Any) -> Interval:
    """An array as an interval of no width."""
    return x if isinstance(x, Interval) else Interval(np.asarray(x, dtype=float), np.asarray(x, dtype=float))


def square(x: Interval) -> Interval:
    """x·x of the same x: never negative."""
    low, high = x.low * x.low, x.high * x.high
    crosses = (x.low < 0) & (x.high > 0)
    return Interval(np.where(crosses, 0.0, np.fmin(low, high)), np.fmax(low, high))


def reciprocal(x: Interval) -> Interval:
    """1/x; unbounded where x may be 0."""
    with np.errstate(all="ignore"):
        low, high = 1 / np.asarray(x.high, dtype=float), 1 / np.asarray(x.low, dtype=float)
    low = np.where((x.low < 0) & (x.high >= 0), -np.inf, low)
    high = np.where((x.low <= 0) & (x.high > 0), np.inf, high)
    return Interval(low, high)


def absolute(x: Interval) -> Interval:
    """|x|."""
    low, high = np.abs(x.low), np.abs(x.high)
    crosses = (x.low < 0) & (x.high > 0)
    return Interval(np.where(crosses, 0.0, np.fmin(low, high)), np.fmax(low, high))


def total(x: Any) -> Any:
    """The sum of all numbers."""
    return x.each(np.sum) if isinstance(x, Interval) else np.sum(x)


def joined(parts: list[Any]) -> Interval:
    """Several arrays as one vector."""
    ends = [ends_of(part) for part in parts]
    return Interval(*(np.concatenate([np.ravel(end[i]) for end in ends]) for i in (0, 1)))


def _rising(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function that rises everywhere, on numbers or intervals."""
    return lambda x: x.each(function) if isinstance(x, Interval) else function(x)


def _positive(function: Callable[..., Any], least: float) -> Callable[[Any], Any]:
    """A rising function of what is at least `least`; numbers below cannot be meant."""
    return lambda x: (
        Interval(function(np.maximum(x.low, least)), function(np.maximum(x.high, least)))
        if isinstance(x, Interval)
        else function(x)
    )


def _wave(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """sin and cos: they change by no more than their argument does."""

    def found(x: Any) -> Any:
        if not isinstance(x, Interval):
            return function(x)
        middle, reach = (x.low + x.high) / 2, (x.high - x.low) / 2
        return Interval(np.maximum(function(middle) - reach, -1), np.minimum(function(middle) + reach, 1))

    return found


def _two(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """A function of two arguments that rises with both."""

    def found(x: Any, y: Any) -> Any:
        if not isinstance(x, Interval) and not isinstance(y, Interval):
            return function(x, y)
        (a, b), (c, d) = ends_of(x), ends_of(y)
        return Interval(function(a, c), function(b, d))

    return found


def _equal(x: Any, y: Any) -> Any:
    if not isinstance(x, Interval) and not isinstance(y, Interval):
        return np.equal(x, y)
    (a, b), (c, d) = ends_of(x), ends_of(y)
    return Interval((a == b) & (c == d) & (a == c), (a <= d) & (c <= b))


def _where(condition: Any, x: Any, y: Any) -> Any:
    """The one or the other; both where it is not known which."""
    if not any(isinstance(item, Interval) for item in (condition, x, y)):
        return np.where(condition, x, y)
    (surely, perhaps), (a, b), (c, d) = ends_of(condition), ends_of(x), ends_of(y)
    return Interval(
        np.where(surely, a, np.where(perhaps, np.fmin(a, c), c)),
        np.where(surely, b, np.where(perhaps, np.fmax(b, d), d)),
    )


def _power(x: Any, exponent: Any) -> Any:
    if isinstance(x, Interval) and isinstance(exponent, Interval):
        return (exponent * FUNCTIONS_OF_INTERVALS["log"](x)).each(np.exp)
    return x * x if np.ndim(exponent) == 0 and not isinstance(exponent, Interval) and exponent == 2 else x**exponent


FUNCTIONS_OF_INTERVALS: Mapping[str, Callable[..., Any]] = {
    **FUNCTIONS,
    **{name: _rising(FUNCTIONS[name]) for name in ("exp", "expm1", "tanh", "erf", "sign", "floor")},
    "log": _positive(np.log, 0.0), "log1p": _positive(np.log1p, -1.0), "sqrt": _positive(np.sqrt, 0.0),
    "sin": _wave(np.sin), "cos": _wave(np.cos),
    "absolute": lambda x: absolute(x) if isinstance(x, Interval) else np.abs(x),
    "maximum": _two(np.maximum), "minimum": _two(np.minimum), "equal": _equal, "where": _where, "power": _power,
    "row_sum": lambda x: (
        x.each(lambda end: np.sum(end, axis=-1, keepdims=True)) if isinstance(x, Interval)
        else np.sum(x, axis=-1, keepdims=True)
    ),
    "row_max": lambda x: (
        x.each(lambda end: np.max(end, axis=-1, keepdims=True)) if isinstance(x, Interval)
        else np.max(x, axis=-1, keepdims=True)
    ),
}  # fmt: skip
