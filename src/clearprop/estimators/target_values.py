"""Targets that cannot be learned, said with their row before others say it without; the others made plain.

A date is no number, a mask is a missing value, and objects that are all numbers are numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, shortened
from clearprop.tables.spelling import is_missing, rows_in_words

TIMES = {"M": "dates", "m": "lengths of time"}
LABELS = (str, bool, np.bool_, int, float, np.integer, np.floating)
LONGEST = 60  # letters of a value that is shown


class Wanted(NamedTuple):
    """What targets have to be.

    Attributes
    ----------
    classes : bool
        Classes rather than amounts.
    first : int
        The number of the first row in messages: rows of an array are counted from 0, those of a table from 1.
    text_takes, several_take : str
        Where to go with text that was to be a number, and with several labels in one row.
    """

    classes: bool
    first: int = 0
    text_takes: str = ""
    several_take: str = ""

    def row(self, place: int) -> str:
        """The row in words."""
        return f"row {place + self.first:,}" + (" (counted from 0)" if self.first == 0 else "")


def check_order(given: Any, name: str) -> None:
    """Raise TypeError for what has no rows in order (a mapping, a set, a generator, one text), or none to look at."""
    if getattr(getattr(given, "dtype", None), "names", None) is not None and given.ndim == 1 and name == "X":
        raise TypeError("X is an array of records; give a data frame, as pandas.DataFrame(X)")
    if type(given).__name__ == "LazyFrame":
        raise TypeError(f"{name} is a LazyFrame, whose rows are not there yet; give {name}.collect()")
    is_array = hasattr(given, "__array__") or hasattr(given, "toarray")  # a sparse matrix may be a mapping
    if isinstance(given, Mapping | Set | Iterator | str | bytes) and not is_array:
        kind = type(given).__name__
        raise TypeError(
            f"{name} is of type {kind}, which has no rows: Input should have at least 1 dimension; give an array, a "
            "list, a data frame or a column of one"
        )


def unmasked(given: Any) -> Any:
    """The array with a missing value wherever its mask says so: NumPy's functions would take what lies behind it."""
    if not isinstance(given, np.ma.MaskedArray):
        return given
    if not np.ma.is_masked(given):
        return np.asarray(given)
    kind = "f8" if given.dtype.kind in "iu" else given.dtype if given.dtype.kind in "fcMm" else object
    found = np.array(given.data, dtype=kind)
    found[np.ma.getmaskarray(given)] = None if kind is object else "NaT" if given.dtype.kind in "Mm" else np.nan
    return found


def plain_targets(y: Any, wanted: Wanted) -> Any:
    """y as it came or, where it holds objects, as an array of one type.

    Raises
    ------
    InputError
        Where a target is missing, a date, or none of what is wanted; with the row.
    TypeError
        Where one is an object that is neither text nor a number, or y has no rows.
    """
    check_order(y, "y")
    y = unmasked(y)
    kind = getattr(getattr(y, "dtype", None), "kind", None)
    if kind == "V":
        raise InputError("y holds records of several values; choose one of their fields")
    if kind in TIMES:
        _refuse_time(kind, wanted)
    is_whole = isinstance(getattr(y, "dtype", None), np.dtype) and kind in ("b", "i", "u")  # pandas' may have gaps
    if (
        is_whole
        or kind == "c"
        or (kind == "S" and wanted.classes)
        or hasattr(y, "toarray")
        or getattr(y, "ndim", 1) != 1
        or y is None
    ):
        return y
    if kind in ("f", "U", "S"):
        values = np.asarray(y)
    else:
        try:  # of a list with texts and NaN, NumPy would make texts
            values = np.asarray(y, dtype=object if isinstance(y, list | tuple) else None)
        except ValueError:  # rows of several lengths
            return y
        if values.dtype.kind in "iub" or values.ndim != 1:  # of several targets, scikit-learn says what is wrong
            return y
        if values.dtype.kind in TIMES:
            _refuse_time(values.dtype.kind, wanted)
        values = values.astype(object) if values.dtype.kind == "T" else values
    _check_missing(values, wanted)
    if values.dtype.kind == "O":
        (_check_labels if wanted.classes else _check_amounts)(values, wanted)
        return _of_one_type(values)
    if values.dtype.kind in "US" and not wanted.classes:
        _check_amounts(values, wanted)
    return y


