"""`SearchCV`: every candidate on all rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.estimators.perceptron import store
from clearprop.search.base import Search
from clearprop.search.evaluating import Evaluation
from clearprop.search.spaces import Candidate


class SearchCV(Search):
    """Search over the parameters of an estimator by cross-validation, with all fits side by side on all cores.

    What it finds is what scikit-learn's `GridSearchCV` (or `RandomizedSearchCV`, with `n_iter`) finds with the same
    splits, to the bit. Fits of clearprop's networks take the cores that there are, in one process, without copies of
    the data; those that take longest begin first.

    Parameters
    ----------
    estimator : estimator
        `MLPClassifier`, `MLPRegressor`, `TabularClassifier`, `TabularRegressor`, or a pipeline with one of them. Others
        work as well; Ctrl-C then waits for those fits that are under way.
    space : mapping of str to sequence or distribution, or sequence of such
        The values of each parameter to try, or what draws one, as those of scipy.stats.
    n_iter : int, optional
        How many candidates to draw; by default every combination is tried.
    scoring, refit, cv, error_score, return_train_score
        As for scikit-learn's `GridSearchCV`.
    n_threads : int, optional
        How many fits at once; by default one for each core that the process may use. The results do not depend on it.
    time_limit : float, optional
        Seconds for the search, without the fit to all rows at its end. Candidates that are not whole by then are left
        out.
    verbose : int, default=0
        Show how far it has come: a bar on a terminal, otherwise a line for each fit.
    random_state : int, RandomState or None
        Decides which candidates are drawn.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_
        As of `GridSearchCV`; of the candidates that are whole.
    n_candidates_ : int
        How many there were.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from clearprop import MLPClassifier
    >>> from clearprop.search import SearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(learning_rate_init=0.02, tol=0.01, random_state=0)
    >>> search = SearchCV(model, {"hidden_layer_sizes": [(2,), (10,)], "activation": ["tanh", "relu"]}, cv=3).fit(X, y)
    >>> len(search.cv_results_["params"]), bool(search.best_score_ > 0.9)
    (4, True)
    """

    def __init__(
        self,
        estimator: Any,
        space: Any,
        *,
        n_iter: int | None = None,
        scoring: Any = None,
        n_threads: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        time_limit: float | None = None,
    ) -> None:
        store(self, locals())

    def _rounds(self, evaluation: Evaluation, candidates: list[Candidate], splits: Any) -> None:
        self.n_candidates_ = len(candidates)
        evaluation.of(candidates, splits())
