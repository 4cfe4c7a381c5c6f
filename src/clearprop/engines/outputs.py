"""What is predicted is finite, or an error: a NaN would become the first class, or a number that nobody notices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.errors import NotFiniteError

FEW = 16  # numbers: one by one they are looked at sooner than NumPy sums them up


def finite(outputs: Any, first: int = 0) -> Any:
    """The same outputs, which are finite.

    Parameters
    ----------
    outputs : array of shape (n_samples, …)
    first : int
        The number of the first of these rows.

    Raises
    ------
    NotFiniteError
        With the first row that holds NaN or an infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.engines import finite
    >>> finite(np.array([[0.5], [np.inf]]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    clearprop.errors.NotFiniteError: the outputs are not finite in 1 of 2 rows, the first of them row 1 (counted from...
    """
    if outputs.size <= FEW:
        if all(map(math.isfinite, outputs.ravel().tolist())):
            return outputs
    else:
        with np.errstate(all="ignore"):
            if math.isfinite(outputs.sum()):  # quicker, and enough unless the sum itself overflows
                return outputs
    good = np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)
    if good.all():
        return outputs
    raise NotFiniteError(
        f"the outputs are not finite in {int((~good).sum()):,} of {len(good):,} rows, the first of them row "
        f"{first + int(np.argmin(good))} (counted from 0): the weights are damaged, or too large for such inputs"
    )
