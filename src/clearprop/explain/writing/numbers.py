"""Numbers as people write them: so many significant digits, a decimal point or comma, or exact fractions.

Rounding is for showing only. `Shown` says what is written and whether it is the number itself or a rounding of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from clearprop.errors import InputError
from clearprop.formulas.printers.text import ATOM, PRODUCT, SUPERSCRIPTS

IN_BRACKETS = 0  # binds less tightly than anything: brackets everywhere
LARGEST_PLAIN, SMALLEST_PLAIN = 6, -4  # exponents of ten between which a number is written without one
MOST_DIGITS = 12  # that a small change asks for
PLAIN_INTEGERS = 15  # digits up to which whole numbers are


@dataclass(frozen=True)
class Shown:
    """A number as it is written.

    Attributes
    ----------
    negative : bool
    digits : str
        With the decimal point or comma; a numerator where there is a denominator.
    exponent : int or None
        Of ten.
    denominator : str
        "" where there is none.
    is_exact : bool
        Whether what is written is the number itself.
    """

    negative: bool
    digits: str
    exponent: int | None = None
    denominator: str = ""
    is_exact: bool = True

    @property
    def binding(self) -> int:
        """How tightly it binds, for printers: a negative number put in is always bracketed."""
        if self.negative:
            return IN_BRACKETS
        return ATOM if self.exponent is None and not self.denominator else PRODUCT

    def text(self) -> str:
        """As Unicode text: −1.2·10⁻⁵."""
        sign = "−" if self.negative else ""
        if self.denominator:
            return f"{sign}{self.digits}/{self.denominator}"
        power = "" if self.exponent is None else f"·10{str(self.exponent).translate(SUPERSCRIPTS)}"
        return f"{sign}{self.digits}{power}"

    def latex(self) -> str:
        """As LaTeX."""
        sign = "-" if self.negative else ""
        digits = self.digits.replace(",", "{,}").replace("∞", r"\infty")
        if self.denominator:
            return rf"{sign}\frac{{{digits}}}{{{self.denominator}}}"
        power = "" if self.exponent is None else rf" \cdot 10^{{{self.exponent}}}"
        return f"{sign}{digits}{power}"

    def mathml(self) -> str:
        """As MathML."""
        digits = f"<mn>{self.digits}</mn>"
        if self.denominator:
            digits = f"<mfrac>{digits}<mn>{self.denominator}</mn></mfrac>"
        elif self.exponent is not None:
            sign = "<mo form='prefix'>−</mo>" if self.exponent < 0 else ""
            power = f"<mrow>{sign}<mn>{abs(self.exponent)}</mn></mrow>"
            digits = f"{digits}<mo>⋅</mo><msup><mn>10</mn>{power}</msup>"
        return f"<mo form='prefix'>−</mo>{digits}" if self.negative else digits


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    Parameters
    ----------
    digits : int
        Significant digits, 1 to 17; 17 say everything about a float64.
    comma : bool
        A decimal comma for the point.

    Examples
    --------
    >>> from clearprop.explain.writing.numbers import NumberFormat
    >>> NumberFormat(3).shown(-0.000012345).text(), NumberFormat(4, comma=True).shown(0.41).text()
    ('−1.23·10⁻⁵', '0,41')
    """

    digits: int = 4
    comma: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.digits, bool) or not isinstance(self.digits, int) or not 1 <= self.digits <= 17:
            raise InputError(f"digits must be a whole number from 1 to 17, not {self.digits!r}")

    def shown(self, value: Any) -> Shown:
        """The number as it is written."""
        if isinstance(value, Fraction):
            denominator = "" if value.denominator == 1 else str(value.denominator)
            return Shown(value < 0, str(abs(value.numerator)), denominator=denominator)
        return _shown(float(value), self.digits, self.comma)


@lru_cache(maxsize=4_096)  # a lab that runs for hours shows ever new numbers
def _shown(number: float, digits: int, comma: bool) -> Shown:
    def mark(text: str) -> str:
        return text.replace(".", ",") if comma else text

    if not math.isfinite(number):
        return Shown(number < 0, "∞" if math.isinf(number) else "—")
    rounded = rounded_to(number, digits)
    exact = math.isclose(float(rounded), number, rel_tol=1e-13, abs_tol=0.0)
    exponent = rounded.adjusted() if rounded else 0
    negative = rounded < 0
    tail = abs(rounded).normalize() if exact else abs(rounded)  # 2.0 for 1.96: a rounding shows its last digit
    whole = exact and float(rounded).is_integer() and abs(exponent) < PLAIN_INTEGERS
    places = exponent >= SMALLEST_PLAIN and (exponent < digits or (exact and exponent < LARGEST_PLAIN))
    if whole or places:
        return Shown(negative, mark(f"{tail:f}"), is_exact=exact)
    return Shown(negative, mark(f"{tail.scaleb(-exponent):f}"), exponent, is_exact=exact)


def rounded_to(value: float, digits: int) -> Decimal:
    """The decimal of so many significant digits nearest to what the shortest decimal of `value` says, halves up."""
    exact = Decimal(repr(value)) if digits < 17 else Decimal(value)
    return Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(exact)


def finer_for(value: Any, change: Any, digits: int) -> int:
    """How many digits more than `digits` a number needs so that two digits of a change of it are seen.

    Examples
    --------
    >>> from clearprop.explain.writing.numbers import finer_for
    >>> finer_for(3.0, 0.0002, 4), finer_for(3.0, 0.2, 4)
    (2, 0)
    """
    sizes = [abs(float(item)) for item in (value, change)]
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        return 0
    whole, moved = (math.floor(math.log10(size)) for size in sizes)
    return max(0, min(whole - moved + 2, MOST_DIGITS) - digits)
