"""Columns that alone say the target without an error, as one does that is filled in once the target is known.

Of a category each value goes with one target; of a number either that, or each class has a range of its own, or the
target rises or falls with it from end to end, or is a line of it. What happens so by chance more often than once in a
thousand million tables is not said: of few rows, or of a class that nearly all rows have, it means nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.tables import Category, Encoder, Moment, Number, Target, Truth, columns
from clearprop.tables.input_trees import symbol_values
from clearprop.tables.numeric import spread_evenly
from clearprop.tabular.repeats import row_numbers

BY_CHANCE = math.log(1e-9)
SOME_ROWS = 200  # that nearly every column fails on already
MOST_VALUES = 0.1  # of a number, as a share of the rows: what has more is an amount, equal where rows are of one thing
FEWEST_KNOWN = 0.5  # share of the rows in which a number must be there
OF_A_LINE = 1e-6  # share of the variance that a line may leave, of numbers that were rounded


def leaks(table: pa.Table, encoder: Encoder, target: Target, X: Any, y: Any) -> tuple[str, ...]:
    """A sentence for each column that alone says the target in all of these rows; none where there is but one column.

    Parameters
    ----------
    table : pyarrow.Table
    encoder : Encoder
    target : Target
    X : array of shape (n_rows, n_inputs)
        The encoded rows: one that is repeated says nothing again.
    y : array of shape (n_rows,), or (n_rows, n_targets) of several
        Class numbers, or numbers on the scale that is learned.

    Examples
    --------
    >>> import numpy as np
    >>> import pyarrow as pa
    >>> from clearprop.tables import ClassTarget, fit_encoder
    >>> from clearprop.tabular.leaks import leaks
    >>> y = np.arange(100) % 2
    >>> table = pa.table({"x": np.sqrt(np.arange(100)), "grade": np.where(y == 1, "A", "F")})
    >>> encoder = fit_encoder(table).encoder
    >>> found = leaks(table, encoder, ClassTarget("passed", ("no", "yes")), encoder.encode(table).X, y)
    >>> [sentence[:67] for sentence in found]
    ["column 'grade' alone says the target 'passed' in each of 100 rows: "]
    """
    steps = [step for step in encoder.steps if isinstance(step, Category | Number | Moment | Truth)]
    if not steps or len({step.column for step in encoder.steps}) < 2:
        return ()
    different = np.unique(row_numbers(X, y, encoder)[1], return_index=True)[1]
    if len(different) < len(y):
        table, y = table.take(pa.array(different)), y[different]
    some = spread_evenly(len(y), SOME_ROWS)
    few = table.select([step.column for step in steps]).take(pa.array(some))
    found = []
    for name, actual in zip(target.columns, y.reshape(len(y), -1).T, strict=True):
        codes, counts = np.unique(actual, return_inverse=True, return_counts=True)[1:]
        values = actual if target.task == "regression" else None
        bound = BY_CHANCE - math.log(len(steps))
        for step in steps:
            if _tells(_values(step, few, encoder), codes[some], None if values is None else values[some]) is None:
                continue
            chance = _tells(_values(step, table, encoder), codes, values, counts / len(y))
            if chance is not None and chance < bound:
                found.append(_sentence(step.column, name, len(X)))
    return tuple(found)


def _sentence(column: str, target: str, n_rows: int) -> str:
    return (
        f"column {column!r} alone says the target {target!r} in each of {n_rows:,} rows: if it is known only once the "
        f"target is, leave it out (--drop {column!r}), or scores promise what new rows do not keep"
    )


def _values(step: Any, table: pa.Table, encoder: Encoder) -> Any:
    """What the column says in each row: numbers, NaN where one is missing, or codes of a category."""
    given = table.column(step.column)
    if not isinstance(step, Category):
        return symbol_values(step, columns.present(given, encoder.read.missing_words))["x"]
    words = columns.texts(columns.present(given, encoder.read.missing_words), step.column)
    return pc.fill_null(words.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)


def _tells(x: Any, codes: Any, values: Any, shares: Any = None) -> float | None:
    """The logarithm of the chance that x says the target as well as it does, or None where it does not.

    Parameters
    ----------
    x : array of shape (n_rows,)
        Numbers, or int codes of a category, −1 where it is missing.
    codes : int array of shape (n_rows,)
        Of the different targets, in rising order.
    values : float array of shape (n_rows,) or None
        The targets, where they are numbers.
    shares : array, optional
        Of the rows, by code; where there are none the chance is not asked for.
    """
    is_number = x.dtype.kind == "f"
    if is_number and values is not None:
        known = ~np.isnan(x)
        if known.mean() < FEWEST_KNOWN:
            return None
        x, codes, values = x[known], codes[known], values[known]
    order = np.lexsort((codes, x))  # missing numbers are last
    x, ordered = x[order], codes[order]
    same = x[1:] == x[:-1]
    if is_number:
        same |= np.isnan(x[1:]) & np.isnan(x[:-1])
    changes = ordered[1:] != ordered[:-1]
    if (same & changes).any():
        is_line = is_number and values is not None and _is_line(x, values[order])
        return _few(len(x)) if is_line else None
    chances = [0.0]
    if shares is not None and (not is_number or len(x) - same.sum() <= MOST_VALUES * len(x)):
        chances.append(float(np.log(shares[ordered[1:]][same]).sum()))
    if is_number and values is not None and _rises(ordered):
        chances.append(_of_orders(codes, 2))
    elif is_number and values is not None and _is_line(x, values[order]):
        chances.append(_few(len(x)))
    elif is_number:
        pieces = 1 + int(np.isnan(x[-1:]).sum())  # missing ones may be of a class that has a range as well
        if changes.sum() < np.count_nonzero(np.bincount(codes)) + pieces - 1:
            chances.append(_of_orders(codes, None) + (pieces - 1) * math.log(len(x)))
    return min(chances)


def _rises(codes: Any) -> bool:
    """Whether they never fall, or never rise."""
    steps = np.diff(codes)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _few(n_rows: int) -> float:
    """A chance that is far too small, but for a handful of rows."""
    return -float(n_rows) * math.log(10)


def _is_line(x: Any, values: Any) -> bool:
    if len(x) < 3 or not np.ptp(x) or not np.ptp(values):
        return False
    with np.errstate(all="ignore"):
        return bool(1 - np.corrcoef(x, values)[0, 1] ** 2 < OF_A_LINE)


def _of_orders(codes: Any, n_good: int | None) -> float:
    """The logarithm of the share of all orders of these targets that are so good; by default any order of classes."""
    counts: Iterable[int] = np.bincount(codes).tolist()
    ways = math.lgamma(1 + sum(count > 0 for count in counts)) if n_good is None else math.log(n_good)
    return ways + sum(math.lgamma(1 + count) for count in counts) - math.lgamma(1 + len(codes))
