"""The rows that the networks of a tabular estimator learn from and their validation rows, where `fit` was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import column_or_1d

from clearprop.errors import InputError, ShapeError, TableError
from clearprop.estimators.tabular_data import in_python
from clearprop.tables import ClassTarget, Encoder, Fitted, Fold, Target, fit_encoder
from clearprop.tables.spelling import is_missing
from clearprop.tables.target_means import TargetMeans
from clearprop.tabular.leaks import leaks
from clearprop.tabular.own_targets import add_means, hide_own, parts_of
from clearprop.tabular.planning import EncodedRows, EnsemblePlan
from clearprop.tabular.recipe import FEWEST_BINS
from clearprop.tabular.repeats import repeats
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import Marks, cut
from clearprop.tabular.target import of_classes


class Validation(NamedTuple):
    """What `fit` was told about validation.

    Attributes
    ----------
    groups : int array of shape (n_samples,) or None
    rows : EncodedRows or None
        Those of `X_val`, encoded.
    """

    groups: Any = None
    rows: EncodedRows | None = None


def encoder_of(table: pa.Table, target: Target, y: Any, weight: Any, settings: TableSettings) -> Fitted:
    """The encoder of these rows, with means of the target; raises TableError where no column is of any use."""
    try:
        fitted = fit_encoder(table, fewest_bins=FEWEST_BINS[target.task], read=settings.read)
    except TableError as error:
        raise TableError(in_python(str(error))) from None
    encoder, said = add_means(fitted.encoder, table, target, y, weight, settings)
    return fitted._replace(encoder=encoder, notices=(*fitted.notices, *said))


def without_own_targets(main: EnsemblePlan, encoder: Encoder, table: pa.Table, given: Validation) -> None:
    """Make the means of the target in the rows of a plan anew, each from other rows than its own."""
    if any(isinstance(step, TargetMeans) for step in encoder.steps):
        rows, every = main.rows, np.arange(table.num_rows)
        strata = main.target.strata(rows.y[: len(every)])
        parts = parts_of(every, main.folds, main.settings.seed, strata, given.groups)
        hide_own(rows.X, encoder, table, every, main.target, rows.y, rows.weight, parts)


def groups_of(groups: Any, n_samples: int) -> Any:
    """The number of each row's group, or None.

    Raises
    ------
    InputError, ShapeError
        When one is missing, there is not one for each row, or there is only one group.
    """
    if groups is None:
        return None
    given = column_or_1d(np.asarray(groups, dtype=object), warn=False)
    if len(given) != n_samples:
        raise ShapeError(f"groups must have one value per row of X, {n_samples:,}, not {len(given):,}")
    absent = [is_missing(value) for value in given]
    if any(absent):
        raise InputError(f"groups is missing in row {absent.index(True) + 1:,}; leave such rows out, or name the group")
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in given.tolist()])


def with_validation(
    rows: EncodedRows, target: Target, given: Validation, settings: TableSettings
) -> tuple[EncodedRows, tuple[Fold, ...]]:
    """The rows with those of `X_val` behind them, and each network's fold; no folds where nothing was said.

    Raises
    ------
    InputError, TableError
        When there are too few groups for the networks.
    """
    n = len(rows.y)
    if given.rows is None and given.groups is None:
        return rows, ()
    none = np.arange(0)
    marks, settings = Marks(target.strata(rows.y), given.groups), replace(settings, group="groups")
    if given.rows is None:
        return rows, cut(n, marks, settings, held_out=Fold(np.arange(n), none)).folds
    chosen = cut(n, marks, settings, held_out=Fold(np.arange(n), none), validation=none)
    more = given.rows
    weight = None
    if rows.weight is not None or more.weight is not None:
        each = [np.ones(len(part.y), np.float32) if part.weight is None else part.weight for part in (rows, more)]
        weight = np.concatenate(each)
    joined = rows._replace(X=np.concatenate([rows.X, more.X]), y=np.concatenate([rows.y, more.y]), weight=weight)
    validation = np.arange(n, n + len(more.y))
    return joined, tuple(Fold(fold.learn, validation) for fold in chosen.folds)


def told(
    table: pa.Table, rows: EncodedRows, folds: Sequence[Fold], target: Target, encoder: Encoder
) -> tuple[str, ...]:
    """What to say of the rows: rare classes, columns that say the target, and rows that are repeated.

    Parameters
    ----------
    table : pyarrow.Table
        X; its rows are the first of `rows`.
    rows : EncodedRows
    folds : sequence of Fold
        One for each network.
    target : Target
    encoder : Encoder
    """
    X, y = rows.X[: table.num_rows], rows.y[: table.num_rows]
    classes = of_classes(target if isinstance(target, ClassTarget) else None, y)
    return *classes, *leaks(table, encoder, target, X, y), *repeats(rows.X, rows.y, encoder, folds)
