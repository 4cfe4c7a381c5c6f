"""Which column is the target, the rows that have one, and what is learned of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import InputError, TableError
from clearprop.tables import (
    ClassTarget,
    CountTarget,
    NumberTargets,
    Reading,
    Target,
    TaskChoice,
    alike,
    as_kind,
    column_types,
    columns,
    decide_task,
    fit_class_target,
    fit_number_target,
    missing_column,
    missing_rows,
    target_numbers,
)
from clearprop.tables.kinds import Kind, kinds
from clearprop.tables.notation import Notation
from clearprop.tables.number_target import not_negative
from clearprop.tables.spelling import rows_in_words
from clearprop.tables.storage import plain
from clearprop.tabular.actual import without_missing
from clearprop.tabular.metrics import METRICS
from clearprop.tabular.settings import TableSettings

FEWEST_ROWS = 10
FEWEST_OF_A_CLASS = 5  # rows, so that each of the networks has one to choose the best epoch by
MOST_SHOWN = 10


def _padded(column: pa.ChunkedArray) -> tuple[str, ...]:
    """A note of blanks around the values of a text."""
    if not pa.types.is_string(column.type):
        return ()
    n = pc.sum(pc.not_equal(pc.utf8_trim_whitespace(column), column)).as_py() or 0
    many = f"{n:,} values have blanks around them" if n > 1 else "1 value has blanks around it"
    return (f"{many}, which do not count",) if n else ()


def of_classes(classes: ClassTarget | None, y: Any) -> tuple[str, ...]:
    """Notes of classes that differ only in capitals, and of those that hardly a row has; `y` are class numbers."""
    return () if classes is None else of_counts(classes, np.bincount(y, minlength=classes.n_outputs))


def of_counts(classes: Target, counts: Any) -> tuple[str, ...]:
    """The same where the number of rows of each class is known; nothing of numbers."""
    if not isinstance(classes, ClassTarget):
        return ()
    like = tuple(f"the classes {said}" for said in alike(filter(_is_text, classes.classes)))
    counts = np.asarray(counts, dtype=np.int64)
    rare = [f"{label} ({n:,})" for label, n in zip(classes.classes, counts, strict=True) if n < FEWEST_OF_A_CLASS]
    if not rare:
        return like
    shown = ", ".join(rare[:MOST_SHOWN]) + (", …" if len(rare) > MOST_SHOWN else "")
    which = "a class has" if len(rare) == 1 else f"{len(rare):,} classes have"
    return (
        *like,
        f"{which} fewer than {FEWEST_OF_A_CLASS} rows, too few to be learned and scored: {shown}; join each with "
        "another class, or leave its rows out",
    )


def _is_text(label: object) -> TypeGuard[str]:
    return isinstance(label, str)


def with_target(reading: Reading, settings: TableSettings) -> tuple[pa.Table, str, tuple[str, ...], Notation]:
    """The table without rows that have no target, the target's name, what was understood of it, and its notation."""
    table = reading.table
    named = settings.targets
    name = named[0] if named else reading.default_target
    if name is None and table.num_columns == 1:
        raise TableError(f"the table has the column {table.column_names[0]!r} alone, and none that could be predicted")
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
        table = without_missing(table, name, absent, skip=settings.skip_missing_target)
        notices += (f"the target is missing in {rows_in_words(absent)}: left out",)
    if table.num_rows < FEWEST_ROWS:
        raise TableError(f"there are {table.num_rows} rows with a target; at least {FEWEST_ROWS} are needed")
    return table, name, notices, kind.notation


