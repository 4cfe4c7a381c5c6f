"""What `clearprop lab` opens: a case, a model with its table, a network with rows, or a table to learn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError, ModelFileError
from clearprop.files import is_model_file, load
from clearprop.formulas import LBFGS, SGD, Adam
from clearprop.job import Job
from clearprop.lab import limits
from clearprop.lab.making import input_names
from clearprop.lab.project import EPOCHS, Project, case_project, project_of
from clearprop.lab.rows import CLASSIFICATION, REGRESSION, Rows
from clearprop.lab.tables_of import rows_of_model, rows_of_table
from clearprop.network import Network, forward
from clearprop.tables import Reading, read
from clearprop.tabular.model import TableModel

FIRST_CASE = "case_study"
ROWS_MADE, RATE = 20, 0.01


def project_of_table(reading: Reading, name: str, target: str | None, engine: str = "reference") -> Project:
    """A small network for a table; errors as of `rows_of_table`."""
    return project_of(rows_of_table(reading, name, target), None, engine)


def project_of_model(
    model: TableModel, reading: Reading, name: str, engine: str = "reference"
) -> Project:  # fmt: skip
    """The first network of a trained model, at its weights, with the rows of a table."""
    rows = rows_of_model(model, reading, name)
    job = model.job(0) or Job(model.network, SGD(RATE), epochs=EPOCHS)
    if isinstance(job.update_rule, LBFGS):
        job = Job(model.network, Adam(), epochs=EPOCHS, batch_size=job.batch_size, l2=job.l2, l1=job.l1)
        rows = rows.with_notes(*rows.notes, "it was trained by L-BFGS, whose steps cannot be shown; here it is Adam")
    if len(model.thetas) > 1:
        rows = rows.with_notes(*rows.notes, f"the model averages {len(model.thetas)} networks; this is the first")
    return Project.of(rows, model.network, model.thetas[0], _shorter(job, rows), engine)


def _shorter(job: Job, rows: Rows) -> Job:
    """The job with batches that can be shown."""
    most = min(limits.BATCH, limits.NODES // sum(job.network.widths))
    return replace(job, batch_size=max(1, min(job.batch_size, most, rows.n_training)))


def project_of_network(path: Path, data: Path | None, engine: str = "reference") -> Project:
    """A network without a table, at its weights; its rows are those of a file, or made up.

    Raises
    ------
    ModelFileError, TableError, InputError
        When a file cannot be read, or the rows do not fit the network.
    """
    model = load(path)
    network, theta = model.network, model.parameters.theta.astype(np.float64)
    rows = _made_up(network, theta, path.name) if data is None else _rows_for(network, read(data).table, data.name)
    job = Job(network, SGD(RATE), epochs=EPOCHS, batch_size=min(32, rows.n_training))
    return Project.of(rows, network, theta, job, engine)


def _made_up(network: Network, theta: Any, name: str) -> Rows:
    """Rows drawn at random, whose targets are what the network itself says of them."""
    X = np.round(np.random.default_rng(0).standard_normal((ROWS_MADE, network.widths[0])), 2)
    Y = forward(network, network.views(theta), X).a[-1]
    said = "there was no table: these rows are drawn at random, and their targets are the network's own answers"
    return plain_rows(network, X, Y, name, (said,))


def _rows_for(network: Network, table: Any, name: str) -> Rows:
    """The rows of a table whose first columns are the inputs of a network and whose last ones its targets."""
    n_inputs, n_outputs = network.widths[0], network.widths[-1]
    columns = [np.array(column.to_pylist(), dtype=object) for column in table.columns]
    try:
        parts = [np.array(column.tolist(), dtype=np.float64) for column in columns]
        numbers = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    except (TypeError, ValueError):
        raise InputError(f"{name} must hold numbers alone: the network has no table of its own") from None
    X, Y = numbers[:, :n_inputs], numbers[:, n_inputs:]
    if Y.shape[1] == 1 and n_outputs > 1 and network.loss.is_distribution:
        if not set(np.unique(Y)) <= set(range(n_outputs)):
            raise InputError(f"the last column of {name} must hold the numbers of classes, 0 … {n_outputs - 1}")
        Y = np.eye(n_outputs)[Y[:, 0].astype(int)]
    if Y.shape[1] != n_outputs:
        raise InputError(
            f"{name} has {numbers.shape[1]} columns of numbers; the network takes {n_inputs} inputs and {n_outputs} "
            "targets behind them"
        )
    return plain_rows(network, X, Y, name, ())


def plain_rows(network: Network, X: Any, Y: Any, name: str, notes: tuple[str, ...] = ()) -> Rows:
    """Rows of numbers that fit a network, with names made up for them."""
    n_outputs = network.widths[-1]
    is_classes = network.loss.natural_output in ("softmax", "logistic")
    classes = tuple(map(str, range(max(2, n_outputs)))) if is_classes else None
    outputs = tuple(f"y{k + 1}" for k in range(n_outputs))
    return Rows(
        "rows", name, X, Y, len(X), input_names(X.shape[1]), outputs, CLASSIFICATION if is_classes else REGRESSION,
        classes, recipe={"kind": "rows", "name": name}, notes=notes,
    )  # fmt: skip


def open_files(source: Path, data: Path | None, target: str | None, engine: str = "reference") -> Project:
    """What a file on the command line is: a model with its table, or a table.

    Raises
    ------
    ModelFileError, TableError, InputError
        When it cannot be read, or what was asked for does not go together.
    """
    if not is_model_file(source):
        if data is not None:
            raise InputError(f"{source} is not a model, so no second file goes with it; name the column: --target")
        return project_of_table(read(source), source.name, target, engine)
    if target is not None:
        raise InputError("a model knows its target: leave --target out")
    try:
        model = TableModel.load(source)
    except ModelFileError:
        return project_of_network(source, data, engine)
    found = data or learned_from(model, source)
    if found is None:
        raise InputError(f"name the table too: clearprop lab {source} TABLE")
    return project_of_model(model, model.read(found), found.name, engine)


def learned_from(model: TableModel, source: Path) -> Path | None:
    """The table that a model learned from, where it lies here or beside the model."""
    name = Path(str(model.settings.get("file") or "")).name  # a model names no file of another folder
    places = [Path(name), source.parent / name] if name else []
    return next((place for place in places if place.is_file()), None)


def first_project(case: str | None = None, engine: str = "reference") -> Project:
    """A built-in case."""
    return case_project(case or FIRST_CASE, engine)
