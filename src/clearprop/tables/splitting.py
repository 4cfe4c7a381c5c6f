"""Which rows the network learns from, which choose its best epoch, and which score it: a function of the seed alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, TableError

SMALL = 5000  # rows below which a larger share is needed to tell a better epoch from a luckier one


class Parts(NamedTuple):
    """Row numbers of the three parts, int64, rising."""

    train: Any
    validation: Any
    test: Any


def split(n_rows: int, test: float, seed: int, labels: Any = None) -> Parts:
    """Part the rows.

    Parameters
    ----------
    n_rows : int
    test : float
        Share of the rows held out, between 0 and 1; 0 for none.
    seed : int
    labels : int array of shape (n_rows,), optional
        Classes, to be represented in each part as in the whole; each has at least one training row.

    Raises
    ------
    TableError
        When there are too few rows for three parts.

    Examples
    --------
    >>> from clearprop.tables import split
    >>> [len(part) for part in split(100, 0.2, seed=0)]
    [64, 16, 20]
    """
    if not 0 <= test < 1:
        raise InputError(f"the share of rows to hold out must be between 0 and 1, as 0.2, not {test!r}")
    labels = np.zeros(n_rows, dtype=np.int64) if labels is None else labels
    random = np.random.Generator(np.random.Philox(key=seed))
    rest, held_out = in_two(np.arange(n_rows), test, labels, random)
    learn, validation = in_two(rest, validation_share(len(rest)), labels, random)
    if min(len(learn), len(validation)) == 0 or (test > 0 and len(held_out) == 0):
        also = f" and for the test of {test:g}" if test > 0 else ""
        raise TableError(f"{n_rows} rows are too few to keep some for training, for validation{also}; use more rows")
    return Parts(learn, validation, held_out)


def validation_share(n_rows: int) -> float:
    """The share of the rows to learn from that choose the best epoch."""
    return 0.1 if n_rows >= SMALL else 0.2


class Fold(NamedTuple):
    """Row numbers, int64, rising: those that one network of an ensemble learns from, and its validation rows."""

    learn: Any
    validation: Any


def folds(rows: Any, n_folds: int, seed: int, labels: Any = None) -> tuple[Fold, ...]:
    """Deal the rows out, so that each is a validation row of one fold and learned from in all others.

    Parameters
    ----------
    rows : int array of shape (n_rows,)
        Row numbers.
    n_folds : int
        At least 2; as many as there are rows at most.
    seed : int
    labels : int array, optional
        The class of each row number, to be represented in each fold as in the whole.

    Raises
    ------
    TableError
        When there are fewer than two rows.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.splitting import folds
    >>> [len(fold.validation) for fold in folds(np.arange(12), 5, seed=0)]
    [3, 3, 2, 2, 2]
    """
    if len(rows) < 2:
        raise TableError(f"n_samples={len(rows)}: at least 2 rows are needed, some to train on and some for validation")
    shuffled = np.random.Generator(np.random.Philox(key=seed)).permutation(rows)
    if labels is not None:
        shuffled = shuffled[np.argsort(labels[shuffled], kind="stable")]
    n_folds = min(n_folds, len(rows))
    dealt = np.arange(len(rows)) % n_folds  # class by class, like cards
    return tuple(Fold(np.sort(shuffled[dealt != k]), np.sort(shuffled[dealt == k])) for k in range(n_folds))


def in_two(rows: Any, share: float, labels: Any, random: np.random.Generator) -> tuple[Any, Any]:
    """Part `rows` in two, (1 − share) and share of them, class by class, and no class wholly in the second."""
    shuffled = random.permutation(rows)
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    # Walk the classes one after the other and take a row whenever another whole one is due: each class gives its share
    # to within a row, and all of them together exactly.
    due = np.floor(np.arange(1, len(rows) + 1) * share + 0.5)
    taken = np.diff(due, prepend=0) > 0
    ordered = labels[by_class]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1)) if len(rows) else np.zeros(0, dtype=np.int64)
    if len(starts):
        whole = np.logical_and.reduceat(taken, starts)
        taken[starts[whole]] = False
    return np.sort(by_class[~taken]), np.sort(by_class[taken])
