"""Fitting the encoder: what each column is, decided from the training rows alone, and said where it might surprise."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.encoder import Encoder
from clearprop.tables.reading import missing_column
from clearprop.tables.step import Step
from clearprop.tables.steps import DAY, WEEK, YEAR, Category, Moment, Number, Truth, Vector

MOST_CATEGORIES = 100  # with an input of their own
BINS = 32  # of a number, where there are rows and inputs enough for them
ROWS_PER_BIN = 200
MOST_BINNED_INPUTS = 2000  # with more columns than go into this, numbers have fewer bins
MOST_BINNED_ENTRIES = 2**28  # inputs times rows: 1 GiB
NUMBERS_AT_LEAST = 0.9  # share of a text column's values that makes it a column of numbers with a few words in it
NAMES_ROWS = 0.5  # share of distinct values that makes a text column a name of the rows
ROW_NUMBER = re.compile(r"(?i:(^|[\s_.-])(id|index|idx|row|no|nr|number|#))$|^unnamed \d+$|(?<=[a-z])(Id|ID)$")


class Fitted(NamedTuple):
    """An encoder, and sentences about the choices made in fitting it."""

    encoder: Encoder
    notices: tuple[str, ...]


class _LeftOut(Exception):
    """A column is of no use; the message says why."""


def fit_encoder(table: pa.Table, *, drop: Collection[str] = (), fewest_bins: int = 2) -> Fitted:
    """Decide how each column becomes inputs.

    Parameters
    ----------
    table : pyarrow.Table
        The training rows, without the target.
    drop : collection of str
        Columns not to use.
    fewest_bins : int
        Where the rows, inputs and memory allow fewer bins of a number than this, there are none.

    Raises
    ------
    TableError
        When a column to drop does not exist, or no column is of any use.
    """
    for name in drop:
        if name not in table.column_names:
            raise missing_column(name, table.column_names)
    used = [name for name in table.column_names if name not in drop]
    n_bins = _bins(table, used, max(2, fewest_bins))
    steps: list[Step] = []
    left_out = dict.fromkeys(drop, "it was asked to be dropped")
    notices: list[str] = []
    for name in used:
        try:
            step, said = _fit_step(name, table.column(name), n_bins)
        except _LeftOut as reason:
            left_out[name] = str(reason)
            notices.append(f"column {name!r} is left out: {reason}")
        else:
            steps.append(step)
            notices.extend(f"column {name!r}: {sentence}" for sentence in said)
    if not steps:
        why = f" ({'; '.join(notices)})" if notices else ""
        raise TableError(f"no column is left to learn from{why}")
    return Fitted(Encoder(tuple(steps), left_out), tuple(notices))


def _bins(table: pa.Table, used: Collection[str], fewest: int) -> int:
    """Into how many bins each number is cut: as many as rows, inputs and memory allow."""
    n_rows = table.num_rows
    n_numbers = max(1, sum(columns.is_number(table.schema.field(name).type) for name in used))
    most_inputs = min(MOST_BINNED_INPUTS, MOST_BINNED_ENTRIES // max(n_rows, 1))
    most = min(BINS, n_rows // ROWS_PER_BIN, most_inputs // n_numbers)
    return most if most >= fewest else 0


def _fit_step(name: str, column: pa.ChunkedArray, n_bins: int) -> tuple[Step, tuple[str, ...]]:
    is_category = pa.types.is_dictionary(column.type)  # as data frames store what they were told to be categories
    column = columns.plain(column)
    kind = column.type
    if pa.types.is_null(kind) or (column.null_count == len(column) and not columns.is_vector(kind)):
        raise _LeftOut("it has no values")
    if is_category:
        return _fit_category(name, columns.texts(column, name))
    if pa.types.is_boolean(kind):
        return _fit_truth(name, column), ()
    if columns.is_number(kind):
        return _fit_number(name, columns.numbers(column, name, lenient=True), n_bins), ()
    if columns.is_moment(kind):
        return _fit_moment(name, columns.moments(column, name)), ()
    if pa.types.is_string(kind):
        return _fit_text(name, column, n_bins)
    if columns.is_vector(kind):
        return _fit_vector(name, column), ()
    raise _LeftOut(f"values of type {kind} cannot be used")


def _fit_truth(name: str, column: pa.ChunkedArray) -> Truth:
    if len(pc.unique(column)) < 2:
        raise _LeftOut(f"it is {str(column[0].as_py()).lower()} in every training row")
    return Truth(name, column.null_count > 0)


def _fit_number(name: str, x: Any, n_bins: int, missing_words: tuple[str, ...] = ()) -> Number:
    known = np.sort(x[~np.isnan(x)])
    missing = len(known) < len(x)
    if len(known) == 0:
        raise _LeftOut("it has no values")
    if known[0] == known[-1] and not missing:
        raise _LeftOut(f"it is {known[0]:g} in every training row")
    if ROW_NUMBER.search(name) and not missing and (np.diff(known) > 0).all() and (known == np.floor(known)).all():
        raise _LeftOut("by its name, and being different in every row, it numbers the rows")
    centre, scale = _middle(known)
    edges: tuple[float, ...] = ()
    if n_bins and known[0] != known[-1] and len(np.unique(known[:: max(1, len(known) // 1000)])) > 2:
        edges = tuple(np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1))).tolist())
    return Number(name, centre, scale, edges if len(edges) > 2 else (), missing, missing_words)


def _middle(known: Any) -> tuple[float, float]:
    """Median and interquartile range or, where that is 0, half the whole range. Holzmüller et al. (2024)."""
    low, centre, high = np.quantile(known, [0.25, 0.5, 0.75])
    return float(centre), float(high - low) or float(known[-1] - known[0]) / 2 or 1.0


def _fit_moment(name: str, x: Any) -> Moment:
    known = np.sort(x[~np.isnan(x)])
    missing = len(known) < len(x)
    if known[0] == known[-1] and not missing:
        raise _LeftOut("it is the same time in every training row")
    centre, scale = _middle(known)
    span = known[-1] - known[0]
    has_hours = bool((known % DAY != 0).any())
    periods = tuple(p for p, wanted in ((YEAR, span > YEAR / 4), (WEEK, span > DAY), (DAY, has_hours)) if wanted)
    return Moment(name, centre, scale, periods, missing)


def _fit_vector(name: str, column: pa.ChunkedArray) -> Vector:
    x = columns.matrix(column, name)
    if np.isnan(x).all():
        raise _LeftOut("it has no values")
    if column.type.value_type == pa.uint8():  # the parts of an image are of one kind and share one scale
        known = x[~np.isnan(x)]
        return Vector(name, x.shape[1], (float(known.mean(dtype=np.float64)),), (float(known.std()) or 1.0,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a number that is missing in every row: its mean is NaN
        centres = np.nan_to_num(np.nanmean(x, axis=0, dtype=np.float64))
        scales = np.nan_to_num(np.nanstd(x, axis=0, dtype=np.float64))
    scales[~(scales > 0)] = 1.0  # a constant is 0 after its mean is taken off
    return Vector(name, x.shape[1], tuple(centres.tolist()), tuple(scales.tolist()))


def _fit_text(name: str, column: pa.ChunkedArray, n_bins: int) -> tuple[Step, tuple[str, ...]]:
    """Text is a category, unless nearly all of it says numbers, or it names the rows."""
    counted = pc.value_counts(_in_one_piece(column.drop_null()))
    counts = {item["values"]: item["counts"] for item in counted.to_pylist()}
    words = [word for word in counts if columns.as_number(word) is None]
    n_known = sum(counts.values())
    n_words = sum(counts[word] for word in words)
    if n_words <= (1 - NUMBERS_AT_LEAST) * n_known and len(words) <= 20:
        x = columns.numbers(column, name, words, lenient=True)
        shown = ", ".join(map(repr, sorted(words, key=lambda word: -counts[word])[:5]))
        said = (f"{n_words:,} of {n_known:,} values are no numbers ({shown}) and count as missing",) if words else ()
        return _fit_number(name, x, n_bins, tuple(sorted(words))), said
    if len(counts) > max(20, NAMES_ROWS * n_known):
        raise _LeftOut(
            f"with {len(counts):,} different texts in {n_known:,} rows, it names the rows rather than describes them"
        )
    return _fit_category(name, column)


def _fit_category(name: str, column: Any) -> tuple[Step, tuple[str, ...]]:
    """An input for each of the most frequent categories, and one for all others."""
    counted = pc.value_counts(_in_one_piece(column.drop_null()))
    counts = {item["values"]: item["counts"] for item in counted.to_pylist()}
    missing = column.null_count > 0
    if len(counts) == 1 and not missing:
        raise _LeftOut(f"it is {next(iter(counts))!r} in every training row")
    common = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_CATEGORIES]
    said: tuple[str, ...] = ()
    if len(common) < len(counts):
        n_rare = sum(counts.values()) - sum(counts[word] for word in common)
        said = (
            f"of its {len(counts):,} different values the {len(common)} most frequent get an input each; "
            f"the others, {n_rare:,} rows, share one",
        )
    return Category(name, tuple(sorted(common)), len(common) < len(counts), missing), said


def _in_one_piece(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
