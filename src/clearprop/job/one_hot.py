"""Y of one class per row, kept as the numbers of the classes: with 100,000 classes a row of Y alone takes 400 kB."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.network.parameters import Matrix, Vector


class OneHot:
    """What the matrix with a 1 in each row, at its class, is like; `dense` makes it.

    Parameters
    ----------
    codes : integer array of shape (n_samples,)
        The class of every row, from 0 to n_classes − 1.
    n_classes : int
    dtype : dtype
        That the matrix has.

    Examples
    --------
    >>> from clearprop.engines import OneHot
    >>> Y = OneHot([0, 2, 1], 3, "float32")
    >>> Y.shape, Y[1:].dense().tolist()
    ((3, 3), [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    """

    ndim = 2

    def __init__(self, codes: Vector, n_classes: int, dtype: Any) -> None:
        self.codes = np.ascontiguousarray(codes, dtype=np.int64)
        self.n_classes, self.dtype = n_classes, np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """As the matrix has it."""
        return len(self.codes), self.n_classes

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> OneHot:
        return OneHot(self.codes[rows], self.n_classes, self.dtype)

    def argmax(self, axis: int) -> Vector:
        """The class of every row."""
        assert axis == 1
        return self.codes

    def astype(self, dtype: Any) -> OneHot:
        """The same with numbers of another type."""
        return OneHot(self.codes, self.n_classes, dtype)

    def dense(self) -> Matrix:
        """The matrix, (n_samples, n_classes)."""
        found = np.zeros(self.shape, dtype=self.dtype)
        found[np.arange(len(self)), self.codes] = 1
        return found


def dense_targets(Y: Matrix) -> Matrix:
    """Y as an array."""
    return Y.dense() if isinstance(Y, OneHot) else Y
