"""Between which values training saw the numbers and dates of each column, and rows that lie far outside of them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from clearprop.tables import Encoder, Fold, Moment, Number
from clearprop.tables.columns import TIME
from clearprop.tables.numeric import CLIP, before_clip, smooth_clip
from clearprop.tables.steps import DAY

MARGIN = 0.1  # of the range of training: what is hardly beyond it is no surprise in new rows


@dataclass(frozen=True)
class Outside:
    """Values of a column that lie far outside what training saw.

    Attributes
    ----------
    column : str
    n_values : int
    first_row : int
        From 1.
    example, low, high : str
    """

    kind: ClassVar[str] = "outside"
    column: str
    n_values: int
    first_row: int
    example: str
    low: str
    high: str

    def __str__(self) -> str:
        values = f"{self.n_values:,} value{'s' if self.n_values > 1 else ''}"
        return (
            f"column {self.column!r}: {values} far outside {self.low} to {self.high}, which training saw (the first is "
            f"{self.example} in row {self.first_row:,}): what is predicted there is a guess"
        )


def learned_rows(n_rows: int, folds: Sequence[Fold]) -> Any:
    """The numbers of the rows that any network learns from, rising."""
    learned = np.zeros(n_rows, dtype=bool)
    for fold in folds:
        learned[fold.learn] = True
    return np.flatnonzero(learned)


def seen(X: Any, rows: Any, encoder: Encoder) -> dict[str, list[float]]:
    """The least and greatest input that training made of each column of numbers or dates; `rows` were learned from."""
    found, start = {}, 0
    for step in encoder.steps:
        if isinstance(step, Number | Moment):
            x = X[:, start] if len(rows) == len(X) else X[rows, start]
            found[step.column] = [float(x.min()), float(x.max())]
        start += step.n_inputs
    return found


def outside(encoder: Encoder, X: Any, table: pa.Table, kept: object) -> tuple[Outside, ...]:
    """What of these rows lies far outside what training saw.

    Parameters
    ----------
    encoder : Encoder
    X : float32 array of shape (n_rows, n_inputs)
    table : pyarrow.Table
        The rows as they were given.
    kept : object
        What `seen` found; anything else, as of a file of an older version, is nothing known.
    """
    if not isinstance(kept, Mapping):
        return ()
    found, start = [], 0
    for step in encoder.steps:
        match kept.get(step.column):
            case [float() as low, float() as high] if (
                isinstance(step, Number | Moment) and -CLIP <= low <= high <= CLIP
            ):
                below, above = (value(step, end) for end in (low, high))
                margin = MARGIN * (above - below)
                ends = [standardised(step, end) for end in (below - margin, above + margin)]
                x = X[:, start]
                far = (x < ends[0]) | (x > ends[1])
                if far.any():
                    row = int(np.argmax(far))
                    example = _as_given(table.column(step.column)[row])
                    ends_shown = shown(step, below), shown(step, above)
                    found.append(Outside(step.column, int(far.sum()), row + 1, example, *ends_shown))
        start += step.n_inputs
    return tuple(found)


def value(step: Any, x: float) -> float:
    """What an input was before it was standardised and clipped."""
    return float(before_clip(x) * step.scale + step.centre)


def as_column(step: Any, found: Any) -> pa.ChunkedArray:
    """Values of a step, float64 (n,), as a column that it takes: numbers, lengths of time, or moments."""
    if isinstance(step, Moment):
        given = pa.array(np.round(found).astype("datetime64[s]"))
    else:
        is_time = step.unit == TIME
        given = pa.array(np.round(1e6 * found).astype("timedelta64[us]") if is_time else np.asarray(found))
    return pa.chunked_array([given])


def standardised(step: Any, found: float) -> float:
    """An input of this value."""
    return float(smooth_clip((found - step.centre) / step.scale))


def _as_given(scalar: pa.Scalar) -> str:
    try:
        found = scalar.as_py()
    except (OverflowError, ValueError):  # a moment beyond the years that Python has
        return str(scalar.cast(pa.string()).as_py())
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return f"{found:.6g}" if is_number else str(found)


def shown(step: Any, found: float) -> str:
    """A number or a moment of a step in words, as exact as the inputs are that it comes from."""
    if isinstance(step, Number):
        return f"{round(found, 4 - math.floor(math.log10(step.scale))) + 0.0:.6g}"
    is_long = step.scale >= DAY
    unit = DAY if is_long else 1.0
    try:
        when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=round(found / unit) * unit)
    except OverflowError:
        return "a time beyond all years"
    return str(when.date() if is_long else when)
