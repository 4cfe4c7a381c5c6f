"""Carrying out a plan together with one for each quantile: each has an ensemble of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from math import ceil
from typing import Any

from clearprop.distributed import launch, manner
from clearprop.distributed.launch import in_force
from clearprop.errors import EngineRefusal
from clearprop.files.checkpoints import Checkpoints
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.learning import Learned, carry_out, identity, kept_as, layout
from clearprop.tabular.planning import EnsemblePlan, plan
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.joining import joined, kept_by_first, spread_out

Showing = Callable[[str, int], AbstractContextManager[Iterable[Callback]]]  # from what is trained, and most epochs


def shared(settings: TableSettings, n_trainings: int = 1) -> TableSettings:
    """The settings of each training where main ensemble and quantiles, so many times, share the time limit."""
    limit = settings.time_limit
    return (
        settings if limit is None else replace(settings, time_limit=limit / n_trainings / (1 + len(settings.quantiles)))
    )


def carry_out_all(
    main: EnsemblePlan,
    showing: Showing,
    interrupts: Interrupts,
    on_end: Callable[[], None] | None = None,
    checkpoints: Checkpoints | None = None,
    tell: Callable[[str], object] | None = None,
) -> tuple[Learned, tuple[QuantileNetworks, ...]]:
    """Train the main ensemble, then one for each quantile that its settings ask for.

    Ctrl-C ends what is trained just then, and no further quantile is learned.

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
        As for `clearprop.distributed.settings`.
    """
    found: list[Learned] = []
    quantiles = main.settings.quantiles

    def carry(ready: EnsemblePlan, name: str, is_last: bool) -> None:
        def end() -> None:
            if on_end is not None and (is_last or interrupts.came):
                on_end()

        found.append(_carried_out(ready, name, showing, end, interrupts, checkpoints, tell))

    networks: tuple[QuantileNetworks, ...] = ()
    whole = came = False
    while not whole:
        try:
            if came:  # between two trainings, or after the last
                interrupts.note()
            if not found:
                carry(main, "", not quantiles)
            for quantile in quantiles[len(found) - 1 :]:
                if interrupts.came:
                    break
                ready = plan(
                    main.rows, main.target, main.settings, parts=main.folds, quantile=quantile, stream=main.stream
                )
                carry(ready, f"quantile {quantile:g}", quantile == quantiles[-1])
            networks = tuple(
                QuantileNetworks(quantile, each.thetas, each.shift)
                for quantile, each in zip(quantiles, found[1:], strict=False)
                if each.is_whole
            )
            whole = True
        except KeyboardInterrupt:
            if not found:
                raise
            came = True
    return found[0], networks


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
    if ready.stream is not None and launch() is not None:
        raise EngineRefusal(
            "a table that stays on the disk is learned from by one process: start it without torchrun, or give it the "
            "memory to hold the rows (--memory)"
        )
    if launch() is not None and len(ready.folds) > 1 and in_force().spreads:
        return _spread(ready, name, showing, on_end, interrupts, checkpoints)
    job, engine = ready.jobs[0], ready.choice.engine
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
