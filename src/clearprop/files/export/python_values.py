"""What an exported file of Python does with raw values; `clearprop.files.export.python` copies these functions into it.

They need NumPy and the standard library alone, and speak of rows counted from 1.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

LARGEST = 1e150  # no number beyond this is taken
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
MARKS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}  # between thousands
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[-+]\d\d:?\d\d)?)?", re.ASCII
)
DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)\.(?:0|\d*[1-9])")
POWER = re.compile(r"-?\d(?:\.\d+)?[eE][-+]?\d{1,3}")


def columns_of(rows: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    """The columns by name; rows are a mapping for one row, a list of such, a data frame, or columns by name."""
    names = list(dict.fromkeys(names))  # two encoders may read one column
    if isinstance(rows, (list, tuple)):
        found: dict[str, Any] = {name: [] for name in names}
        for place, row in enumerate(rows, start=1):
            for name in names:
                if name not in row:
                    raise ValueError(f"row {place} has no {name!r}; None says that a value is missing")
                found[name].append(row[name])
        return found
    for name in names:
        if name not in rows:
            raise ValueError(f"there is no column {name!r} in these rows; the columns are {', '.join(names)}")
    found = {name: rows[name] for name in names}
    if all(isinstance(value, str) or not hasattr(value, "__len__") for value in found.values()):
        return {name: [value] for name, value in found.items()}
    if len({len(values) for values in found.values()}) > 1:
        raise ValueError("the columns are not of one length")
    return {name: list(values) for name, values in found.items()}


def is_missing(value: Any, words: Collection[str]) -> bool:
    """Whether a value says that there is none."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return value.strip() in words
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def numbers_of(values: Sequence[Any], name: str, words: Collection[str], one: Callable[[Any], float]) -> Any:
    """A column as float64, (n_rows, 1), NaN where a value is missing; `one` reads a value or raises ValueError."""
    found = np.full((len(values), 1), np.nan)
    for place, value in enumerate(values):
        if is_missing(value, words):
            continue
        try:
            found[place] = one(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"column {name!r} holds {value!r} in row {place + 1}: {error}") from None
    return found


def number_of(
    value: Any, decimal: str = ".", thousands: str = "", unit: str = "", absent: Collection[float] = ()
) -> float:
    """A number, or a text that says one."""
    divisor = 1.0
    if isinstance(value, str):
        text = value.strip().replace("\u2212", "-")
        if unit and unit in text:
            text, divisor = text.replace(unit, "").strip(), 100.0 if unit == "%" else 1.0
        mark, point = MARKS.get(thousands, ""), "," if decimal == "," else r"\."
        if mark and re.fullmatch(rf"-?[1-9]\d{{0,2}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:{point}\d*)?", text):
            text = re.sub(mark, "", text)
        if decimal == ",":
            text = text.replace(",", ".")
        if not NUMBER.fullmatch(text):
            raise ValueError("a number is expected")
        value = text
    elif isinstance(value, (bytes, datetime.date)):
        raise ValueError("a number is expected")
    found = float(value) / divisor
    if found in absent:
        return math.nan
    if not abs(found) <= LARGEST:
        raise ValueError("more than can be computed with")
    return found


def truth_of(value: Any) -> float:
    """1 for true, -1 for false."""
    text = text_of(value).lower()
    if text in ("true", "t", "yes", "y", "1"):
        return 1.0
    if text in ("false", "f", "no", "n", "0"):
        return -1.0
    raise ValueError("true or false is expected")


