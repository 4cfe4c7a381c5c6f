"""The rows that a fit learns from, and the door through which a user's arrays become them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.job.job import Job
from clearprop.job.memory import bytes_copied, check_memory, n_rows
from clearprop.job.one_hot import OneHot
from clearprop.network import Network
from clearprop.network.parameters import Matrix, Vector


class Layout(NamedTuple):
    """What an engine must know of the rows of a fit to say whether it can do the job; the rows themselves need not be.

    Attributes
    ----------
    n_samples : int
    dtype, target_dtype : numpy.dtype
        The types of the numbers of X and of Y.
    kind : str
        The type of X: "ndarray", or that of a sparse matrix.
    is_dense, is_contiguous : bool
        Whether X is a NumPy array, and whether what is one of X and Y lies in memory row by row.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.job import Data, Layout
    >>> Data(np.zeros((5, 2)), np.zeros((5, 1))).layout == Layout.dense(5, "float64")
    True
    """

    n_samples: int
    dtype: Any
    target_dtype: Any
    kind: str = "ndarray"
    is_dense: bool = True
    is_contiguous: bool = True

    @property
    def is_compressed(self) -> bool:
        """Whether X is a sparse matrix of rows, in SciPy's compressed form."""
        return self.kind in ("csr_array", "csr_matrix")

    @classmethod
    def dense(cls, n_samples: int, dtype: Any) -> Layout:
        """What `prepared` makes of dense arrays."""
        return cls(n_samples, np.dtype(dtype), np.dtype(dtype))


class Data(NamedTuple):
    """The rows that a fit learns from.

    Attributes
    ----------
    X : array or SciPy sparse matrix of shape (n_samples, n₀)
    Y : array or OneHot of shape (n_samples, n_L)
    weight : array of shape (n_samples,) or None
        Weight of each row in the loss; None where all are 1.
    """

    X: Matrix
    Y: Matrix
    weight: Vector = None

    @property
    def n_samples(self) -> int:
        return int(self.X.shape[0])

    @property
    def total_weight(self) -> float:
        """Σ of the weights, or the number of rows where all are 1."""
        return float(self.n_samples if self.weight is None else np.sum(self.weight))

    @property
    def layout(self) -> Layout:
        """What an engine must know of them beforehand."""
        X, Y = self.X, self.Y
        is_dense = isinstance(X, np.ndarray)
        rows = [*([X] if is_dense else []), *([] if isinstance(Y, OneHot) else [Y])]
        is_contiguous = all(array.flags.c_contiguous for array in rows)
        return Layout(self.n_samples, X.dtype, Y.dtype, type(X).__name__, is_dense, is_contiguous)

    def take(self, rows: Any) -> Data:
        """Those rows, dense."""
        X = self.X[rows].toarray() if hasattr(self.X, "toarray") else _rows(self.X, rows)
        Y = self.Y[rows].dense() if isinstance(self.Y, OneHot) else _rows(self.Y, rows)
        return Data(X, Y, None if self.weight is None else _rows(self.weight, rows))


class Place(NamedTuple):
    """Where rows belong in an epoch that has more of them.

    Attributes
    ----------
    first : int
        The epoch's first update that is made with these rows, which are whole batches but for the epoch's last.
    n_samples : int
        All rows of the epoch.
    cuts : int64 array of shape (n, n_updates + 1), optional
        Where the rows are those of one of several processes: for each of its n shards the places in the order where
        its rows of each update begin, and where those of the last one end.
    """

    first: int
    n_samples: int
    cuts: Any = None


def _rows(array: Any, rows: Any) -> Any:
    """Those rows of a dense array: a view for a slice; for numbers of rows a copy by `take`, the quicker way."""
    return array[rows] if isinstance(rows, slice) else array.take(rows, axis=0)


