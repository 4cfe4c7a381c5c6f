"""Carrying out a plan together with those of other recipes and of quantiles: each has an ensemble of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from math import ceil
from typing import Any

from clearprop.distributed import launch, manner
from clearprop.distributed.launch import grown, in_force
from clearprop.errors import DivergenceError, EngineRefusal
from clearprop.files.checkpoints import Checkpoints
from clearprop.tabular.choosing import Variant, variants
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.learning import Learned, as_begun, carry_out, identity, kept_as, layout
from clearprop.tabular.members import of_recipes
from clearprop.tabular.planning import EnsemblePlan, plan
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.joining import joined, kept_by_first, spread_out

Showing = Callable[[str, int], AbstractContextManager[Iterable[Callback]]]  # from what is trained, and most epochs


def shared(settings: TableSettings, task: str) -> TableSettings:
    """The settings of each training where all recipes and quantiles share the time limit."""
    limit, count = settings.time_limit, len(variants(task, settings)) + len(settings.quantiles)
    return settings if limit is None else replace(settings, time_limit=limit / count)


def expected_seconds(main: EnsemblePlan) -> float | None:
    """About how long all of it takes, by a short trial of the main networks; None where that is not known.

    A trial takes some hundredths of a second. At most it is the time limit.
    """
    each, settings = main.seconds_per_epoch(), main.settings
    if each is None:
        return None
    recipes = variants(main.target.task, settings)
    epochs = [1.0 if settings.epochs is not None else recipe.epochs for recipe in recipes]
    found = each * main.jobs[0].epochs * (sum(epochs) + len(settings.quantiles))
    limit = settings.time_limit
    return found if limit is None else min(found, limit * (len(recipes) + len(settings.quantiles)))


def carry_out_all(
    main: EnsemblePlan,
    showing: Showing,
    interrupts: Interrupts,
    on_end: Callable[[], None] | None = None,
    checkpoints: Checkpoints | None = None,
    tell: Callable[[str], object] | None = None,
) -> tuple[Learned, tuple[QuantileNetworks, ...]]:
    """Train the main ensemble, those of other recipes, and one for each quantile that its settings ask for.

    Ctrl-C ends what is trained just then, and nothing further is learned. A further recipe that diverges is left out.

    Parameters
    ----------
    main : EnsemblePlan
        Its time limit is that of each training: see `shared`.
    showing : callable
        Gives a context whose callbacks see every epoch of a training.
    interrupts : Interrupts
        Told of every Ctrl-C.
    on_end : callable, optional
        Called when the last epoch of all is over, before anything else is computed.
    checkpoints : Checkpoints, optional
        Where each training is kept, and goes on.
    tell : callable, optional
        As for `clearprop.distributed.settings`; it is also told how long all will take.
    """
    if tell is not None and (expected := expected_seconds(main)) is not None:
        tell(f"training will take about {expected:.1f} s")
    found: list[Learned | None] = []
    recipes, quantiles = variants(main.target.task, main.settings), main.settings.quantiles
    names = ("", *(f"recipe {k}" for k in range(2, len(recipes) + 1)), *(f"quantile {q:g}" for q in quantiles))

    def carry(place: int) -> None:
        def end() -> None:
            if on_end is not None and (place == len(names) - 1 or interrupts.came):
                on_end()

        is_further = 0 < place < len(recipes)
        try:
            ready = _planned(main, recipes, place)
            found.append(_carried_out(ready, names[place], showing, end, interrupts, checkpoints, tell))
        except DivergenceError as error:
            if not is_further:
                raise
            found.append(None)
            warnings.warn(f"recipe {place + 1} of {len(recipes)} diverged and is left out: {error}", stacklevel=2)

    learned, networks = None, tuple[QuantileNetworks, ...]()
    came = False
    while learned is None:
        try:
            if came:  # between two trainings, or after the last
                interrupts.note()
            while len(found) < len(names) and not (found and interrupts.came):
                carry(len(found))
            networks = tuple(
                QuantileNetworks(quantile, each.thetas, each.shift)
                for quantile, each in zip(quantiles, found[len(recipes) :], strict=False)
                if each is not None and each.is_whole
            )
            learned = of_recipes(main, found[: len(recipes)], recipes)
        except KeyboardInterrupt:
            if not found:
                raise
            came = True
    return learned, networks


def _planned(main: EnsemblePlan, recipes: tuple[Variant, ...], place: int) -> EnsemblePlan:
    """The plan of the training at this place: the main one, those of further recipes, those of the quantiles."""
    if place == 0:
        return main
    is_quantile = place >= len(recipes)
    return plan(
        main.rows,
        main.target,
        main.settings,
        parts=main.folds,
        class_weight=None if is_quantile else main.jobs[0].class_weight,
        quantile=main.settings.quantiles[place - len(recipes)] if is_quantile else None,
        stream=main.stream,
        variant=recipes[0] if is_quantile else recipes[place],
    )


def _carried_out(
    ready: EnsemblePlan,
    name: str,
    showing: Showing,
    on_end: Callable[[], None],
    interrupts: Interrupts,
    checkpoints: Checkpoints | None,
    tell: Callable[[str], object] | None,
) -> Learned:
    """One training, together with the other processes where there are any."""
    if launch() is None:
        ready = as_begun(ready, name, checkpoints)
    elif len(ready.folds) > 1 and in_force().spreads:
        return _spread(ready, name, showing, on_end, interrupts, checkpoints)
    ready = replace(ready, jobs=tuple(map(grown, ready.jobs)))
    job, engine = ready.jobs[0], ready.choice.engine
    if ready.stream is not None and launch() is not None and in_force().sync_every > 1:
        raise EngineRefusal("local steps need all rows in memory: leave sync_every out, or give it more (--memory)")
    with joined(engine, job, layout(ready), lambda: identity(ready), tell) as joint:
        kept = joint.kept(kept_as(ready, name, checkpoints, manner()))
        if joint.engine is not engine:  # networks one after the other: processes must meet in the same order
            ready = replace(ready, choice=ready.choice._replace(engine=joint.engine, n_threads=1))
        with showing(name, job.epochs) as callbacks:
            return carry_out(ready, callbacks, on_end, interrupts, kept)


def _spread(
    ready: EnsemblePlan,
    name: str,
    showing: Showing,
    on_end: Callable[[], None],
    interrupts: Interrupts,
    checkpoints: Checkpoints | None,
) -> Learned:
    """One training whose networks the processes have between them: each with the bits that it has alone."""
    halt, job = Halt(), ready.jobs[0]
    made_with = ready.choice.engine.made_with(job, layout(ready))

    def alike() -> dict[str, Any]:
        return {"engine": made_with, **identity(ready)}

    def says(n_processes: int) -> str:
        each = ceil(len(ready.folds) / n_processes)
        return (
            f"{n_processes} processes: the {len(ready.folds)} networks are shared out, at most {each} to each, as that "
            "needs no exchange but after each epoch; they have the bits that they have in one process"
        )

    with spread_out(halt, alike, says) as among, halt.over_fits():
        kept = kept_by_first(among, kept_as(ready, name, checkpoints))
        with showing(name, job.epochs) as callbacks:
            return carry_out(ready, callbacks, on_end, interrupts, kept, among)
