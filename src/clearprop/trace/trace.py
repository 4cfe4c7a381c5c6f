"""The trace: every number of one step of training, under its name, in the order of computation.

A site is one array: its name, the equation that it comes from, the sites that the equation reads, and its value, which
the reference engine computed. Nothing here can be changed; `replay` computes every site anew from its inputs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import UpdateRule
from clearprop.job import Job, TrainingState
from clearprop.network import Dense, Network, Parameters
from clearprop.trace.equations import Equation
from clearprop.trace.graph import StepNames
from clearprop.trace.names import Reference, parse, reference
from clearprop.trace.setting import Setting


@dataclass(frozen=True, eq=False)
class Site:
    """One named array of a trace.

    Attributes
    ----------
    name : str
        "z1", "delta2", "W1_new", "loss", …
    equation : Equation
        How it is computed; `equation.inputs` names the sites that it reads.
    value : array
        Read-only. For a single sample without the axis of samples: (n_l,) for z1, () for the loss.
    """

    name: str
    equation: Equation
    value: Any

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the sites that the equation reads."""
        return self.equation.inputs

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.value, dtype=dtype) if copy or dtype is not None else self.value

    def __repr__(self) -> str:
        return f"Site({self.name}: {self.equation}, {np.array2string(np.asarray(self.value), threshold=8)})"


@dataclass(frozen=True, eq=False)
class Trace(StepNames, Mapping[str, Site]):
    """The sites of one step of training, by name, in the order of computation.

    Attributes
    ----------
    setting : Setting
        What the step was asked to do.
    params : Parameters
        Before the update.
    sites : mapping of str to Site
    trained : clearprop.explain.trained.Trained or None
        The trained model that the network belongs to, where it belongs to one.
    """

    setting: Setting
    params: Parameters
    sites: Mapping[str, Site]
    trained: Any = None

    @property
    def network(self) -> Network:
        """The network."""
        return self.setting.network

    @property
    def job(self) -> Job:
        """What the fit asks for that this is a step of."""
        return self.setting.job

    @property
    def optimizer(self) -> UpdateRule:
        """The update rule."""
        return self.setting.rule

    @property
    def step(self) -> int:
        """Number of this update, from 1."""
        return self.setting.state.step + 1

    @property
    def is_batch(self) -> bool:
        """Whether X was a matrix; then arrays of the layers have shape (n_samples, n_l), otherwise (n_l,)."""
        return self.setting.is_batch

    def __getitem__(self, name: str) -> Site:
        if name == "x":
            name = "a0"
        if name not in self.sites:
            raise _unknown(name, self)
        return self.sites[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sites)

    def __len__(self) -> int:
        return len(self.sites)

    def __contains__(self, name: object) -> bool:
        return name == "x" or name in self.sites

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.network.widths))
        return f"Trace of a {widths} network, {self.n_samples} sample(s), {len(self)} sites: {', '.join(self)}"

    @property
    def n_samples(self) -> int:
        """How many samples were propagated together."""
        return len(self["a0"].value) if self.is_batch else 1

    @cached_property
    def arrays(self) -> Mapping[str, Any]:
        """The arrays by the names of their sites."""
        return {name: site.value for name, site in self.sites.items()}

    @property
    def updated(self) -> Parameters:
        """The parameters after the update."""
        blocks = [np.ravel(self[f"{block.name}_new"].value) for block in self.network.blocks]
        return self.network.views(np.concatenate(blocks))

    @property
    def state(self) -> TrainingState:
        """The optimizer's state after the update, for the next step."""
        theta = self.updated.theta
        memory = [
            np.concatenate([np.ravel(self[f"{name}_{block.name}_new"].value) for block in self.network.blocks])
            for name in self.optimizer.memory
        ]
        return self.setting.after(theta, memory)

    def value_of(self, name: str) -> float:
        """One number of the trace.

        Parameters
        ----------
        name : str
            For example "W1[0,1]", "delta2[0]", "loss"; the indices are those of the site's array, from 0.

        Raises
        ------
        UnknownNameError
            When there is no such site.
        InputError
            When the site has no such number.
        """
        found = reference(name)
        array = self[found.site].value
        try:
            value = array[tuple(int(i) for i in found.indices)]
        except (IndexError, ValueError):
            value = array
        if np.ndim(value) != 0 or any(i.startswith("-") for i in found.indices):
            raise InputError(
                f"{name} is not a single number: {found.site} has shape {np.shape(array)}"
                + (f", so the last one is {found.site}{[n - 1 for n in np.shape(array)]}" if np.shape(array) else "")
            )
        return value if isinstance(array, np.ndarray) and array.dtype == object else float(value)

    def replay(self) -> Mapping[str, Any]:
        """Every site computed anew, each from its inputs as the trace has them.

        Returns
        -------
        mapping of str to array
            Equal to the trace's own values to the last bit.
        """
        with np.errstate(all="ignore"):
            return {name: site.equation.compute(self.arrays) for name, site in self.sites.items()}

    def mapped(self, change: Callable[[str, Site], Any]) -> Self:
        """The same trace with other values, `change(name, site)` of each; for exact fractions and hand calculations."""
        sites = {name: Site(name, site.equation, change(name, site)) for name, site in self.sites.items()}
        return type(self)(self.setting, self.params, sites)


def check_dense(network: Network, what: str) -> None:
    """Raise InputError for a network with a layer of another kind than the books', for what is written for those."""
    for l, layer in enumerate(network.layers, start=1):
        if not isinstance(layer, Dense):
            raise InputError(f"{what} can be had for dense layers only, and layer {l} is a {type(layer).__name__}")


def _unknown(name: str, sites: Trace) -> UnknownNameError:
    """The error for a site that does not exist: beyond the last layer it offers the last one of the kind."""
    if isinstance(found := parse(name), Reference) and (found.what.by or found.kind) in ("W", "b"):
        check_dense(sites.network, f"what needs {name} (sharing, proofs, boxes, a table of symbols)")
    error = UnknownNameError("site", name, sites)
    kind = re.sub(r"\d+", "", name)
    alike = [site for site in sites if re.sub(r"\d+", "", site) == kind]
    if "did you mean" not in str(error) and alike:
        last = max(alike, key=lambda site: int(re.sub(r"\D", "", site) or 0))
        error.args = (str(error).replace(f"{name!r}.", f"{name!r}; did you mean {last!r}?", 1),)
    return error
