"""What the first lines of a text file tell of its numbers: which cells are, the decimal mark, what may be misread."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from clearprop.tables.options import MISSING

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
WITH_COMMA = re.compile(r"[-+]?\d+,\d+")
POINT_IN_THREES = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
FEWEST_IN_THREES = 5  # different numbers, all of them as 1.234, that are worth a sentence
IN_THREES = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
CODE = re.compile(r"0\d+")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")


def is_value(text: str) -> bool:
    """Whether a field can only be a value: a number, a date, or a word for a missing one.

    Examples
    --------
    >>> from clearprop.tables.csv_numbers import is_value
    >>> is_value("1.5"), is_value("2020-01-31"), is_value("price")
    (True, True, False)
    """
    text = text.strip()
    return bool(NUMBER.fullmatch(text) or WITH_COMMA.fullmatch(text) or DATE.fullmatch(text))


def decimal_mark(rows: Sequence[list[str]], separator: str) -> str | None:
    """A comma where a column's numbers have one, it separates no columns, and it cannot stand between thousands."""
    if separator == ",":
        return None
    for column in zip(*rows, strict=False):
        with_comma = [cell for cell in column if WITH_COMMA.fullmatch(cell)]
        others = [cell for cell in column if cell not in with_comma and NUMBER.fullmatch(cell)]
        whole = all(cell.lstrip("+-").isdigit() for cell in others)
        if with_comma and whole and not all(IN_THREES.fullmatch(cell) for cell in with_comma):
            return ","
    return None


def said_of_mark(rows: Sequence[list[str]], separator: str, decimal: str | None) -> list[str]:
    """A note of decimal commas; or of each column that may have points between thousands, as 1.234 can be either."""
    if decimal == ",":
        return ["numbers have a decimal comma (--decimal '.' if they do not)"]
    said: list[str] = []
    if separator != ";" or decimal is not None:
        return said
    for name, *cells in zip(*rows, strict=False):
        known = [cell for cell in cells if cell not in MISSING]
        if len(set(known)) >= FEWEST_IN_THREES and all(POINT_IN_THREES.fullmatch(cell) for cell in known):
            said.append(f"{name!r}: {known[0]!r} is read as it stands (--decimal , if the point is between thousands)")
    return said


def codes(rows: Sequence[Sequence[str]], as_text: Collection[str]) -> list[str]:
    """A sentence about each column of whole numbers with a 0 before them, which may be codes and no amounts."""
    said = []
    for name, *cells in zip(*rows, strict=False):
        known = [cell for cell in cells if cell not in MISSING]
        padded = [cell for cell in known if CODE.fullmatch(cell)]
        if padded and name not in as_text and all(map(str.isdigit, known)):
            said.append(f"{name!r}: {padded[0]!r} is read as {int(padded[0])} (--category {name!r} if these are names)")
    return said
