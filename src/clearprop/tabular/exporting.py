"""The model of a table as a program that media print: see `clearprop.files.export.program`."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial, singledispatch
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.files.export import export as write_export
from clearprop.files.export.c.accuracy import Calibration
from clearprop.files.export.formula_columns import formula_column
from clearprop.files.export.program import A, Answer, Column, Program, QuantileProgram
from clearprop.files.export.waves import unfolded
from clearprop.files.importers.preprocessing import RawColumn
from clearprop.network.embedding import embedded_inputs
from clearprop.tables import Category, ClassTarget, Encoder, LabelTargets, Moment, Number, Step, Truth, Vector
from clearprop.tables.formula_step import Computed
from clearprop.tables.input_trees import input_trees
from clearprop.tables.target_trees import decoded, in_unit
from clearprop.tabular.actual import actual_of
from clearprop.tabular.calibration import at_temperature
from clearprop.version import __version__


def program_of(model: Any, name: str = "model", labels: tuple[Any, ...] = ()) -> Program:
    """The prediction of a model of a table as data.

    Parameters
    ----------
    model : TableModel
    name : str
        What the program is called.
    labels : tuple, optional
        What the classes are called, where that is not what the target says.

    Raises
    ------
    InputError
        For a layer that is neither dense nor an embedding in front.
    """
    sets = (model.thetas, *(each.thetas for each in model.quantiles))
    columns, members, network = unfolded(columns_of(model.encoder), model.network, [theta for k in sets for theta in k])
    has_waves, main = network is not model.network, len(model.thetas)
    ends = np.cumsum([len(each) for each in sets])
    return Program(
        name=name,
        source=f"clearprop {model.version or __version__}",
        columns=columns,
        members=members[:main],
        answer=answer_of(model, labels),
        network=network,
        quantiles=tuple(
            QuantileProgram(each.quantile, members[start:stop], each.shift)
            for each, start, stop in zip(model.quantiles, ends, ends[1:], strict=False)
        ),
        dtype="float64" if model.thetas.dtype.itemsize == 8 else "float32",
        job=None if has_waves else model.job(0),
        has_waves=has_waves,
    )


def export(model: Any, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> None:
    """Write a file that predicts as a model of a table does, without clearprop: see docs/exports.md.

    Parameters
    ----------
    model : TableModel
    path : path
        A file of that name is replaced.
    to : {"python", "javascript", "c", "onnx"}, optional
        By default what the ending of the name says.
    **options
        What the medium can be asked for. `calibration`, a table of rows, makes C of whole numbers of eight bits.

    Raises
    ------
    InputError
        For something that the medium cannot say, by its name.
    OSError
        When the file cannot be written.
    """
    write_export(partial(program_of, model), lambda _, table: calibrated(model, table), path, to, **options)


def calibrated(model: Any, table: pa.Table) -> Calibration:
    """Rows that an int8 network is made with, and what is true of them where the table has the target in every row."""
    if embedded_inputs(model.network) is not None:
        raise InputError(
            "C of whole numbers of eight bits is made of dense layers, and layer 1 embeds numbers (NumberEmbedding): "
            "leave the calibration out"
        )
    inputs, target = model.encoder.encode(table).X, model.target
    if not set(target.columns) <= set(table.column_names):
        return Calibration(inputs)
    y = actual_of(table, target, model.encoder.read)
    return Calibration(inputs, y if isinstance(target, ClassTarget) else target.in_unit(y).reshape(len(inputs), -1))


def columns_of(encoder: Encoder) -> tuple[Column, ...]:
    """The columns of an encoder."""
    words = encoder.read.missing_words
    return tuple(_column(step, tuple(words)) for step in encoder.steps)


def answer_of(model: Any, labels: tuple[Any, ...] = ()) -> Answer:
    """What is made of the outputs of its networks."""
    target = model.target
    if isinstance(target, ClassTarget):
        if target.is_tuned:
            raise InputError(
                f"an exported file says the most probable class, and this model says {target.classes[1]!r} from the "
                f"probability {target.threshold:.3g} on: train without a threshold, and compare the probabilities"
            )
        classes = tuple(labels) or target.classes
        return Answer("class", (target.column,), classes, row=at_temperature(A, model.temperature))
    if isinstance(target, LabelTargets):
        return Answer("labels", ("labels",), tuple(labels) or target.columns)
    return Answer("numbers", target.columns, decode=tuple(map(decoded, target.each)), unit=in_unit(target))


@singledispatch
def _column(step: Step, missing_words: tuple[str, ...]) -> Column:
    raise NotImplementedError(f"a step of the kind {step.kind!r} is not exported")


@_column.register
def _(step: Number, missing_words: tuple[str, ...]) -> Column:
    words = tuple(dict.fromkeys((*missing_words, *step.missing_words)))
    return Column(
        step.column, "number", input_trees(step), missing_words=words, names=step.names, **step.notation._asdict()
    )


@_column.register
def _(step: Truth, missing_words: tuple[str, ...]) -> Column:
    return Column(step.column, "truth", input_trees(step), missing_words=missing_words, names=step.names)


@_column.register
def _(step: Category, missing_words: tuple[str, ...]) -> Column:
    words = () if step.exact else missing_words
    return Column(
        step.column, "category", input_trees(step), categories=step.categories, missing_words=words,
        is_exact=step.exact, names=step.names,
    )  # fmt: skip


@_column.register
def _(step: Moment, missing_words: tuple[str, ...]) -> Column:
    words = tuple(dict.fromkeys((*missing_words, *step.missing_words)))
    return Column(step.column, "moment", input_trees(step), missing_words=words, order=step.order, names=step.names)


@_column.register
def _(step: Computed, missing_words: tuple[str, ...]) -> Column:
    known_numbers = step.known_numbers if step.known_only and not step.is_text else None
    categories = step.categories if step.is_text else None
    raw = RawColumn(step.column, categories, step.known_only, known_numbers, step.takes_missing)
    return replace(formula_column(raw, input_trees(step), step.names), missing_words=missing_words)


@_column.register
def _(step: Vector, missing_words: tuple[str, ...]) -> Column:
    return Column(step.column, "vector", input_trees(step), step.size, names=step.names)
