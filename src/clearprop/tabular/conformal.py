"""Sets of classes that hold the true one as often as was asked: split conformal prediction from validation rows.

The score of a row is 1 − p of its own class, and a set has all classes whose score is at most the ⌈(n + 1)·coverage⌉-th
smallest of n validation rows (Sadinle, Lei & Wasserman, 2019, Least ambiguous set-valued classifiers with bounded error
levels; the finite-sample rank as in Vovk, Gammerman & Shafer, 2005). The most probable class is always in it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError, quoted

MOST_KEPT = 400  # of the scores: with more rows, some ranks; the coverage is then too large by a 400th at most
DIGITS = 5


class Conformity(NamedTuple):
    """What validation rows say about how improbable a true class may be.

    Attributes
    ----------
    n_rows : int
    scores : tuple of float
        1 − p of the rows' own classes, rising; of more than 400 rows, those of evenly spread ranks, the last one too.
    """

    n_rows: int
    scores: tuple[float, ...]

    @classmethod
    def of(cls, probabilities: Any, codes: Any) -> Conformity:
        """Of the probabilities of validation rows, (n_rows, n_classes), and the numbers of their classes."""
        scores = np.sort(1.0 - probabilities[np.arange(len(codes)), codes].astype(np.float64))
        kept = scores[_ranks(len(scores)) - 1]
        return cls(len(scores), tuple((np.ceil(kept * 10**DIGITS - 1e-6) / 10**DIGITS).clip(0, 1).tolist()))

    def least(self, coverage: float) -> float:
        """The least probability of a class in the set; 0 where there are too few rows to leave any class out.

        Examples
        --------
        >>> from clearprop.tabular.conformal import Conformity
        >>> Conformity(9, (0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 0.9)).least(0.8)
        0.4
        """
        rank = math.ceil((self.n_rows + 1) * coverage - 1e-9)
        if rank > self.n_rows:
            return 0.0
        place = int(np.searchsorted(_ranks(self.n_rows), rank))
        return 1.0 - self.scores[place]

    def sets(self, probabilities: Any, coverage: float) -> Any:
        """Which classes are in the set of each row, bool (n_rows, n_classes).

        Raises
        ------
        InputError
            For a coverage that is not between 0 and 1.
        """
        if isinstance(coverage, bool) or not isinstance(coverage, int | float) or not 0 < coverage < 1:
            raise InputError(f"the coverage must be between 0 and 1, as 0.9, not {coverage!r}")
        found = probabilities >= self.least(coverage) - 1e-7  # of float32
        found[np.arange(len(found)), probabilities.argmax(axis=1)] = True
        return found


def conformity_of(given: object) -> Conformity | None:
    """What a model file says; raises InputError for what cannot be."""
    match given:
        case None:
            return None
        case {"rows": int() as n_rows, "scores": list() as scores} if (
            n_rows > 0 and len(scores) == len(_ranks(n_rows)) and all(type(score) is float for score in scores)
        ):
            if scores == sorted(scores) and scores[0] >= 0 and scores[-1] <= 1:
                return Conformity(n_rows, tuple(scores))
    raise InputError(f"what it keeps for sets of classes is {quoted(given)}, not rising scores between 0 and 1")


def _ranks(n: int) -> Any:
    """Which of n scores, from 1, are kept."""
    return np.arange(1, n + 1) if n <= MOST_KEPT else np.ceil(np.arange(1, MOST_KEPT + 1) * (n / MOST_KEPT)).astype(int)
