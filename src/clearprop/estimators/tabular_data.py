"""What a user gives the estimators for tables, checked: targets and weights, with the row where something is wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d

from clearprop.ending import not_cut_by_the_end
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.ranges import is_count
from clearprop.estimators.saving import feature_names
from clearprop.estimators.target_values import Wanted, is_number, plain_targets
from clearprop.tables import Encoder, ReadOptions, Remark, from_frame
from clearprop.tables.frames import is_frame
from clearprop.tables.storage import native
from clearprop.tabular.seen import Outside


def labels(y: Any) -> Any:
    """The class of every row, an array of shape (n_samples,).

    Raises
    ------
    InputError
        Where a label is missing, or the labels are numbers and texts, or numbers that are amounts; with the row.
    TypeError
        Where one is none that a class can be, with its row.
    """
    y = _one_each(y, classes=True)
    y = native(y)
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    try:
        with not_cut_by_the_end():
            check_classification_targets(y)
    except ValueError as error:
        raise InputError(
            f"{error} TabularRegressor learns amounts; classes that are numbers with fractions must be text, as "
            "[str(label) for label in y]"
        ) from None
    return y


def of_values(given: Any) -> ReadOptions:
    """What the parameter `read` says, which cannot be about a text file: what an estimator gets has been read."""
    found = ReadOptions.of(given)
    said = found.to_json()
    for name in ("separator", "header", "encoding"):
        if name in said:
            raise InputError(
                f"read[{name!r}] is about text files, and an estimator takes a data frame: say it to what reads them"
            )
    return found


def several_numbers(y: Any) -> Any:
    """The target of every row, float64 (n_rows,), or of several targets (n_rows, n_targets); errors as of `numbers`."""
    if is_frame(y):
        table = from_frame(y)
        given = [table.column(name).to_numpy() for name in table.column_names]
    elif getattr(y, "ndim", 1) == 2 or (isinstance(y, list | tuple) and y and isinstance(y[0], list | tuple)):
        given = list(check_array(y, dtype=None, ensure_all_finite=False, input_name="y").T)
    else:
        given = []
    if len(given) < 2:
        return numbers(y)
    found = []
    for k, column in enumerate(given, start=1):
        try:
            found.append(numbers(column))
        except InputError as error:
            raise InputError(f"target {k} of {len(given)}: {error}") from None
    return np.stack(found, axis=1)


def numbers(y: Any) -> Any:
    """The target of every row, float64 (n_samples,).

    Raises
    ------
    InputError
        Where one is missing, infinite or no number; with its row.
    """
    values = _one_each(y, classes=False).astype(np.float64)
    assert_all_finite(values, input_name="y")
    return values


def _one_each(y: Any, *, classes: bool) -> Any:
    """y as an array of one value per row."""
    wanted = Wanted(classes, first=1, text_takes="classes take TabularClassifier")
    y = plain_targets(y, wanted)
    y = check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name="y")
    y = column_or_1d(y, warn=True)
    return plain_targets(y, wanted)


def one_number(y: Any) -> float | None:
    """A single target as a finite float, or None."""
    return float(y) if is_number(y) and np.isfinite(float(y)) else None


def weights(sample_weight: Any, n_samples: int, name: str = "sample_weight") -> Any:
    """sample_weight as float32 (n_samples,), or None; `name` is for messages."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        return np.full(n_samples, sample_weight, dtype=np.float32)
    weight = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name=name)
    if weight.shape != (n_samples,):
        raise ShapeError(f"{name} must have shape ({n_samples},), one per row, not {weight.shape}")
    if (weight < 0).any():
        raise InputError(f"{name}[{int(np.argmax(weight < 0))}] is negative: weights must be at least 0")
    if not weight.any():
        raise InputError(f"{name} is zero for every row; at least one must have a weight above zero")
    return (weight / weight.max()).astype(np.float32)


def check_length(of_rows: str, n_rows: int, of_targets: str, n_targets: int) -> None:
    """Raise ShapeError where there is not one target for each row; the names are for the message."""
    if n_rows != n_targets:
        raise ShapeError(f"{of_rows} has {n_rows:,} rows, but {of_targets} has {n_targets:,}; there must be one each")


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
    """A sentence with the options of the command line as those of `read`, or without."""
    return re.sub(
        r"--(decimal|dates|missing) ('[.,]'|-?\w+)",
        lambda f: f"read={{'{f[1]}': '{f[2].strip(chr(39))}'}}",
        re.sub(r" \(--(?:drop|group|time-column)[^)]*\)", "", sentence),
    )


def hidden(sizes: Any) -> tuple[int, ...] | None:
    """The neurons of each hidden layer that a parameter names; None for those of the recipe."""
    if sizes is None:
        return None
    given = list(sizes) if isinstance(sizes, list | tuple | np.ndarray) else [sizes]
    if not all(map(is_count, given)):
        raise InputError(
            "hidden_layer_sizes must be None, a whole number of at least 1, or one for each hidden layer, not "
            f"{sizes!r}"
        )
    return tuple(int(size) for size in given)


def positive(name: str, value: Any) -> float | None:
    """A parameter that is None or a number above 0."""
    if value is None:
        return None
    if not isinstance(value, Real) or isinstance(value, bool) or not float(value) > 0:
        raise InputError(f"{name} must be None or a number above 0, not {value!r}")
    return float(value)


@contextmanager
def in_order(estimator: Any) -> Iterator[None]:
    """scikit-learn's own error about the names of columns, with the cure where they are only in another order."""
    try:
        yield
    except ValueError as error:
        if "must be in the same order" not in str(error):
            raise
        raise InputError(
            f"{str(error).rstrip()}\nThe columns of X are those of the fit in another order: "
            "X[list(model.feature_names_in_)] puts them right"
        ) from None
