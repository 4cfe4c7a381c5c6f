"""How one column becomes inputs of the network: small frozen steps, fitted once, saved with the model.

Each step knows its column, how many inputs it makes (`names`) and how to make them (`encode`); `encode` changes
nothing and returns remarks on unseen or missing values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import InputError
from clearprop.tables import columns, dates
from clearprop.tables.notation import Notation
from clearprop.tables.numeric import piecewise_linear, smooth_clip, turns
from clearprop.tables.options import ORDERS, is_order
from clearprop.tables.step import Encoded, Remark, Step, check_finite, or_missing, with_missing
from clearprop.tables.storage import plain

LARGEST_MOMENT = 2.0**62  # seconds from 1970, either way
YEAR, WEEK, DAY = 31_556_952.0, 604_800.0, 86_400.0  # seconds; the year is the Gregorian mean


@dataclass(frozen=True)
class Number(Step):
    """A number: (x − centre) / scale, smoothly clipped; how far it is through each of several bins; is it missing.

    Parameters
    ----------
    centre, scale : float
        Median and interquartile range in training. The median stands in for a missing value.
    edges : tuple of float
        Edges of the bins, quantiles in training; () for no bins.
    missing : bool
        Whether an input says that the value is missing (because some were in training).
    missing_words : tuple of str
        Texts that stand for a missing value in this column.
    decimal, thousands, unit : str
        How it writes numbers, where they are text: see `clearprop.tables.notation.Notation`. The unit "time" says that
        they are times of day or lengths of time, in seconds.
    """

    kind = "number"
    centre: float
    scale: float
    edges: tuple[float, ...] = ()
    missing: bool = False
    missing_words: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        check_finite(self.column, self.centre, self.scale, *self.edges, most=4 * columns.LARGEST)
        if not self.scale > 0 or any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise InputError(f"column {self.column!r}: the scale must be above 0 and the edges must rise")
        if not self.notation.is_possible and self.unit not in (columns.TIME, columns.UNKNOWN_TIME):
            raise InputError(f"column {self.column!r}: the decimal mark or the mark of thousands is unknown")

    @property
    def notation(self) -> Notation:
        """How it writes numbers."""
        return Notation(self.decimal, self.thousands, self.unit)

    @property
    def names(self) -> tuple[str, ...]:
        bins = tuple(f"{self.column} from {a:.6g} to {b:.6g}" for a, b in zip(self.edges, self.edges[1:], strict=False))
        return (self.column, *bins, *((f"{self.column} is missing",) if self.missing else ()))

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        x = columns.numbers(values, self.column, self.missing_words, notation=self.notation)
        absent = np.isnan(x)
        x = np.where(absent, self.centre, x)
        parts = [self._standardised(x)]
        if self.edges:
            parts.append(piecewise_linear(x, np.array(self.edges), np.float32))
        return with_missing(self, parts, absent, f"the median, {self.centre:.6g},")

    def _standardised(self, x: Any) -> Any:
        with np.errstate(over="ignore"):  # of a column of nearly one value: the clip follows
            return smooth_clip((x - self.centre) / self.scale)[:, None]

    def describe(self) -> str:
        bins = f", {len(self.edges) - 1} bins" if self.edges else ""
        what = "time in seconds" if self.unit == columns.TIME else "number"
        return f"{what}, median {self.centre:.6g}, interquartile range {self.scale:.6g}{bins}{or_missing(self)}"


@dataclass(frozen=True)
class Truth(Step):
    """True or false as 1 or −1; 0 where it is missing."""

    kind = "truth"
    missing: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column, *((f"{self.column} is missing",) if self.missing else ()))

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        x = columns.truths(values, self.column)
        absent = np.isnan(x)
        return with_missing(self, [np.where(absent, 0.0, x)[:, None]], absent, "neither true nor false")

    def describe(self) -> str:
        return f"true or false{or_missing(self)}"


@dataclass(frozen=True)
class Category(Step):
    """A category: one input for each that training had, 1 for the one it is and 0 for the others.

    Two categories share one input, −1 or 1. A category that training did not have is 0 in all of them, unless rare ones
    share an input: then that is its input.

    Parameters
    ----------
    categories : tuple of str
    rare : bool
        Whether there is an input for categories too rare to have their own.
    missing : bool
        Whether an input says that the value is missing.
    exact : bool
        Whether a text is only what it is letter by letter, as in model files of a version that had no one spelling.
    """

    kind = "category"
    categories: tuple[str, ...]
    rare: bool = False
    missing: bool = False
    exact: bool = False

    @property
    def is_pair(self) -> bool:
        """Whether two categories share one input."""
        return len(self.categories) == 2 and not self.rare

    @property
    def names(self) -> tuple[str, ...]:
        if self.is_pair:
            own: tuple[str, ...] = (f"{self.column}: {self.categories[1]} (or {self.categories[0]})",)
        else:
            own = tuple(f"{self.column}: {category}" for category in self.categories)
        return (
            *own,
            *((f"{self.column}: another",) if self.rare else ()),
            *((f"{self.column} is missing",) if self.missing else ()),
        )

    def coded(self, values: pa.ChunkedArray) -> tuple[pa.Array, Any, Any]:
        """The texts, the place of each among the categories or −1, and which are missing."""
        words = columns.texts(values, self.column, exact=self.exact)
        found = pc.index_in(words, value_set=pa.array(self.categories, pa.string()))
        codes = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
        return words, codes, words.is_null().to_numpy(zero_copy_only=False)

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        words, codes, absent = self.coded(values)
        other = (codes < 0) & ~absent
        width = len(self.categories) + self.rare
        x = np.zeros((len(codes), width), dtype=np.float32)
        rows = np.flatnonzero(codes >= 0)
        x[rows, codes[rows]] = 1
        if self.rare:
            x[other, -1] = 1
        if self.is_pair:
            x = x[:, 1:] - x[:, :1]
        remarks: tuple[Remark, ...] = ()
        if other.any():
            row = int(np.argmax(other))
            kind = "rare" if self.rare else "unseen"
            n_other, all_other = int(other.sum()), bool((codes < 0).all())
            remarks = (Remark(self.column, kind, n_other, row + 1, words[row].as_py(), all_other),)
        made, more = with_missing(self, [x], absent, "no category")
        return made, remarks + more

    def describe(self) -> str:
        shown = ", ".join(self.categories[:8]) + (", …" if len(self.categories) > 8 else "")
        rare = " and one input for all rarer ones" if self.rare else ""
        return f"category, {len(self.categories)} values ({shown}){rare}{or_missing(self)}"


@dataclass(frozen=True)
class Moment(Step):
    """A date or time: how long ago, and where in the year, the week and the day, as points on circles.

    Parameters
    ----------
    centre, scale : float
        Median and interquartile range in training, seconds since 1970.
    periods : tuple of float
        Lengths of the circles, in seconds.
    missing : bool
        Whether an input says that the value is missing.
    order : str
        Of day, month and year where dates are text, or their format.
    missing_words : tuple of str
        Texts that stand for a missing value in this column.
    """

    kind = "moment"
    centre: float
    scale: float
    periods: tuple[float, ...] = (YEAR, WEEK)
    missing: bool = False
    order: str = ""
    missing_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_finite(self.column, self.centre, self.scale, *self.periods, most=LARGEST_MOMENT)
        if not self.scale > 0 or any(not period > 0 for period in self.periods):
            raise InputError(f"column {self.column!r}: the scale and the periods must be above 0")
        if self.order and not is_order(self.order):
            raise InputError(f"column {self.column!r}: the order of dates, {self.order!r}, is unknown")

    @property
    def names(self) -> tuple[str, ...]:
        known = {YEAR: "year", WEEK: "week", DAY: "day"}
        circles = [
            f"{self.column}: {part} of its {known.get(period, f'{period:g} s')}"
            for period in self.periods
            for part in ("sine", "cosine")
        ]
        return (self.column, *circles, *((f"{self.column} is missing",) if self.missing else ()))

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        x = columns.moments(values, self.column, self.order, self.missing_words)
        absent = np.isnan(x)
        x = np.where(absent, self.centre, x)
        with np.errstate(over="ignore"):
            parts = [smooth_clip((x - self.centre) / self.scale)[:, None]]
        # On the circles a missing time is the middle, not a certain hour.
        parts += [turns(x, period) * ~absent[:, None] for period in self.periods]
        made, remarks = with_missing(self, parts, absent, "the median time")
        return made, (*self._doubted(values), *remarks)

    def _doubted(self, values: pa.ChunkedArray) -> tuple[Remark, ...]:
        """A remark where nothing in these rows tells that day, month and year are in the order of training."""
        column = plain(values)
        if self.order not in ORDERS or not pa.types.is_string(column.type):
            return ()
        texts = column.combine_chunks()
        texts = texts.filter(pc.invert(pc.is_in(texts, value_set=pa.array(self.missing_words, pa.string()))))
        other = dates.other_order(pc.unique(texts.drop_null()), self.order)
        if other is None:
            return ()
        row = pc.index(texts, other).as_py() + 1
        day = dates.day(other, self.order)
        return (Remark(self.column, "order", len(texts), row, f"{other!r} is read as {day} ({self.order})"),)

    def describe(self) -> str:
        middle = np.datetime64(int(self.centre), "s")
        return f"date or time, median {middle}, with its place in {len(self.periods)} cycles{or_missing(self)}"
