"""From a table to all that training needs: everything that can be wrong with the input is refused here.

It decides the task, splits the rows, fits the encoder on the training rows and encodes all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice, Job
from clearprop.errors import TableError
from clearprop.network import Network
from clearprop.tables import Encoder, Fold, ImageFormat, Parts, Reading, Target, TaskChoice, fit_encoder
from clearprop.tables.notation import Notation
from clearprop.tabular import recipe
from clearprop.tabular.beside import Beside, check_classes_known, not_later, rows_of_file
from clearprop.tabular.class_weight import class_factors
from clearprop.tabular.leaks import leaks
from clearprop.tabular.own_targets import add_means, hide_own, parts_of
from clearprop.tabular.planning import EncodedRows, EnsemblePlan, plan
from clearprop.tabular.quantiles import shared
from clearprop.tabular.repeats import repeats
from clearprop.tabular.roles import Roles, roles_of
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import Cut, Marks, cut
from clearprop.tabular.start import Start
from clearprop.tabular.target import FoundTarget, find_target, fitted, of_classes, with_targets


@dataclass(frozen=True)
class Prepared:
    """All that training needs, checked; nothing is left that a user's table could do wrong.

    Of a single network, `parts` are the rows that it learns from, those that choose its best epoch, and those held out
    for the score. Of an ensemble the first are the rows that its networks learn from and choose by, each other ones
    (`plan.folds`), and the second are none, unless all choose by the same rows: those of another file, or the latest.
    Rows of other files are numbered on from those of the table.
    """

    settings: TableSettings
    task: TaskChoice
    encoder: Encoder
    target: Target
    images: ImageFormat | None
    parts: Parts
    plan: EnsemblePlan
    notices: tuple[str, ...]

    @property
    def X(self) -> Any:
        """The encoded inputs of all rows, float32 (n_rows, n_inputs)."""
        return self.plan.rows.X

    @property
    def y(self) -> Any:
        """Class numbers, or numbers on the scale that is learned, (n_rows,)."""
        return self.plan.rows.y

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


class Table(NamedTuple):
    """A table whose target and columns with another use have been found and checked."""

    reading: Reading
    settings: TableSettings
    inputs: pa.Table
    columns: tuple[str, ...]
    found: FoundTarget
    roles: Roles
    notations: tuple[Notation, ...]
    notices: tuple[str, ...]
    start: Start | None = None

    @property
    def marks(self) -> Marks:
        """What decides which part a row may be in."""
        return Marks(None if self.found.classes is None else self.found.y, self.roles.groups, self.roles.times)


def table_of(reading: Reading, settings: TableSettings) -> Table:
    """Find the target, the task and the columns with another use; errors as of `prepare`."""
    start = Start.of(settings)
    if start is not None:
        settings = start.asked(settings)
    table, names, notices, notations = with_targets(reading, settings)
    roles = roles_of(table, reading, settings, names)
    found = find_target(table, names, settings)
    if start is not None:
        found, notices = start.found(table, names, found), (*notices, *start.notices)
    return Table(reading, settings, table.drop_columns(list(names)), names, found, roles, notations, notices, start)


def prepare(
    reading: Reading,
    settings: TableSettings,
    tell: Callable[[str], object] | None = None,
) -> Prepared:
    """Decide the task, split the rows, fit the encoder on the training rows and encode all of them.

    Parameters
    ----------
    reading : Reading
    settings : TableSettings
    tell : callable, optional
        As for `clearprop.engines.choose`.

    Raises
    ------
    TableError, InputError
        For everything about the table or the settings that cannot be used, before any training.
    """
    return prepare_table(table_of(reading, settings), tell=tell)


def prepare_table(
    table: Table, held_out: Fold | None = None, *, tell: Callable[[str], object] | None = None
) -> Prepared:
    """As `prepare`, for a table that is known; `held_out` are rows to learn from and to hold out, chosen already."""
    settings, roles, found = table.settings, table.roles, table.found
    chosen = _cut(table, held_out)
    train = chosen.parts.train
    counted = train if roles.weight is None else train[roles.weight[train] > 0]
    if not len(counted):
        raise TableError(f"the weight {settings.weights!r} is 0 in all {len(train):,} rows to learn from")
    target = fitted(found, table.columns, counted, settings, table.notations)
    if table.start is not None:
        target = table.start.target(target)
    encoder, notices = _encoder(table, counted, target)
    X, remarks = encoder.encode(table.inputs)
    doubts = leaks(table.inputs, encoder, target, X, found.y)
    said = (str(remark) for remark in remarks if remark.kind not in ("rare", "order"))  # notices say more
    encoded = EncodedRows(X, found.y, roles.weight, encoder.number_inputs)
    rows, chosen, beside = _with_others(table, encoded, chosen, encoder, target)
    doubts += repeats(rows.X, rows.y, encoder, chosen.folds, chosen.parts)
    _hide_own(table, rows.X, encoder, counted, target, chosen.folds)  # after what looks for rows that are repeated
    factors = class_factors(settings.class_weight, target, found.y, roles.weight)
    before = (*table.reading.notices, *table.notices, *of_classes(found.classes, found.y), *roles.notices)
    return Prepared(
        settings=_as_named(settings, table.reading, table.columns),
        task=found.task,
        encoder=encoder,
        target=target,
        images=table.reading.images,
        parts=chosen.parts,
        plan=plan(
            rows,
            target,
            shared(settings, target.task),
            parts=chosen.folds,
            class_weight=factors,
            start=table.start,
            tell=tell,
        ),
        notices=(*before, *notices, *said, *beside, *doubts),
    )


def _hide_own(table: Table, X: Any, encoder: Encoder, counted: Any, target: Target, learning: Sequence[Fold]) -> None:
    """Make the means of the target in X anew, each from other rows than its own; of one that was fitted."""
    if table.start is None:
        marks, weight = table.marks, table.roles.weight
        parts = parts_of(counted, learning, table.settings.seed, marks.labels, marks.groups)
        hide_own(X, encoder, table.inputs, counted, target, table.found.y, weight, parts)


def _cut(table: Table, held_out: Fold | None) -> Cut:
    """The parts of the table; none of its rows is held out, or chooses the epoch, where a file does."""
    n_rows, none, settings = table.inputs.num_rows, np.arange(0), table.settings
    if held_out is None and settings.test_file is not None:
        held_out = Fold(np.arange(n_rows), none)
    return cut(
        n_rows, table.marks, settings, held_out=held_out, validation=None if settings.validation_file is None else none
    )


def _as_named(settings: TableSettings, reading: Reading, targets: tuple[str, ...]) -> TableSettings:
    """The settings with the columns by their names, where a file without a header lets them be numbered."""

    def named(name: str | None) -> str | None:
        return None if name is None else reading.column(name)

    return replace(
        settings,
        target=targets[0] if len(targets) == 1 else targets,
        group=named(settings.group),
        time_column=named(settings.time_column),
        weights=named(settings.weights),
        keep=tuple(map(reading.column, settings.keep)),
        category=tuple(map(reading.column, settings.category)),
    )


def _with_others(
    table: Table, rows: EncodedRows, chosen: Cut, encoder: Encoder, target: Target
) -> tuple[EncodedRows, Cut, tuple[str, ...]]:
    """The rows with those of the other files behind them, in the parts that they are for; and what was noted."""
    settings, reading, times = table.settings, table.reading, table.roles.times
    parts, folds = chosen
    notices: tuple[str, ...] = ()
    last = None if times is None else times[np.concatenate([parts.train, parts.validation])].max()
    for part, path in {"validation": settings.validation_file, "test": settings.test_file}.items():
        if path is None:
            continue
        other = rows_of_file(path, encoder, target, reading.images, settings, reading)
        new = np.arange(len(other.y)) + len(rows.y)
        notices += other.notices
        if last is not None:
            notices += not_later(path, other.times, last, settings.time_column)
            last = max(last, other.times.max())
        if part == "validation":
            check_classes_known(path, other, target)
            folds = tuple(Fold(fold.learn, new) for fold in folds)
        rows, parts = _joined(rows, other), parts._replace(**{part: new})
    return rows, Cut(parts, folds), notices


def _encoder(table: Table, train: Any, target: Target) -> tuple[Encoder, tuple[str, ...]]:
    reading, settings, left_out = table.reading, table.settings, table.roles.left_out
    if table.start is not None:
        return table.start.encoder, ()
    drop = tuple(left_out)
    drop += ("file",) if reading.images is not None and "file" not in drop else ()
    fitted = fit_encoder(
        table.inputs,
        rows=train,
        drop=drop,
        fewest_bins=recipe.FEWEST_BINS[target.task],
        read=settings.read,
        decimal=reading.decimal,
        strict=True,
        categories=tuple(map(reading.column, settings.category)),
    )
    y, weight = (None if of_all is None else of_all[train] for of_all in (table.found.y, table.roles.weight))
    encoder, said = add_means(fitted.encoder, table.inputs.take(pa.array(train)), target, y, weight, settings)
    return replace(encoder, left_out={**encoder.left_out, **left_out}), (*fitted.notices, *said)


def _joined(rows: EncodedRows, other: Beside) -> EncodedRows:
    weight = None if rows.weight is None else np.concatenate([rows.weight, other.weight])
    return rows._replace(X=np.concatenate([rows.X, other.X]), y=np.concatenate([rows.y, other.y]), weight=weight)
