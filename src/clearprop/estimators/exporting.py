"""A fitted estimator as a program that media print: see `clearprop.files.export.program`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.estimators.targets import ClassTargets
from clearprop.files.export.program import Answer, Program, numbers, plain_program
from clearprop.version import __version__


def program_of(estimator: Any, name: str = "") -> Program:
    """The prediction of a fitted `MLPClassifier` or `MLPRegressor` as data.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    name : str
        What the program is called, by default the class in small letters.

    Raises
    ------
    NotFittedError
        Before `fit`.
    InputError
        Where the training rows had one class only, or a layer is not dense.
    """
    check_is_fitted(estimator)
    run, kind = estimator._run, type(estimator).__name__
    return plain_program(
        run.network,
        np.asarray(run.state.theta)[None, :],
        name=name or kind.lower(),
        source=f"clearprop {__version__}, {kind}",
        answer=_answer(run.targets),
        feature_names=[str(feature) for feature in getattr(estimator, "feature_names_in_", ())],
        job=run.job,
    )


def _answer(targets: Any) -> Answer:
    if not isinstance(targets, ClassTargets):
        return numbers(targets.n_outputs)
    labels = tuple(targets.classes.tolist())
    if targets.is_multilabel:
        return Answer("labels", ("y",), labels)
    if len(labels) < 2:
        raise InputError(f"the training rows had one class only, {labels[0]!r}: there is nothing to export")
    return Answer("class", ("y",), labels)
