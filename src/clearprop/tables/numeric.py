"""What is done to numbers on their way into the network: three formulas that keep every input of about unit size."""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import Any

import numpy as np

CLIP = 3.0  # no standardised number is farther from 0 than this
FAR = 1e15
BIN = 2.0  # inputs of one bin go from −1 to 1


def smooth_clip(x: Any) -> Any:
    """x / √(1 + (x/3)²): x itself near 0, never beyond ±3. Holzmüller, Grinsztajn & Steinwart (2024), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.numeric import smooth_clip
    >>> smooth_clip(np.array([0.1, 3.0, 1e9])).round(4).tolist()
    [0.0999, 2.1213, 3.0]
    """
    x = np.clip(x, -FAR, FAR)  # as far as makes no difference, so that no square overflows
    return x / np.sqrt(1 + (x / CLIP) ** 2)


def before_clip(x: float) -> float:
    """What `smooth_clip` made this of; of what it has brought to its bound, a large number.

    Examples
    --------
    >>> from clearprop.tables.numeric import before_clip, smooth_clip
    >>> round(before_clip(float(smooth_clip(-4.0))), 9)
    -4.0
    """
    inside = min(abs(x), CLIP * (1 - 1e-7)) / CLIP
    return float(np.sign(x) * CLIP * inside / np.sqrt(1 - inside**2))


def piecewise_linear(x: Any, edges: Any, dtype: Any = np.float64) -> Any:
    """How far each number has come through each bin: −1 before it, 1 behind it, a straight line within.

    Lets a small network bend its answer along one column where the rows are, and bounds what an outlier can do.
    Gorishniy, Rubachev & Babenko (2022), On Embeddings for Numerical Features, eq. 1, moved from [0, 1] to [−1, 1].

    Parameters
    ----------
    x : array of shape (n_rows,)
    edges : array of shape (n_bins + 1,)
        Rising.
    dtype : dtype
        Of what is returned.

    Returns
    -------
    array of shape (n_rows, n_bins)

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.numeric import piecewise_linear
    >>> piecewise_linear(np.array([0.5, 9.0]), np.array([0.0, 1.0, 3.0])).tolist()
    [[0.0, -1.0], [1.0, 1.0]]
    """
    place = np.searchsorted(edges[1:-1], x, side="right")  # the one bin that it is within
    low = edges[place]
    with np.errstate(over="ignore"):  # far beyond a very narrow bin is beyond it
        through = (x - low) / (edges[place + 1] - low)
    made = _passed(len(edges) - 1, np.dtype(dtype)).take(place, axis=0)
    made[np.arange(len(x)), place] = (np.clip(through, 0, 1) - 0.5) * BIN
    return made


@lru_cache(maxsize=64)
def _passed(n_bins: int, dtype: Any) -> Any:
    """In row k: 1 for the bins before number k, and −1 for the others, (n_bins, n_bins)."""
    bins = np.arange(n_bins)
    return np.where(bins < bins[:, None], 1, -1).astype(dtype)


def turns(x: Any, period: float) -> Any:
    """Sine and cosine of where x is in its period, (n_rows, 2): the last hour of a day is next to the first."""
    angle = 2 * pi * (np.mod(x, period) / period)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def distinct(x: Any) -> Any:
    """The different values of x, rising: `np.unique` in the way that is safe in a daemon thread (`clearprop.ending`).

    Examples
    --------
    >>> from clearprop.tables.numeric import distinct
    >>> distinct([2.0, 1.0, 2.0]).tolist()
    [1.0, 2.0]
    """
    return np.unique(x, return_index=True)[0]


def spread_evenly(n: int, most: int) -> Any:
    """Numbers from 0 to n − 1, rising and spread evenly over all, the first and the last among them, `most` at most.

    Examples
    --------
    >>> from clearprop.tables.numeric import spread_evenly
    >>> spread_evenly(9, 3).tolist(), spread_evenly(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return distinct(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def quantiles(rising: Any, shares: Any) -> Any:
    """`np.quantile` of numbers that are sorted already, to the last bit, without sorting them again.

    Parameters
    ----------
    rising : float64 array of shape (n,)
    shares : array of shape (m,)
        From 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables.numeric import quantiles
    >>> quantiles(np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.25, 0.75])).tolist()
    [1.0, 1.5, 3.0]
    """
    place = np.asarray(shares) * (len(rising) - 1)
    below = np.floor(place).astype(np.int64)
    low, high = rising[below], rising[np.minimum(below + 1, len(rising) - 1)]
    part, step = place - below, high - low
    return np.where(part >= 0.5, high - step * (1 - part), low + step * part)
