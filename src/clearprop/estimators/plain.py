"""A quick look at rows that need none of scikit-learn's checks: those take most of the time that one row takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def is_plain(estimator: Any, X: Any) -> bool:
    """Whether scikit-learn's `validate_data` would hand X back as it is, and have nothing to say about it.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : object
        What was given to predict for, or to go on learning from.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import MLPRegressor
    >>> from clearprop.estimators.plain import is_plain
    >>> rows = np.eye(20)
    >>> model = MLPRegressor(max_iter=500, tol=0.01).fit(rows, np.ones(20))
    >>> is_plain(model, rows), is_plain(model, rows.tolist()), is_plain(model, rows + np.inf)
    (True, False, False)
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.type not in (np.float64, np.float32):
        return False
    if not len(X) or X.shape[1] != estimator.n_features_in_ or hasattr(estimator, "feature_names_in_"):
        return False
    return _is_finite(X)


def is_plain_target(y: Any, n_samples: int) -> bool:
    """Whether scikit-learn's `validate_data` would hand y back as it is, beside rows that are plain themselves.

    Parameters
    ----------
    y : object
        What was given to go on learning from: plain are vectors of numbers, truth values and text.
    n_samples : int

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.estimators.plain import is_plain_target
    >>> y = np.array([0.5, 1.0])
    >>> is_plain_target(y, 2), is_plain_target(y, 3), is_plain_target(y[:, None], 2), is_plain_target(y.tolist(), 2)
    (True, False, False, False)
    """
    if type(y) is not np.ndarray or y.shape != (n_samples,) or y.dtype.kind not in "biufU":
        return False
    return y.dtype.kind != "f" or _is_finite(y)


def _is_finite(array: Any) -> bool:
    """Whether all is finite; False also where only the sum is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(array.sum())
