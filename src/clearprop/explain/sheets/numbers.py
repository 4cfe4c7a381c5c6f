"""Numbers as a person wrote them: their values, and how far their last digits reach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from clearprop.errors import InputError

SMALLEST_ROUND_INTEGER = 10  # "12" is a number rounded to 1; "3" is taken to a tenth, "0" to five thousandths
LARGEST_EXPONENT = 100  # of ten
NUMBER = re.compile(r"[-+−]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:(?:[eE]|\s*[·x×*]\s*10\^?)[-+−]?\d+)?")
UNREAD = re.compile(r"[^\s\[\](){};|≈=]+")  # what is neither a number nor a bracket nor a separator
BETWEEN = re.compile(r"[\s,;\[\](){}|≈=]")


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
        """The number that this text is; InputError where it is none."""
        plain = text.strip().replace("−", "-").replace(",", ".").replace(" ", "")
        plain = re.sub(r"[·x×*]10\^?", "e", plain)
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise InputError(f"{place}{text.strip()!r} is not a number") from None
        if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
            raise InputError(f"{place}{text.strip()!r} is too large a number, or none")
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)
        unit = 10.0**exponent
        if "." not in plain and "e" not in plain.lower():
            small = abs(number) < SMALLEST_ROUND_INTEGER
            unit = 1.0 if not small else 0.1 if number else 0.005
        return cls(text.strip(), float(number), unit)


def find_numbers(value: str) -> tuple[list[tuple[int, str]], tuple[int, str] | None]:
    """The numbers of a value with their positions, and the first thing in it that is none.

    Examples
    --------
    >>> from clearprop.explain.sheets.numbers import find_numbers
    >>> find_numbers("[0.5, oops]")
    ([(1, '0.5')], (6, 'oops'))
    """
    decimal_comma = ";" in value or re.fullmatch(r"\s*[-+−]?\d+,\d+\s*", value) is not None
    text = value if decimal_comma else value.replace(",", " ")
    found = list(NUMBER.finditer(text))
    unread = UNREAD.search(NUMBER.sub(lambda number: " " * len(number[0]), text))
    places = [] if unread is None else [unread.start()]
    places += [two.start() for one, two in pairwise(found) if one.end() == two.start()]  # 1.2.3 and 0.5-0.3
    numbers = [(number.start(), number[0]) for number in found]
    return numbers, _whole_word(value, min(places)) if places else None


def _whole_word(value: str, place: int) -> tuple[int, str]:
    """The word that stands at a place of a value, and where it begins."""
    starts = [found.end() for found in BETWEEN.finditer(value, 0, place)]
    start = starts[-1] if starts else 0
    end = BETWEEN.search(value, place)
    return start, value[start : end.start() if end else len(value)]
