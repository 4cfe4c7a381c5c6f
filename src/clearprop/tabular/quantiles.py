"""Carrying out a plan together with one for each quantile: each has an ensemble of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace

from clearprop.files.checkpoints import Checkpoints
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.learning import Learned, carry_out, kept_as
from clearprop.tabular.planning import EnsemblePlan, plan
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback
from clearprop.training.interrupts import Interrupts

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
    """
    found: list[Learned] = []
    quantiles = main.settings.quantiles

    def carry(ready: EnsemblePlan, name: str, is_last: bool) -> None:
        def end() -> None:
            if on_end is not None and (is_last or interrupts.came):
                on_end()

        with showing(name, ready.jobs[0].epochs) as callbacks:
            found.append(carry_out(ready, callbacks, end, interrupts, kept_as(ready, name, checkpoints)))

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
