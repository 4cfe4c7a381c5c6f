"""Loss and score over the validation rows after every epoch: the estimator's own score, or a scorer of scikit-learn."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names

from clearprop.engines import Data
from clearprop.errors import InputError, NotFiniteError, UnknownNameError
from clearprop.estimators.rows import Rows
from clearprop.estimators.run import Run
from clearprop.job.memory import NUMBERS_AT_ONCE
from clearprop.training import Measure

Scorer = Callable[..., Any]


def scorer_of(estimator: Any, scoring: Any) -> Scorer | None:
    """The scorer of this name, or the callable itself; None for the estimator's own score and for "loss".

    Raises
    ------
    InputError
        For a name that scikit-learn does not know, and for what is neither a name nor a callable.
    """
    if scoring is None or (isinstance(scoring, str) and scoring == "loss"):
        return None
    if isinstance(scoring, str):
        if scoring not in get_scorer_names():
            raise UnknownNameError("scoring", scoring, ["loss", *get_scorer_names()])
        return check_scoring(estimator, scoring)  # type: ignore[no-any-return]
    if not callable(scoring):
        raise InputError(f"scoring must be the name of a scorer, 'loss', a callable or None, not {scoring!r}")
    return scoring  # type: ignore[no-any-return]


def measure_of(estimator: Any, rows: Rows, data: Data, scorer: Scorer | None) -> Measure:
    """A measure of the loss, class weights included, and of the score over these rows.

    Parameters
    ----------
    estimator : MultilayerPerceptron
        With its network, its engine and the state that is trained.
    rows : Rows
        Those held out.
    data : Data
        The same as the engine reads them.
    scorer : callable, optional
        Called as ``scorer(estimator, X, y)``, with sample_weight where the rows have one.
    """
    run: Run = estimator._run
    network, targets, engine = run.network, run.targets, run.engine
    score = None if scorer is None else _bound(scorer, estimator, rows)

    def measure(theta: Any) -> Mapping[str, float]:
        params = network.views(theta)
        with np.errstate(all="ignore"):
            loss = engine.loss(network, params, data)
            if not math.isfinite(loss):
                found = float("nan")
            elif score is not None:
                found = score()
            else:
                found = _own_score(targets, rows, lambda part: engine.outputs(network, params, data.X[part]))
        return {"validation_loss": loss, "validation_score": found}

    return measure


def _own_score(targets: Any, rows: Rows, outputs: Callable[[slice], Any]) -> float:
    """The estimator's own score; of many classes in blocks of rows, whose outputs would fill the memory together."""
    n_rows, size = rows.Y.shape[0], max(1, NUMBERS_AT_ONCE // targets.n_outputs)
    if n_rows <= size or not targets.is_exclusive:
        return float(targets.score(rows.Y, outputs(slice(None)), rows.sample_weight))
    total, weight = 0.0, 0.0
    for start in range(0, n_rows, size):
        part = slice(start, start + size)
        own = None if rows.sample_weight is None else rows.sample_weight[part]
        weighs = float(len(rows.Y[part]) if own is None else own.sum())
        if weighs > 0:
            total += weighs * targets.score(rows.Y[part], outputs(part), own)
            weight += weighs
    return total / weight if weight > 0 else float("nan")


def _bound(scorer: Scorer, estimator: Any, rows: Rows) -> Callable[[], float]:
    """The scorer on a twin of the estimator, which shares its weights as they move; the rows have no column names."""
    twin = copy.copy(estimator)
    vars(twin).pop("feature_names_in_", None)
    weights = {} if rows.sample_weight is None else {"sample_weight": rows.sample_weight}
    if weights and not _takes_weights(scorer):
        raise InputError(
            f"scoring={estimator.scoring!r} takes no sample_weight, and the rows held out have weights; "
            "take a scorer that does, or give X_val and y_val without sample_weight_val"
        )

    def score() -> float:
        try:
            found = scorer(twin, rows.X, rows.y, **weights)
        except NotFiniteError:  # as of the estimator's own score
            return float("nan")
        try:
            return float(found)
        except (TypeError, ValueError):
            raise InputError(f"scoring must give a number, not {found!r}") from None

    return score


def _takes_weights(scorer: Scorer) -> bool:
    """Whether a scorer, or the metric that make_scorer made it of, has an argument for weights."""
    metric = getattr(scorer, "_score_func", scorer)
    try:
        parameters = inspect.signature(metric).parameters
    except (TypeError, ValueError):  # a callable without a signature: it will say itself
        return True
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    return takes_any or "sample_weight" in parameters
