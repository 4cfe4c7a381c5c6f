"""From a table to a `TableModel`: prepare all that can go wrong with input first, then train. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice, Job
from clearprop.errors import TableError
from clearprop.network import Network
from clearprop.tables import (
    ClassTarget,
    Encoder,
    Fold,
    ImageFormat,
    NumberTargets,
    Parts,
    Reading,
    Target,
    Task,
    fit_encoder,
)
from clearprop.tables.notation import Notation
from clearprop.tabular import recipe
from clearprop.tabular.beside import Beside, check_classes_known, rows_of_file
from clearprop.tabular.class_weight import class_factors
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.importance import importances
from clearprop.tabular.learning import Learned, Plan, Rows, carry_out, plan
from clearprop.tabular.model import TableModel
from clearprop.tabular.quantiles import Showing, carry_out_all, shared
from clearprop.tabular.roles import Roles, roles_of
from clearprop.tabular.seen import learned_rows, seen
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import Cut, Marks, cut
from clearprop.tabular.target import Learned as LearnedTarget
from clearprop.tabular.target import fitted, learned_of, of_like_classes, with_targets
from clearprop.training import Callback, Fit
from clearprop.training.interrupts import Interrupts


@dataclass(frozen=True)
class Prepared:
    """All that training needs, checked; nothing is left that a user's table could do wrong.

    Of a single network, `parts` are the rows that it learns from, those that choose its best epoch, and those held out
    for the score. Of an ensemble the first are the rows that its networks learn from and choose by, each other ones
    (`plan.folds`), and the second are none, unless all choose by the same rows: those of another file, or the latest.
    Rows of other files are numbered on from those of the table.
    """

    settings: TableSettings
    task: Task
    encoder: Encoder
    target: Target
    images: ImageFormat | None
    parts: Parts
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


class Table(NamedTuple):
    """A table whose target and columns with another use have been found and checked."""

    reading: Reading
    settings: TableSettings
    inputs: pa.Table
    columns: tuple[str, ...]
    found: LearnedTarget
    roles: Roles
    notations: tuple[Notation, ...]
    notices: tuple[str, ...]

    @property
    def marks(self) -> Marks:
        """What decides which part a row may be in."""
        return Marks(None if self.found.classes is None else self.found.values, self.roles.groups, self.roles.times)


def table_of(reading: Reading, settings: TableSettings) -> Table:
    """Find the target, the task and the columns with another use; errors as of `prepare`."""
    table, names, notices, notations = with_targets(reading, settings)
    roles = roles_of(table, reading, settings, names)
    found = learned_of(table, names, settings)
    return Table(reading, settings, table.drop_columns(list(names)), names, found, roles, notations, notices)


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
    return prepare_table(table_of(reading, settings), n_threads=n_threads, tell=tell)


def prepare_table(
    table: Table,
    held_out: Fold | None = None,
    *,
    n_threads: int | None = None,
    tell: Callable[[str], object] | None = None,
) -> Prepared:
    """As `prepare`, for a table that is known; `held_out` are rows to learn from and to hold out, chosen already."""
    reading, settings, roles, found = table.reading, table.settings, table.roles, table.found
    images = reading.images
    n_rows = table.inputs.num_rows
    none = np.arange(0)
    chosen = cut(
        n_rows,
        table.marks,
        settings,
        held_out=held_out or (None if settings.test_file is None else Fold(np.arange(n_rows), none)),
        validation=None if settings.validation_file is None else none,
    )
    train = chosen.parts.train
    counted = train if roles.weight is None else train[roles.weight[train] > 0]
    if not len(counted):
        raise TableError(f"the weight {settings.weights!r} is 0 in all {len(train):,} rows to learn from")
    target = fitted(found, table.columns, counted, settings, table.notations)
    encoder, notices = _encoder(table, counted, target)
    X, remarks = encoder.encode(table.inputs)
    remarks = tuple(remark for remark in remarks if remark.kind not in ("rare", "order"))  # notices say more
    rows, chosen, beside = _with_others(table, Rows(X, found.values, roles.weight), chosen, encoder, target)
    factors = class_factors(settings.class_weight, target, found.values)
    settings = _as_named(settings, reading, table.columns)
    asked = replace(shared(settings), n_threads=n_threads or settings.n_threads)
    return Prepared(
        settings=settings,
        task=found.task,
        encoder=encoder,
        target=target,
        images=images,
        parts=chosen.parts,
        plan=plan(rows, target, asked, parts=chosen.folds, class_weight=factors, tell=tell),
        notices=(
            *reading.notices, *table.notices, *of_like_classes(target), *roles.notices, *notices, *map(str, remarks),
            *beside,
        ),
    )  # fmt: skip


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
    )


def _with_others(
    table: Table, rows: Rows, chosen: Cut, encoder: Encoder, target: Target
) -> tuple[Rows, Cut, tuple[str, ...]]:
    """The rows with those of the other files behind them, in the parts that they are for; and what was noted."""
    settings, reading = table.settings, table.reading
    parts, folds = chosen
    notices: tuple[str, ...] = ()
    for part, path in {"validation": settings.validation_file, "test": settings.test_file}.items():
        if path is None:
            continue
        other = rows_of_file(path, encoder, target, reading.images, settings, reading)
        new = np.arange(len(other.learned)) + len(rows.learned)
        if part == "validation":
            check_classes_known(path, other, target)
            folds = tuple(Fold(fold.learn, new) for fold in folds)
        rows, parts, notices = _joined(rows, other), parts._replace(**{part: new}), (*notices, *other.notices)
    return rows, Cut(parts, folds), notices


def _encoder(table: Table, train: Any, target: Target) -> tuple[Encoder, tuple[str, ...]]:
    reading, settings, left_out = table.reading, table.settings, table.roles.left_out
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
    )
    return replace(fitted.encoder, left_out={**fitted.encoder.left_out, **left_out}), fitted.notices


def _joined(rows: Rows, other: Beside) -> Rows:
    weight = None if rows.weight is None else np.concatenate([rows.weight, other.weight])
    return Rows(np.concatenate([rows.X, other.X]), np.concatenate([rows.learned, other.learned]), weight)


def train(
    ready: Prepared,
    callbacks: Iterable[Callback] = (),
    sources: Mapping[str, Any] | None = None,
    on_end: Callable[[], None] | None = None,
    showing: Showing | None = None,
) -> TableFit:
    """Train until the validation rows are predicted no better, put the best weights back, and score the held-out rows.

    Ctrl-C ends training as any other reason does; a second one soon after is raised.

    Parameters
    ----------
    ready : Prepared
    callbacks : iterable of callable
        Each gets every Epoch.
    sources : mapping, optional
        What to keep about the table's origin, beside the settings.
    on_end : callable, optional
        Called when the last epoch is over, before the networks are scored.
    showing : callable, optional
        Instead of callbacks: given what is trained ("" for the main networks, "quantile 0.05") and its most epochs, a
        context whose callbacks see them.

    Raises
    ------
    DivergenceError
        When the loss is not finite any more.
    """
    if ready.settings.quantiles or showing is not None:
        interrupts = Interrupts()
        done, quantiles = carry_out_all(ready.plan, showing or _with(tuple(callbacks)), interrupts, on_end)
        interrupts.raise_again()
    else:
        done, quantiles = carry_out(ready.plan, callbacks, on_end), ()
    rows = {name: len(part) for name, part in ready.parts._asdict().items()}
    kept = {**_kept(ready.settings), **(sources or {}), "rows": rows}
    model = replace(model_of(ready.plan, done, ready.encoder, settings=kept, quantiles=quantiles), images=ready.images)
    test, weight = ready.parts.test, ready.plan.rows.weight
    if len(test) == 0:
        return TableFit(model, done.fit)
    scores = model.scored(ready.X[test], ready.learned[test], None if weight is None else weight[test])
    return TableFit(replace(model, held_out=scores), done.fit)


def _with(callbacks: tuple[Callback, ...]) -> Showing:
    return lambda name, epochs: nullcontext(callbacks)


def _kept(settings: TableSettings) -> dict[str, Any]:
    """The settings as JSON holds them."""
    factors = settings.class_weight
    if isinstance(factors, Mapping):
        factors = {str(label): float(factor) for label, factor in factors.items()}
    return {**asdict(replace(settings, class_weight=None)), "class_weight": factors}


def model_of(
    plan: Plan,
    done: Learned,
    encoder: Encoder,
    *,
    settings: Mapping[str, Any],
    quantiles: tuple[QuantileNetworks, ...] = (),
) -> TableModel:
    """The model that a carried-out plan makes; what was planned and what became of it go into its settings."""
    learned = learned_rows(len(plan.rows.X), plan.folds)
    return TableModel(
        network=plan.network,
        thetas=done.thetas,
        encoder=encoder,
        target=plan.target,
        trivial=_trivial(plan, learned),
        settings={
            **settings,
            "hidden": plan.network.widths[1:-1],
            "ensemble": len(plan.folds),
            "epochs_planned": plan.jobs[0].epochs,
            "epochs_done": len(done.fit.history),
            "batch_size": plan.jobs[0].batch_size,
            "recipes": [recipe.kept(job) for job in plan.jobs],
            "ended": done.fit.reason,
            "importances": importances(plan, done, encoder),
            "seen": seen(plan.rows.X, learned, encoder),
        },
        temperature=done.temperature,
        quantiles=quantiles,
    )


def _trivial(plan: Plan, learned: Any) -> Any:
    rows, target = plan.rows, plan.target
    weight = rows.weight[learned] if rows.weight is not None and rows.weight[learned].any() else None
    if isinstance(target, ClassTarget):
        return target.classes[int(np.bincount(rows.learned[learned], weights=weight).argmax())]
    mean = np.average(target.in_unit(rows.learned[learned]), weights=weight, axis=0)
    return mean.tolist() if isinstance(target, NumberTargets) else float(mean)
