"""What a user gives the estimators for tables, checked: targets and weights, with the row where something is wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d

from clearprop.errors import InputError, ShapeError
from clearprop.estimators.saving import feature_names
from clearprop.tables import Encoder, Remark
from clearprop.tables.spelling import is_missing
from clearprop.tables.storage import native
from clearprop.tabular.seen import Outside

LABELS = (str, bool, np.bool_, int, float, np.integer, np.floating)
CURE = "leave such rows out"


def labels(y: Any) -> Any:
    """The class of every row, an array of shape (n_samples,).

    Raises
    ------
    InputError
        Where a label is missing, or the labels are numbers and texts, or numbers that are amounts; with the row.
    TypeError
        Where one is none that a class can be, with its row.
    """
    y = _one_each(y)
    if y.dtype.kind in "mM":
        raise InputError(f"y holds {_of_time(y)}; classes must be text, numbers, or true and false")
    _refuse_missing(y)
    if y.dtype.kind == "O":
        for row, label in enumerate(y, start=1):
            if not isinstance(label, LABELS):
                raise TypeError(
                    f"y holds {label!r} in row {row}: argument must be a string or a number, as classes are text, "
                    "numbers, or true and false"
                )
        texts = [isinstance(label, str) for label in y]
        if any(texts) and not all(texts):
            row = texts.index(not texts[0])
            raise InputError(
                f"y holds {y[0]!r} in row 1 and {y[row]!r} in row {row + 1}: classes must be all text or all numbers"
            )
    y = native(y)
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    return y


def numbers(y: Any) -> Any:
    """The target of every row, float64 (n_samples,).

    Raises
    ------
    InputError
        Where one is missing, infinite or no number; with its row.
    """
    y = _one_each(y)
    if y.dtype.kind in "mM":
        raise InputError(
            f"y holds {_of_time(y)}, where numbers are expected; for a length of time give its seconds, as "
            "y.total_seconds()"
        )
    _refuse_missing(y)
    if y.dtype.kind == "O":
        for row, value in enumerate(y, start=1):
            if not _is_number(value):
                raise InputError(f"y holds {value!r} in row {row}, where a number is expected")
    try:
        values = y.astype(np.float64)
    except (TypeError, ValueError):
        row = next(i for i, value in enumerate(y) if not _is_number(value))
        raise InputError(f"y holds {y[row]!r} in row {row + 1}, where a number is expected") from None
    assert_all_finite(values, input_name="y")
    return values


def _one_each(y: Any) -> Any:
    """y as an array of one value per row, with missing ones let through."""
    y = check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name="y")
    return column_or_1d(y, warn=True)


def _refuse_missing(y: Any) -> None:
    absent = (
        np.isnan(y)
        if y.dtype.kind == "f"
        else np.array([is_missing(value) for value in y] if y.dtype.kind == "O" else [])
    )
    if absent.any():
        count, first = int(absent.sum()), int(np.argmax(absent)) + 1
        rows = f"row {first:,}" if count == 1 else f"{count:,} rows, the first of them row {first:,}"
        raise InputError(f"Input y contains NaN. The target is missing in {rows}; {CURE}")


def _of_time(y: Any) -> str:
    return "dates" if y.dtype.kind == "M" else "lengths of time"


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or a text that says one."""
    if not isinstance(value, Real | str | np.generic) and not hasattr(value, "as_integer_ratio"):
        return False
    if isinstance(value, np.datetime64 | np.timedelta64):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def one_number(y: Any) -> float | None:
    """A single target as a finite float, or None."""
    return float(y) if _is_number(y) and np.isfinite(float(y)) else None


def weights(sample_weight: Any, n_samples: int) -> Any:
    """sample_weight as float32 (n_samples,), or None."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        return np.full(n_samples, sample_weight, dtype=np.float32)
    weight = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weight.shape != (n_samples,):
        raise ShapeError(f"sample_weight must have shape ({n_samples},), one per row of X, not {weight.shape}")
    if (weight < 0).any():
        raise InputError(f"sample_weight[{int(np.argmax(weight < 0))}] is negative: weights must be at least 0")
    if not weight.any():
        raise InputError("sample_weight is zero for every row; at least one must have a weight above zero")
    return (weight / weight.max()).astype(np.float32)


def warn_of_unseen(remarks: Iterable[Remark | Outside], stacklevel: int) -> None:
    """A warning for each column in which no row has a value that training knew: it may be written in another way."""
    for remark in remarks:
        if isinstance(remark, Remark) and remark.kind == "unseen" and remark.in_all_rows and remark.n_values > 1:
            warnings.warn(str(remark), stacklevel=stacklevel)


def columns_of(kept: Mapping[str, Any], n_features: int, encoder: Encoder) -> tuple[str, ...]:
    """The columns of the fit, in their order, which a file of an older version has only where they had names."""
    names = kept.get("columns", kept["feature_names"])
    if names is not None:
        return tuple(feature_names(names, n_features).tolist())
    used = [*(step.column for step in encoder.steps), *encoder.left_out]
    form = "{}" if all(name.isdigit() for name in used) else "x{}"
    return tuple(form.format(place) for place in range(n_features))


def in_python(sentence: str) -> str:
    """A sentence with the options of the command line as those of `read`."""
    return re.sub(r"--(decimal|dates) ('[.,]'|\w+)", lambda f: f"read={{'{f[1]}': '{f[2].strip(chr(39))}'}}", sentence)


def hidden(sizes: Any) -> tuple[int, ...] | None:
    """The neurons of each hidden layer that a parameter names; None for those of the recipe."""
    if sizes is None:
        return None
    given = list(sizes) if isinstance(sizes, list | tuple | np.ndarray) else [sizes]
    if not all(isinstance(size, Integral) and not isinstance(size, bool) and int(size) >= 1 for size in given):
        raise InputError(
            "hidden_layer_sizes must be None, a whole number of at least 1, or one for each hidden layer, not "
            f"{sizes!r}"
        )
    return tuple(int(size) for size in given)
