"""Numbers as a person wrote them: their values, and how far their last digits reach."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import floor, log10

from clearprop.errors import InputError

SMALLEST_ROUND_INTEGER = 10  # "12" is a number rounded to 1; "3" is taken to a tenth, "0" to five thousandths
LARGEST_EXPONENT = 100  # of ten
EXACT_DIGITS = 12  # to which a fraction is taken: it was not rounded
PLAIN = r"(?:\d+(?:\.\d*)?|\.\d+)"
COMMA = r"(?:\d+(?:[.,]\d+|\.)?|[.,]\d+)"  # where a comma may be the decimal mark
POWER = r"\s*(?:[·x×*⋅]|\\times|\\cdot)\s*10\s*(?:\^?\s*\{?\s*[-+−–]?\s*\d{1,4}\s*\}?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"
REST = rf"(?:(?:[eE][-+−–]?\d+)|{POWER})?(?:\s?\\?%)?"
VULGAR = r"\d?[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]"
FRACTION = re.compile(rf"([-+−–]?)\s?(?:\\d?frac\{{({PLAIN})\}}\{{({PLAIN})\}}|({PLAIN})\s?[/⁄]\s?({PLAIN}))")
SIMPLE = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,30}")  # the commonest way of all, read without a further look
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−–", "0123456789+---")


@dataclass(frozen=True)
class WrittenNumber:
    """A number as it was written: its value, and how far its last digit reaches.

    Attributes
    ----------
    text : str
    value : float
    unit : float
        The place value of the last digit: 0.01 for 0.31.
    """

    text: str
    value: float
    unit: float

    @classmethod
    def read(cls, text: str, place: str = "") -> WrittenNumber:
        """The number that this text is; InputError where it is none.

        Examples
        --------
        >>> from clearprop.explain.checking.worksheets import WrittenNumber
        >>> [WrittenNumber.read(text).value for text in ("−0,31", "4.7×10^-1", "0.26%", "-1/50")]
        [-0.31, 0.47, 0.0026, -0.02]
        """
        if SIMPLE.fullmatch(text) is not None:
            return cls(text, float(text), 10.0 ** (text.index(".") + 1 - len(text)))
        fraction = FRACTION.fullmatch(text.strip())
        vulgar = re.fullmatch(rf"([-+−–]?)\s?({VULGAR})", text.strip())
        if fraction is not None:
            above, below = fraction[2] or fraction[4], fraction[3] or fraction[5]
            if not float(below):
                raise InputError(f"{place}{text.strip()!r} is not a number")
            return cls._exact(text, float(above) / float(below), fraction[1])
        if vulgar is not None:
            whole, part = vulgar[2][:-1], unicodedata.numeric(vulgar[2][-1])
            return cls._exact(text, float(whole or 0) + part, vulgar[1])
        plain = re.sub(r"\s", "", text).translate(RAISED).replace(",", ".")
        plain = re.sub(r"(?:[·x×*⋅]|\\times|\\cdot)10\^?\{?([-+]?\d+)\}?", r"e\1", plain)
        percent = plain.endswith("%")
        plain = plain.rstrip("\\%")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise InputError(f"{place}{text.strip()!r} is not a number") from None
        if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
            raise InputError(f"{place}{text.strip()!r} is infinite or too large a number")
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)
        unit = 10.0 ** max(exponent, -320)
        if "." not in plain and "e" not in plain.lower():
            small = abs(number) < SMALLEST_ROUND_INTEGER
            unit = 1.0 if not small else 0.1 if number else 0.005
        return cls(text.strip(), float(number / 100 if percent else number), unit / 100 if percent else unit)

    @classmethod
    def _exact(cls, text: str, value: float, sign: str) -> WrittenNumber:
        value = -value if sign in ("-", "−", "–") and sign else value
        reach = floor(log10(abs(value))) if value else 0
        return cls(text.strip(), value, 10.0 ** (reach - EXACT_DIGITS))
