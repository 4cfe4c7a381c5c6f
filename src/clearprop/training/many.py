"""`train_many`: different networks on the same rows, side by side, each as if it were alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, NamedTuple, overload

import numpy as np

from clearprop.engines import Choice, Data, Job, choose
from clearprop.engines.cores import threads_granted, usable_cores
from clearprop.errors import ClearpropError, DivergenceError, InputError, UnknownNameError
from clearprop.job import Epoch
from clearprop.job.memory import check_memory
from clearprop.network import Network, Parameters
from clearprop.training.asked import Asked, Begun, begun, started
from clearprop.training.crew import Done
from clearprop.training.fit import Fitting
from clearprop.training.halting import Halt
from clearprop.training.progress import announced, shown_many
from clearprop.training.side_by_side import NOT_BEGUN, side_by_side
from clearprop.training.source import OneNetwork
from clearprop.training.train import Trained, check_callbacks

# Of one core, about. They decide who begins first and how many go at once, and no bit of any result.
OPERATIONS_A_SECOND, SECONDS_AN_UPDATE = 5e10, 2e-6
SECONDS_A_RECORD = 4e-5  # of an epoch, in Python, whose lock lets one thread go on at a time


@dataclass(frozen=True)
class TrainedOne(Trained):
    """What became of one of the networks of `train_many`.

    Attributes
    ----------
    network : Network
    stopped_by : str
        As of `clearprop.training.Fit`; "divergence" where a loss was not finite any more.
    best : Epoch or None
        Its best epoch, by the loss of the validation rows or else of training. With validation rows its weights were
        put back.
    value : float
        That loss; NaN where there was no whole epoch.
    seconds : float
        From its first update to its last.
    error : str or None
        The sentence of a network that diverged; its parameters are then the best so far, or the last good ones.
    """

    network: Network = None  # type: ignore[assignment]  # fields of a subclass have defaults too
    stopped_by: str = ""
    best: Epoch | None = None
    value: float = float("nan")
    seconds: float = 0.0
    error: str | None = None

    @property
    def name(self) -> str:
        """The widths of its layers, as 784-30-10."""
        return "-".join(map(str, self.network.widths))

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.name} diverged"
        if self.best is None:
            return f"{self.name} {self.reason}"
        return f"{self.name}, loss {self.value:.6g} in epoch {self.best.n}, {self.seconds:.1f} s"


@dataclass(frozen=True)
class TrainedMany(Sequence[TrainedOne]):
    """What `train_many` returns: the networks, in the order in which they were given.

    Attributes
    ----------
    members : tuple of TrainedOne
    """

    members: tuple[TrainedOne, ...]

    def __len__(self) -> int:
        return len(self.members)

    @overload
    def __getitem__(self, place: int) -> TrainedOne: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[TrainedOne, ...]: ...
    def __getitem__(self, place: int | slice) -> TrainedOne | tuple[TrainedOne, ...]:
        return self.members[place]

    @property
    def best(self) -> TrainedOne | None:
        """The network of the least loss of those that did not diverge; None where none has a whole epoch."""
        whole = [member for member in self.members if member.error is None and member.value == member.value]
        return min(whole, key=lambda member: member.value, default=None)

    def table(self) -> list[dict[str, Any]]:
        """A row for each network, as `pandas.DataFrame` takes them."""
        return [
            {
                "network": k,
                "widths": member.name,
                "epochs": len(member.history),
                "best_epoch": None if member.best is None else member.best.n,
                "best_loss": member.value,
                "seconds": member.seconds,
                "stopped_by": member.stopped_by,
                "reason": member.error or member.reason,
            }
            for k, member in enumerate(self.members)
        ]

    def __str__(self) -> str:
        rows = [[_cell(value) for value in row.values()] for row in self.table()]
        headers = ["network", "widths", "epochs", "best epoch", "best loss", "seconds", "stopped by", "reason"]
        lines = [headers, *rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


class Member(NamedTuple):
    """A network that is ready to be trained."""

    begun: Begun
    choice: Choice


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
    members = _Making(X, Y, shared, most, verbose).members(networks)
    found: list[TrainedOne | None] = [None] * len(members)
    with shown_many(verbose, costs := [_seconds(member.begun.source) for member in members]) as show:

        def see(done: Done) -> None:
            result = _not_begun(members[done.k], halt) if done.result is NOT_BEGUN else done.result
            if found[done.k] is None:
                found[done.k] = result
                show(done.k, result)
                if done.result is not NOT_BEGUN and any([callback(result) is True for callback in callbacks]):
                    halt.stop()

        # Where records take longer than updates, threads would wait for Python's lock, and for each other.
        records = sum(SECONDS_A_RECORD * member.begun.source.job.epochs for member in members)
        at_once = most if sum(costs) > records else 1
        side_by_side([partial(_train, member) for member in members], see, n_threads=at_once, costs=costs, halt=halt)
    many = TrainedMany(tuple(member for member in found if member is not None))
    for k, member in enumerate(many):
        for retry in member.retries:
            warnings.warn(f"network {k}: {retry}", stacklevel=2)
    return many


class _Making:
    """Makes the members: what several of them need is made once."""

    def __init__(self, X: Any, Y: Any, shared: Mapping[str, Any], n_threads: int, verbose: bool) -> None:
        self.X, self.Y, self.shared, self.n_threads, self.verbose = X, Y, shared, n_threads, verbose
        _check_names(shared)
        is_single = getattr(X, "dtype", None) == np.float32
        self.dtype: Any = np.dtype(np.float32 if is_single else np.float64)
        self._data: dict[Any, Any] = {}
        self._engines: dict[int, Any] = {}
        self._choices: dict[Any, Choice] = {}

    def members(self, networks: Any) -> list[Member]:
        """All of them, or the error of the first that cannot be."""
        if isinstance(networks, str | Mapping | Network) or not isinstance(networks, Sequence):
            raise InputError(f"networks must be a sequence of networks or of mappings, not {type(networks).__name__}")
        share, made = max(1, self.n_threads // max(1, len(networks))), []
        for k, given in enumerate(networks):
            try:
                made.append(self._member(given, share))
            except ClearpropError as error:
                error.args = (f"network {k} of {len(networks)} (from 0): {error}",)
                raise
        return made

    def _member(self, given: Any, n_threads: int) -> Member:
        network, params, asked = self._read(given)
        job = asked.job(network)
        if params is None:
            params = network.initial(job.seed, dtype=self.dtype)
        network.check_parameters(params)
        dtype = params.theta.dtype
        key = "rows", asked.class_weight, id(asked.sample_weight)
        data = self._once(key, network, dtype, partial(asked.data, job, self.X, self.Y, dtype))
        check_memory(job, data.n_samples, dtype, networks=self.n_threads)
        choice, state = self._choice(asked, job, data, n_threads), started(job, params, None)
        stopping = asked.stopping()
        held_out = "held out", id(asked.validation)
        measured = self._once(held_out, network, dtype, partial(asked.measured, network, dtype))
        return Member(begun(job, state, data, choice, n_threads, stopping, measured), choice)

    def _choice(self, asked: Asked, job: Job, data: Data, n_threads: int) -> Choice:
        """The engine of a job: chosen once for all that differ in their seed alone."""
        key = asked.engine, asked.hardware, replace(job, seed=0), data.layout
        if key not in self._choices:
            choice = choose(asked.engine, job, data.layout, n_threads, announced(self.verbose), asked.hardware)
            if choice.engine.name == "compiled":  # one for all: its plans are those of the thread that calls it
                choice = choice._replace(engine=self._engines.setdefault(n_threads, choice.engine))
            self._choices[key] = choice
        return self._choices[key]

    def _read(self, given: Any) -> tuple[Network, Parameters | None, Asked]:
        """The network, where it starts, and all that is asked of it."""
        own = {"network": given} if isinstance(given, Network) else given
        if not isinstance(own, Mapping):
            raise InputError(f"it must be a Network, or a mapping that has one, not {type(given).__name__}")
        told = {**self.shared, **own}
        network, params = told.pop("network", None), told.pop("params", None)
        if not isinstance(network, Network):
            raise InputError("the mapping must have a Network under 'network'")
        _check_names(told, "network", "params")
        return network, params, Asked(**told)

    def _once(self, key: Any, network: Network, dtype: Any, make: Callable[[], Data | None]) -> Any:
        """Rows as networks with such inputs, outputs and loss learn them."""
        whole = (repr(key), network.widths[0], network.widths[-1], network.loss, dtype)
        if whole not in self._data:
            self._data[whole] = make()
        return self._data[whole]


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
        history=(),
        reason=f"not begun: {halt.reason}",
        engine=member.choice.engine.name,
        engine_reason=member.choice.reason,
        state=source.state,
        network=source.job.network,
        stopped_by=halt.stopped_by,
    )


def _check_names(told: Mapping[str, Any], *more: str) -> None:
    """Raise UnknownNameError for what `train` is not told of one network."""
    known = [*more, *(field.name for field in fields(Asked))]
    for name in told:
        if name not in known:
            raise UnknownNameError("argument of train_many", name, known)


def _seconds(source: OneNetwork) -> float:
    """About how long a network takes with one core, if nothing ends it early."""
    job, n_samples = source.job, source.data.n_samples
    updates = job.epochs * job.steps_per_epoch(n_samples)
    operations = 6.0 * job.network.n_parameters * n_samples * job.epochs
    return updates * SECONDS_AN_UPDATE + operations / OPERATIONS_A_SECOND


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
