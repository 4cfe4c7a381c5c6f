"""`HalvingSearchCV`: many candidates on a few rows or epochs, and the best of them on more."""

from __future__ import annotations

from math import ceil, floor, log
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection._search_successive_halving import _SubsampleMetaSplitter
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _num_samples

from clearprop.errors import InputError
from clearprop.estimators.perceptron import store
from clearprop.search.base import CONSTRAINTS, Search
from clearprop.search.evaluating import Evaluation
from clearprop.search.spaces import Candidate

FEWEST_ROWS = 2  # of each class in each split, in the first round


class HalvingSearchCV(Search):
    """Successive halving: a round on little of a resource, and the best candidates of each go on to a round on more.

    The resource is the number of rows, or a parameter of the estimator such as ``max_iter``. What it finds is what
    scikit-learn's `HalvingGridSearchCV` finds with the same candidates and splits, to the bit.

    Parameters
    ----------
    estimator, space, n_iter, refit, n_threads, time_limit, verbose
        As for `SearchCV`.
    factor : float, default=3
        One candidate out of so many goes on, with so many times as much of the resource.
    resource : str, default="n_samples"
        "n_samples", or a parameter of the estimator that takes whole numbers.
    max_resources : int or "auto", default="auto"
        Of the last round; "auto" for all rows.
    min_resources : int, "smallest" or "exhaust", default="exhaust"
        Of the first round: "smallest" for 2 rows of each class in each split (1 of another resource); "exhaust" for as
        much as makes the last round one on `max_resources`.
    scoring : str, callable or None
    cv : int, splitter or iterable
        It must give the same splits each time.
    random_state : int, RandomState or None
        Decides which candidates are drawn, and which rows a round has.
    error_score, return_train_score
        As for scikit-learn's.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_
        As of `SearchCV`, with the columns ``iter``, the round from 0, and ``n_resources``. The best is that of the last
        round.
    n_candidates_ : int
        How many there were in the first round.
    n_candidates_of_rounds_, n_resources_ : list of int
        Of each round.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from clearprop import MLPClassifier
    >>> from clearprop.search import HalvingSearchCV
    >>> X, y = load_digits(return_X_y=True)
    >>> space = {"learning_rate_init": [0.0001, 0.001, 0.01], "hidden_layer_sizes": [(8,), (16,), (32,)]}
    >>> model = MLPClassifier(tol=0.02, n_iter_no_change=3, random_state=0)
    >>> search = HalvingSearchCV(model, space, cv=3, random_state=0, min_resources=180).fit(X / 16, y)
    >>> search.n_candidates_of_rounds_, search.n_resources_
    ([9, 3, 1], [180, 540, 1620])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **CONSTRAINTS,
        "scoring": [*(each for each in CONSTRAINTS["scoring"] if each not in (list, tuple, dict))],
        "factor": [Interval(RealNotInt, 1, None, closed="neither"), Interval(Integral, 2, None, closed="left")],
        "resource": [str],
        "max_resources": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "min_resources": [Interval(Integral, 1, None, closed="left"), StrOptions({"exhaust", "smallest"})],
    }

    factor: Any
    resource: Any
    max_resources: Any
    min_resources: Any

    def __init__(
        self,
        estimator: Any,
        space: Any,
        *,
        n_iter: int | None = None,
        factor: float = 3,
        resource: str = "n_samples",
        max_resources: Any = "auto",
        min_resources: Any = "exhaust",
        scoring: Any = None,
        n_threads: int | None = None,
        refit: Any = True,
        cv: Any = 5,
        verbose: int = 0,
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        time_limit: float | None = None,
    ) -> None:
        store(self, locals())

    def _rounds(self, evaluation: Evaluation, candidates: list[Candidate], splits: Any) -> None:
        self._check_resource(candidates, splits.cv)
        least, most = self._resources(evaluation, len(candidates))
        n_rounds = 1 + min(floor(log(most // least, self.factor)), floor(log(len(candidates), self.factor)))
        self.n_candidates_ = len(candidates)
        self.n_candidates_of_rounds_: list[int] = []
        self.n_resources_: list[int] = []
        left = candidates
        for k in range(n_rounds):
            n_resources = min(int(self.factor**k * least), most)
            self.n_candidates_of_rounds_.append(len(left))
            self.n_resources_.append(n_resources)
            before = len(evaluation.candidates)
            told, cv = left, None
            if self.resource == "n_samples":
                cv = _SubsampleMetaSplitter(
                    base_cv=splits.cv,
                    fraction=n_resources / _num_samples(evaluation.X),
                    subsample_test=True,
                    random_state=self.random_state,
                )
            else:
                told = [{**each, self.resource: n_resources} for each in left]
            whole = evaluation.of(told, splits(cv), iter=k, n_resources=n_resources)
            if len(whole) < len(told) or k == n_rounds - 1:
                return
            scores = self._scores(evaluation, before)
            order = np.roll(np.argsort(scores), np.count_nonzero(np.isnan(scores)))  # those that failed come first
            left = [told[place] for place in order[-ceil(len(left) / self.factor) :]]

    def _scores(self, evaluation: Evaluation, first: int) -> Any:
        """The mean score of each candidate of this round."""
        outs = evaluation.outs[first * self.n_splits_ :]
        return np.array([out["test_scores"] for out in outs], dtype=float).reshape(-1, self.n_splits_).mean(axis=1)

    def _check_resource(self, candidates: list[Candidate], cv: Any) -> None:
        """Raise InputError for a resource that cannot be given out."""
        if self.resource != "n_samples":
            if self.resource not in self.estimator.get_params():
                raise InputError(
                    f"resource must be 'n_samples' or a parameter of {type(self.estimator).__name__}, not "
                    f"{self.resource!r}"
                )
            if any(self.resource in each for each in candidates):
                raise InputError(f"{self.resource} is the resource, so it cannot be in the space as well")
            if self.max_resources == "auto":
                raise InputError(f"max_resources must say how much of {self.resource} the last round has")
        if getattr(cv, "shuffle", False) and not isinstance(getattr(cv, "random_state", 0), int):
            raise InputError(
                "cv must give the same splits in each round: give its random_state a number, or set shuffle=False"
            )

    def _resources(self, evaluation: Evaluation, n_candidates: int) -> tuple[int, int]:
        """How much the first round has, and the most."""
        n_rows = _num_samples(evaluation.X)
        most = n_rows if self.max_resources == "auto" else int(self.max_resources)
        if self.resource == "n_samples" and most > n_rows:
            raise InputError(f"max_resources={most} is more than the {n_rows} rows of X")
        least = self.min_resources
        if least in ("smallest", "exhaust"):
            least = 1
            if self.resource == "n_samples":
                classes = len(np.unique(evaluation.y)) if is_classifier(self.estimator) else 1
                least = self.n_splits_ * FEWEST_ROWS * classes
        if self.min_resources == "exhaust":
            last = floor(log(n_candidates, self.factor))
            least = max(least, int(most // self.factor**last))
        if least > most:
            raise InputError(f"min_resources={least} is more than max_resources={most}: take more rows or fewer splits")
        return int(least), most

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: Any, results: Any) -> int:
        """The best candidate of the last round."""
        last = np.flatnonzero(results["iter"] == np.max(results["iter"]))
        scores = results["mean_test_score"][last]
        return int(last[0 if np.isnan(scores).all() else np.nanargmax(scores)])
