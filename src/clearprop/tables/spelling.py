"""One way of writing a value as text, whatever type it comes in and whatever stands beside it.

A category is known by this text: 3, 3.0, Decimal("3.0") and the text "3.0" are all "3"; True and "TRUE" are "true"; a
date is "2024-01-31", with its time of day where it has one. "01" and "1.10" are spelled as no library writes a number,
so they stay what they are.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

DAY = 86_400
WHOLE = 2.0**64  # numbers without a fraction below this are written with all of their digits
MOST_DIGITS = 17  # that a float64 can hold

_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)\.(?:0|\d*[1-9])")
_POWER = re.compile(r"-?\d(?:\.\d+)?[eE][-+]?\d{1,3}")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?(Z|UTC|[-+]\d\d:?\d\d)?", re.ASCII
)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.ASCII)
_LENGTH = re.compile(r"(-?\d{1,6}) days?(?:,? ([-+])?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)
TO_LOOK_AT = r"^\s|\s$|^-?\d|[^\x00-\x7f]|^(?i:true|false)$"  # texts that may have another spelling


def spelled(text: str) -> str:
    """How a text is written when it says a truth, a number, a date or a length of time; otherwise itself, trimmed.

    Examples
    --------
    >>> from clearprop.tables.spelling import spelled
    >>> [spelled(text) for text in (" red ", "True", "3.0", "1e-05", "0.00001", "2024-01-31T00:00:00Z")]
    ['red', 'true', '3', '1e-05', '1e-05', '2024-01-31']
    >>> [spelled(text) for text in ("01", "1.10", "1e5")]
    ['01', '1.10', '1e5']
    """
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if not text.isascii():
        return unicodedata.normalize("NFC", text)
    if not text.removeprefix("-")[:1].isdigit():
        return text
    if text in ("-0", "-0.0"):
        return "0"
    if _DECIMAL.fullmatch(text):
        return number(float(text)) if sum(map(str.isdigit, text)) <= MOST_DIGITS + 1 else text
    if _POWER.fullmatch(text):
        value = float(text)
        return number(value) if 0 < abs(value) < 1e-4 or 1e16 <= abs(value) < 1e300 else text
    return _spelled_time(text)


def _spelled_time(text: str) -> str:
    """The same for dates with a time of day, times of day and lengths of time."""
    if found := _MOMENT.fullmatch(text):
        try:
            day = datetime.date.fromisoformat(found[1])
        except ValueError:
            return text
        ticks = _nanoseconds(found[2], found[3], found[4] or "0", found[5])
        return moment((day.toordinal() - 719_163) * DAY * 10**9 + ticks - 60 * 10**9 * _zone(found[6]), 10**9)
    if found := _TIME.fullmatch(text):
        return time_of_day(_nanoseconds(*found.groups()), 10**9)
    if found := _LENGTH.fullmatch(text):
        rest = _nanoseconds(found[3], found[4], found[5], found[6]) if found[3] else 0
        return length(int(found[1]) * DAY * 10**9 + (-rest if found[2] == "-" else rest), 10**9)
    return text


def _nanoseconds(hours: str, minutes: str, seconds: str, part: str | None) -> int:
    return (3600 * int(hours) + 60 * int(minutes) + int(seconds)) * 10**9 + int((part or "").ljust(9, "0"))


def _zone(text: str | None) -> int:
    """Minutes east of Greenwich."""
    if text in (None, "Z", "UTC"):
        return 0
    assert text is not None
    minutes = 60 * int(text[1:3]) + int(text[-2:])
    return -minutes if text[0] == "-" else minutes


def number(value: Any) -> str:
    """A float (of Python, or of NumPy in its own precision), in its shortest spelling, without ".0"."""
    if abs(value) < WHOLE and float(value).is_integer():
        return str(int(value))
    return str(value)


def moment(ticks: int, per_second: int) -> str:
    """Time since 1970 as a date, with the time of day if that is not midnight."""
    days, rest = divmod(ticks, DAY * per_second)
    if not -719_162 <= days <= 2_932_896:  # beyond the years 1 to 9999
        return length(ticks, per_second)
    day = datetime.date.fromordinal(719_163 + days).isoformat()
    return f"{day} {time_of_day(rest, per_second)}" if rest else day


def time_of_day(ticks: int, per_second: int) -> str:
    """Time since midnight: hours, minutes, seconds, and what parts of a second there are."""
    seconds, part = divmod(ticks, per_second)
    shown = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{shown}.{part * (10**9 // per_second):09d}".rstrip("0") if part else shown


def length(ticks: int, per_second: int) -> str:
    """A length of time in seconds."""
    seconds, part = divmod(abs(ticks), per_second)
    shown = f"{seconds}.{part * (10**9 // per_second):09d}".rstrip("0") if part else str(seconds)
    return f"{'-' if ticks < 0 else ''}{shown} s"


def is_missing(value: Any) -> bool:
    """Whether a value of Python's, NumPy's or pandas' own says that there is none."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "Null"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling one cannot be compared
    return isinstance(value, float | np.floating) and bool(value != value)


