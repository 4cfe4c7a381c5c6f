"""Counting the values of a column of which only some rows are in memory at a time, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.tables.kinds import Counted

MOST = 16_384  # different values that are counted


class Tally:
    """How often each value occurs; of very many different ones, the most frequent.

    While there are at most `most`, all counts are exact. Beyond that it is a mergeable summary (Agarwal, Cormode,
    Huang, Phillips, Wei & Yi, 2012, after Misra & Gries, 1982): no count is too large, and none is too small by more
    than `lost`, which is at most the number of rows divided by `most`.

    Parameters
    ----------
    n_counts : int
        How many counts each value has: the first decides which values stay.
    most : int

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables.tally import Tally
    >>> tally = Tally(1)
    >>> tally.add(pa.array(["a", "b", "a", None]))
    >>> tally.counts
    {'a': [2.0], 'b': [1.0]}
    """

    def __init__(self, n_counts: int, most: int = MOST) -> None:
        self.n_counts, self.most = n_counts, most
        self.counts: dict[Any, list[float]] = {}
        self.lost = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every value is counted, and exactly."""
        return self.lost == 0

    def add(self, column: pa.Array, *weights: Any) -> None:
        """Count the values of a column; null is none.

        Parameters
        ----------
        column : pyarrow.Array
        *weights : arrays of shape (n_rows,)
            What a row adds to each count; by default 1.
        """
        encoded = column.dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        there, n = codes >= 0, len(encoded.dictionary)
        given = weights or (np.ones(len(codes)),)
        sums = np.stack([np.bincount(codes[there], each[there].astype(np.float64), minlength=n) for each in given])
        for value, more in zip(encoded.dictionary.to_pylist(), sums.T.tolist(), strict=True):
            self.put(value, more)

    def put(self, value: Any, more: list[float]) -> None:
        """Count one value so often more."""
        before = self.counts.get(value)
        self.counts[value] = more if before is None else [a + b for a, b in zip(before, more, strict=True)]
        if len(self.counts) > 2 * self.most:
            self._thin()

    def take_in(self, other: Tally) -> None:
        """Count what another has counted."""
        self.lost += other.lost
        for value, more in other.counts.items():
            self.put(value, more)

    def counted(self, k: int = 0) -> Counted:
        """The values, which are texts, that have a count number `k`, and that count."""
        if len(self.counts) > self.most:
            self._thin()
        found = {value: counts[k] for value, counts in self.counts.items() if counts[k] > 0}
        return Counted(pa.array(found, pa.string()), np.array(list(found.values()), dtype=np.int64))

    def _thin(self) -> None:
        """Leave the most frequent ones, and take from each what the first that does not stay has."""
        ordered = sorted((counts[0] for counts in self.counts.values()), reverse=True)
        less = ordered[self.most]
        self.counts = {
            value: [counts[0] - less, *counts[1:]] for value, counts in self.counts.items() if counts[0] > less
        }
        self.lost += less
