"""Whether what was written fits a value: its rounding, its first digits, or something within bounds."""

from __future__ import annotations

from dataclasses import replace
from math import floor, inf, isfinite, isnan, log10

from clearprop.explain.checking.worksheets import WrittenNumber

HALF = 0.5 * (1 + 1e-9)  # how far a rounding may be off, in units of its last digit
SAME = 1e-12  # relative: two numbers that differ by less are the same


def fits(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is the rounding of this value (halves either way)."""
    return bool(abs(value - number.value) <= HALF * number.unit + SAME * abs(value))


def fits_exactly(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is the value itself, with no digit left out."""
    return bool(abs(value - number.value) <= SAME * max(abs(value), 1e-3))


def fits_between(low: float, high: float, number: WrittenNumber) -> bool:
    """Whether what was written is the rounding of something within the bounds; one that is no number is none."""
    low, high = -inf if isnan(low) else low, inf if isnan(high) else high
    reach = HALF * number.unit + SAME * max(abs(low), abs(high)) if isfinite(low) and isfinite(high) else 0.0
    return bool(low - reach <= number.value <= high + reach)


def is_cut_off(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is this value with its further digits left off."""
    if not isfinite(value) or value * number.value < 0:
        return False
    return bool(abs(floor(abs(value) / number.unit + 1e-9) * number.unit - abs(number.value)) < 1e-6 * number.unit)


def explains(value: float, number: WrittenNumber, reach: float = 0.0) -> bool:
    """Whether a value, known to within `reach`, is what was written, rounded or cut off."""
    if not isfinite(value):
        return False
    return abs(value - number.value) <= HALF * number.unit + reach + SAME * abs(value) or is_cut_off(value, number)


def significant_digits(number: WrittenNumber) -> int:
    """How many significant digits a number was written with; 0 for 0.00.

    Examples
    --------
    >>> from clearprop.explain.checking.rounding import significant_digits
    >>> from clearprop.explain.checking.worksheets import WrittenNumber
    >>> [significant_digits(WrittenNumber.read(text)) for text in ("0.310", "-0.05", "0.00", "1.2e-3")]
    [3, 1, 0, 2]
    """
    if not number.value or not isfinite(number.value):
        return 0
    return max(0, floor(log10(abs(number.value)) + 1e-12) - round(log10(number.unit)) + 1)


def taken_with(number: WrittenNumber, digits: int) -> WrittenNumber:
    """A whole number that ends in zeros as somebody means it who rounds to so many significant digits.

    Examples
    --------
    >>> from clearprop.explain.checking.rounding import taken_with
    >>> from clearprop.explain.checking.worksheets import WrittenNumber
    >>> [taken_with(WrittenNumber.read(text), 2).unit for text in ("100", "120", "123", "100.0")]
    [10.0, 10.0, 1.0, 0.1]
    """
    if digits < 1 or not is_open(number):
        return number
    zeros = len(number.text) - len(number.text.rstrip("0"))
    reach = floor(log10(abs(number.value)) + 1e-12) - digits + 1
    return replace(number, unit=max(number.unit, 10.0 ** min(zeros, reach)))


def is_open(number: WrittenNumber) -> bool:
    """Whether it does not show to how many digits it was rounded: 100 may have one, two or three."""
    return number.unit == 1.0 and number.text.endswith("0") and number.text.lstrip("-+−–").isdigit()
