"""From what `train_many` is given to fits that can begin: what several of them need is made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from clearprop.engines import Choice, Data, Job, choose
from clearprop.errors import ClearpropError, InputError, UnknownNameError
from clearprop.job.memory import check_memory
from clearprop.network import Network, Parameters
from clearprop.training.asked import Asked, Begun, begun, started
from clearprop.training.progress import announced
from clearprop.training.stopping import Stopping


class Member(NamedTuple):
    """A network that is ready to be trained."""

    begun: Begun
    choice: Choice


class Kind(NamedTuple):
    """What members have in common that differ in their seed, and in the numbers that they begin with, alone.

    The network and what is told of it are kept with it: by their identities a member of the same kind is known.
    """

    network: Network
    told: Mapping[str, Any]
    job: Job
    data: Data
    choice: Choice
    stopping: Stopping
    measured: Data | None


class Making:
    """Makes the members: what several of them need is made once."""

    def __init__(self, X: Any, Y: Any, shared: Mapping[str, Any], n_threads: int, verbose: bool) -> None:
        self.X, self.Y, self.shared, self.n_threads, self.verbose = X, Y, shared, n_threads, verbose
        check_names(shared)
        is_single = getattr(X, "dtype", None) == np.float32
        self.dtype: Any = np.dtype(np.float32 if is_single else np.float64)
        self._data: dict[Any, Any] = {}
        self._engines: dict[int, Any] = {}
        self._kinds: dict[Any, Kind] = {}

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
        network, params, told = self._read(given)
        seed = told.pop("seed", 0)
        dtype = self.dtype if params is None else getattr(getattr(params, "theta", None), "dtype", None)
        key = id(network), dtype, n_threads, *((name, id(value)) for name, value in told.items())
        if key not in self._kinds:
            if params is not None:
                network.check_parameters(params)
            self._kinds[key] = self._kind(network, dtype, told, n_threads)
        kind = self._kinds[key]
        job = kind.job.with_seed(seed)
        if params is None:
            params = network.initial(job.seed, dtype=dtype)
        network.check_parameters(params)
        source = started(job, params, None), kind.data, kind.choice, n_threads, kind.stopping, kind.measured
        return Member(begun(job, *source), kind.choice)

    def _kind(self, network: Network, dtype: Any, told: Mapping[str, Any], n_threads: int) -> Kind:
        """What members have in common that differ in their seed alone."""
        check_names(told, "network", "params")
        asked = Asked(**told)
        job = asked.job(network)
        key = "rows", asked.class_weight, id(asked.sample_weight)
        data = self._once(key, network, dtype, partial(asked.data, job, self.X, self.Y, dtype))
        check_memory(job, data.n_samples, dtype, networks=self.n_threads)
        choice = self._choice(asked, job, data, n_threads)
        held_out = "held out", id(asked.validation)
        measured = self._once(held_out, network, dtype, partial(asked.measured, network, dtype))
        return Kind(network, told, job, data, choice, asked.stopping(), measured)

    def _choice(self, asked: Asked, job: Job, data: Data, n_threads: int) -> Choice:
        """The engine of a job; a compiled one is the same for all: its plans are those of the thread that calls it."""
        choice = choose(asked.engine, job, data.layout, n_threads, announced(self.verbose), asked.hardware)
        if choice.engine.name == "compiled":
            choice = choice._replace(engine=self._engines.setdefault(n_threads, choice.engine))
        return choice

    def _read(self, given: Any) -> tuple[Network, Parameters | None, dict[str, Any]]:
        """The network, where it starts, and all that is told of it."""
        own = {"network": given} if isinstance(given, Network) else given
        if not isinstance(own, Mapping):
            raise InputError(f"it must be a Network, or a mapping that has one, not {type(given).__name__}")
        told = {**self.shared, **own}
        network, params = told.pop("network", None), told.pop("params", None)
        if not isinstance(network, Network):
            raise InputError("the mapping must have a Network under 'network'")
        return network, params, told

    def _once(self, key: Any, network: Network, dtype: Any, make: Callable[[], Data | None]) -> Any:
        """Rows as networks with such inputs, outputs and loss learn them."""
        whole = (repr(key), network.widths[0], network.widths[-1], network.loss, dtype)
        if whole not in self._data:
            self._data[whole] = make()
        return self._data[whole]


def check_names(told: Mapping[str, Any], *more: str) -> None:
    """Raise UnknownNameError for what `train` is not told of one network."""
    known = [*more, *(field.name for field in fields(Asked))]
    for name in told:
        if name not in known:
            raise UnknownNameError("argument of train_many", name, known)