def _refuse_time(kind: str, wanted: Wanted) -> None:
    if wanted.classes:
        raise InputError(f"y holds {TIMES[kind]}; classes must be text, numbers, or true and false")
    cure = (
        "for a length of time give its seconds, as y.total_seconds()"
        if kind == "m"
        else "give the length of time since a day that you choose, as (y - y.min()).dt.days"
    )
    raise InputError(f"y holds {TIMES[kind]}, where numbers are expected; {cure}")


def _check_missing(values: Any, wanted: Wanted) -> None:
    if values.dtype.kind == "f":
        infinite = np.isinf(values)
        if infinite.any():
            raise InputError(
                f"Input y contains infinity or a value too large in {wanted.row(int(np.argmax(infinite)))}; correct it "
                "or leave the row out"
            )
        absent = np.isnan(values)
    else:
        absent = np.array([is_missing(value) for value in values.tolist()], dtype=bool)
    if absent.any():
        rows = rows_in_words(absent, wanted.first)
        raise InputError(f"Input y contains NaN. The target is missing in {rows}; leave such rows out")


def _check_labels(values: Any, wanted: Wanted) -> None:
    found = values.tolist()
    for place, label in enumerate(found):
        if not isinstance(label, LABELS):
            cure = "; y.astype(float) makes numbers of them" if isinstance(label, Real | Decimal) else ""
            if wanted.several_take and isinstance(label, list | tuple | set | frozenset):
                cure = f"; for several labels in a row take {wanted.several_take}"
            raise TypeError(
                f"y holds {shown(label)} in {wanted.row(place)}: argument must be a string or a number, as classes are "
                f"text, numbers, or true and false{cure}"
            )
    texts = [isinstance(label, str) for label in found]
    if any(texts) and not all(texts):
        other = texts.index(not texts[0])
        raise InputError(
            f"y holds {shown(found[0])} in {wanted.row(0)} and {shown(found[other])} in {wanted.row(other)}: classes "
            "must be all text or all numbers"
        )
    for place, label in enumerate(found):
        if isinstance(label, int) and not -(2**63) <= label < 2**63:
            raise InputError(
                f"y holds {shown(label)} in {wanted.row(place)}, a number of more than 64 bits; write such classes as "
                "text"
            )


def _check_amounts(values: Any, wanted: Wanted) -> None:
    for place, value in enumerate(values.tolist()):
        if not is_number(value):
            takes = f"; for {wanted.text_takes}" if wanted.text_takes and isinstance(value, str) else ""
            kind = "the text " if takes else ""
            raise InputError(f"y holds {kind}{shown(value)} in {wanted.row(place)}, where a number is expected{takes}")


def _of_one_type(values: Any) -> Any:
    """Objects that are all truths, all whole numbers or all numbers as such an array; others as they are."""
    kinds = {type(value) for value in values.tolist()}
    if kinds and all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return values.astype(bool)
    if any(issubclass(kind, bool | np.bool_) or not issubclass(kind, Real) for kind in kinds):
        return values
    whole = all(issubclass(kind, int | np.integer) for kind in kinds)
    try:
        return values.astype(np.int64 if whole else np.float64)
    except OverflowError:
        return values.astype(np.float64)


def is_number(value: Any) -> bool:
    """Whether a value is a number, or a text that says one."""
    if not isinstance(value, Real | Decimal | Fraction | str | bytes | np.number | np.bool_):
        return False
    if isinstance(value, np.timedelta64):
        return False
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def shown(value: object) -> str:
    """A value in a message."""
    return shortened(repr(value.item() if isinstance(value, np.str_ | np.bytes_ | np.number) else value), LONGEST)
