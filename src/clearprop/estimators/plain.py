"""A quick look at rows that need none of scikit-learn's checks: those take most of the time of predicting one row."""

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
        What was given to predict for.

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
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(X.sum())
