"""Training what was prepared of a table, and the `TableModel` that comes of it. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from clearprop.engines.hardware import HOST, Hardware
from clearprop.files.checkpoints import Checkpoints
from clearprop.tables import Encoder
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.importance import importances
from clearprop.tabular.learning import Learned
from clearprop.tabular.model import TableModel
from clearprop.tabular.planning import EnsemblePlan
from clearprop.tabular.preparation import Prepared
from clearprop.tabular.quality import DEFAULT
from clearprop.tabular.quantiles import Showing, carry_out_all
from clearprop.tabular.seen import learned_rows, seen
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.summary import summary
from clearprop.training import Callback, Fit
from clearprop.training.interrupts import Interrupts

OF_START = ("start", "frozen", "layer_rates")  # settings of going on from a model


@dataclass(frozen=True)
class TableFit:
    """A trained model, and how it came about."""

    model: TableModel
    fit: Fit


def train(
    ready: Prepared,
    callbacks: Iterable[Callback] = (),
    sources: Mapping[str, Any] | None = None,
    on_end: Callable[[], None] | None = None,
    showing: Showing | None = None,
    checkpoints: Checkpoints | None = None,
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
    checkpoints : Checkpoints, optional
        Where the training is kept while it is under way, and goes on.

    Raises
    ------
    FileError
        When the checkpoints are those of another training.
    DivergenceError
        When the loss is not finite any more.
    """
    interrupts = Interrupts()
    done, quantiles = carry_out_all(ready.plan, showing or _with(tuple(callbacks)), interrupts, on_end, checkpoints)
    interrupts.raise_again()
    return of_learned(ready, done, sources, quantiles)


def of_learned(
    ready: Prepared,
    done: Learned,
    sources: Mapping[str, Any] | None = None,
    quantiles: tuple[QuantileNetworks, ...] = (),
) -> TableFit:
    """The model of networks that are trained, scored on the held-out rows; as `train` returns it."""
    rows = {name: len(part) for name, part in ready.parts._asdict().items()}
    kept = {**_kept(ready.settings), **(sources or {}), "rows": rows}
    model = replace(model_of(ready.plan, done, ready.encoder, settings=kept, quantiles=quantiles), images=ready.images)
    test, weight = ready.parts.test, ready.plan.rows.weight
    if len(test) == 0:
        return TableFit(model, done.fit)
    if ready.plan.stream is not None:
        from clearprop.tabular.streamed import scores_held_out

        stream = ready.plan.stream
        return TableFit(replace(model, held_out=scores_held_out(model, stream.rows, stream.shared)), done.fit)
    scores = model.scored(ready.X[test], ready.y[test], None if weight is None else weight[test])
    return TableFit(replace(model, held_out=scores), done.fit)


def _with(callbacks: tuple[Callback, ...]) -> Showing:
    return lambda name, epochs: nullcontext(callbacks)


def _kept(settings: TableSettings) -> dict[str, Any]:
    """The settings as JSON holds them, but for the number of threads, on which nothing depends."""
    factors = settings.class_weight
    if isinstance(factors, Mapping):
        factors = {str(label): float(factor) for label, factor in factors.items()}
    start = None if settings.start is None else Path(settings.start).name  # a model names no file of another folder
    plain = replace(settings, class_weight=None, n_threads=None, start=None)
    kept = {**asdict(plain), "class_weight": factors}
    if settings.hardware == HOST:  # of the torch engine alone
        kept = {name: value for name, value in kept.items() if name not in Hardware._fields}
    unasked = {"waves": None, "target_means": None, "loss": None, "threshold": None, "quality": DEFAULT}
    kept = {name: value for name, value in kept.items() if name not in unasked or value != unasked[name]}
    begun = {name: kept.pop(name) for name in OF_START}
    return kept if start is None else {**kept, **begun, "from": start, "activation": None}


def model_of(
    plan: EnsemblePlan,
    done: Learned,
    encoder: Encoder,
    *,
    settings: Mapping[str, Any],
    quantiles: tuple[QuantileNetworks, ...] = (),
    is_hurried: bool = False,
) -> TableModel:
    """The model that a carried-out plan makes; what was planned and what became of it go into its settings.

    Whoever is in a hurry gets no importances of columns, which may take a fiftieth of the time of training.
    """
    if plan.stream is None:
        learned = learned_rows(len(plan.rows.X), plan.folds)
        trivial, ends = _trivial(plan, learned), seen(plan.rows.X, learned, encoder)
        remembered: Mapping[str, Any] = summary(plan.rows.X, learned, encoder)
    else:
        trivial, ends, remembered = plan.stream.trivial, dict(plan.stream.seen), plan.stream.summary
    return TableModel(
        network=plan.network,
        thetas=done.thetas,
        encoder=encoder,
        target=done.of(plan.target),
        trivial=trivial,
        settings={
            **settings,
            "hidden": plan.network.widths[1:-1],
            "ensemble": len(done.thetas),
            **({"recipes": list(done.recipes)} if done.recipes else {}),
            "epochs_planned": plan.jobs[0].epochs,
            "epochs_done": len(done.fit.history),
            "batch_size": plan.jobs[0].batch_size,
            "ended": done.fit.reason,
            "importances": None if is_hurried else importances(plan, done, encoder),
            "seen": ends,
            "summary": remembered,
        },
        temperature=done.temperature,
        conformity=done.conformity,
        quantiles=quantiles,
        jobs=done.jobs or plan.jobs,
    )


def _trivial(plan: EnsemblePlan, learned: Any) -> Any:
    """What the trivial predictor always says, from the rows learned from."""
    rows = plan.rows
    weight = rows.weight[learned] if rows.weight is not None and rows.weight[learned].any() else None
    return plan.target.trivial(rows.y[learned], weight)