def of_object(value: Any) -> str | None:
    """The text of any single value; None where no column can hold it.

    Examples
    --------
    >>> import datetime
    >>> from clearprop.tables.spelling import of_object
    >>> [of_object(value) for value in (True, 2.0, "2.0", datetime.date(2024, 1, 31))]
    ['true', '2', '2', '2024-01-31']
    """
    match value:
        case str():
            return spelled(value)
        case bool() | np.bool_():
            return "true" if value else "false"
        case np.timedelta64():  # to NumPy it is a whole number
            return _of_time(value)
        case int() | np.integer():
            return str(int(value))
        case float() | np.floating():
            return str(value) if np.isinf(value) else number(value)
        case Decimal():
            return str(int(value)) if value.is_finite() and value == int(value) else number(float(value))
        case bytes():
            return spelled(value.decode("utf-8", "replace"))
        case UUID():
            return str(value)
    return _of_time(value) or _of_interval(value)


def _of_time(value: Any) -> str | None:
    """The text of a date, a time or a length of time."""
    if hasattr(value, "start_time") and hasattr(value, "freqstr"):  # a period of pandas: when it begins
        value = value.start_time
    if hasattr(value, "to_datetime64"):  # of pandas, which keeps nanoseconds; with a zone it is UTC
        value = value.to_datetime64()
    if hasattr(value, "to_timedelta64"):
        value = value.to_timedelta64()
    match value:
        case np.datetime64():
            return moment(int(value.astype("datetime64[ns]").astype(np.int64)), 10**9)
        case np.timedelta64():
            return length(int(value.astype("timedelta64[ns]").astype(np.int64)), 10**9)
        case datetime.datetime():
            return moment(since_1970(value), 10**6)
        case datetime.date():
            return value.isoformat()
        case datetime.timedelta():
            return length(microseconds(value), 10**6)
        case datetime.time():
            seconds = 3600 * value.hour + 60 * value.minute + value.second
            return time_of_day(10**6 * seconds + value.microsecond, 10**6)
    return None


def since_1970(value: datetime.datetime) -> int:
    """Microseconds since 1970, in UTC, also where the day in UTC is beyond the calendar."""
    east = microseconds(value.utcoffset() or datetime.timedelta())
    return microseconds(value.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)) - east


def microseconds(value: datetime.timedelta) -> int:
    """All of a length of time, as one whole number."""
    return (value.days * DAY + value.seconds) * 10**6 + value.microseconds


def _of_interval(value: Any) -> str | None:
    """The text of an interval, as pandas writes it."""
    closed = value.get("closed") if isinstance(value, Mapping) else getattr(value, "closed", None)
    if closed not in ("left", "right", "both", "neither"):
        return None
    ends = (value["left"], value["right"]) if isinstance(value, Mapping) else (value.left, value.right)
    left, right = (of_object(end) for end in ends)
    if left is None or right is None:
        return None
    return f"{'[' if closed in ('left', 'both') else '('}{left}, {right}{']' if closed in ('right', 'both') else ')'}"


def rows_in_words(chosen: Any, first_number: int = 1) -> str:
    """Which rows of a mask are chosen: their number, and the first of them.

    Rows of a table are counted from 1, as people do; those of an array from 0, which is said.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.spelling import rows_in_words
    >>> rows_in_words(np.array([False, True])), rows_in_words(np.array([True, True]))
    ('row 2', '2 rows, the first of them row 1')
    """
    count, first = int(chosen.sum()), f"row {int(np.argmax(chosen)) + first_number:,}"
    first += "" if first_number else " (counted from 0)"
    return first if count == 1 else f"{count:,} rows, the first of them {first}"
