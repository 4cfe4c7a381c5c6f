"""From a table to a `TableModel`: prepare all that can go wrong with input first, then train. It prints nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice, Data, Job, TrainingState, choose, prepared
from clearprop.errors import InputError, TableError
from clearprop.formulas import Adam, Cosine
from clearprop.network import Network
from clearprop.tables import (
    ClassTarget,
    Encoder,
    ImageFormat,
    Parts,
    Reading,
    Target,
    Task,
    decide_task,
    fit_class_target,
    fit_encoder,
    fit_number_target,
    missing_column,
    missing_rows,
    split,
    target_numbers,
)
from clearprop.tabular.model import TableModel
from clearprop.tabular.scores import mae, rmse
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback, Fit, Measure, Stopping, fit

LEARNING_RATE = 0.004  # for the largest batches; smaller ones take the root of their share of it
LABEL_SMOOTHING = 0.05
LARGEST_BATCH, SMALLEST_BATCH = 256, 16
BATCHES_PER_EPOCH = 20  # at least, for tables too small for large batches
FEWEST_EPOCHS, MOST_EPOCHS = 40, 200
UPDATES = 3000  # at least so many are planned, where the most epochs allow it
FEWEST_ROWS = 10


@dataclass(frozen=True)
class Prepared:
    """All that training needs, checked; nothing is left that a user's table could do wrong."""

    settings: TableSettings
    task: Task
    encoder: Encoder
    target: Target
    images: ImageFormat | None
    parts: Parts
    X: Any  # float32 (n_rows, n_inputs)
    actual: pa.ChunkedArray  # the target as the table has it, (n_rows,)
    learned: Any  # class numbers, or numbers on the scale that is learned, (n_rows,)
    job: Job
    data: Data
    choice: Choice
    notices: tuple[str, ...]

    @property
    def network(self) -> Network:
        return self.job.network


@dataclass(frozen=True)
class TableFit:
    """A trained model, and how it came about."""

    model: TableModel
    fit: Fit


def prepare(reading: Reading, settings: TableSettings, n_threads: int | None = None) -> Prepared:
    """Decide the task, split the rows, fit the encoder on the training rows and encode all of them.

    Parameters
    ----------
    reading : Reading
    settings : TableSettings
    n_threads : int, optional
        The most threads to train with; by default as many as the process may use. No result depends on it.

    Raises
    ------
    TableError, InputError
        For everything about the table or the settings that cannot be used, before any training.
    """
    table, name, notices = _with_target(reading, settings)
    actual = table.column(name)
    task = decide_task(actual, name, settings.task, log=settings.log_target)
    if name in settings.drop:
        raise InputError(f"the column {name!r} cannot be both the target and dropped")
    drop = tuple(dict.fromkeys(settings.drop))
    drop += ("file",) if reading.images is not None and "file" not in drop else ()
    target, learned, parts = _target(actual, name, task, settings)
    inputs = table.drop_columns([name])
    fitted = fit_encoder(inputs.take(pa.array(parts.train)), drop=drop)
    X, remarks = fitted.encoder.encode(inputs)
    remarks = tuple(remark for remark in remarks if remark.kind != "rare")  # the encoder's own notice says more
    network = Network.mlp(
        [X.shape[1], *settings.hidden, target.n_outputs],
        hidden="silu",
        loss="cross_entropy" if isinstance(target, ClassTarget) else "half_squared_error",
    )
    job = _job(network, len(parts.train), settings)
    data = prepared(job, X[parts.train], _targets(target, learned[parts.train]), dtype=np.float32)
    return Prepared(
        settings=replace(settings, target=name),
        task=task,
        encoder=fitted.encoder,
        target=target,
        images=reading.images,
        parts=parts,
        X=X,
        actual=actual,
        learned=learned,
        job=job,
        data=data,
        choice=choose(settings.engine, job, data, n_threads),
        notices=(*reading.notices, *notices, *fitted.notices, *map(str, remarks)),
    )


def train(ready: Prepared, callbacks: Iterable[Callback] = (), sources: Mapping[str, Any] | None = None) -> TableFit:
    """Train until the validation rows are predicted no better, put the best weights back, and score the held-out rows.

    Ctrl-C ends training as any other reason does.

    Parameters
    ----------
    ready : Prepared
    callbacks : iterable of callable
        Each gets every Epoch.
    sources : mapping, optional
        What to keep about the table's origin, beside the settings.

    Raises
    ------
    DivergenceError
        When the loss is not finite any more.
    """
    state = TrainingState.start(ready.job, ready.network.initial(ready.settings.seed, dtype=np.float32).theta)
    done = fit(
        ready.job,
        state,
        ready.data,
        ready.choice.engine,
        stopping(ready),
        measure=_measure(ready),
        callbacks=callbacks,
    )
    model = TableModel(
        network=ready.network,
        parameters=ready.network.views(state.theta),
        encoder=ready.encoder,
        target=ready.target,
        trivial=_trivial(ready),
        images=ready.images,
        settings={
            **asdict(ready.settings),
            **(sources or {}),
            "epochs_planned": ready.job.epochs,
            "epochs_done": len(done.history),
            "batch_size": ready.job.batch_size,
            "ended": done.reason,
            "rows": {name: len(rows) for name, rows in ready.parts._asdict().items()},
        },
    )
    rows = ready.parts.test
    outputs = ready.choice.engine.outputs(model.network, model.parameters, ready.X[rows])
    return TableFit(replace(model, held_out=model.scores(outputs, ready.actual.take(pa.array(rows)))), done)


