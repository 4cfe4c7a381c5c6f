"""From a table to a `TableModel`: prepare all that can go wrong with input first, then train. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.engines import Choice, Job
from clearprop.errors import InputError, TableError
from clearprop.network import Network
from clearprop.tables import (
    ClassTarget,
    Encoder,
    Fold,
    ImageFormat,
    Parts,
    Reading,
    Target,
    Task,
    alike,
    as_kind,
    columns,
    decide_task,
    fit_class_target,
    fit_encoder,
    fit_number_target,
    folds,
    missing_column,
    missing_rows,
    split,
    target_numbers,
)
from clearprop.tables.kinds import Kind, kinds
from clearprop.tables.notation import Notation
from clearprop.tabular import recipe
from clearprop.tabular.learning import FEWEST_FOLDS, Learned, Plan, Rows, carry_out, plan
from clearprop.tabular.model import QuantileNetworks, TableModel
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback, Fit

FEWEST_ROWS = 10


@dataclass(frozen=True)
class Prepared:
    """All that training needs, checked; nothing is left that a user's table could do wrong.

    Of a single network, `parts` are the rows that it learns from, those that choose its best epoch, and those held out
    for the score. Of an ensemble the first are the rows that its networks learn from and choose by, each other ones
    (`plan.folds`), and the second are none.
    """

    settings: TableSettings
    task: Task
    encoder: Encoder
    target: Target
    images: ImageFormat | None
    parts: Parts
    actual: pa.ChunkedArray  # the target as the table has it, (n_rows,)
    plan: Plan
    notices: tuple[str, ...]

    @property
    def X(self) -> Any:
        """The encoded inputs of all rows, float32 (n_rows, n_inputs)."""
        return self.plan.rows.X

    @property
    def learned(self) -> Any:
        """Class numbers, or numbers on the scale that is learned, (n_rows,)."""
        return self.plan.rows.learned

    @property
    def job(self) -> Job:
        """The job of the first network."""
        return self.plan.jobs[0]

    @property
    def choice(self) -> Choice:
        return self.plan.choice

    @property
    def network(self) -> Network:
        return self.plan.network


@dataclass(frozen=True)
class TableFit:
    """A trained model, and how it came about."""

    model: TableModel
    fit: Fit


def prepare(
    reading: Reading,
    settings: TableSettings,
    n_threads: int | None = None,
    tell: Callable[[str], object] | None = None,
) -> Prepared:
    """Decide the task, split the rows, fit the encoder on the training rows and encode all of them.

    Parameters
    ----------
    reading : Reading
    settings : TableSettings
    n_threads : int, optional
        The most threads to train with; by default the settings', or as many as the process may use. No result depends
        on it.
    tell : callable, optional
        As for `clearprop.engines.choose`.

    Raises
    ------
    TableError, InputError
        For everything about the table or the settings that cannot be used, before any training.
    """
    table, name, notices, notation = _with_target(reading, settings)
    actual = table.column(name)
    task = decide_task(actual, name, settings.task, log=settings.log_target)
    if settings.probabilities and task.name == "regression":
        raise InputError(
            f"--probabilities is for classes, and {name!r} is learned as a number ({task.reason}); leave it out, or "
            "ask for --task classification"
        )
    if name in map(reading.column, settings.drop):
        raise InputError(f"the column {name!r} cannot be both the target and dropped")
    drop = tuple(dict.fromkeys(map(reading.column, settings.drop)))
    drop += ("file",) if reading.images is not None and "file" not in drop else ()
    target, learned, parts, cut = _target(actual, name, task, settings, notation)
    inputs = table.drop_columns([name])
    fitted = fit_encoder(
        inputs,
        rows=parts.train,
        drop=drop,
        fewest_bins=recipe.FEWEST_BINS[target.task],
        read=settings.read,
        decimal=reading.decimal,
        strict=True,
    )
    X, remarks = fitted.encoder.encode(inputs)
    remarks = tuple(remark for remark in remarks if remark.kind != "rare")  # the encoder's own notice says more
    return Prepared(
        settings=replace(settings, target=name),
        task=task,
        encoder=fitted.encoder,
        target=target,
        images=reading.images,
        parts=parts,
        actual=actual,
        plan=plan(
            Rows(X, learned), target, replace(settings, n_threads=n_threads or settings.n_threads), parts=cut, tell=tell
        ),
        notices=(*reading.notices, *notices, *_alike(target), *fitted.notices, *map(str, remarks)),
    )


def train(
    ready: Prepared,
    callbacks: Iterable[Callback] = (),
    sources: Mapping[str, Any] | None = None,
    on_end: Callable[[], None] | None = None,
) -> TableFit:
    """Train until the validation rows are predicted no better, put the best weights back, and score the held-out rows.

    Ctrl-C ends training as any other reason does.

    Parameters
    ----------
    ready : Prepared
    callbacks : iterable of callable
        Each gets every Epoch.
    sources : mapping, optional
        What to keep about the table's origin, beside the settings.
    on_end : callable, optional
        Called when the last epoch is over, before the networks are scored.

    Raises
    ------
    DivergenceError
        When the loss is not finite any more.
    """
    done = carry_out(ready.plan, callbacks, on_end)
    rows = {name: len(part) for name, part in ready.parts._asdict().items()}
    model = model_of(
        ready.plan, done, ready.encoder, settings={**asdict(ready.settings), **(sources or {}), "rows": rows}
    )
    test = ready.parts.test
    outputs = model.outputs_for(ready.X[test], ready.plan.n_threads)
    held_out = model.scores(outputs, ready.actual.take(pa.array(test)))
    return TableFit(replace(model, images=ready.images, held_out=held_out), done.fit)


def model_of(
    plan: Plan,
    done: Learned,
    encoder: Encoder,
    *,
    settings: Mapping[str, Any],
    quantiles: tuple[QuantileNetworks, ...] = (),
) -> TableModel:
    """The model that a carried-out plan makes; what was planned and what became of it go into its settings."""
    return TableModel(
        network=plan.network,
        thetas=done.thetas,
        encoder=encoder,
        target=plan.target,
        trivial=_trivial(plan),
        settings={
            **settings,
            "hidden": plan.network.widths[1:-1],
            "ensemble": len(plan.folds),
            "epochs_planned": plan.jobs[0].epochs,
            "epochs_done": len(done.fit.history),
            "batch_size": plan.jobs[0].batch_size,
            "recipes": [recipe.kept(job) for job in plan.jobs],
            "ended": done.fit.reason,
        },
        temperature=done.temperature,
        quantiles=quantiles,
    )


def _padded(column: pa.ChunkedArray) -> tuple[str, ...]:
    """A note of blanks around the values of a text."""
    if not pa.types.is_string(column.type):
        return ()
    n = pc.sum(pc.not_equal(pc.utf8_trim_whitespace(column), column)).as_py() or 0
    return (f"{n:,} values have blanks around them, which do not count",) if n else ()


def _alike(target: Target) -> tuple[str, ...]:
    """A note of classes that differ only in capitals."""
    if not isinstance(target, ClassTarget):
        return ()
    return tuple(f"the classes {said}" for said in alike(filter(_is_text, target.classes)))


def _is_text(label: object) -> TypeGuard[str]:
    return isinstance(label, str)


def _with_target(reading: Reading, settings: TableSettings) -> tuple[pa.Table, str, tuple[str, ...], Notation]:
    """The table without rows that have no target, the target's name, what was understood of it, and its notation."""
    table = reading.table
    name = settings.target or reading.default_target
    if name is None:
        shown = ", ".join(table.column_names[:20]) + (", …" if table.num_columns > 20 else "")
        raise TableError(
            f"say which column to predict, as --target {table.column_names[-1]!r}; the columns are: {shown}"
        )
    name = reading.column(name)
    if name not in table.column_names:
        raise missing_column(name, table.column_names)
    decimal, read = settings.read.decimal or reading.decimal, settings.read
    kind = kinds(table, [name], read, decimal, strict=True).get(name, Kind(notation=Notation(decimal or ".")))
    if settings.task == "classification" and kind.name not in ("number", "truth"):
        kind = Kind()  # dates and times as they are written
    place = table.column_names.index(name)
    column = as_kind(columns.present(table.column(name), read.missing_words), kind, name)
    notices = tuple(f"the target {name!r}: {note}" for note in (*kind.notes, *_padded(column)))
    table = table.set_column(place, name, column)
    absent = missing_rows(table.column(name))
    if absent.any():
        count, first = int(absent.sum()), int(np.argmax(absent)) + 1
        rows = f"row {first:,}" if count == 1 else f"{count:,} rows, the first of them row {first:,}"
        if not settings.skip_missing_target:
            raise TableError(f"the target {name!r} is missing in {rows}; --skip-missing-target leaves out such rows")
        table = table.filter(pa.array(~absent))
        notices += (f"the target is missing in {rows}: left out",)
    if table.num_rows < FEWEST_ROWS:
        raise TableError(f"there are {table.num_rows} rows with a target; at least {FEWEST_ROWS} are needed")
    return table, name, notices, kind.notation


