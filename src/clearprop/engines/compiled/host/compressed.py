"""Sparse rows as compiled code reads them: compressed, of one type, and held against what it would read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import ShapeError
from clearprop.job.data import compressed_rows


class Compressed(NamedTuple):
    """What is not zero in a matrix, row after row.

    Attributes
    ----------
    numbers : array of shape (n_stored,)
    columns : int64 array of shape (n_stored,)
        The column of each, rising within a row.
    starts : int64 array of shape (n_samples + 1,)
        Where each row begins in them, and where the last one ends.
    """

    numbers: Any
    columns: Any
    starts: Any


def is_compressed(X: Any) -> bool:
    """Whether these are rows of SciPy's compressed form."""
    return getattr(X, "format", None) == "csr"


def compressed(X: Any, n_columns: int, dtype: Any) -> Compressed:
    """The rows of a sparse matrix; nothing is copied of what lies as compiled code reads it.

    Raises
    ------
    ShapeError
        For a matrix whose parts do not fit each other: compiled code would read beyond their ends.

    Examples
    --------
    >>> import scipy.sparse
    >>> from clearprop.engines.compiled.host.compressed import compressed
    >>> compressed(scipy.sparse.csr_array([[0.0, 2.0], [0.0, 0.0], [3.0, 4.0]]), 2, "float64")
    Compressed(numbers=array([2., 3., 4.]), columns=array([1, 0, 1]), starts=array([0, 1, 1, 3]))
    """
    rows = compressed_rows(X)
    found = Compressed(
        np.ascontiguousarray(rows.data, dtype=dtype),
        np.ascontiguousarray(rows.indices, dtype=np.int64),
        np.ascontiguousarray(rows.indptr, dtype=np.int64),
    )
    stored, starts = len(found.numbers), found.starts
    fits = X.shape[1] == n_columns and len(starts) == X.shape[0] + 1 and len(found.columns) == stored
    if not (fits and starts[0] == 0 and starts[-1] <= stored and (np.diff(starts) >= 0).all()):
        raise ShapeError(f"the parts of the sparse matrix do not fit each other, or its {n_columns} columns")
    if stored and not (found.columns.min() >= 0 and found.columns.max() < n_columns):
        raise ShapeError(f"the sparse matrix has columns outside 0 … {n_columns - 1}")
    return found
