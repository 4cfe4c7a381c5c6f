"""What a column looks like that is not what it was taken for, and how to write it so that it can be used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

AT_LEAST = 0.5  # share of the different texts
SOME_ROWS = 100
NO_CHANCE = math.log(1e-9)
YEAR = r"(?:1[89]|20)\d\d"
MONTH = r"(?:\d{1,2}|\pL{3,9}\.?)"
DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
DATES = (
    rf"(?i)^(?:\pL{{2,9}}\.?,? )?(?:{DAY}[ /.,-]+(?:of )?{MONTH}[ /.,-]+{YEAR}|{MONTH}[ /.,-]+{DAY}[ /.,-]+{YEAR}"
    rf"|{YEAR}[ /.年-]+{MONTH}[ /.月-]+{DAY}日?)(?:[ T,].*)?$",
    "dates",
    "write them as 2024-01-31, or say how by --dates, as --dates %d.%m.%Y",
)
LOOKS = (
    DATES,
    (r"^\d{1,3}:[0-5]\d(?:[.,]\d+)?$", "minutes and seconds", "write them as 00:26:30"),
    (r"^(?:\d+(?:[.,]\d+)?\s?[a-z]{1,7}\.?,?\s?){2,}$", "lengths of time", "write them as 03:20:00"),
    (
        r"^[-+<>~≈]?\s?\d[\d.,]*\s?[\pL°µ%]{1,6}(?:/\pL+|[²³])?$", "numbers with a unit",
        "write the numbers alone, all in one unit",
    ),
    (r"^\d{4}-?[Ww]\d\d(?:-\d)?$|^\d{4}-\d{3}$", "weeks, or days of a year", "write them as dates, as 2024-01-31"),
    (r"^[\[({].*[,;| ].*[\])}]$", "several values in each row", "give each of them a column of its own"),
)  # fmt: skip
OTHERWISE = "an identifier; what it tells of a row can be used as columns of their own (a prefix, a length, a kind)"


def look_of(texts: Any) -> str:
    """What most of these different texts look like, and the cure.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.looks import look_of
    >>> look_of(pa.array(["12.5 kg", "9 kg", "heavy"]))
    "numbers with a unit ('12.5 kg'): write the numbers alone, all in one unit"
    """
    return next(filter(None, (_look(texts, *look) for look in LOOKS)), OTHERWISE)


def dated(texts: Any) -> tuple[str, ...]:
    """A sentence about different texts that are used as categories and look like dates.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.looks import dated
    >>> dated(pa.array(["Jan 5th, 2024", "Feb 17th, 2024", "later"]))[0].split(":")[0]
    "it looks like dates ('Jan 5th, 2024')"
    """
    if not pc.any(pc.match_substring_regex(texts, YEAR)).as_py():  # most have none, and the long pattern is dear
        return ()
    found = _look(texts, *DATES)
    return () if found is None else (f"it looks like {found}",)


def _look(texts: Any, pattern: str, what: str, cure: str) -> str | None:
    texts = pc.utf8_trim_whitespace(texts)
    fits = pc.match_substring_regex(texts, pattern)
    if (pc.mean(fits.cast(pa.int8())).as_py() or 0) < AT_LEAST:
        return None
    return f"{what} ({texts.filter(fits)[0].as_py()[:30]!r}): {cure}"


def numbered(name: str, x: Any) -> tuple[str, ...]:
    """A sentence about whole numbers that are all different and would not be so by chance: they count or name the rows.

    Of n numbers drawn from R none comes twice with a chance of (1 − 1/R) … (1 − (n−1)/R), and with a smaller one if
    some are more frequent than others. Numbers that are spread too widely for that may be amounts.

    Parameters
    ----------
    name : str
        Of the column.
    x : float64 array of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.looks import numbered
    >>> numbered("guest", np.arange(500.0, 600.0))[0].split(":")[0]
    'its 100 whole numbers, all different, are no amounts by chance'
    >>> numbered("guest", np.arange(500.0, 600.0) / 2)
    ()
    """
    n = len(x)
    if not np.isfinite(x[:SOME_ROWS]).all() or (x[:SOME_ROWS] != np.floor(x[:SOME_ROWS])).any():
        return ()
    among = float(np.ptp(x)) + 1
    if not among >= n or np.log1p(-np.arange(n) / among).sum() > NO_CHANCE:
        return ()
    if (x != np.floor(x)).any() or not np.diff(np.sort(x)).all():
        return ()
    return (
        f"its {n:,} whole numbers, all different, are no amounts by chance: if they number or name the rows, leave the "
        f"column out (--drop {name!r}), as they say nothing of new ones; if they are times, let later rows judge "
        f"(--time-column {name!r})",
    )
