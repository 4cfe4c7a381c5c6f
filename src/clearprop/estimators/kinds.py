"""What cannot be learned from, said with its place before scikit-learn or NumPy say it without: text, dates, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clearprop.errors import InputError

KINDS = {"M": "dates", "m": "lengths of time"}


def check_inputs(X: Any, estimator: str) -> None:
    """Raise InputError for text and for missing dates in X, with the row (counted from 0) and the column."""
    table = estimator.replace("MLP", "Tabular")
    for name, column in _odd_columns(X):
        values = np.asarray(column)
        if values.dtype.kind in KINDS:
            if np.isnat(values).any():
                raise InputError(
                    f"X has no value in row {int(np.argmax(np.isnat(values)))}, column {name} (counted from 0), among "
                    f"{KINDS[values.dtype.kind]}; fill or drop such rows, or take {table}, which learns from gaps"
                )
            continue
        for row, value in enumerate(values.tolist()):
            if isinstance(value, str) and not _is_number(value):
                raise InputError(
                    f"X holds the text {value[:80]!r} in row {row}, column {name} (counted from 0), where a number is "
                    f"expected; encode the column, or take {table}, which takes such columns as they are"
                )


def check_targets(y: Any, is_classifier: bool) -> None:
    """Raise InputError for what is no target: dates, missing classes, and text where numbers are learned."""
    kind = getattr(getattr(y, "dtype", None), "kind", None)
    if kind in KINDS and not is_classifier:
        raise InputError(
            f"y holds {KINDS[kind]}, where numbers are expected; make numbers of them in a unit that you choose, as "
            "y.dt.total_seconds() does"
        )
    if kind in ("b", "i", "u", "f", "c", "S", "U") or hasattr(y, "toarray"):
        return
    values = np.asarray(y, dtype=object)
    if values.ndim != 1:
        return
    for row, value in enumerate(values.tolist()):
        if is_classifier and _is_missing(value):
            raise InputError(f"y has no class in row {row} (counted from 0), but {value!r}; fill or drop such rows")
        if not is_classifier and isinstance(value, str) and not _is_number(value):
            raise InputError(
                f"y holds the text {value[:80]!r} in row {row} (counted from 0), where a number is expected; for "
                "classes take MLPClassifier, for a table with text TabularRegressor"
            )


def _odd_columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """The columns of X that are not of numbers, each with its name."""
    if hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "__getitem__"):
        for name in X.columns:
            column = X[name]
            if getattr(column, "ndim", 1) == 1 and getattr(getattr(column, "dtype", None), "kind", "O") not in "biufc":
                yield repr(name), column
        return
    if isinstance(X, list | tuple):
        try:
            X = np.asarray(X)
        except ValueError:  # rows of several lengths: scikit-learn says so
            return
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUMm":
        for place in range(X.shape[1]):
            yield place, X[:, place]


def _is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, NaT, or pandas' NA, which may or may not equal itself."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True
    except ValueError:  # an array, about which scikit-learn has something to say
        return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
