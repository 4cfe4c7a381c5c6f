"""Numbers as people write them: decimal commas, thousands apart, per cent, currencies."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SYMBOLS = "$€£¥₹₽₩₺₴₪฿₫₦¢"
CODES = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "CAD", "AUD")
UNIT = rf"R\$|[A-Z]{{0,2}}[{re.escape(SYMBOLS)}]|{'|'.join(CODES)}|Rs\.?|kr\.?|zł|%"
FLOAT = r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$"
NOT_FINITE = r"^[-+]?(?i:inf|infinity|nan)$"
BLANKS = "[ \u00a0\u2009\u202f]"


class Notation(NamedTuple):
    """How a column writes its numbers.

    Attributes
    ----------
    decimal : {".", ","}
    thousands : {"", ".", ",", " ", "'"}
        What may stand between groups of digits; a blank stands for all kinds of blanks.
    unit : str
        "%" or a currency, before or after each number; "" for none.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether numbers are written with these marks and this unit."""
        marks = self.decimal in (".", ",") and self.thousands in ("", ".", ",", " ", "'")
        return marks and (self.unit == "" or re.fullmatch(UNIT, self.unit) is not None)

    def __str__(self) -> str:
        said = ["a decimal comma"] if self.decimal == "," else []
        marks = {".": "points", ",": "commas", " ": "blanks", "'": "apostrophes"}
        said += [f"{marks[self.thousands]} between thousands"] if self.thousands else []
        said += ["per cent, as shares of 1"] if self.unit == "%" else [f"the unit {self.unit}"] if self.unit else []
        return " and ".join(said)


PROGRAMS = Notation()  # what programs write


def parsed(texts: pa.Array, notation: Notation = PROGRAMS) -> Any:
    """The numbers that texts say, float64 (n,); NaN and False in the second array where a text says none.

    What does not fit the notation, but is a number as programs write it, is taken as that.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.notation import Notation, parsed
    >>> parsed(pa.array(["1.234,5 €", "12", "many"]), Notation(",", ".", "€"))[0].tolist()
    [1234.5, 12.0, nan]
    """
    texts = _tidied(texts)
    if notation.unit:
        of_unit = pc.fill_null(pc.match_substring(texts, notation.unit), False).to_numpy(zero_copy_only=False)
        texts = _without(texts, re.escape(notation.unit))
    fits = pc.match_substring_regex(texts, _pattern(notation))
    grouped = texts
    if notation.thousands:
        grouped = pc.replace_substring_regex(
            grouped, BLANKS if notation.thousands == " " else f"[{_marks(notation)}]", ""
        )
    if notation.decimal == ",":
        grouped = pc.replace_substring(grouped, ",", ".")
    plain = pc.match_substring_regex(texts, f"{FLOAT}|{NOT_FINITE}")
    chosen = pc.if_else(fits, grouped, pc.if_else(plain, texts, None))
    values = pc.fill_null(chosen.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    known = chosen.is_valid().to_numpy(zero_copy_only=False)
    if notation.unit == "%":
        values = np.where(of_unit, values / 100, values)
    return values, known


def _tidied(texts: pa.Array) -> pa.Array:
    """Without blanks around, with an ASCII minus, with −5 for (5) and 5-; a plus is left off, as Arrow knows none."""
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.replace_substring(texts, "\u2212", "-")
    texts = pc.replace_substring_regex(texts, r"^\+(\d)", r"\1")
    return pc.replace_substring_regex(texts, r"^\((.*\d.*)\)$|^(\d[\d.,' ]*)-$", r"-\1\2")


def _without(texts: pa.Array, unit: str) -> pa.Array:
    before = pc.replace_substring_regex(texts, rf"^(-?)\s*(?:{unit})\s*(-?)", r"\1\2")
    return pc.replace_substring_regex(before, rf"\s*(?:{unit})$", "")


def _marks(notation: Notation) -> str:
    return "'’" if notation.thousands == "'" else re.escape(notation.thousands)


def _pattern(notation: Notation) -> str:
    decimal = re.escape(notation.decimal)
    power = r"(?:[eE][-+]?\d+)?"
    single = rf"^-?(?:\d+(?:{decimal}\d*)?|{decimal}\d+){power}$"
    if not notation.thousands:
        return single
    mark = BLANKS if notation.thousands == " " else f"[{_marks(notation)}]"
    return rf"^-?[1-9]\d{{0,2}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:{decimal}\d*)?$|{single}"


class Found(NamedTuple):
    """The notation that most of a column's texts are written in; `other` where another explains them as well."""

    notation: Notation
    other: Notation | None


