"""Rows that are learned from and stand among the rows that judge as well, inputs and target alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.tables import Encoder, Fold, Parts

WORTH_TELLING = 0.01  # share of the rows
FEWEST = 5
AGREE = 0.9  # share of the rows with equal inputs that have the same target: of fewer, the inputs are few, not repeated
AT_ONCE = 2**18  # numbers


def repeats(X: Any, y: Any, encoder: Encoder, folds: Sequence[Fold], parts: Parts | None = None) -> tuple[str, ...]:
    """A sentence about rows that are held out, or validate, and are learned from as well, where they are many.

    Parameters
    ----------
    X : array of shape (n_rows, n_inputs)
    y : array of shape (n_rows,) or (n_rows, n_targets)
    encoder : Encoder
    folds : sequence of Fold
        The rows that each network learns from, and those that choose its best epoch.
    parts : Parts, optional
        Where rows are held out for the score.

    Examples
    --------
    >>> import numpy as np
    >>> import pyarrow as pa
    >>> from clearprop.tables import Fold, fit_encoder
    >>> from clearprop.tabular.repeats import repeats
    >>> x = np.concatenate([np.arange(100.0), np.arange(20.0)]) ** 2
    >>> encoder = fit_encoder(pa.table({"x": x})).encoder
    >>> fold = Fold(np.arange(100), np.arange(100, 120))
    >>> repeats(encoder.encode(pa.table({"x": x})).X, x, encoder, [fold])[0].split(":")[0]
    '20 of the 20 rows that choose the best epoch are learned from as well, target included'
    """
    equal, whole = row_numbers(X, y, encoder)
    pairs_for = {"that choose the best epoch": _different(folds)}
    if parts is not None:
        held_out = Fold(np.concatenate([parts.train, parts.validation]), parts.test)
        pairs_for = {"held out for the score": [held_out], **pairs_for}
    said = []
    for what, pairs in pairs_for.items():
        n_rows = sum(len(judge) for _, judge in pairs)
        like = np.concatenate([_times(equal, *pair) for pair in pairs])
        same = np.concatenate([_times(whole, *pair) for pair in pairs])
        n = int((same > 0).sum())
        if n >= max(FEWEST, WORTH_TELLING * n_rows) and np.mean(same[like > 0] / like[like > 0]) >= AGREE:
            said.append(f"{n:,} of the {n_rows:,} rows {what}")
    if not said:
        return ()
    return (
        f"{' and '.join(said)} are learned from as well, target included: of these a score says what is remembered, "
        "and is better than on new rows, unless new rows repeat old ones too; leave repeats out, or keep them together "
        "by a column of groups",
    )


def _different(folds: Sequence[Fold]) -> list[Fold]:
    """The folds, those once that have the same rows."""
    return list(folds[:1] if all(fold.validation is folds[0].validation for fold in folds) else folds)


def _times(numbers: Any, learn: Any, judge: Any) -> Any:
    """How many of the rows to learn from have the number of each row that judges."""
    found, counts = np.unique(numbers[learn], return_counts=True)
    places = np.minimum(np.searchsorted(found, numbers[judge]), len(found) - 1)
    return np.where(found[places] == numbers[judge], counts[places], 0)


def row_numbers(X: Any, y: Any, encoder: Encoder) -> tuple[Any, Any]:
    """A number for each row, equal where the inputs are; and one that is equal where the target is, too.

    By the first input of each step at first: few rows of most tables have an equal in these, and only they are looked
    at whole. Numbers are those of a hash of 64 bits.
    """
    starts = np.cumsum([0, *(step.n_inputs for step in encoder.steps)])[:-1]
    equal = _hashed(X[:, starts])
    _, places, counts = np.unique(equal, return_inverse=True, return_counts=True)
    again = np.flatnonzero(counts[places] > 1)
    if len(again):
        equal[again] = _hashed(X, again)
    targets = _hashed(np.ascontiguousarray(y.reshape(len(y), -1), dtype=np.float64))
    return equal, equal * np.uint64(0x9E3779B97F4A7C15) + targets


def _hashed(values: Any, rows: Any = None) -> Any:
    """Σ bits·factor over each row, modulo 2⁶⁴, with random factors; uint64 (n_rows,)."""
    n, width = len(values) if rows is None else len(rows), values.shape[1]
    words = 2 * width if values.dtype.itemsize == 8 else width
    random = np.random.Generator(np.random.Philox(key=0))
    factors = random.integers(1, 2**64, size=words, dtype=np.uint64, endpoint=False)
    found = np.empty(n, dtype=np.uint64)
    block = max(1, AT_ONCE // max(1, words))
    for start in range(0, n, block):
        part = slice(start, start + block)
        taken = np.ascontiguousarray(values[part] if rows is None else values[rows[part]]) + 0  # no −0
        found[part] = (taken.view(np.uint32) * factors).sum(axis=1, dtype=np.uint64)
    return found
