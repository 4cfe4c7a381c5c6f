"""Dates, times of day and lengths of time as people write them, brought to seconds."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.tables.options import ORDERS

MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "feb": 2, "fev": 2, "fév": 2, "mar": 3, "mär": 3, "maa": 3, "mrt": 3, "apr": 4,
    "abr": 4, "avr": 4, "may": 5, "mai": 5, "mei": 5, "mag": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7,
    "lug": 7, "aug": 8, "ago": 8, "aoû": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "out": 10, "ott": 10, "nov": 11,
    "dec": 12, "dez": 12, "dic": 12, "déc": 12,
}  # fmt: skip
_HOUR = r"(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d{1,9}))?)?\s?(?P<p>[AaPp]\.?[Mm]\.?)?"
_CLOCK = rf"(?:[T ,]\s?{_HOUR}\s?(?P<z>Z|UTC|GMT|[-+]\d\d:?\d\d|[-+]\d\d)?)?$"
_WORD = r"(?P<m>[A-Za-zäéûöü]{3,10})\.?"
_FORMS = (
    r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\.?" + _CLOCK,
    r"^(?:[A-Za-z]{2,9}\.?,?\s)?(?P<d>\d{1,2})\.?[ -]?(?:de )?"
    + _WORD
    + r"(?: de)?[ ,-]{0,2}(?P<y>\d{4}|\d\d)"
    + _CLOCK,
    r"^(?:[A-Za-z]{2,9}\.?,?\s)?" + _WORD + r"[ -](?P<d>\d{1,2})(?:st|nd|rd|th)?(?:,|\s|-)\s?(?P<y>\d{4})" + _CLOCK,
    r"^(?P<y>[12]\d{3})(?P<m>\d\d)(?P<d>\d\d)(?:[T ]?(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?(?P<z>Z)?)?$",
    r"^(?P<y>[12]\d{3})-(?P<m>\d\d)$",
    r"^(?P<m>\d\d?)/(?P<y>[12]\d{3})$",
    rf"^{_WORD}[ -](?P<y>[12]\d{{3}})$",
    r"^(?P<y>[12]\d{3})[ -]?[Qq](?P<q>[1-4])$",
)
_FEWEST_DIGITS = r"\d.*\d.*\d"  # in every date, as in 1 Jan 20
_NUMBERS = r"^(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})[-/.](?P<three>\d{4}|\d\d)\.?" + _CLOCK
_TIME = rf"^{_HOUR}$"
_LONG_TIME = r"^(?P<n>-)?(?P<H>\d{1,5}):(?P<M>[0-5]\d):(?P<S>[0-5]\d)(?:[.,](?P<f>\d{1,9}))?$"
_LENGTH = (
    r"^(?P<n>-)?(?P<D>\d{1,6}) days?(?:,? (?P<s>[-+])?(?P<H>\d{1,2}):(?P<M>\d\d):(?P<S>\d\d)(?:\.(?P<f>\d{1,9}))?)?$"
)
_ISO_LENGTH = r"^(?P<n>-)?P(?:(?P<D>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+)(?:\.(?P<f>\d{1,9}))?S)?)?$"
_MAY_BE_LENGTH = r"\d:\d|\d day|^-?P|\d s$"
_SECONDS = r"^(?P<n>-)?(?P<S>\d+)(?:\.(?P<f>\d{1,9}))? s$"
FIRST_OF_1900s = 69  # of years written with two digits, as POSIX has it


def seconds(texts: pa.Array, order: str = "") -> Any:
    """Seconds since 1970, float64 (n,), NaN where a text says no date.

    Parameters
    ----------
    texts : pyarrow.Array
    order : str
        "dmy", "mdy" or "ymd" for dates such as 03/04/2024; a format with ``%``, which then is all that is read.
        Dates that begin with a year of four digits, or name the month, are read without it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.dates import seconds
    >>> (seconds(pa.array(["2.1.1970", "1970-01-02", "Jan 2, 1970"]), "dmy") / 86400).tolist()
    [1.0, 1.0, 1.0]
    """
    texts = pc.utf8_trim_whitespace(texts)
    if "%" in order:
        return np.array([_by_format(text, order) for text in texts.to_pylist()], dtype=np.float64)
    made = np.full(len(texts), np.nan)
    if not pc.any(pc.match_substring_regex(texts, _FEWEST_DIGITS)).as_py():
        return made
    for form in _FORMS:
        _fill(made, *_extracted(texts, form))
    if order:
        places, parts = _extracted(texts, _NUMBERS)
        if len(places):
            named = dict(zip(order, ("one", "two", "three"), strict=True))
            parts = {**parts, **{letter: parts[place] for letter, place in named.items()}}
            _fill(made, places, parts)
    return made


def _by_format(text: str | None, form: str) -> float:
    try:
        found = datetime.datetime.strptime(text or "", form)
    except ValueError:
        return float("nan")
    found = found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    return (found - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds()


def _extracted(texts: pa.Array, pattern: str) -> tuple[Any, dict[str, Any]]:
    """The places of the texts that fit a pattern, and the groups of each."""
    found = pc.extract_regex(texts, pattern)
    places = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    if not len(places):
        return places, {}
    found = found.take(pa.array(places))
    return places, {field.name: found.field(field.name) for field in found.type}


def _whole(parts: dict[str, Any], name: str, absent: int = 0) -> Any:
    """A group as whole numbers, int64 (n,)."""
    if name not in parts:
        return absent
    words = pc.if_else(pc.equal(parts[name], ""), str(absent), parts[name])
    return words.cast(pa.int64()).to_numpy(zero_copy_only=False)


def _fill(made: Any, places: Any, parts: dict[str, Any]) -> None:
    """Put in the seconds of texts of which the parts of a date are known, where these are a date."""
    if not len(places):
        return
    two_digits = pc.equal(pc.utf8_length(parts["y"]), 2).to_numpy(zero_copy_only=False)
    year = _whole(parts, "y")
    year = np.where(two_digits, year + np.where(year >= FIRST_OF_1900s, 1900, 2000), year)
    if "q" in parts:
        month = 3 * _whole(parts, "q") - 2
    elif pc.any(pc.match_substring_regex(parts["m"], r"^\d")).as_py():
        month = _whole(parts, "m")
    else:
        month = np.array([_month(word) for word in parts["m"].to_pylist()])
    day = _whole(parts, "d", 1)
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = (first.astype("datetime64[D]") + (day - 1)).astype("datetime64[D]")
    good = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == first) & (year >= 1)
    clock, clock_good = _clock(parts, len(places))
    good &= clock_good
    made[places[good]] = (days.astype(np.int64) * 86_400.0 + clock)[good]


def _month(word: str) -> int:
    word = word.lower()
    return MONTHS.get(word[:4], MONTHS.get(word[:3], 0))


def _clock(parts: dict[str, Any], n: int) -> tuple[Any, Any]:
    """Seconds of the time of day in UTC, and where that can be."""
    if "H" not in parts:
        return np.zeros(n), np.ones(n, dtype=bool)
    hour, minute, second = (_whole(parts, name) + np.zeros(n, dtype=np.int64) for name in "HMS")
    good = (hour < 24) & (minute < 60) & (second < 60)
    if "p" in parts:
        half = pc.utf8_lower(pc.utf8_slice_codeunits(parts["p"], 0, 1)).to_numpy(zero_copy_only=False)
        good &= (half == "") | ((hour >= 1) & (hour <= 12))
        hour = np.where(half == "", hour, hour % 12 + np.where(half == "p", 12, 0))
    return 3600.0 * hour + 60 * minute + second + _part(parts, n) - _zone(parts, n), good


def _part(parts: dict[str, Any], n: int) -> Any:
    """The parts of a second."""
    if "f" not in parts:
        return np.zeros(n)
    digits = pc.utf8_rpad(parts["f"], 9, "0")
    return digits.cast(pa.int64()).to_numpy(zero_copy_only=False) / 1e9


def _zone(parts: dict[str, Any], n: int) -> Any:
    """Seconds east of Greenwich."""
    if "z" not in parts:
        return np.zeros(n)
    return np.array([_offset(word) for word in parts["z"].to_pylist()])


def _offset(word: str) -> int:
    if word in ("", "Z", "UTC", "GMT"):
        return 0
    minutes = 60 * int(word[1:3]) + int(word[3:].lstrip(":") or 0)
    return -60 * minutes if word[0] == "-" else 60 * minutes


def lengths(texts: pa.Array) -> Any:
    """Times of day and lengths of time in seconds, float64 (n,), NaN where a text says none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.dates import lengths
    >>> lengths(pa.array(["0:30", "1:30 PM", "26:00:01", "1 days 00:00:02.5", "PT2H", "soon"])).tolist()
    [1800.0, 48600.0, 93601.0, 86402.5, 7200.0, nan]
    """
    texts = pc.utf8_trim_whitespace(texts)
    made = np.full(len(texts), np.nan)
    if not pc.any(pc.match_substring_regex(texts, _MAY_BE_LENGTH)).as_py():
        return made
    places, parts = _extracted(texts, _TIME)
    if len(places):
        found, good = _clock(parts, len(places))
        made[places[good]] = found[good]
    for form in (_LONG_TIME, _LENGTH, _ISO_LENGTH, _SECONDS):
        places, parts = _extracted(texts, form)
        if not len(places):
            continue
        said = np.array(
            [any(value) for value in zip(*(parts[name].to_pylist() for name in parts if name in "DHMS"), strict=True)]
        )
        days, hour, minute, second = (_whole(parts, name) + np.zeros(len(places)) for name in "DHMS")
        clock = 3600.0 * hour + 60 * minute + second + _part(parts, len(places))
        minus = pc.equal(parts["n"], "-").to_numpy(zero_copy_only=False)
        if form == _LENGTH:  # as pandas writes it: -1 days +23:59:00 is a minute before
            back = pc.equal(parts["s"], "-").to_numpy(zero_copy_only=False)
            found = np.where(minus, -days, days) * 86_400 + np.where(back, -clock, clock)
        else:
            found = np.where(minus, -1, 1) * (86_400 * days + clock)
        made[places[said]] = found[said]
    return made


class Found(NamedTuple):
    """In which order the dates of a column are written; `others` are orders that explain them as well."""

    order: str
    others: tuple[str, ...]


def sniff(texts: pa.Array, counts: Any, asked: str | None = None) -> Found:
    """The order of day, month and year.

    Parameters
    ----------
    texts : pyarrow.Array
        Different texts.
    counts : int array of shape (n,)
        How often each occurs.
    asked : str, optional
        What the user said.
    """
    if asked is not None:
        return Found(asked, ())
    places, parts = _extracted(pc.utf8_trim_whitespace(texts), _NUMBERS)
    if not len(places):
        return Found("", ())
    numeric, weight = texts.take(pa.array(places)), counts[places]
    each = {order: seconds(numeric, order) for order in ORDERS}
    good = {order: int(weight[~np.isnan(found)].sum()) for order, found in each.items()}
    best = [order for order in ORDERS if good[order] == max(good.values())]
    if not max(good.values()):
        return Found("", ())
    first = best[0]
    others = tuple(order for order in best[1:] if not np.array_equal(each[order], each[first], equal_nan=True))
    if pc.all(pc.equal(parts["mark"], ".")).as_py() and first == "dmy":  # nobody writes month.day.year
        others = ()
    return Found(first, others)


def other_order(texts: pa.Array, order: str) -> str | None:
    """The first text that is another day in another order, where all of them are dates in that order too; or None.

    Parameters
    ----------
    texts : pyarrow.Array
        Different texts, none of them missing.
    order : {"dmy", "mdy", "ymd"}
    """
    own = seconds(texts, order)
    if np.isnan(own).all():
        return None
    for other in ORDERS:
        found = seconds(texts, other)
        if np.isnan(found[~np.isnan(own)]).any() or np.array_equal(found, own, equal_nan=True):
            continue
        mark = pc.all(pc.match_substring_regex(texts, r"^\d{1,2}\.\d{1,2}\.")).as_py()
        if not (mark and order == "dmy"):  # nobody writes month.day.year
            return str(texts[int(np.argmax(found != own))].as_py())
    return None


def day(text: str, order: str) -> str:
    """The day that a text says, as 2024-01-31."""
    found = float(seconds(pa.array([text]), order)[0])
    return "no date" if np.isnan(found) else str(np.datetime64(int(found), "s").astype("datetime64[D]"))
