"""What a column of text that is not used looks like, and how to write it so that it can be."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

AT_LEAST = 0.5  # share of the different texts
LOOKS = (
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
    texts = pc.utf8_trim_whitespace(texts)
    for pattern, what, cure in LOOKS:
        fits = pc.match_substring_regex(texts, pattern)
        if (pc.mean(fits.cast(pa.int8())).as_py() or 0) >= AT_LEAST:
            return f"{what} ({texts.filter(fits)[0].as_py()[:30]!r}): {cure}"
    return OTHERWISE
