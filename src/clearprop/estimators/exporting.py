"""Whatever predicts as a program that media print: see `clearprop.files.export.program`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.estimators.targets import ClassTargets
from clearprop.files import Model
from clearprop.files.export import CALIBRATION, medium_of, write
from clearprop.files.export.c.accuracy import Calibration
from clearprop.files.export.program import Answer, Column, Program, numbers, plain_program, with_columns
from clearprop.files.importers.preprocessing import MadeInput, RawColumn
from clearprop.formulas.expressions import symbols
from clearprop.version import __version__


def export(model: Any, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> tuple[Path, ...]:
    """Write a model to a file of a medium; parameters and errors as of `clearprop.estimators.exports.Exports`."""
    path = Path(path)
    to = medium_of(path) if to is None else to
    program = program_of(model, path.stem)
    if options.get(CALIBRATION) is not None:
        options[CALIBRATION] = calibrated(program, model, options[CALIBRATION])
    return write(program, path, to, **options)


def program_of(model: Any, name: str = "") -> Program:
    """The prediction of a fitted estimator, an imported network, or a model from a file, as data.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor, Imported, TableModel or Model
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
        return plain_program(model.network, model.thetas, name=name, source=f"clearprop {model.version or __version__}")
    if hasattr(model, "source"):
        return _of_imported(model, name)
    if hasattr(model, "thetas"):
        return _of_table(model, name)
    check_is_fitted(model)
    if hasattr(model, "model_"):
        return _of_table(model.model_, name, tuple(model.classes_.tolist()) if hasattr(model, "classes_") else ())
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


def calibrated(program: Program, model: Any, given: Any) -> Calibration:
    """Rows that an int8 network is made with, of rows as `predict` takes them or a pair of those and y."""
    rows, y = given if isinstance(given, tuple) else (given, None)
    inputs, answer = inputs_of(model, rows), program.answer
    if y is None:
        return Calibration(inputs)
    if answer.kind == "class":
        place = {label: k for k, label in enumerate(answer.labels)}
        return Calibration(inputs, np.array([place.get(label, -1) for label in np.asarray(y).tolist()]))
    return Calibration(inputs, np.asarray(y, dtype=float).reshape(len(inputs), -1))


def inputs_of(model: Any, rows: Any) -> Any:
    """What the networks get for rows as `predict` takes them, (n_rows, n_inputs)."""
    if hasattr(model, "source"):
        return model.inputs(rows)
    if hasattr(model, "thetas") and hasattr(model, "encoder"):
        return model.encoder.encode(rows).X
    if hasattr(model, "model_"):
        return model.model_.encoder.encode(model._predicted(rows)).X
    return np.asarray(rows, dtype=float) if isinstance(model, Model) else model._inputs(rows)


def _of_table(model: Any, name: str, labels: tuple[Any, ...] = ()) -> Program:
    from clearprop.tabular.exporting import program_of as of_table  # it brings the libraries of tables

    return of_table(model, name, labels)


def _of_imported(model: Any, name: str) -> Program:
    """Of a network with steps before it, the inputs are brought into the order of their columns."""
    steps, n_outputs = model.source.inputs, model.network.widths[-1]
    answer = numbers(n_outputs)
    if model.classes is not None:
        answer = Answer("labels" if model.source.is_multilabel else "class", ("y",), model.classes)
    plain = plain_program(
        model.network,
        model.parameters.theta[None, :],
        name=name,
        source=f"clearprop {__version__}, from {model.source.source}",
        answer=answer,
        feature_names=model.source.feature_names or (),
    )
    if steps is None:
        return plain
    order = sorted(range(len(steps.inputs)), key=lambda place: steps.inputs[place].column)
    made = [[each for each in steps.inputs if each.column == place] for place in range(len(steps.columns))]
    return with_columns(plain, [_raw(*pair) for pair in zip(steps.columns, made, strict=True) if pair[1]], order)


def _raw(column: RawColumn, made: Sequence[MadeInput]) -> Column:
    """A column that the steps before an imported network read."""
    reads = [symbols(each.tree) for each in made]
    return Column(
        column.name,
        "number" if column.categories is None else "category",
        tuple(each.tree for each in made),
        categories=column.categories or (),
        names=tuple(each.name for each in made),
        may_miss=column.takes_missing and all("missing" in read or "x" not in read for read in reads),
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
