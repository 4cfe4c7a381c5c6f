"""What cannot be learned from, said with its place before scikit-learn or NumPy say it without: text, dates, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from clearprop.engines.first_use import first_time
from clearprop.errors import InputError, has_extra
from clearprop.estimators.target_values import TIMES, check_order, is_number, shown, unmasked
from clearprop.tables.spelling import is_missing

TABLES = "take {}, which takes such columns as they are"


def checked_rows(estimator: Any, X: Any, *given: Any, **how: Any) -> Any:
    """X (and y) as arrays by scikit-learn's `validate_data`; what cannot be learned from is refused with its place.

    Raises
    ------
    InputError
        For text, dates, lengths of time, NaN and infinity in X, with the row (counted from 0) and the column.
    """
    check_order(X, "X")
    X = _filled(unmasked(X))
    name = type(estimator).__name__
    check_inputs(X, name)
    try:
        return validate_data(estimator, X, *given, accept_sparse="csr", dtype=(np.float64, np.float32), **how)
    except ValueError as error:
        place = _not_finite(X) if "Input X contains" in str(error) else None
        if place is None:
            raise
        row, column, value = place
        if np.isnan(value):
            what, cure = "NaN", _without_gaps(name)
        else:
            what, cure = "infinity or a value too large", "correct it or leave the row out"
        raise InputError(f"Input X contains {what} in row {row}, column {column} (counted from 0); {cure}") from None


def _tabular(estimator: str) -> str:
    return estimator.replace("MLP", "Tabular")


def _without_gaps(estimator: str) -> str:
    return f"fill or drop such rows, or take {_tabular(estimator)}, which learns from gaps"


def _not_finite(X: Any) -> tuple[int, Any, float] | None:
    """Row, column and value of the first number in X that is none to compute with, where X is no sparse matrix."""
    if hasattr(X, "toarray"):
        return None
    values = np.asarray(X, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if values.ndim != 2 or not len(bad):
        return None
    row, place = map(int, bad[0])
    return row, repr(X.columns[place]) if hasattr(X, "columns") else place, float(values[row, place])


@first_time("checking rows")
def check_inputs(X: Any, estimator: str) -> None:
    """Raise InputError for text, dates and lengths of time in X, with the row (counted from 0) and the column."""
    for name, column in _odd_columns(X):
        values = np.asarray(column)
        values = values.astype(object) if values.dtype.kind == "T" else values
        if values.dtype.kind in TIMES:
            _refuse_times(values, name, estimator)
        for row, value in enumerate(values.tolist()):
            if is_number(value):
                continue
            if isinstance(value, str | bytes):
                raise InputError(
                    f"X holds the text {value[:80]!r} in row {row}, column {name} (counted from 0), where a number is "
                    f"expected; encode the column, or {TABLES.format(_tabular(estimator))}"
                )
            if _is_gap_of_a_library(value):
                raise InputError(
                    f"X has no value in row {row}, column {name} (counted from 0); {_without_gaps(estimator)}"
                )
            if not _is_gap(value):
                kind = TypeError if isinstance(value, dict | set | complex) else InputError
                raise kind(
                    f"X holds {shown(value)} in row {row}, column {name} (counted from 0), where a number is expected: "
                    "argument must be a string or a number"
                )


def _is_gap(value: object) -> bool:
    """Whether a value is missing in a way that NumPy makes NaN of, as it does not of a signalling NaN."""
    return is_missing(value) and not (isinstance(value, Decimal) and value.is_snan())


def _is_gap_of_a_library(value: object) -> bool:
    """Whether a value is missing in a way that NumPy makes no NaN of: NaT, pandas' NA."""
    return is_missing(value) and value is not None and not isinstance(value, float | np.floating | Decimal)


def _filled(X: Any) -> Any:
    """A frame of sparse columns as a dense one where what they leave out is not 0, which no sparse matrix can say."""
    kinds = list(getattr(X, "dtypes", ()))
    if kinds and all(hasattr(kind, "fill_value") for kind in kinds) and any(kind.fill_value != 0 for kind in kinds):
        return X.sparse.to_dense()
    return X


def _refuse_times(values: Any, name: Any, estimator: str) -> None:
    what = TIMES[values.dtype.kind]
    if np.isnat(values).any():
        raise InputError(
            f"X has no value in row {int(np.argmax(np.isnat(values)))}, column {name} (counted from 0), among {what}; "
            f"{_without_gaps(estimator)}"
        )
    raise InputError(
        f"X holds {what} in column {name} (counted from 0), which are numbers only in a unit that you choose, as "
        f"seconds; make numbers of them, or {TABLES.format(_tabular(estimator))}"
    )


def _odd_columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """The columns of X that are not of numbers, each with its name."""
    if not isinstance(X, list | tuple | np.ndarray):
        if has_extra("tables"):  # without them scikit-learn says what it cannot take, with no place
            yield from _odd_columns_of_frame(X)
        return
    if isinstance(X, list | tuple):
        try:
            X = np.asarray(X)
        except ValueError:  # rows of several lengths: scikit-learn says so
            return
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUSTMm":
        for place in range(X.shape[1]):
            yield place, X[:, place]


def _odd_columns_of_frame(X: Any) -> Iterator[tuple[str, Any]]:
    """The columns of a data frame that are not of numbers; none of what is no data frame."""
    import narwhals as nw

    from clearprop.tables.frames import is_frame

    if is_frame(X):
        for series in nw.from_native(X, eager_only=True).iter_columns():
            if not series.dtype.is_numeric() and series.dtype != nw.Boolean:
                yield repr(series.name), series.to_native()
