"""How predictions go with one column, on average: all else of some rows stays, the column has one value in all of them.

Partial dependence, Friedman (2001), Greedy Function Approximation, section 8.2. It takes columns one by one, so it also
counts rows that no table would have, as a flat of 20 m² with five rooms; what goes up in some rows and down in others
may look flat. scikit-learn's `partial_dependence` does the same for `TabularClassifier` and `TabularRegressor` where
the frame is of pandas and the column has no missing values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.tables import Category, ClassTarget, Moment, Number, Step, Truth, missing_column
from clearprop.tables.numeric import spread_evenly
from clearprop.tabular.model import TableModel
from clearprop.tabular.seen import as_column, shown, value
from clearprop.tabular.summary import counted

MOST_ROWS = 500  # whose predictions are averaged: of more, rows spread evenly
POINTS = 20  # of a number or a date, between its quantiles of 5 and 95 per cent
MOST_CATEGORIES = 12  # the most frequent ones


class Dependence(NamedTuple):
    """The mean prediction over some rows, for each value of a column.

    Attributes
    ----------
    column : str
    values : tuple of str
        In words.
    places : float64 array of shape (n_values,) or None
        Of a number: the values themselves; of a date: seconds since 1970; None of categories.
    mean : float64 array of shape (n_values, n_outputs)
        The probability of each class, or each target in its own unit.
    """

    column: str
    values: tuple[str, ...]
    places: Any
    mean: Any


def partial_dependence(model: TableModel, table: pa.Table, columns: Iterable[str]) -> list[Dependence]:
    """The partial dependence of the predictions on each of these columns.

    Parameters
    ----------
    model : TableModel
    table : pyarrow.Table
        Rows to average over: at most 500 of them, spread evenly.
    columns : iterable of str

    Raises
    ------
    TableError
        When the model has no such column, or a row does not fit.
    InputError
        For a column of vectors, or one that an imported network computes with.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop import tables, tabular
    >>> size = [20.0 + k for k in range(80)]
    >>> table = pa.table({"size": size, "floor": [1.0, 2.0] * 40, "rent": [8 * each for each in size]})
    >>> settings = tabular.TableSettings(target="rent", hidden=(8,), epochs=30, engine="reference")
    >>> model = tabular.train(tabular.prepare(tables.Reading(table), settings)).model
    >>> (found,) = tabular.partial_dependence(model, table, ["size"])
    >>> found.places.shape, bool(found.mean[-1, 0] > found.mean[0, 0])
    ((20,), True)
    """
    return [of_encoded(model, model.encoder.encode(table).X, column) for column in columns]


def of_encoded(model: TableModel, X: Any, column: str) -> Dependence:
    """The same of one column, over rows that are encoded already, float32 (n_rows, n_inputs)."""
    placed = {s.column: (s, place) for s, place in zip(model.encoder.steps, model.encoder.places, strict=True)}
    if column not in placed:
        raise missing_column(column, list(placed))
    step, place = placed[column]
    rows = X[spread_evenly(len(X), MOST_ROWS)]
    values, words, places = _grid(step, rows[:, place], model.settings)
    means = []
    for inputs in step.encode(values)[0]:
        rows[:, place] = inputs
        outputs = model.outputs_for(rows)
        if not isinstance(model.target, ClassTarget):
            outputs = model.target.in_unit(model.target.decode(outputs)).reshape(len(rows), -1)
        means.append(outputs.mean(axis=0, dtype=np.float64))
    return Dependence(column, words, places, np.array(means))


def _grid(step: Step, x: Any, settings: Mapping[str, Any]) -> tuple[pa.ChunkedArray, tuple[str, ...], Any]:
    """The values of a column that are tried, what they are in words, and numbers to draw them at."""
    if isinstance(step, Number | Moment):
        known = x[x[:, -1] != 1, 0] if step.missing else x[:, 0]
        ends = [value(step, float(end)) for end in np.quantile(known, (0.05, 0.95))] if len(known) else [step.centre]
        places = np.unique(np.linspace(ends[0], ends[-1], POINTS))
        if isinstance(step, Moment):
            places = np.unique(places.round())
        return as_column(step, places), tuple(shown(step, float(each)) for each in places), places
    if isinstance(step, Truth):
        return pa.chunked_array([[False, True]]), ("False", "True"), None
    if isinstance(step, Category):
        kept = counted(step, settings)
        order = range(len(step.categories))
        if kept is not None:
            order = sorted(order, key=lambda k: -kept.counts[k])  # type: ignore[assignment]
        names = tuple(step.categories[k] for k in order)[:MOST_CATEGORIES]
        return pa.chunked_array([pa.array(names, pa.string())]), names, None
    raise InputError(f"column {step.column!r} ({step.describe()}) has no values that could be tried one by one")
