"""A fitted estimator as a program that media print: see `clearprop.files.export.program`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.estimators.tabular_saving import SavedWithItsTable
from clearprop.estimators.targets import ClassTargets
from clearprop.files import Model
from clearprop.files.export.program import Answer, Program, numbers, plain_program
from clearprop.tabular.exporting import program_of as of_table
from clearprop.tabular.model import TableModel
from clearprop.version import __version__


def program_of(model: Any, name: str = "") -> Program:
    """The prediction of a fitted estimator, or of a model of a table or file, as data.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor, TableModel or Model
    name : str
        What the program is called, by default the class in small letters.

    Raises
    ------
    NotFittedError
        Before `fit`.
    InputError
        Where the training rows had one class only, or a layer is not dense.
    """
    kind = type(model).__name__
    name = name or kind.lower()
    if isinstance(model, Model):
        source = f"clearprop {model.version or __version__}"
        return plain_program(model.network, model.thetas, name=name, source=source)
    if isinstance(model, TableModel):
        return of_table(model, name)
    check_is_fitted(model)
    if isinstance(model, SavedWithItsTable):
        labels = tuple(model.classes_.tolist()) if hasattr(model, "classes_") else ()
        return of_table(model.model_, name, labels)
    run = model._run
    return plain_program(
        run.network,
        np.asarray(run.state.theta)[None, :],
        name=name,
        source=f"clearprop {__version__}, {kind}",
        answer=_answer(run.targets),
        feature_names=[str(feature) for feature in getattr(model, "feature_names_in_", ())],
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
