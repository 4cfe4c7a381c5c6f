"""How much each column of a table has to do with a prediction: numbers that add up to what it differs from the usual.

Integrated gradients (`clearprop.network.integrated_gradients`) of what all networks of an ensemble say together, along
the straight line from a usual row to the row that is explained; what a column's inputs have is added up. The line is
one between encoded inputs: half way between two categories stands half of each, which no row of a table has. Another
usual row gives other numbers. They say what the networks do, not what causes what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, UnknownNameError
from clearprop.network import Network, Parameters, forward
from clearprop.network.integrated_gradients import Integrated, input_gradient, integrated_gradients
from clearprop.tables import Category, ClassTarget, Encoder, Moment, Number, Truth
from clearprop.tabular.calibration import SMALLEST_PROBABILITY, at_temperature
from clearprop.tabular.model import TableModel
from clearprop.tabular.seen import as_column, shown
from clearprop.tabular.summary import counted


@dataclass(frozen=True)
class Attributions:
    """The part of each column in the predictions of some rows.

    Attributes
    ----------
    columns : tuple of str
        Of the table, in the order of the encoder.
    parts : float64 array of shape (n_rows, n_columns)
        Each row's add up to ``outputs - baseline``, within a millionth of the output's scale.
    outputs, baseline : float64 array of shape (n_rows,)
        What is predicted of each row, and of the usual one: a probability, or a number in the target's own unit (its
        logarithm, if that was learned), before it is held within the range of training.
    of : tuple
        What of each row: a class, the column of a target, or a quantile.
    usual : mapping of str to str
        What the usual row has in each column, in words; {} where a row was given instead.
    unit : str
        Of parts and outputs.
    doubt : str or None
        A sentence where the parts of a row do not add up as they should.
    """

    columns: tuple[str, ...]
    parts: Any
    outputs: Any
    baseline: Any
    of: tuple[Any, ...]
    usual: Mapping[str, str]
    unit: str
    doubt: str | None = None


@dataclass(frozen=True)
class Together:
    """One output of each row, of the mean of several networks, as a function with its gradient.

    Attributes
    ----------
    network : Network
    members : tuple of Parameters
        In float64.
    chosen : int array of shape (n_rows,)
        The number of the output that is asked for, row by row.
    temperature : float or None
        Of probabilities.
    """

    network: Network
    members: tuple[Parameters, ...]
    chosen: Any
    temperature: float | None = None

    def mean(self, X: Any) -> Any:
        """The outputs of these rows, probabilities not yet at their temperature."""
        return sum(forward(self.network, params, X).a[-1] for params in self.members) / len(self.members)

    def __call__(self, X: Any, rows: Any) -> tuple[Any, Any]:
        """The output of each and its gradient; `rows` are the numbers of the rows that they belong to."""
        tapes = [forward(self.network, params, X) for params in self.members]
        value, slope = self._of_mean(sum(tape.a[-1] for tape in tapes) / len(tapes), self.chosen[rows])
        slope /= len(tapes)
        each = zip(self.members, tapes, strict=True)
        return value, sum(input_gradient(self.network, params, tape.z, tape.a, slope) for params, tape in each)

    def _of_mean(self, mean: Any, chosen: Any) -> tuple[Any, Any]:
        """What is predicted, and its slope in each of the mean outputs."""
        own = np.arange(mean.shape[1]) == chosen[:, None]
        if self.temperature in (None, 1.0):
            return mean[own], own.astype(np.float64)
        q = at_temperature(mean, self.temperature)
        slope = q[own][:, None] * (own - q) / (self.temperature * np.maximum(mean, SMALLEST_PROBABILITY))
        return q[own], slope * (mean > SMALLEST_PROBABILITY)


def attributions(model: TableModel, table: pa.Table, of: Any = None, against: pa.Table | None = None) -> Attributions:
    """The part of each column in the prediction of each row.

    Parameters
    ----------
    model : TableModel
    table : pyarrow.Table
    of : class label, str or float, optional
        Of classes: whose probability; by default that of the class that is predicted, row by row. Of several targets:
        the column of one. Of a model with quantiles: one of them instead of the mean.
    against : pyarrow.Table, optional
        One row to begin from, instead of the usual one: the median of numbers and dates, the most frequent category.

    Raises
    ------
    TableError
        When a row does not fit the model.
    InputError
        When there is no such class, target or quantile, `against` is not one row, or the model's file does not say what
        is usual.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop import tables, tabular
    >>> size = [20.0 + k for k in range(80)]
    >>> table = pa.table({"size": size, "floor": [1.0, 2.0] * 40, "rent": [8 * each for each in size]})
    >>> settings = tabular.TableSettings(target="rent", hidden=(8,), epochs=30, engine="reference")
    >>> model = tabular.train(tabular.prepare(tables.Reading(table), settings)).model
    >>> found = tabular.attributions(model, table.slice(0, 1))
    >>> found.columns, bool(found.parts[0, 0] < 0)
    (('size', 'floor'), True)
    >>> bool(abs(found.parts.sum() - (found.outputs[0] - found.baseline[0])) < 1e-3)
    True
    """
    X = model.encoder.encode(table).X.astype(np.float64)
    start, usual = _start(model, against)
    together, named, (scale, centre, unit) = _asked(model, X, of)
    found = integrated_gradients(together, X, start, 1.0)  # probabilities, and numbers that are standardised
    names = tuple(dict.fromkeys(step.column for step in model.encoder.steps))
    parts = np.zeros((len(X), len(names)))
    for step, place in zip(model.encoder.steps, model.encoder.places, strict=True):
        parts[:, names.index(step.column)] += scale * found.parts[:, place].sum(axis=1)
    outputs, baseline = scale * found.outputs + centre, scale * found.baseline + centre
    return Attributions(names, parts, outputs, baseline, named, usual, unit, _doubt(found, scale, unit))


def _doubt(found: Integrated, scale: float, unit: str) -> str | None:
    """A sentence on parts that do not add up."""
    bad = found.gap > found.near
    if not bad.any():
        return None
    worst = int(np.argmax(found.gap))
    return (
        f"the parts of {int(bad.sum()):,} of {len(bad):,} rows do not add up to a millionth: those of row "
        f"{worst + 1:,} miss the difference by {scale * found.gap[worst]:.2g} ({unit}), as the activations have very "
        "many bends, or jumps, on the way"
    )


def _asked(model: TableModel, X: Any, of: Any) -> tuple[Together, tuple[Any, ...], tuple[float, float, str]]:
    """What is attributed, what it is called row by row, and scale, centre and unit of the outputs."""
    target, thetas = model.target, model.thetas
    if isinstance(target, ClassTarget):
        chosen = np.full(len(X), 0 if of is None else _place("class", of, target.labels))
        together = _together(model, thetas, chosen, model.temperature)
        if of is None:
            together = replace(together, chosen=together.mean(X).argmax(axis=1))
        names = tuple(target.labels[k] for k in together.chosen.tolist())
        return together, names, (1.0, 0.0, "probability")
    each, shift, k = target.each, 0.0, 0
    quantiles = [one.quantile for one in model.quantiles]
    if of in quantiles and not isinstance(of, str):
        found = model.quantiles[quantiles.index(of)]
        thetas, shift = found.thetas, found.shift
    elif of is not None:
        known = target.columns if not quantiles else (*target.columns, *quantiles)
        k = _place("target or quantile" if quantiles else "target", of, known)
    elif len(each) > 1:
        raise InputError(f"there are several targets; say of which, with of: {', '.join(map(repr, target.columns))}")
    one = each[k]
    named = (of if of in quantiles else one.column,) * len(X)
    unit = f"logarithm of {one.column}" if one.log else one.column
    return _together(model, thetas, np.full(len(X), k)), named, (one.scale, one.centre + shift, unit)


def _together(model: TableModel, thetas: Any, chosen: Any, temperature: float | None = None) -> Together:
    members = tuple(model.network.views(theta.astype(np.float64)) for theta in thetas)
    return Together(model.network, members, chosen, temperature)


def _place(what: str, of: Any, known: Sequence[Any]) -> int:
    """The number of a class or target; typed on a command line, it is a text."""
    places = [k for k, each in enumerate(known) if each == of] or [k for k, each in enumerate(known) if str(each) == of]
    if not places:
        raise UnknownNameError(what, str(of), [str(each) for each in known])
    return places[0]


def _start(model: TableModel, against: pa.Table | None) -> tuple[Any, dict[str, str]]:
    """The encoded row that the line begins from, and the usual row in words."""
    if against is None:
        return usual_row(model.encoder, model.settings)
    if against.num_rows != 1:
        raise InputError(f"the row to compare with must be one row, and there are {against.num_rows:,}")
    return model.encoder.encode(against).X[0].astype(np.float64), {}


def usual_row(encoder: Encoder, settings: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """The encoded row of medians and of most frequent categories, float64 (n_inputs,), and what it is in words.

    Raises
    ------
    InputError
        When nobody knows which category is the most frequent: of a file of an older version, or an imported network.
    """
    found, words = np.zeros(encoder.n_inputs), dict[str, str]()
    for step, place in zip(encoder.steps, encoder.places, strict=True):
        if isinstance(step, Number | Moment):
            values, words[step.column] = as_column(step, np.array([step.centre])), shown(step, step.centre)
        elif isinstance(step, Category | Truth):
            kept = counted(step, settings)
            if kept is None:
                raise InputError(
                    f"the model does not say what is usual in column {step.column!r}: it was imported, or trained by "
                    "an older version; give a row to compare with, or train again"
                )
            names = step.categories if isinstance(step, Category) else (False, True)
            value = names[int(np.argmax(kept.counts[: len(names)]))]
            values, words[step.column] = pa.chunked_array([pa.array([value])]), str(value)
        else:
            raise InputError(
                f"nobody knows what is usual in column {step.column!r} ({step.describe()}); give a row to compare with"
            )
        found[place] = step.encode(values)[0][0]
    return found, words
