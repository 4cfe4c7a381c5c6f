"""Probabilities that mean what they say: how far they are from it, and the temperature that brings them nearer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.engines.first_use import FIRST_USE
from clearprop.formulas import exp, log, maximum, row_max, row_sum

SMALLEST_PROBABILITY = 1e-7  # float32 knows none nearer to 1 than this; keeps logarithms finite
COLDEST, HOTTEST = 0.2, 5.0
BINS = 15
IN_CACHE = 2**15  # probabilities that are computed with at once


def at_temperature(probabilities: Any, temperature: float) -> Any:
    """p^(1/T), each row made to sum to 1 again: what a softmax gives whose weighted inputs are divided by T.

    Parameters
    ----------
    probabilities : array of shape (n_rows, n_classes)
        A symbol gives the formula as an expression tree, for exporters.
    temperature : float
        T; above 1 the probabilities come nearer to one another, below 1 they move apart. Which is largest stays.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.calibration import at_temperature
    >>> at_temperature(np.array([[0.9, 0.1]]), 2.0).round(3)
    array([[0.75, 0.25]])
    """
    if temperature == 1.0:
        return probabilities
    powers, totals = _powers(log(maximum(probabilities, SMALLEST_PROBABILITY)), temperature)
    return powers / totals


def _powers(logs: Any, temperature: float) -> tuple[Any, Any]:
    """p^(1/T) of probabilities with these logarithms, up to a factor in each row, and the sums of the rows."""
    scaled = logs / temperature
    powers = exp(scaled - row_max(scaled))
    return powers, row_sum(powers)


def fit_temperature(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """The temperature at which these rows' own classes are most probable. Guo, Pleiss, Sun & Weinberger (2017), §4.2.

    Parameters
    ----------
    probabilities : array of shape (n_rows, n_classes)
        Of rows that the network did not learn from.
    codes : int array of shape (n_rows,)
        The number of each row's class.
    weight : array of shape (n_rows,), optional

    Returns
    -------
    float
        Between 0.2 and 5.
    """
    with FIRST_USE:
        from scipy.optimize import minimize_scalar

    logs = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))

    def mean_loss(log_temperature: float) -> float:
        return _mean_log(_own(logs, codes, math.exp(log_temperature)), weight)

    found = minimize_scalar(mean_loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded")
    return math.exp(float(found.x))


def _own(logs: Any, codes: Any, temperature: float) -> Any:
    """The probability of each row's own class at this temperature, in blocks of rows that stay in the cache."""
    found = np.empty(len(codes), dtype=logs.dtype)
    size = max(1, IN_CACHE // logs.shape[1])
    for start in range(0, len(codes), size):
        block = slice(start, start + size)
        powers, totals = _powers(logs[block], temperature)
        found[block] = powers[np.arange(len(powers)), codes[block]] / totals[:, 0]
    return found


def log_loss(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """Mean of −log(probability of the true class); `codes` are the numbers of the classes."""
    return _mean_log(np.asarray(probabilities)[np.arange(len(codes)), codes], weight)


def _mean_log(own: Any, weight: Any) -> float:
    """Mean of −log of these probabilities."""
    return float(np.average(-np.log(np.maximum(own.astype(np.float64), SMALLEST_PROBABILITY)), weights=weight))


def expected_calibration_error(probabilities: Any, codes: Any, n_bins: int = BINS) -> float:
    """How far the probability of the predicted class is from how often it is right, on average.

    The rows are sorted into bins of equal width by the probability of their most probable class; in each bin the mean
    of it is held against the share of rows that were right. Naeini, Cooper & Hauskrecht (2015); Guo et al. (2017),
    eq. 3.

    Parameters
    ----------
    probabilities : array of shape (n_rows, n_classes)
    codes : int array of shape (n_rows,)
        The number of each row's class; −1, of a class that is not among them, counts as wrong.
    n_bins : int

    Returns
    -------
    float
        Between 0, what is said to be 80 % sure is right in 80 % of the cases, and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.calibration import expected_calibration_error
    >>> round(expected_calibration_error(np.full((4, 2), [0.7, 0.3]), np.array([0, 0, 1, 1])), 12)
    0.2
    """
    probabilities = np.asarray(probabilities)
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == codes
    place = np.clip(np.ceil(sure * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    gaps = np.bincount(place, weights=sure - right, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(sure))
