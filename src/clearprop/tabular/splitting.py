"""Which rows are held out, which choose the best epoch and which are learned from, for every way to part them.

By chance and in the proportions of the classes, by groups, by time, by files of their own, or none held out.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from clearprop.ending import not_cut_by_the_end
from clearprop.errors import TableError
from clearprop.tables import Fold, Parts, folds, split
from clearprop.tables.splitting import in_two, validation_share
from clearprop.tabular import recipe
from clearprop.tabular.settings import TableSettings

FEWEST_FOLDS = 5  # so that each network learns from four fifths of the rows at least


class Marks(NamedTuple):
    """What of each row decides where it may go.

    Attributes
    ----------
    labels : int array of shape (n_rows,) or None
        Classes, to be represented in each part as in the whole.
    groups : int array of shape (n_rows,) or None
        Rows of one group stay together.
    times : float array of shape (n_rows,) or None
        Later rows are held out, earlier ones learned from.
    """

    labels: Any = None
    groups: Any = None
    times: Any = None

    def of(self, rows: Any) -> Marks:
        """Those of these rows."""
        return Marks(*(None if mark is None else mark[rows] for mark in self))


class Cut(NamedTuple):
    """The parts of a table, the rows that each network learns from, and its validation rows."""

    parts: Parts
    folds: tuple[Fold, ...]


def cut(
    n_rows: int, marks: Marks, settings: TableSettings, *, held_out: Fold | None = None, validation: Any = None
) -> Cut:
    """Part the rows for one network or for several.

    Parameters
    ----------
    n_rows : int
        Of the table, without those of other files.
    marks : Marks
    settings : TableSettings
    held_out : Fold, optional
        The rows to learn from and to hold out; by default the settings' share of them is held out.
    validation : int array, optional
        The rows that choose the best epoch of every network, where they are none of these.

    Raises
    ------
    TableError
        When there are too few rows, or groups, or different times.
    """
    if held_out is None:
        if marks.groups is None and marks.times is None and validation is None:
            return _by_chance(n_rows, marks.labels, settings)
        rows, test = _hold_out(np.arange(n_rows), marks, settings, settings.test, "hold out for the score")
    else:
        rows, test = held_out
    n_members = recipe.n_members(len(rows), settings)
    if validation is None and marks.times is not None:
        rows, validation = _hold_out(rows, marks, settings, validation_share(len(rows)), "choose the best epoch by")
    if validation is not None:
        return Cut(Parts(rows, validation, test), (Fold(rows, validation),) * n_members)
    if n_members == 1:
        learn, validation = _hold_out(rows, marks, settings, validation_share(len(rows)), "choose the best epoch by")
        return Cut(Parts(learn, validation, test), (Fold(learn, validation),))
    return Cut(Parts(rows, rows[:0], test), _folds(rows, marks, settings, n_members))


def _by_chance(n_rows: int, labels: Any, settings: TableSettings) -> Cut:
    parts = split(n_rows, settings.test, settings.seed, labels)
    rest = np.sort(np.concatenate([parts.train, parts.validation]))
    count = recipe.n_members(len(rest), settings)
    if count == 1:
        return Cut(parts, (Fold(parts.train, parts.validation),))
    return Cut(Parts(rest, rest[:0], parts.test), _folds(rest, Marks(labels), settings, count))


@not_cut_by_the_end()
def _folds(rows: Any, marks: Marks, settings: TableSettings, count: int) -> tuple[Fold, ...]:
    """A fold for each network of an ensemble; no two have validation rows, or groups, in common."""
    if len(rows) < count:
        raise TableError(f"{len(rows)} rows to learn from are too few for an ensemble of {count} networks")
    if marks.groups is None:
        return folds(rows, max(FEWEST_FOLDS, count), settings.seed, marks.labels)[:count]
    n_groups = len(np.unique(marks.groups[rows]))
    if n_groups < max(2, count):
        raise TableError(
            f"{settings.group!r} has {n_groups} different values in the rows to learn from, and {max(2, count)} are "
            f"needed for {count} networks, each with validation groups of its own; ask for an ensemble of 1, or leave "
            "the groups out"
        )
    return _by_groups(rows, marks, min(max(FEWEST_FOLDS, count), n_groups), settings.seed)[:count]


def _by_groups(rows: Any, marks: Marks, n_folds: int, seed: int) -> tuple[Fold, ...]:
    """Folds in which no group is on both sides, in the proportions of the classes as far as the groups allow."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    here = marks.of(rows)
    if here.labels is None or np.bincount(here.labels).max() < n_folds:
        splitter: Any = GroupKFold(n_folds, shuffle=True, random_state=_seed(seed))
    else:
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=_seed(seed))
    dummies = np.zeros(len(rows)) if here.labels is None else here.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a rare class that not every fold can have
        found = list(splitter.split(np.zeros((len(rows), 1)), dummies, here.groups))
    return tuple(Fold(rows[learn], rows[validation]) for learn, validation in found)


