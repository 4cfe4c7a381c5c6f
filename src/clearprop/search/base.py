"""What every search has in common: scikit-learn's own class of searches, with fits that go side by side."""

from __future__ import annotations

import re
import time
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from numbers import Integral
from typing import Any, ClassVar, Self

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import indexable
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_method_params

from clearprop.distributed import settings
from clearprop.distributed.spread import Spread
from clearprop.engines.cores import threads_granted, usable_cores
from clearprop.errors import InputError
from clearprop.search.evaluating import Evaluation, Split
from clearprop.search.spaces import Candidate, candidates_of, check_candidates
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.joining import spread_out

CONSTRAINTS: dict[str, Any] = {
    **{k: v for k, v in BaseSearchCV._parameter_constraints.items() if k not in ("n_jobs", "pre_dispatch")},
    "n_iter": [Interval(Integral, 1, None, closed="left"), None],
    "random_state": ["random_state"],
}

ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # of an object, in its text


class Search(BaseSearchCV):  # type: ignore[misc]
    """Base of `SearchCV` and `HalvingSearchCV`."""

    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS
    # What `BaseSearchCV` reads of a search in joblib, which this is not.
    n_jobs, pre_dispatch = None, None

    space: Any
    n_iter: Any
    n_threads: Any
    random_state: Any
    time_limit: Any

    @abstractmethod
    def _rounds(self, evaluation: Evaluation, candidates: list[Candidate], splits: Any) -> None:
        """Fit the candidates; `splits` gives the splits of a share of the rows."""

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Fit and score every candidate, then fit the best one to all rows.

        Parameters
        ----------
        X, y : as for the estimator
        **params
            As for scikit-learn's `GridSearchCV.fit`: what the estimator's `fit` takes beside, split along with the
            rows where it has one item for each, and ``groups`` for `cv`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When a parameter cannot be used, or a candidate is impossible: `clearprop.errors.InputError` says which and
            why, before anything is fitted. When all fits fail.
        KeyboardInterrupt
            When Ctrl-C comes before a first candidate is whole, or a second time within two seconds.

        Warns
        -----
        UserWarning
            When Ctrl-C ends the search, at once and without a fit to all rows; what is whole is in `cv_results_`, and
            the best of it in `best_params_`.
        FitFailedWarning
            When some fits fail; their score is `error_score`.
        """
        self._validate_params()
        halt, interrupts = Halt(self.time_limit), Interrupts()
        most = threads_granted(self.n_threads) or usable_cores()
        scorers, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        routed = self._get_routed_params_for_fit(_check_method_params(X, params=params))
        candidates = candidates_of(self.space, self.n_iter, self.random_state)
        check_candidates(self.estimator, candidates)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.n_splits_ = cv.get_n_splits(X, y, **routed.splitter.split)
        options = self._told(scorers, routed)
        with spread_out(halt, lambda: self._identity(X, y, params), _says) as among:
            candidates = among.from_first(candidates)
            shown = int(self.verbose) * (among.rank == 0)
            evaluation = Evaluation(clone(self.estimator), X, y, options, most, halt, interrupts, among, shown)
            self._rounds(evaluation, candidates, _Splits(cv, X, y, routed.splitter.split))
            self._keep(evaluation, scorers, refit_metric)
            if self.refit and not interrupts.came:
                self._refit(X, y, routed.estimator.fit, among)
        interrupts.raise_again()
        if interrupts.came:
            n_whole = len(evaluation.candidates)
            warnings.warn(
                f"Search interrupted by user after {n_whole} of {self.n_candidates_} candidates; the best of these is "
                "in best_params_, and was not fitted to all rows",
                stacklevel=2,
            )
        return self

    def _told(self, scorers: Any, routed: Any) -> Mapping[str, Any]:
        """What each fit is told beside its rows and parameters."""
        return {
            "scorer": scorers,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": self.return_train_score,
            "return_n_test_samples": True,
            "return_times": True,
            "error_score": self.error_score,
            "verbose": 0,
        }

    def _keep(self, evaluation: Evaluation, scorers: Any, refit_metric: Any) -> None:
        """The attributes of the search."""
        if not evaluation.candidates:
            if evaluation.interrupts.came:
                raise KeyboardInterrupt
            raise InputError(f"no candidate was whole when {evaluation.halt.reason}; give it more time")
        results = self._format_results(evaluation.candidates, self.n_splits_, evaluation.outs, evaluation.more)
        first = evaluation.outs[0]["test_scores"]
        self.multimetric_ = isinstance(first, dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(first)
            refit_metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
            if not callable(self.refit):
                self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        self.scorer_ = getattr(scorers, "_scorers", scorers)
        self.cv_results_ = results

    def _identity(self, X: Any, y: Any, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What processes that search together must have alike."""
        told = {
            name: value for name, value in self.get_params(deep=False).items() if name not in ("n_threads", "verbose")
        }
        model = told.pop("estimator")
        told |= {f"{type(model).__name__}.{name}": value for name, value in model.get_params().items()}
        plain = {name: ADDRESS.sub("", repr(value)) for name, value in told.items()}
        return {"search": plain, "rows": joblib.hash((X, y, dict(params)))}

    def _refit(self, X: Any, y: Any, fit_params: Mapping[str, Any], among: Spread) -> None:
        """Fit the best candidate to all rows, with all cores; Ctrl-C is answered as by any fit.

        Of several processes the first does it for all.
        """
        halt, found = Halt(), None
        among.interrupt = halt.interrupt
        among.listen(halt.is_over, halt.interrupt)
        if among.rank == 0:
            model = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
            began = time.time()
            with halt.over_fits(), settings(joins=False):
                model.fit(X, **fit_params) if y is None else model.fit(X, y, **fit_params)
            found = model, time.time() - began
        self.best_estimator_, self.refit_time_ = among.from_first(found)
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_


def _says(n_processes: int) -> str:
    return (
        f"{n_processes} processes: the fits of the search are shared out among them, each by one process as if it were "
        "alone; they help as far as there are fits for all"
    )


class _Splits:
    """The splits of a cross-validation, of all rows or of a share of them."""

    def __init__(self, cv: Any, X: Any, y: Any, told: Mapping[str, Any]) -> None:
        self.cv, self._given, self._told = cv, (X, y), told

    def __call__(self, cv: Any = None) -> list[Split]:
        """Those of all rows, or of another splitter."""
        return [Split(*map(np.asarray, pair)) for pair in (cv or self.cv).split(*self._given, **self._told)]
