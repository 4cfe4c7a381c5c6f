"""Means of the target as inputs: from which targets, and how no row that is learned from gets its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.tables import Category, ClassTarget, Encoder, Fold, Target, columns, folds
from clearprop.tables.numeric import distinct
from clearprop.tables.target_means import Learned, TargetMeans, with_means, without_own
from clearprop.tabular import recipe
from clearprop.tabular.settings import TableSettings

MOST_MEANS = 20  # of classes, or targets: with more of them, each category would have too many inputs
PARTS = 5  # at least; a row's means come from those that it is not in


def add_means(
    encoder: Encoder, table: pa.Table, target: Target, y: Any, weight: Any, settings: TableSettings
) -> tuple[Encoder, tuple[str, ...]]:
    """The encoder with means of the target for categories of many values, and notices.

    Parameters
    ----------
    encoder : Encoder
        As it was fitted on the rows of this table.
    table : pyarrow.Table
    target : Target
    y : array of shape (n_rows,) or (n_rows, n_targets)
        As of `FoundTarget`.
    weight : array of shape (n_rows,) or None
    settings : TableSettings
    """
    fewest = recipe.TARGET_MEANS if settings.target_means is None else settings.target_means
    learned = _learned(target, y, weight)
    if not fewest or len(learned.names) > MOST_MEANS:
        many = f"there are {len(learned.names)} of them, and means are of {MOST_MEANS} at most"
        return encoder, (f"no category gets means of the target: {many}",) if settings.target_means else ()
    steps, said = [], []
    for step in encoder.steps:
        found = step
        if isinstance(step, Category):
            values = columns.present(table.column(step.column), encoder.read.missing_words)
            found = with_means(step, columns.texts(values, step.column), learned, fewest)
        if isinstance(found, TargetMeans):
            said.append(
                f"column {step.column!r}: the mean of {', '.join(learned.names)} over the rows of each of "
                f"{len(found.categories):,} values is an input too"
            )
        steps.append(found)
    return replace(encoder, steps=tuple(steps)), tuple(said)


def _learned(target: Target, y: Any, weight: Any) -> Learned:
    """The targets as numbers: of two classes whether it is the second, of more of each whether it is that one."""
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    if not isinstance(target, ClassTarget):
        return Learned.of(target.columns, np.asarray(y, dtype=np.float64).reshape(len(y), -1), weight)
    first = 1 if target.n_outputs == 2 else 0
    names = tuple(f"{target.column} = {label}" for label in target.classes[first:])
    return Learned.of(names, np.stack([y == k for k in range(first, target.n_outputs)], axis=1) * 1.0, weight)


def hide_own(
    X: Any, encoder: Encoder, table: pa.Table, rows: Any, target: Target, y: Any, weight: Any, parts: Sequence[Any]
) -> None:
    """Write the means into X anew for the rows that the encoder was fitted on: each from rows of other parts.

    Parameters
    ----------
    X : float32 array of shape (n_rows, n_inputs)
        As the encoder made it of the table.
    encoder, target
        Both fitted.
    table : pyarrow.Table
    rows : int array
        That the encoder was fitted on.
    y, weight : array
        Of all rows.
    parts : sequence of int arrays
        As of `parts_of`.
    """
    start, learned = 0, None
    for step in encoder.steps:
        if isinstance(step, TargetMeans):
            learned = learned or _learned(target, y[rows], None if weight is None else weight[rows])
            values = columns.present(table.column(step.column).take(pa.array(rows)), encoder.read.missing_words)
            inputs = slice(start + step.mean_inputs.start, start + step.mean_inputs.stop)
            X[rows, inputs] = without_own(step, values, learned, parts)
        start += step.n_inputs


def parts_of(rows: Any, learning: Sequence[Fold], seed: int, labels: Any = None, groups: Any = None) -> list[Any]:
    """How to part the rows that an encoder was fitted on: the validation rows of each network, and shares of the rest.

    So no means of validation rows come from any of them. Rows of one group stay together.

    Parameters
    ----------
    rows : int array
        Rising.
    learning : sequence of Fold
        Of the networks.
    seed : int
    labels, groups : int array of shape (n_rows,), optional
        Of all rows.

    Returns
    -------
    list of int arrays
        Places among `rows`.
    """
    part = np.full(len(rows), -1)
    for k, fold in enumerate(learning):
        part[np.isin(rows, fold.validation)] = k
    rest = np.flatnonzero(part < 0)
    if groups is not None and len(rest):
        _, part[rest] = np.unique(groups[rows[rest]], return_inverse=True)
        shuffled = np.random.Generator(np.random.Philox(key=seed)).permutation(part[rest].max() + 1)
        part[rest] = len(learning) + shuffled[part[rest]] % PARTS
    elif len(rest):
        part[rest] = len(learning)
        if len(rest) > len(rows) / PARTS:
            for k, dealt in enumerate(folds(rest, PARTS, seed, None if labels is None else labels[rows])):
                part[dealt.validation] = len(learning) + k
    return [np.flatnonzero(part == k) for k in distinct(part)]