def stopping(ready: Prepared) -> Stopping:
    """When training ends before its preset number of epochs."""
    return Stopping(
        watch="validation_loss" if isinstance(ready.target, ClassTarget) else "validation_rmse",
        tolerance=0.0,
        patience=max(20, ready.job.epochs // 4),
        restore_best=True,
        max_seconds=ready.settings.time_limit,
    )


def _with_target(reading: Reading, settings: TableSettings) -> tuple[pa.Table, str, tuple[str, ...]]:
    """The table without rows that have no target, and the target's name."""
    table = reading.table
    name = settings.target or reading.default_target
    if name is None:
        shown = ", ".join(table.column_names[:20]) + (", …" if table.num_columns > 20 else "")
        raise TableError(
            f"say which column to predict, as --target {table.column_names[-1]!r}; the columns are: {shown}"
        )
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    absent = missing_rows(table.column(name))
    notices: tuple[str, ...] = ()
    if absent.any():
        count, first = int(absent.sum()), int(np.argmax(absent)) + 1
        rows = f"row {first:,}" if count == 1 else f"{count:,} rows, the first of them row {first:,}"
        if not settings.skip_missing_target:
            raise TableError(f"the target {name!r} is missing in {rows}; --skip-missing-target leaves out such rows")
        table = table.filter(pa.array(~absent))
        notices = (f"the target is missing in {rows}: left out",)
    if table.num_rows < FEWEST_ROWS:
        raise TableError(f"there are {table.num_rows} rows with a target; at least {FEWEST_ROWS} are needed")
    return table, name, notices


def _target(actual: pa.ChunkedArray, name: str, task: Task, settings: TableSettings) -> tuple[Target, Any, Parts]:
    """The target fitted on training rows, what is learned of each row, and the split."""
    if task.name == "classification":
        classes = fit_class_target(actual, name)
        codes = classes.codes(actual)
        return classes, codes, split(len(codes), settings.test, settings.seed, codes)
    values = target_numbers(actual, name, settings.log_target)
    parts = split(len(values), settings.test, settings.seed)
    return fit_number_target(values[parts.train], name, log=settings.log_target), values, parts


def _targets(target: Target, learned: Any) -> Any:
    if isinstance(target, ClassTarget):
        return np.eye(target.n_outputs, dtype=np.float32)[learned]
    return target.standardised(learned)


def _job(network: Network, n_rows: int, settings: TableSettings) -> Job:
    """Smaller batches and more epochs for smaller tables, so that each gets enough updates."""
    size = LARGEST_BATCH
    while size > SMALLEST_BATCH and n_rows < BATCHES_PER_EPOCH * size:
        size //= 2
    epochs = settings.epochs
    if epochs is None:
        epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(UPDATES / math.ceil(n_rows / size))))
    return Job(
        network=network,
        update_rule=Adam(learning_rate=LEARNING_RATE * math.sqrt(size / LARGEST_BATCH)),
        schedule=Cosine(),
        epochs=epochs,
        batch_size=size,
        label_smoothing=LABEL_SMOOTHING if network.loss.is_distribution else 0.0,
        seed=settings.seed,
    )


def _trivial(ready: Prepared) -> Any:
    learned = ready.learned[ready.parts.train]
    if isinstance(ready.target, ClassTarget):
        return ready.target.classes[int(np.bincount(learned).argmax())]
    return float(np.mean(ready.target.in_unit(learned)))


def _measure(ready: Prepared) -> Measure:
    """The score on the validation rows: log loss and accuracy, or errors on the scale that is learned."""
    X, learned = ready.X[ready.parts.validation], ready.learned[ready.parts.validation]
    target, network, engine = ready.target, ready.network, ready.choice.engine
    data = prepared(Job(network), X, _targets(target, learned), dtype=np.float32)

    def measure(theta: Any) -> Mapping[str, float]:
        with np.errstate(all="ignore"):
            outputs = engine.outputs(network, network.views(theta), X)
            if isinstance(target, ClassTarget):
                loss = engine.loss(network, network.views(theta), data)
                return {"validation_loss": loss, "validation_accuracy": float(np.mean(outputs.argmax(1) == learned))}
            found = target.decode(outputs)
            return {"validation_rmse": rmse(found, learned), "validation_mae": mae(found, learned)}

    return measure
