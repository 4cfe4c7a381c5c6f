"""What a model remembers of the rows that it learned from: how often each column had which value, or lay in which bin.

It says what is usual, to explain a row beside it (`clearprop.tabular.attribution`), and what new rows are held against
(`clearprop.tabular.drifting`). All is counted among the encoded inputs, so that new rows are counted alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from clearprop.tables import Category, Encoder, Moment, Number, Step, Truth
from clearprop.tables.numeric import CLIP, distinct

MOST_ROWS = 100_000  # that are counted: of more, rows spread evenly
BINS = 10  # of a number or a date: each has a tenth of the rows, as far as equal values allow


class Counted(NamedTuple):
    """What is kept of a column.

    Attributes
    ----------
    edges : tuple of float
        Between the bins of a number or a date, as the network gets it; () for what has categories.
    counts : tuple of int
        Rows in each bin or of each category; of false, and of true; then of categories without a name; last those
        where the value is missing.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def codes(step: Step, x: Any, edges: tuple[float, ...] = ()) -> Any:
    """The bin or category of each row, (n_rows,), among `n_codes(step, edges)`; the last is that of missing values.

    Parameters
    ----------
    step : Number, Moment, Truth or Category
    x : array of shape (n_rows, step.n_inputs)
    edges : tuple of float
        Of a number or a date.
    """
    last = n_codes(step, edges) - 1
    if isinstance(step, Number | Moment):
        found = np.searchsorted(np.asarray(edges, dtype=x.dtype), x[:, 0], side="right")
    elif isinstance(step, Truth):
        found = np.where(x[:, 0] == 0, last, x[:, 0] > 0)
    else:
        assert isinstance(step, Category)
        own = np.concatenate([x[:, :1] < 0, x[:, :1] > 0], axis=1) if step.is_pair else x[:, : len(step.categories)] > 0
        found = np.where(own.any(axis=1), own.argmax(axis=1), len(step.categories))
    return np.where(x[:, -1] == 1, last, found) if getattr(step, "missing", False) else found


def n_codes(step: Step, edges: tuple[float, ...] = ()) -> int:
    """How many bins or categories there are, with those of missing values and of names that have no input."""
    if isinstance(step, Number | Moment):
        return len(edges) + 2
    return len(step.categories) + 2 if isinstance(step, Category) else 3


def summary(X: Any, rows: Any, encoder: Encoder) -> dict[str, Any]:
    """What to keep of the rows that were learned from, as JSON holds it.

    Parameters
    ----------
    X : array of shape (n_rows, n_inputs)
    rows : int array
        The numbers of those that were learned from.
    encoder : Encoder
    """
    rows = rows[:: 1 + (len(rows) - 1) // MOST_ROWS] if len(rows) else rows
    columns = {}
    for step, place in zip(encoder.steps, encoder.places, strict=True):
        if not isinstance(step, Number | Moment | Truth | Category):
            continue
        x = X[:, place] if len(rows) == len(X) else X[rows, place]
        edges = _edges(x[x[:, -1] != 1, 0] if step.missing else x[:, 0]) if isinstance(step, Number | Moment) else ()
        counts = np.bincount(codes(step, x, edges), minlength=n_codes(step, edges))
        columns[step.column] = {"edges": list(edges), "counts": counts.tolist()}
    return {"rows": len(rows), "columns": columns}


def _edges(known: Any) -> tuple[float, ...]:
    """Tenths of these values; a value that more than a tenth of the rows have gets a bin of its own."""
    if not len(known):
        return ()
    cuts = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="higher")
    frequent = cuts[1:][cuts[1:] == cuts[:-1]]
    return tuple(map(float, distinct(np.concatenate([cuts, np.nextafter(frequent, np.float32(np.inf))]))))


def counted(step: Step, settings: Mapping[str, Any]) -> Counted | None:
    """What the settings of a model keep of a column; None where they do not, as those of an older version."""
    match settings.get("summary"):
        case {"columns": {**columns}}:
            kept = columns.get(step.column)
        case _:
            return None
    match kept:
        case {"edges": list() as edges, "counts": list() as counts} if (
            all(isinstance(edge, float) and abs(edge) <= 1.001 * CLIP for edge in edges)
            and all(a < b for a, b in pairwise(edges))
            and all(type(count) is int and 0 <= count < 2**63 for count in counts)
            and len(counts) == n_codes(step, tuple(edges))
        ):
            return Counted(tuple(edges), tuple(counts))
    return None