def prepared(
    job: Job, X: Any, Y: Any, sample_weight: Any = None, dtype: Any = np.float64, *, is_finite: bool = False
) -> Data:
    """The user's arrays as Data: checked, of one type, class weights folded into the row weights.

    `is_finite` says that X was looked at before, as it takes a while.

    Raises
    ------
    ShapeError, NotFiniteError, InputError
        Naming the row and column where there is one; before anything is copied where memory has no room for the fit.
    """
    network = job.network
    check_memory(job, n_rows(X), dtype, copied=bytes_copied((X, Y), dtype))
    if not hasattr(X, "toarray"):
        X = numbers("X", X, dtype)
    else:
        X = compressed_rows(X if X.dtype == dtype else X.astype(dtype))
    network.check_inputs(X)
    if isinstance(Y, OneHot):
        Y = Y.astype(dtype)
    else:
        Y = numbers("Y", Y, dtype)
        Y = np.ascontiguousarray(Y[:, None] if Y.ndim == 1 and network.widths[-1] == 1 else Y)
    network.check_targets(Y, X.shape[0])
    if X.shape[0] == 0:
        raise ShapeError("there are no rows to learn from")
    if not is_finite:
        _finite("X", X)
    if not isinstance(Y, OneHot):
        _finite("Y", Y)
        _check_target_values(network, Y)
    weight = None if sample_weight is None else numbers("sample_weight", sample_weight, dtype)
    if weight is not None:
        if weight.shape != (X.shape[0],):
            raise ShapeError(f"sample_weight must have shape ({X.shape[0]},), one per row, not {weight.shape}")
        _finite("sample_weight", weight)
        if (weight < 0).any():
            raise InputError(f"sample_weight[{int(np.argmax(weight < 0))}] is negative: weights must be at least 0")
    if job.class_weight is not None:
        factors = np.asarray(job.class_weight, dtype=dtype)
        factors = factors[Y.codes] if isinstance(Y, OneHot) else Y @ factors
        weight = factors if weight is None else weight * factors
    return Data(X, Y, weight)


def compressed_rows(X: Matrix) -> Matrix:
    """A sparse matrix as compressed rows, each column once and in its place; the user's own stays as it is.

    Nothing is copied of one that is so already.

    Examples
    --------
    >>> import scipy.sparse
    >>> from clearprop.job.data import compressed_rows
    >>> rows = scipy.sparse.csr_array([[0.0, 2.0]])
    >>> compressed_rows(rows) is rows, compressed_rows(rows.tocoo()).format
    (True, 'csr')
    """
    rows = X.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows


def numbers(name: str, given: Any, dtype: Any) -> Any:
    """`given` as a contiguous array of `dtype`; not copied where it is one already.

    Raises
    ------
    InputError
        When it cannot be read as numbers.

    Examples
    --------
    >>> from clearprop.job import numbers
    >>> numbers("X", [[1, 2]], "float64")
    array([[1., 2.]])
    """
    try:
        with np.errstate(
            over="ignore"
        ):  # a number too large for float32 becomes infinite, which is refused by its place
            return np.require(given, dtype, ["C_CONTIGUOUS", "ALIGNED"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of numbers ({error})") from None


def _finite(name: str, array: Any) -> None:
    """Raise NotFiniteError with the first place of a NaN or an infinity."""
    values = array.data if hasattr(array, "toarray") else array
    with np.errstate(all="ignore"):
        sum_is_finite = np.isfinite(np.sum(values))  # quicker, and enough unless the sum itself overflows
    if sum_is_finite or np.isfinite(values).all():
        return
    if hasattr(array, "toarray"):
        entries = array.tocoo()
        first = int(np.argmin(np.isfinite(entries.data)))
        place, value = [int(axis[first]) for axis in entries.coords], entries.data[first]
    else:
        place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        value = array[tuple(place)]
    where = f"row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "")
    raise NotFiniteError(f"{name} is {value} at {where} (counted from 0); fill or drop such values first")


def _check_target_values(network: Network, Y: Matrix) -> None:
    """Raise InputError for targets that the loss has no meaning for."""
    low, high = network.loss.targets
    outside = (low > Y) | (high < Y)
    if outside.any():
        row, column = (int(i) for i in np.argwhere(outside)[0])
        raise InputError(
            f"the loss {network.loss.name!r} needs targets between {low:g} and {high:g}; "
            f"Y is {Y[row, column]:g} at row {row}, column {column} (counted from 0)"
        )
    if network.loss.is_distribution:
        sums = Y.sum(axis=1)
        off = np.abs(sums - 1) > 1e-3
        if off.any():
            row = int(np.argmax(off))
            raise InputError(
                f"the loss {network.loss.name!r} needs each row of Y to be a distribution (one-hot for a known class); "
                f"row {row} sums to {sums[row]:g}"
            )