def _target(
    actual: pa.ChunkedArray, name: str, task: Task, settings: TableSettings, notation: Notation
) -> tuple[Target, Any, Parts, tuple[Fold, ...]]:
    """The target fitted on training rows, what is learned of each row, the parts, and each network's fold."""
    if task.name == "classification":
        classes = fit_class_target(actual, name)
        codes = classes.codes(actual)
        return classes, codes, *_parts(len(codes), codes, settings)
    values = target_numbers(actual, name, settings.log_target)
    parts, cut = _parts(len(values), None, settings)
    target = fit_number_target(values[parts.train], name, log=settings.log_target, notation=notation)
    return target, values, parts, cut


def _parts(n_rows: int, labels: Any, settings: TableSettings) -> tuple[Parts, tuple[Fold, ...]]:
    """Hold rows out for the score, and part the others for one network or for several."""
    parts = split(n_rows, settings.test, settings.seed, labels)
    rest = np.sort(np.concatenate([parts.train, parts.validation]))
    count = recipe.n_members(len(rest), settings.ensemble)
    if count == 1:
        return parts, (Fold(parts.train, parts.validation),)
    if len(rest) < count:
        raise TableError(f"{len(rest)} rows to learn from are too few for an ensemble of {count} networks")
    cut = folds(rest, max(FEWEST_FOLDS, count), settings.seed, labels)[:count]
    return Parts(rest, rest[:0], parts.test), cut


def _trivial(plan: Plan) -> Any:
    rows, target = plan.rows, plan.target
    seen = np.unique(np.concatenate([fold.learn for fold in plan.folds]))
    weight = rows.weight[seen] if rows.weight is not None and rows.weight[seen].any() else None
    if isinstance(target, ClassTarget):
        return target.classes[int(np.bincount(rows.learned[seen], weights=weight).argmax())]
    return float(np.average(target.in_unit(rows.learned[seen]), weights=weight))
