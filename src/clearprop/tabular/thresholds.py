"""From which probability on the second of two classes is said, so that a score of validation rows is the greatest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# From the weight of true and of false positives at each threshold, and of all positives and negatives, to the score.
SCORES: Mapping[str, Callable[[Any, Any, float, float], Any]] = {
    "accuracy": lambda true, false, positive, negative: (true + negative - false) / (positive + negative),
    "balanced_accuracy": lambda true, false, positive, negative: (true / positive + 1 - false / negative) / 2,
    "f1": lambda true, false, positive, negative: 2 * true / (true + false + positive),
}


def tuned(probability: Any, is_second: Any, metric: str, weight: Any = None) -> tuple[float, float, float]:
    """The threshold of the greatest score, halfway between two probabilities; of equal ones the nearest to ½.

    Parameters
    ----------
    probability : array of shape (n_rows,)
        Of the second class, for rows that were not learned from.
    is_second : bool array of shape (n_rows,)
    metric : {"accuracy", "balanced_accuracy", "f1"}
        F1 is that of the second class.
    weight : array of shape (n_rows,), optional

    Returns
    -------
    threshold : float
    score : float
        Of these rows at this threshold.
    trivial : float
        The greater score of always saying the one or the other class.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.thresholds import tuned
    >>> tuned(np.array([0.1, 0.2, 0.3, 0.4]), np.array([False, False, True, True]), "f1")
    (0.25, 1.0, 0.6666666666666666)
    """
    weight = np.ones(len(probability)) if weight is None else np.asarray(weight, dtype=np.float64)
    different, place = np.unique(np.asarray(probability, dtype=np.float64), return_inverse=True)
    inside = np.bincount(place, weights=weight * is_second, minlength=len(different))
    others = np.bincount(place, weights=weight * ~is_second, minlength=len(different))
    positive, negative = float(inside.sum()), float(others.sum())
    if not positive or not negative:
        return 0.5, 0.0, 0.0
    # The weight above each of: below all, between each two, above all.
    true, false = (np.append(part[::-1].cumsum()[::-1], 0.0) for part in (inside, others))
    edges = np.concatenate([[0.0], (different[1:] + different[:-1]) / 2, [1.0]])
    scores = SCORES[metric](true, false, positive, negative)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    chosen = best[np.abs(edges[best] - 0.5).argmin()]
    trivial = float(max(scores[0], scores[-1]))
    return float(np.clip(edges[chosen], 1e-6, 1 - 1e-6)), float(scores[chosen]), trivial
