"""Fitting the encoder: what each column is, decided from the training rows alone, and said where it might surprise."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import column_types, columns
from clearprop.tables.column_vectors import matrix
from clearprop.tables.encoder import Encoder
from clearprop.tables.kinds import Counted, Kind, counted, kinds
from clearprop.tables.looks import dated, look_of, numbered
from clearprop.tables.naming import missing_column
from clearprop.tables.notation import Notation
from clearprop.tables.numeric import distinct, quantiles
from clearprop.tables.options import AS_SEEN, ReadOptions
from clearprop.tables.step import Step
from clearprop.tables.steps import DAY, WEEK, YEAR, Category, Moment, Number, Truth
from clearprop.tables.vector_step import Vector

MOST_CATEGORIES = 100  # with an input of their own
BINS = 32  # of a number, where there are rows and inputs enough for them
ROWS_PER_BIN = 200
MOST_BINNED_INPUTS = 2000  # with more columns than go into this, numbers have fewer bins
MOST_BINNED_ENTRIES = 2**28  # inputs times rows: 1 GiB
STAND_INS = (-9, -99, -999, -9999, -99999, 99, 999, 9999, 99999)  # for a missing value, as some write
NAMES_ROWS = 0.5  # share of distinct values that makes a text column a name of the rows
ROW_NUMBER = re.compile(r"(?i:(^|[\s_.-])(id|index|idx|row|no|nr|number|#))$|^unnamed \d+$|(?<=[a-z])(Id|ID)$")


class Fitted(NamedTuple):
    """An encoder, sentences about the choices made in fitting it, and those that somebody should see and may undo."""

    encoder: Encoder
    notices: tuple[str, ...]
    doubts: tuple[str, ...] = ()


class Known(NamedTuple):
    """What is known of a column of which a sample is learned from.

    Attributes
    ----------
    n_rows : int
        Of which the sample was drawn.
    missing : bool
        Whether any of them has no value.
    low, high : float
        The least and the greatest number or moment of them; NaN where it has none.
    counted : Counted or None
        Of text: the different values and how often each occurs; the rarest may be left out, where there are many.
    lost : float
        How many rows its counts are too small by, at most; 0 where none is left out.
    kind : Kind or None
        What its text says, where that is known.
    """

    n_rows: int
    missing: bool = False
    low: float = math.nan
    high: float = math.nan
    counted: Counted | None = None
    lost: float = 0.0
    kind: Kind | None = None

    def beside(self, x: Any) -> Any:
        """Numbers of the sample with the ends that it lacks, and a missing one, if there is one anywhere."""
        more = [end for end in (self.low, self.high) if not math.isnan(end) and not (x == end).any()]
        more += [math.nan] if self.missing and not np.isnan(x).any() else []
        return np.concatenate([x, distinct(more)]) if more else x


class _LeftOut(Exception):
    """A column is not used; the message says why, and how to keep it where it holds something."""


class _OfNoUse(_LeftOut):
    """A column holds nothing that tells one row from another."""


def fit_encoder(
    table: pa.Table,
    *,
    rows: Any = None,
    drop: Collection[str] = (),
    fewest_bins: int = 2,
    read: ReadOptions = AS_SEEN,
    decimal: str | None = None,
    strict: bool = False,
    categories: Collection[str] = (),
    known: Mapping[str, Known] | None = None,
) -> Fitted:
    """Decide how each column becomes inputs.

    Parameters
    ----------
    table : pyarrow.Table
        All rows, without the target. What a text says (a number, a date, a missing value) is found out from all.
    rows : int array, optional
        The training rows, from which everything else is learned; by default all.
    drop : collection of str
        Columns not to use.
    fewest_bins : int
        Where the rows, inputs and memory allow fewer bins of a number than this, there are none.
    read : ReadOptions
        What is known of how the table is written.
    decimal : {".", ","}, optional
        The decimal mark of the file that the table comes from.
    strict : bool
        Refuse a column that can be read in two ways; otherwise it is taken as text.
    categories : collection of str
        Columns whose values are names, whatever they are made of, beside those that a data frame declares so.
    known : mapping of str to Known, optional
        Where the table is a sample of a larger one, what is known of that, by column.

    Raises
    ------
    TableError
        When a column to drop does not exist, or no column is of any use.
    """
    for name in drop:
        if name not in table.column_names:
            raise missing_column(name, table.column_names)
    used = [name for name in table.column_names if name not in drop]
    declared = {*categories, *(name for name in used if pa.types.is_dictionary(table.schema.field(name).type))}
    of_all = known or {}
    decided = {name: each.kind for name, each in of_all.items() if each.kind is not None}
    found = kinds(table, used, read, read.decimal or decimal, strict=strict, categories=declared, decided=decided)
    learned_from = table if rows is None else table.take(pa.array(rows))
    n_bins = _bins(learned_from, used, found, max(2, fewest_bins))
    steps: list[Step] = []
    left_out = dict.fromkeys(drop, "it was asked to be dropped")
    notices: list[str] = []
    doubts = [f"column {name!r}: {kind.doubt}; it is taken as text" for name, kind in found.items() if kind.doubt]
    for name in used:
        kind = found.get(name, Kind("number", Notation(read.decimal or decimal or ".")))
        column = learned_from.column(name)
        try:
            column = columns.present(column, read.missing_words)
            step, said = _fit_step(name, column, kind, n_bins, name in declared, of_all.get(name))
        except _LeftOut as reason:
            left_out[name] = str(reason)
            notices.append(f"column {name!r} is left out: {reason}")
            doubts += [] if isinstance(reason, _OfNoUse) else notices[-1:]
        else:
            steps.append(step)
            notices.extend(f"column {name!r}: {sentence}" for sentence in said)
    if not steps:
        why = f" ({'; '.join(notices)})" if notices else ""
        raise TableError(f"no column is left to learn from{why}")
    return Fitted(Encoder(tuple(steps), left_out, read), tuple(notices), tuple(doubts))


def _bins(table: pa.Table, used: Collection[str], found: Mapping[str, Kind], fewest: int) -> int:
    """Into how many bins each number is cut: as many as rows, inputs and memory allow."""
    n_rows = table.num_rows
    written = sum(kind.name in ("number", "time") for kind in found.values())
    n_numbers = max(1, written + sum(column_types.is_number(table.schema.field(name).type) for name in used))
    most_inputs = min(MOST_BINNED_INPUTS, MOST_BINNED_ENTRIES // max(n_rows, 1))
    most = min(BINS, n_rows // ROWS_PER_BIN, most_inputs // n_numbers)
    return most if most >= fewest else 0


def _fit_step(
    name: str, column: pa.ChunkedArray, kind: Kind, n_bins: int, is_category: bool, known: Known | None = None
) -> tuple[Step, tuple[str, ...]]:
    """The step for a column of training rows, and what there is to say of it."""
    stored = column.type
    if pa.types.is_null(stored) or column.null_count == len(column):
        raise _OfNoUse("it has no values")
    if is_category:
        step, said = _fit_category(name, columns.texts(column, name), known)
        return step, (*kind.padded, *said)
    beside = _alone if known is None else known.beside
    if pa.types.is_boolean(stored) or kind.name == "truth":
        return _fit_truth(name, beside(columns.truths(column, name))), ()
    if column_types.is_moment(stored) or kind.name == "moment":
        x = beside(columns.moments(column, name, kind.order, kind.missing_words))
        return _fit_moment(name, x, kind), kind.notes
    if pa.types.is_string(stored) and kind.name == "text":
        return _fit_text(name, columns.texts(column, name), kind, known)
    if column_types.is_number(stored) or pa.types.is_string(stored):
        notation = kind.notation._replace(unit=columns.TIME) if column_types.is_time(stored) else kind.notation
        x = columns.numbers(column, name, kind.missing_words, notation=notation, lenient=True)
        if np.isnan(x).all():
            raise _LeftOut(f"none of its values can be computed with: they are infinite, or beyond {columns.LARGEST:g}")
        step, said = _fit_number(name, beside(x), n_bins, kind.missing_words, notation), (*kind.notes, *_stand_ins(x))
        return step, (*said, *numbered(name, x))
    if column_types.is_vector(stored):
        return _fit_vector(name, column), ()
    cure = "write them as text or as numbers" if pa.types.is_binary(stored) else "give each a column of its own"
    raise _LeftOut(f"{column_types.in_words(stored)} cannot be used; {cure}")


def _alone(x: Any) -> Any:
    return x


def _fit_truth(name: str, x: Any) -> Truth:
    missing = bool(np.isnan(x).any())
    if not missing and (x == x[0]).all():
        raise _OfNoUse(f"it is {'true' if x[0] > 0 else 'false'} in every training row")
    return Truth(name, missing)


def _fit_number(
    name: str, x: Any, n_bins: int, missing_words: tuple[str, ...] = (), notation: Notation = columns.PLAIN
) -> Number:
    known = np.sort(x[~np.isnan(x)])
    missing = len(known) < len(x)
    if len(known) == 0:
        raise _OfNoUse("it has no values")
    if known[0] == known[-1] and not missing:
        raise _OfNoUse(f"it is {known[0]:g} in every training row")
    if ROW_NUMBER.search(name) and not missing and (np.diff(known) > 0).all() and (known == np.floor(known)).all():
        raise _LeftOut(
            "by its name, and being different in every row, it numbers the rows; give it another name to use it"
        )
    centre, scale = _middle(known)
    edges: tuple[float, ...] = ()
    if n_bins and known[0] != known[-1] and len(distinct(known[:: max(1, len(known) // 1000)])) > 2:
        edges = tuple(distinct(quantiles(known, np.linspace(0, 1, n_bins + 1))).tolist())
    return Number(name, centre, scale, edges if len(edges) > 2 else (), missing, missing_words, *notation)


def _stand_ins(x: Any) -> tuple[str, ...]:
    """A sentence about a number that may stand for a missing value: one of the usual ones, far from all others."""
    for end in (np.nanmin(x), np.nanmax(x)):
        if end in STAND_INS:
            others = x[~np.isnan(x) & (x != end)]
            n = int((x == end).sum())
            spread = np.ptp(others) if len(others) else 0.0
            if n > 1 and spread and np.abs(others - end).min() > max(spread, abs(end) / 2):
                return (f"{n:,} values are {end:g}, far from all others: --missing {end:g} if they are missing",)
    return ()


def _middle(known: Any) -> tuple[float, float]:
    """Median and interquartile range or, where that is 0, half the whole range. Holzmüller et al. (2024)."""
    low, centre, high = quantiles(known, np.array([0.25, 0.5, 0.75]))
    return float(centre), float(high - low) or float(known[-1] - known[0]) / 2 or 1.0


def _fit_moment(name: str, x: Any, kind: Kind) -> Moment:
    known = np.sort(x[~np.isnan(x)])
    missing = len(known) < len(x)
    if len(known) == 0:
        raise _OfNoUse("it has no values")
    if known[0] == known[-1] and not missing:
        raise _OfNoUse("it is the same time in every training row")
    centre, scale = _middle(known)
    span = known[-1] - known[0]
    has_hours = bool((known % DAY != 0).any())
    periods = tuple(p for p, wanted in ((YEAR, span > YEAR / 4), (WEEK, span > DAY), (DAY, has_hours)) if wanted)
    return Moment(name, centre, scale, periods, missing, kind.order, kind.missing_words)


def _fit_vector(name: str, column: pa.ChunkedArray) -> Vector:
    x = matrix(column, name)
    if x.dtype == np.uint8:  # the parts of an image are of one kind and share one scale
        return Vector(name, x.shape[1], (float(x.mean(dtype=np.float64)),), (float(x.std(dtype=np.float64)) or 1.0,))
    if np.isnan(x).all():
        raise _OfNoUse("it has no values")
    if column.type.value_type == pa.uint8():  # the same with missing ones
        return Vector(name, x.shape[1], (float(np.nanmean(x)),), (float(np.nanstd(x)) or 1.0,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a number that is missing in every row: its mean is NaN
        centres = np.nan_to_num(np.nanmean(x, axis=0, dtype=np.float64))
        scales = np.nan_to_num(np.nanstd(x, axis=0, dtype=np.float64))
    scales[~(scales > 0)] = 1.0  # a constant is 0 after its mean is taken off
    return Vector(name, x.shape[1], tuple(centres.tolist()), tuple(scales.tolist()))


def _fit_text(name: str, words: pa.Array, kind: Kind, known: Known | None = None) -> tuple[Step, tuple[str, ...]]:
    """Text is a category, unless it names the rows."""
    n_known = len(words) - words.null_count
    different = pc.unique(words.drop_null())
    n_different = len(different) if known is None else _estimated(words, known)
    if n_different > max(20, NAMES_ROWS * (n_known if known is None else known.n_rows)):
        looks = f"it looks like {f'an identifier; {kind.doubt}' if kind.doubt else look_of(different)}"
        if kind.notes:
            looks = f"{kind.notes[0]}; correct the words, or name those that stand for a missing value: --missing WORD"
        raise _LeftOut(f"with {len(different):,} different texts in {n_known:,} rows, {looks}")
    step, said = _fit_category(name, words, known)
    notes = kind.notes or dated(different)
    return step, (*(f"{note}: it is taken as text" for note in notes), *kind.padded, *said)


def _estimated(words: pa.Array, known: Known) -> float:
    """How many different texts there are in all rows: d + f₁²/(2f₂) of a sample with d, f₁ of them once and f₂ twice.

    Chao (1984), Nonparametric estimation of the number of classes in a population.
    """
    if known.lost == 0 and known.counted is not None:
        return len(known.counted.texts)
    counts = counted(words).counts
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return len(counts) + (once**2 / (2 * twice) if twice else math.inf if once else 0.0)


def _fit_category(name: str, words: pa.Array, known: Known | None = None) -> tuple[Step, tuple[str, ...]]:
    """An input for each of the most frequent categories, and one for all others."""
    found = counted(words) if known is None or known.counted is None else known.counted
    counts = dict(zip(found.texts.to_pylist(), found.counts.tolist(), strict=True))
    missing = words.null_count > 0 or (known is not None and known.missing)
    if not counts:
        raise _OfNoUse("it has no values")
    if len(counts) == 1 and not missing:
        raise _OfNoUse(f"it is {next(iter(counts))!r} in every training row")
    common = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_CATEGORIES]
    said: tuple[str, ...] = alike(common)
    if len(common) < len(counts):
        n_rare = sum(counts.values()) - sum(counts[word] for word in common)
        said += (
            f"of its {len(counts):,} different values the {len(common)} most frequent get an input each; "
            f"the others, {n_rare:,} rows, share one",
        )
    return Category(name, tuple(sorted(common)), len(common) < len(counts), missing), said


def alike(words: Iterable[str]) -> tuple[str, ...]:
    """A sentence about words that differ in nothing but capitals, if there are such.

    Examples
    --------
    >>> from clearprop.tables.fitting import alike
    >>> alike(["yes", "no", "Yes"])
    ("'Yes' and 'yes' differ only in capitals and count as different values",)
    """
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(" ".join(word.casefold().split()), []).append(word)
    same = [sorted(group) for group in groups.values() if len(group) > 1]
    if not same:
        return ()
    shown = ", ".join(" and ".join(map(repr, group)) for group in same[:3]) + (", …" if len(same) > 3 else "")
    return (f"{shown} differ only in capitals and count as different values",)