def sniff(texts: pa.Array, counts: Any, decimal: str | None = None, hint: str | None = None) -> Found:
    """The notation of a column.

    Parameters
    ----------
    texts : pyarrow.Array
        Its different texts.
    counts : int array of shape (n,)
        How often each occurs.
    decimal : {".", ","}, optional
        What the user said.
    hint : {".", ","}, optional
        What the rest of the file tells; it decides where the column alone does not.
    """
    texts = _tidied(texts)
    unit = _unit(texts, counts)
    core = _without(texts, re.escape(unit)) if unit else texts
    if unit == "" and _share(core, counts, FLOAT) == 1 and (decimal or hint) != ",":
        return Found(Notation(), None)
    candidates = [
        Notation(mark, thousands, unit)
        for mark, thousands in (
            (".", ""),
            (",", ""),
            (".", ","),
            (",", "."),
            (".", " "),
            (",", " "),
            (".", "'"),
            (",", "'"),
        )
        if decimal in (None, mark)
    ]
    shares = [_share(core, counts, _pattern(candidate)) for candidate in candidates]
    best = [candidate for candidate, share in zip(candidates, shares, strict=True) if share == max(shares)]
    simplest = [item for item in best if not item.thousands] or best
    if {item.decimal for item in best} == {"."} or {item.decimal for item in best} == {","}:
        return Found(simplest[0], None)
    return _decided(core, counts, best, hint)


def _decided(core: pa.Array, counts: Any, best: list[Notation], hint: str | None) -> Found:
    """The choice between a mark as a decimal one and the same mark between thousands."""
    if _share(core, counts, r"[.,]") == 0:  # whole numbers alone
        same = next(item for item in best if item.decimal == (hint or best[0].decimal))
        return Found(same, None)
    with_comma = _share(core, counts, ",") > 0
    point = next((item for item in best if item.decimal == "." and bool(item.thousands) == with_comma), best[0])
    comma = next((item for item in best if item.decimal == "," and bool(item.thousands) != with_comma), point)
    if hint is not None:
        return Found(point if hint == "." else comma, None)
    if not with_comma:
        return Found(point, None)
    whole, grouped = _share(core, counts, r"^-?\d{1,3}$"), _share(core, counts, r"^-?\d{1,3}(,\d{3})+$")
    if whole > 0 and whole + grouped == 1:  # 950 beside 1,027: below a thousand there is no mark
        return Found(point, None)
    return Found(point, None if comma == point else comma)


def _unit(texts: pa.Array, counts: Any) -> str:
    """The unit that most of the texts carry; "" for none, or for several."""
    pattern = rf"^-?\s*(?P<a>{UNIT})?\s*-?[\d.,' \x{{00a0}}\x{{202f}}]*\d\s*(?P<b>{UNIT})?$"
    found = pc.extract_regex(texts, pattern)
    units = pc.binary_join_element_wise(
        pc.fill_null(pc.struct_field(found, "a"), ""), pc.fill_null(pc.struct_field(found, "b"), ""), ""
    )
    weights: dict[str, int] = {}
    for unit, count in zip(units.to_pylist(), counts, strict=True):
        weights[unit] = weights.get(unit, 0) + int(count)
    weights.pop("", None)
    if len(weights) != 1:
        return ""
    unit, count = next(iter(weights.items()))
    return unit if 2 * count >= counts.sum() else ""


def _share(texts: pa.Array, counts: Any, pattern: str) -> float:
    fits = pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)
    return float(counts[fits].sum() / max(1, counts.sum()))
