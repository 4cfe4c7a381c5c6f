"""Whether new rows are like those that a model learned from, column by column, and what of it chance alone would make.

The measure is the total variation distance between the shares of two sets of rows, d = ½ Σₖ |pₖ − qₖ| over the bins of
a number (tenths of the training rows), the categories, and "missing": in so much of the rows the two differ, from 0 to
1 (Levin & Peres, 2017, Markov Chains and Mixing Times, proposition 4.2). Rows of the same kind differ too, by

    ½ Σₖ √(pₖ(1 − pₖ)(1/n + 1/m))

on average at most, with n and m rows and the shares pₖ of both together. Whether it is more is said by Fisher's exact
test (1935) of each bin: of the c rows of both sets that are in it, as many would be new ones as of c balls drawn from
n + m of which n are new. The smallest probability times the number of bins and of columns (Bonferroni) is what is
reported: by chance alone, one comparison of all columns in a hundred has one of 0.01 or less. It takes rows for drawn
one by one; those of one day or one patient are more alike than that.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.engines.first_use import FIRST_USE
from clearprop.errors import InputError, shortened
from clearprop.tables import Category, Moment, Number, Step, Truth, missing_column
from clearprop.tables.columns import present
from clearprop.tabular.model import TableModel
from clearprop.tabular.seen import outside, shown, value
from clearprop.tabular.summary import Counted, codes, counted, n_codes

RARE = 0.01  # a column differs where chance makes as much in one comparison in a hundred, or in fewer
MOST_NAMED = 3  # new categories


@dataclass(frozen=True)
class ColumnDrift:
    """How one column of new rows differs from training.

    Attributes
    ----------
    column : str
    distance : float
        Total variation, from 0 to 1.
    by_chance : float
        What rows of the same kind have on average, at most.
    probability : float
        That chance alone makes a bin of any column differ as much.
    missing, missing_before : float
        The share of rows without a value, now and in training.
    new : int
        Rows with a category that training had no input for.
    new_names : tuple of str
        The most frequent of them.
    outside : int
        Rows far outside the range of training.
    most : str
        Where the shares differ most, in words.
    """

    column: str
    distance: float
    by_chance: float
    probability: float
    missing: float
    missing_before: float
    new: int
    new_names: tuple[str, ...]
    outside: int
    most: str

    @property
    def differs(self) -> bool:
        """Whether it differs by more than chance makes."""
        return self.probability <= RARE

    def __str__(self) -> str:
        said = f"column {self.column!r}: differs in {_share(self.distance)} of the rows"
        if not self.differs:
            return f"{said}, which chance may make (about {_share(self.by_chance)} on average)"
        said += f" (chance makes about {_share(self.by_chance)}): {self.most}"
        if self.new:
            said += f"; {self.new:,} rows with names that training had no input for ({', '.join(self.new_names)})"
        if self.outside:
            said += f"; {self.outside:,} rows far outside the range of training"
        return said


@dataclass(frozen=True)
class Drift:
    """How new rows differ from those that a model learned from.

    Attributes
    ----------
    rows, rows_before : int
        New rows, and those of training that were counted.
    columns : tuple of ColumnDrift
        The largest difference first.
    """

    rows: int
    rows_before: int
    columns: tuple[ColumnDrift, ...]

    @property
    def differing(self) -> tuple[ColumnDrift, ...]:
        """The columns that differ by more than chance makes."""
        return tuple(column for column in self.columns if column.differs)

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        columns = [{**asdict(each), "differs": each.differs} for each in self.columns]
        return {"rows": self.rows, "rows_before": self.rows_before, "differs": bool(self.differing), "columns": columns}


def drift(model: TableModel, table: pa.Table) -> Drift:
    """How these rows differ from those that the model learned from.

    Parameters
    ----------
    model : TableModel
    table : pyarrow.Table
        With the columns of the model; a target is not needed.

    Raises
    ------
    TableError
        When a column is missing or a value does not fit; with the row.
    InputError
        When there is no row, or the model's file does not say what training had: that of an older version, or of an
        imported network.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop import tables, tabular
    >>> size = [20.0 + k for k in range(400)]
    >>> table = pa.table({"size": size, "floor": [1.0, 2.0] * 200, "rent": [8 * each for each in size]})
    >>> settings = tabular.TableSettings(target="rent", hidden=(8,), epochs=3, engine="reference")
    >>> model = tabular.train(tabular.prepare(tables.Reading(table), settings)).model
    >>> [found.column for found in tabular.drift(model, table.slice(200)).differing]
    ['size']
    """
    if table.num_rows == 0:
        raise InputError("there are no rows to compare")
    encoder = model.encoder
    known: list[tuple[Step, Counted]] = []
    for step in encoder.steps:
        kept = counted(step, model.settings)
        if kept is not None and any(kept.counts):
            known.append((step, kept))
    if not known:
        raise InputError(
            "the model does not say what training had: it was imported, trained by an older version, or has no columns "
            "of numbers, dates or categories; train again"
        )
    X = encoder.encode(table).X
    far = {each.column: each.n_values for each in outside(encoder, X, table, model.settings.get("seen"))}
    found = [_of_column(model, table, *each, far, len(known)) for each in known]
    ranked = sorted(found, key=lambda each: (not each.differs, -each.distance))
    return Drift(table.num_rows, max(sum(kept.counts) for _, kept in known), tuple(ranked))


def probability(now: Any, before: Any) -> float:
    """That chance makes the counts in one of the bins as different, of rows of the same kind; times the bins.

    Examples
    --------
    >>> from clearprop.tabular.drifting import probability
    >>> probability([50, 50], [500, 520]), round(probability([90, 10], [500, 500]), 16)
    (1.0, 1.2e-15)
    """
    with FIRST_USE:
        from scipy.stats import hypergeom

    now, before = np.asarray(now), np.asarray(before)
    n, m = now.sum(), before.sum()
    there = now + before > 0
    drawn = hypergeom(n + m, (now + before)[there], n)
    least = min(drawn.cdf(now[there]).min(), drawn.sf(now[there] - 1).min())
    return float(min(1.0, 2 * least * there.sum()))


def _of_column(
    model: TableModel, table: pa.Table, step: Step, kept: Counted, far: dict[str, int], n_columns: int
) -> ColumnDrift:
    if step.column not in table.column_names:
        raise missing_column(step.column, table.column_names)
    given = table.column(step.column)
    values = given if getattr(step, "exact", False) else present(given, model.encoder.read.missing_words)
    x, _ = replace(step, missing=True).encode(values)  # type: ignore[call-arg]  # which only these steps have
    now = np.bincount(codes(replace(step, missing=True), x, kept.edges), minlength=n_codes(step, kept.edges))  # type: ignore[call-arg]
    before, n, m = np.array(kept.counts), len(values), sum(kept.counts)
    differences = now / n - before / m
    both = (now + before) / (n + m)
    names = _new_names(step, values) if isinstance(step, Category) else ()
    worst = int(np.argmax(np.abs(differences)))
    return ColumnDrift(
        column=step.column,
        distance=float(np.abs(differences).sum() / 2),
        by_chance=min(1.0, float(np.sqrt(both * (1 - both) * (1 / n + 1 / m)).sum() / 2)),
        probability=min(1.0, n_columns * probability(now, before)),
        missing=float(now[-1] / n),
        missing_before=float(before[-1] / m),
        new=int(now[-2]) if names else 0,
        new_names=names,
        outside=far.get(step.column, 0),
        most=f"{_named(step, kept, worst)} {_share(now[worst] / n)} of them, {_share(before[worst] / m)} in training",
    )


def _share(share: float) -> str:
    return f"{100 * share:.3g} %"


def _new_names(step: Category, values: pa.ChunkedArray) -> tuple[str, ...]:
    """The most frequent names that have no input."""
    texts, places, absent = step.coded(values)
    other = texts.filter(pa.array((places < 0) & ~absent))
    counts = sorted(pc.value_counts(other).to_pylist(), key=lambda each: (-each["counts"], each["values"]))
    return tuple(shortened(each["values"], 40) for each in counts[:MOST_NAMED])


def _named(step: Step, kept: Counted, place: int) -> str:
    """A bin or a category in a sentence that goes on with its share."""
    last = len(kept.counts) - 1
    if place == last:
        return "missing in"
    if isinstance(step, Number | Moment):
        ends = [shown(step, value(step, edge)) for edge in kept.edges]
        if not ends:
            return "there in"
        if place == 0:
            return f"below {ends[0]} in"
        if place == last - 1:
            return f"at least {ends[-1]} in"
        low, high = ends[place - 1 : place + 1]
        return f"{low} in" if low == high else f"from {low} to {high} in"
    if isinstance(step, Truth):
        return f"{bool(place)} in"
    assert isinstance(step, Category)
    return "another category in" if place == last - 1 else f"{shortened(step.categories[place], 40)!r} in"