def seconds_of(value: Any) -> float:
    """Seconds since 1970, in UTC, of a date, a time, an ISO 8601 text, or such a number itself."""
    if isinstance(value, np.datetime64):
        return float(value.astype("datetime64[ns]").astype(np.int64)) / 1e9
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return 86400.0 * (value - datetime.date(1970, 1, 1)).days
    part, zone = 0.0, 0
    if isinstance(value, str):
        found = ISO.fullmatch(value.strip())
        try:
            if found is None:
                raise ValueError
            year, month, day, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
            value = datetime.datetime(year, month, day, hour, minute, second)
        except ValueError:
            raise ValueError("a date is expected, as 2025-12-31 or 2025-12-31T23:59:00") from None
        part = int((found[7] or "").ljust(9, "0")) / 1e9
        if found[8] and found[8] not in ("Z", "UTC"):
            zone = (60 * int(found[8][1:3]) + int(found[8][-2:])) * (-60 if found[8][0] == "-" else 60)
    if not isinstance(value, datetime.datetime):
        return number_of(value)
    since = value.replace(tzinfo=None) - datetime.datetime(1970, 1, 1) - (value.utcoffset() or datetime.timedelta())
    return float(since.total_seconds()) + part - zone


def text_of(value: Any) -> str:
    """A category in the one spelling that training knew it by: 3, 3.0 and "3.0" are "3"; True is "true"."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if abs(float(value)) < 2.0**64 and float(value).is_integer() else str(value)
    if isinstance(value, datetime.date):
        return value.isoformat().replace("T", " ").removesuffix(" 00:00:00")
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if not text.isascii():
        return unicodedata.normalize("NFC", text)
    if text in ("-0", "-0.0"):
        return "0"
    if DECIMAL.fullmatch(text) and sum(map(str.isdigit, text)) <= 18:
        return text_of(float(text))
    if POWER.fullmatch(text) and (0 < abs(float(text)) < 1e-4 or 1e16 <= abs(float(text)) < 1e300):
        return text_of(float(text))
    return text


def codes_of(
    values: Sequence[Any], words: Collection[str], places: Mapping[str, int], spelled: Callable[[Any], str]
) -> tuple[Any, Any]:
    """The place of each category, -1 for any other, and where there is none; both (n_rows, 1)."""
    codes, missing = np.full((len(values), 1), -1.0), np.zeros((len(values), 1))
    for row, value in enumerate(values):
        text = "" if is_missing(value, words) else spelled(value)
        missing[row] = is_missing(value, words) or text in words
        codes[row] = -1 if missing[row] else places.get(text, -1)
    return codes, missing


def vectors_of(values: Sequence[Any], name: str, size: int) -> tuple[Any, Any]:
    """A column of vectors, (n_rows, size), and where a number of it is missing."""
    try:
        given = [[math.nan] * size if value is None else value for value in values]
        x = np.array(given, dtype=float).reshape(len(values), size)
    except (TypeError, ValueError):
        raise ValueError(f"column {name!r} must hold {size} numbers in every row") from None
    if (np.abs(x) > LARGEST).any():
        raise ValueError(f"column {name!r} holds numbers that cannot be computed with")
    return x, np.isnan(x).astype(float)


def refuse_missing(missing: Any, name: str) -> None:
    """Raise ValueError where a value of a column is missing that has to be there."""
    if missing.any():
        raise ValueError(f"column {name!r} is missing in row {int(missing.any(axis=1).argmax()) + 1}")


def refuse_unknown(unknown: Any, values: Sequence[Any], name: str) -> None:
    """Raise ValueError where a value of a column is one that training did not have, and that is to be refused."""
    if unknown.any():
        row = int(unknown.any(axis=1).argmax())
        raise ValueError(f"column {name!r} holds {values[row]!r} in row {row + 1}, which training did not have")


def plain_rows(rows: Any, size: int) -> Any:
    """Rows of numbers, (n_rows, size)."""
    X = np.asarray(rows, dtype=float)
    if X.ndim != 2 or X.shape[1] != size:
        raise ValueError(f"rows of {size} numbers are expected, not an array of shape {X.shape}")
    if not np.isfinite(X).all():
        raise ValueError(f"row {int(np.argmin(np.isfinite(X).all(axis=1))) + 1} holds NaN or an infinite number")
    return X
