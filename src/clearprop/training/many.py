"""`train_many`: different networks on the same rows, side by side, each as if it were alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from clearprop.engines.cores import threads_granted, usable_cores
from clearprop.errors import DivergenceError
from clearprop.job import History
from clearprop.network import Network
from clearprop.training.crew import Done
from clearprop.training.fit import Fitting
from clearprop.training.halting import Halt
from clearprop.training.members import Making, Member
from clearprop.training.progress import shown_many
from clearprop.training.side_by_side import NOT_BEGUN, side_by_side
from clearprop.training.source import OneNetwork
from clearprop.training.train import check_callbacks
from clearprop.training.trained_many import TrainedMany, TrainedOne

# Of one core, about. They decide who begins first and how many go at once, and no bit of any result.
OPERATIONS_A_SECOND, SECONDS_AN_UPDATE = 5e10, 2e-6
SECONDS_A_CALL = 1e-4  # of Python's, before and after one of compiled code; its lock lets one thread go on at a time


def train_many(
    networks: Sequence[Network | Mapping[str, Any]],
    X: Any,
    Y: Any,
    *,
    time_limit: float | None = None,
    n_threads: int | None = None,
    callbacks: Sequence[Callable[[TrainedOne], Any]] = (),
    verbose: bool = False,
    **shared: Any,
) -> TrainedMany:
    """Train different networks on the same rows, side by side on all cores.

    Each has the bits that `train` gives it alone, on any number of threads and whatever is trained beside it. One that
    stops leaves its core to the next; those that take longest are begun first. One that diverges ends no other.

    Parameters
    ----------
    networks : sequence of Network or mapping
        The networks, or for each a mapping with its ``network`` and what `train` is told of it alone: ``params`` to
        start from, ``optimizer``, ``epochs``, ``batch_size``, ``dropout``, ``seed``, ``patience``, ``validation`` and
        the like. Widths, depths, activations and losses may differ. Without ``params`` a network begins with
        ``network.initial(seed)``, of the type of X.
    X : array of shape (n_samples, n₀)
        float32 stays float32, everything else becomes float64.
    Y : array of shape (n_samples, n_L)
    time_limit : float, optional
        Seconds for all of them together; those under way are then ended, with their best weights so far.
        (``max_seconds`` is the limit of each.)
    n_threads : int, optional
        How many cores all of them may use together; by default those that the process has.
    callbacks : sequence of callable
        Each gets every network that has ended, as a `TrainedOne`; one that returns True ends all.
    verbose : bool
        Show a bar on a terminal, print a line for each network that has ended otherwise.
    **shared
        What `train` is told of all of them: ``optimizer``, ``epochs``, … as above.

    Returns
    -------
    TrainedMany

    Raises
    ------
    InputError
        When an argument cannot be used, before anything is trained; it says of which network.
    KeyboardInterrupt
        When Ctrl-C comes a second time within two seconds; one alone ends all, and what each has learned is returned.

    Warns
    -----
    UserWarning
        For each time that a network diverged and went on, with on_divergence="retry".

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, adam, train_many
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> wide, deep = Network.mlp([1, 16, 1]), Network.mlp([1, 4, 4, 1], hidden="tanh")
    >>> members = [wide, {"network": deep, "optimizer": adam(0.01), "seed": 7}]
    >>> found = train_many(members, X, X**2, epochs=20)
    >>> [(member.name, len(member.history)) for member in found]
    [('1-16-1', 20), ('1-4-4-1', 20)]
    >>> found.best.value == min(row["best_loss"] for row in found.table())
    True
    """
    check_callbacks(callbacks, "a TrainedOne")
    most = threads_granted(n_threads) or usable_cores()
    halt = Halt(time_limit)
    members = Making(X, Y, shared, most, verbose).members(networks)
    with shown_many(verbose, costs := [_seconds(member.begun.source) for member in members]) as show:

        def see(done: Done) -> None:
            show(done.k, _not_begun(members[done.k], halt) if done.result is NOT_BEGUN else done.result)
            if done.result is not NOT_BEGUN and any([callback(done.result) is True for callback in callbacks]):
                halt.stop()

        # Where Python takes longer than compiled code, threads would wait for its lock, and for each other.
        at_once = most if sum(costs) > sum(map(_seconds_in_python, members)) else 1
        works = [partial(_train, member) for member in members]
        found = side_by_side(works, see, n_threads=at_once, costs=costs, halt=halt)
    pairs = zip(members, found, strict=True)
    many = TrainedMany(tuple(_not_begun(member, halt) if one is NOT_BEGUN else one for member, one in pairs))
    for k, member in enumerate(many):
        for retry in member.retries:
            warnings.warn(f"network {k}: {retry}", stacklevel=2)
    return many


def _train(member: Member) -> TrainedOne:
    """Train one to its end, in whatever thread this is."""
    source, stopping, _ = member.begun
    under_way, error = Fitting(source, stopping, looks=False), None
    try:
        under_way.to_the_end()
    except DivergenceError as raised:
        error = raised
    return _told(member, under_way, None if error is None else str(error))


def _told(member: Member, under_way: Fitting, error: str | None) -> TrainedOne:
    source, done, seen = member.begun.source, under_way.result, under_way.progress.best
    return TrainedOne(
        parameters=source.job.network.views(source.state.theta),
        history=done.history,
        reason=done.reason,
        engine=member.choice.engine.name,
        engine_reason=member.choice.reason,
        state=source.state,
        retries=done.retries,
        network=source.job.network,
        stopped_by=done.stopped_by,
        best=None if seen is None else seen.epoch,
        value=float("nan") if seen is None else seen.value,
        seconds=done.history[-1].seconds if done.history else 0.0,
        error=error,
    )


def _not_begun(member: Member, halt: Halt) -> TrainedOne:
    """One whose turn never came, with the weights that it would have begun with."""
    source = member.begun.source
    return TrainedOne(
        parameters=source.job.network.views(source.state.theta),
        history=History(),
        reason=f"not begun: {halt.reason}",
        engine=member.choice.engine.name,
        engine_reason=member.choice.reason,
        state=source.state,
        network=source.job.network,
        stopped_by=halt.stopped_by,
    )


def _seconds(source: OneNetwork) -> float:
    """About how long a network takes with one core, if nothing ends it early."""
    job, n_samples = source.job, source.data.n_samples
    updates = job.epochs * job.steps_per_epoch(n_samples)
    operations = 6.0 * job.network.n_parameters * n_samples * job.epochs
    return updates * SECONDS_AN_UPDATE + operations / OPERATIONS_A_SECOND


def _seconds_in_python(member: Member) -> float:
    """About how much of that is Python's: a few calls, or one for every epoch that somebody looks at."""
    source, stopping, _ = member.begun
    ahead = min(stopping.patience + 1, source.job.epochs) if source.goes_ahead else 1
    return SECONDS_A_CALL * (2 + source.job.epochs / ahead)