def _hold_out(rows: Any, marks: Marks, settings: TableSettings, share: float, purpose: str) -> tuple[Any, Any]:
    """Part the rows in two: those that stay, and about this share of them."""
    if share == 0:
        return rows, rows[:0]
    if marks.times is not None:
        return _latest(rows, marks.times, share, f"to {purpose}", settings.time_column)
    if marks.groups is not None:
        return _some_groups(rows, marks, settings, share, purpose)
    labels = np.zeros(rows.max(initial=0) + 1, dtype=np.int64) if marks.labels is None else marks.labels
    stay, held = in_two(rows, share, labels, np.random.Generator(np.random.Philox(key=settings.seed)))
    if min(len(stay), len(held)) == 0:
        raise TableError(f"{len(rows):,} rows are too few to keep some to {purpose}; use more rows")
    return stay, held


@not_cut_by_the_end()
def _some_groups(rows: Any, marks: Marks, settings: TableSettings, share: float, purpose: str) -> tuple[Any, Any]:
    from sklearn.model_selection import GroupShuffleSplit

    groups = marks.groups[rows]
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise TableError(
            f"{settings.group!r} has only one value in these {len(rows):,} rows, so none can be kept to {purpose}; "
            "leave the groups out, or choose others"
        )
    n_held = min(n_groups - 1, max(1, round(share * n_groups)))
    splitter = GroupShuffleSplit(1, test_size=n_held, random_state=_seed(settings.seed))
    stay, held = next(splitter.split(rows, groups=groups))
    return rows[np.sort(stay)], rows[np.sort(held)]


def _latest(rows: Any, times: Any, share: float, purpose: str, name: str | None) -> tuple[Any, Any]:
    """The latest share of the rows held back; rows of one time stay together."""
    order = rows[np.argsort(times[rows], kind="stable")]
    boundary = times[order[min(len(order) - 1, max(1, round((1 - share) * len(order))))]]
    if boundary == times[order[0]]:  # the first time has so many rows
        later = times[order] > boundary
        if not later.any():
            raise TableError(
                f"{name!r} is the same in all of {len(rows):,} rows, so none of them is later than others, {purpose}; "
                "choose another --time-column, or leave it out"
            )
        boundary = times[order][later][0]
    return np.sort(rows[times[rows] < boundary]), np.sort(rows[times[rows] >= boundary])


@not_cut_by_the_end()
def dealt_out(n_rows: int, marks: Marks, n_folds: int, settings: TableSettings) -> tuple[Fold, ...]:
    """For cross-validation: each row, or group, is held out once; with times, what is held out is always later.

    Raises
    ------
    TableError
        When there are fewer rows, groups or different times than folds.
    """
    if marks.times is not None:
        return _by_time(marks.times, n_folds, settings.time_column)
    if marks.groups is not None:
        n_groups = len(np.unique(marks.groups))
        if n_groups < n_folds:
            raise TableError(
                f"{settings.group!r} has {n_groups} different values, too few for --folds {n_folds}: each fold holds "
                "out groups of its own"
            )
        return _by_groups(np.arange(n_rows), marks, n_folds, settings.seed)
    if n_rows < 2 * n_folds:
        raise TableError(f"{n_rows:,} rows are too few for --folds {n_folds}: each needs two at least")
    return folds(np.arange(n_rows), n_folds, settings.seed, marks.labels)


def _by_time(times: Any, n_folds: int, name: str | None) -> tuple[Fold, ...]:
    """As scikit-learn's TimeSeriesSplit, but that rows of one time stay together."""
    found, place = np.unique(times, return_inverse=True)
    if len(found) <= n_folds:
        several = "s" if len(found) > 1 else ""
        raise TableError(
            f"{name!r} has {len(found)} different time{several}, too few for --folds {n_folds}: each fold is later "
            "than the one before, and the first rows are only learned from"
        )
    from sklearn.model_selection import TimeSeriesSplit

    parts = TimeSeriesSplit(n_folds).split(found)
    return tuple(Fold(*(np.flatnonzero(np.isin(place, part)) for part in pair)) for pair in parts)


def _seed(seed: int) -> int:
    """A seed as scikit-learn takes it."""
    return seed % 2**32
