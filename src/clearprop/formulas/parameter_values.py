"""The values that parameters of formulas may have: finite numbers, in an interval."""

from __future__ import annotations

import math
from numbers import Integral, Real

from clearprop.errors import InputError


def checked_number(what: str, value: object) -> int | float:
    """`value` as a finite int or float of Python; InputError, which says `what` it is, for anything else."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise InputError(f"{what} must be a finite number, not {value!r}")
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{what} must be a finite number, not {str(value)[:40]}")
    return int(value) if isinstance(value, Integral) and abs(number) <= 2**53 else number


def check_range(what: str, value: float, interval: str) -> None:
    """Raise InputError, which says `what` it is, for a value outside an interval: "[0, 1)", without 1; "(0, inf)"."""
    low, high = map(float, interval[1:-1].split(","))
    open_low, closed_high = interval.startswith("("), interval.endswith("]")
    if not (value > low if open_low else value >= low) or not (value <= high if closed_high else value < high):
        upper = "" if high == math.inf else f" and {'at most' if closed_high else 'below'} {high:g}"
        raise InputError(f"{what} must be {'above' if open_low else 'at least'} {low:g}{upper}, not {value!r}")
