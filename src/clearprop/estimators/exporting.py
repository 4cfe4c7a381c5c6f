"""Whatever predicts as a program that media print: see `clearprop.files.export.program`."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.estimators.targets import ClassTargets
from clearprop.files import Model
from clearprop.files.export import export as write_export
from clearprop.files.export.c.accuracy import Calibration
from clearprop.files.export.formula_columns import formula_column
from clearprop.files.export.program import Answer, Column, Program, numbers, plain_program, with_columns
from clearprop.version import __version__


def export(model: Any, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> tuple[Path, ...]:
    """Write a model to a file of a medium; parameters and errors as of `clearprop.estimators.exports.Exports`."""
    return write_export(partial(program_of, model), partial(calibrated, model), path, to, **options)


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
        return _of_imported(model, name) if not model.source.others else _of_ensemble(model, name)
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


def calibrated(model: Any, program: Program, given: Any) -> Calibration:
    """Rows that an int8 network is made with, of rows as `predict` takes them or a pair of those and y."""
    if hasattr(model, "thetas") and hasattr(model, "encoder"):
        from clearprop.tabular.exporting import calibrated as of_table  # it brings the libraries of tables

        return of_table(model, given)
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
    if hasattr(model, "model_"):
        return model.model_.encoder.encode(model._predicted(rows)).X
    return np.asarray(rows, dtype=float) if isinstance(model, Model) else model._inputs(rows)


def _of_table(model: Any, name: str, labels: tuple[Any, ...] = ()) -> Program:
    from clearprop.tabular.exporting import program_of as of_table

    return of_table(model, name, labels)


def _of_imported(model: Any, name: str) -> Program:
    """Of a network with steps before it, the inputs are brought into the order of their columns."""
    from clearprop.estimators.imported_check import job_of  # it brings what explains

    source, rule = model.source, model.source.update_rule
    steps, n_outputs = source.inputs, model.network.widths[-1]
    answer = numbers(n_outputs)
    if model.classes is not None:
        answer = Answer("labels" if model.targets.is_multilabel else "class", ("y",), model.classes)
    plain = plain_program(
        model.network,
        model.parameters.theta[None, :],
        name=name,
        source=f"clearprop {__version__}, from {source.source}",
        answer=answer,
        feature_names=source.feature_names or (),
        job=None if rule is None else job_of(source, model.network, rule),
    )
    if steps is None:
        return plain
    if source.feature_names is None and steps.is_of_numbers:  # as the source, they take a row of numbers
        trees, names = tuple(each.tree for each in steps.inputs), tuple(column.name for column in steps.columns)
        return replace(plain, columns=(Column("x", "vector", trees, len(trees), names=names, may_miss=False),))
    order = sorted(range(len(steps.inputs)), key=lambda place: steps.inputs[place].column)
    made = [[each for each in steps.inputs if each.column == place] for place in range(len(steps.columns))]
    columns = [
        formula_column(column, [each.tree for each in inputs], [each.name for each in inputs])
        for column, inputs in zip(steps.columns, made, strict=True)
        if inputs
    ]
    return with_columns(plain, columns, order)


def _of_ensemble(model: Any, name: str) -> Program:
    """Of several networks brought in together."""
    each, after = [_of_imported(member, name) for member in model.members], model.source.after
    answer = each[0].answer
    answer = replace(answer, decode=after) if answer.kind == "numbers" else replace(answer, row=after[0])
    return replace(each[0], members=tuple(one.members[0] for one in each), answer=answer)


def _answer(targets: Any) -> Answer:
    if not isinstance(targets, ClassTargets):
        return numbers(targets.n_outputs)
    labels = tuple(targets.classes.tolist())
    if targets.is_multilabel:
        return Answer("labels", ("y",), labels)
    if len(labels) < 2:
        raise InputError(f"the training rows had one class only, {labels[0]!r}: there is nothing to export")
    return Answer("class", ("y",), labels)