def with_targets(
    reading: Reading, settings: TableSettings
) -> tuple[pa.Table, tuple[str, ...], tuple[str, ...], tuple[Notation, ...]]:
    """As `with_target`, of one target or several: the table, the names, notes, and the notation of each."""
    if len(settings.targets) < 2:
        table, name, notices, notation = with_target(reading, settings)
        return table, (name,), notices, (notation,)
    names: list[str] = []
    said: list[str] = []
    notations: list[Notation] = []
    for target in settings.targets:
        table, name, notices, notation = with_target(reading, replace(settings, target=target))
        if not column_types.is_number(plain(table.column(name)).type):
            holds = column_types.in_words(table.column(name).type)
            raise TableError(
                f"several targets must all be numbers, and {name!r} holds {holds}; train a model of its own for it"
            )
        reading = reading._replace(table=table)
        names.append(name)
        said.extend(notices)
        notations.append(notation)
    if len(set(names)) < len(names):
        raise InputError(f"a target is named twice: {', '.join(names)}")
    return table, tuple(names), tuple(said), tuple(notations)


class FoundTarget(NamedTuple):
    """What the rows of a table are to be predicted as.

    Attributes
    ----------
    task : TaskChoice
    classes : ClassTarget or None
    y : array of shape (n_rows,), or (n_rows, n_targets) of several
        Class numbers, or numbers on the scale that is learned.
    """

    task: TaskChoice
    classes: ClassTarget | None
    y: Any


def find_target(table: pa.Table, names: tuple[str, ...], settings: TableSettings) -> FoundTarget:
    """Decide the task, and what is learned of each row.

    Raises
    ------
    TableError, InputError
        When the target cannot be learned so, or a setting is for the other task.
    """
    if len(names) > 1:
        task = TaskChoice("regression", "there are several targets")
        check_task(task, ", ".join(names), settings)
        each = [target_numbers(table.column(name), name, settings.log_target) for name in names]
        return FoundTarget(task, None, np.stack(each, axis=1))
    (name,) = names
    actual = table.column(name)
    task = decide_task(actual, name, settings.task, log=settings.log_target)
    if settings.loss is not None and settings.task is None:
        task = TaskChoice("regression", f"the loss {settings.loss} is of numbers")
    check_task(task, name, settings)
    if task.name == "classification":
        classes = fit_class_target(actual, name)
        return FoundTarget(task, classes, classes.codes(actual))
    y = target_numbers(actual, name, settings.log_target)
    return FoundTarget(task, None, not_negative(y, name) if settings.loss == "poisson" else y)


def fitted(
    found: FoundTarget, names: tuple[str, ...], train: Any, settings: TableSettings, notations: tuple[Notation, ...]
) -> Target:
    """The target, or the several, as their training rows are."""
    if found.classes is not None:
        return found.classes
    values = found.y[train].reshape(len(train), len(names))
    each = tuple(
        fit_number_target(values[:, k], name, log=settings.log_target, notation=notation)
        for k, (name, notation) in enumerate(zip(names, notations, strict=True))
    )
    if settings.loss == "poisson":
        return CountTarget.of(each[0], each[0].centre)
    return each[0] if len(each) == 1 else NumberTargets(each)


def check_task(task: TaskChoice, name: str, settings: TableSettings) -> None:
    """Refuse settings that are for the other task."""
    is_number = task.name == "regression"
    if is_number and (settings.probabilities or settings.class_weight is not None):
        option = "--probabilities" if settings.probabilities else "--class-weight"
        raise InputError(
            f"{option} is for classes, and {name!r} is learned as a number ({task.reason}); leave it out, or "
            "ask for --task classification"
        )
    if not is_number and settings.loss is not None:
        raise InputError(
            f"--loss {settings.loss} is for numbers, and {name!r} is learned as classes ({task.reason}); leave it out, "
            "or ask for --task regression"
        )
    if not is_number and settings.quantiles:
        raise InputError(
            f"--quantiles are for numbers, and {name!r} is learned as classes ({task.reason}); leave them out, or ask "
            "for --task regression"
        )
    metric = settings.metric
    if metric is not None and METRICS[metric].task != task.name:
        others = ", ".join(other for other, each in METRICS.items() if each.task == task.name)
        raise InputError(
            f"the metric {metric} is for {METRICS[metric].task}, and {name!r} is learned by {task.name} "
            f"({task.reason}); choose one of {others}"
        )
