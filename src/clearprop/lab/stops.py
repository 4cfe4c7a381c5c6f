"""The stops of a step: in which order its values appear, neuron by neuron, and where each phase of it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clearprop.trace.kinds import TO, UNIT, Law
from clearprop.trace.names import Reference, reference
from clearprop.trace.trace import Trace

GIVEN, FORWARD, LOSS, BACKWARD, UPDATE = "given", "forward", "loss", "backward", "update"
PHASES = (FORWARD, LOSS, BACKWARD, UPDATE)
GRAINS = ("neuron", "layer", *PHASES, "batch", "epoch")
FORWARD_KINDS, BACKWARD_KINDS = ("passed", "z", "a"), ("carried", "error", "slope", "jacobian", "delta", "dW", "db")


@dataclass(frozen=True)
class Stop:
    """One stop: what is computed at it.

    Attributes
    ----------
    phase : str
    layer : int or None
    neuron : int or None
        None for the whole layer, or where there is no layer.
    sites : tuple of str
        The values that get a number here, or all of their numbers.
    """

    phase: str
    layer: int | None
    neuron: int | None
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Stops:
    """All stops of a step.

    Attributes
    ----------
    stops : tuple of Stop
    given : frozenset of str
        The sites that nobody computes.
    """

    stops: tuple[Stop, ...]
    given: frozenset[str]

    def __len__(self) -> int:
        return len(self.stops)

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int, bool]]:
        """For each site the stops of its first and last number, and whether its neurons come one after the other."""
        found: dict[str, tuple[int, int, bool]] = {}
        for place, stop in enumerate(self.stops):
            for site in stop.sites:
                first = found[site][0] if site in found else place
                found[site] = first, place, stop.neuron is not None
        return found

    def known(self, site: str, at: int) -> int | None:
        """How many neurons of a site are computed after so many stops; None for all of it."""
        if site in self.given:
            return None
        first, last, one_by_one = self.places[site]
        if at > last:
            return None
        return max(0, at - first) if one_by_one else 0

    def end_of(self, phase: str) -> int:
        """After how many stops a phase is done."""
        return max(place for place, stop in enumerate(self.stops, start=1) if stop.phase == phase)

    def next_of_layer(self, at: int) -> int:
        """The end of the layer, or the part, that the next stop belongs to."""
        stop = self.stops[at]
        while at < len(self.stops) and _part(self.stops[at]) == _part(stop):
            at += 1
        return at

    def before_layer(self, at: int) -> int:
        """Where the layer began that the last stop belongs to."""
        stop = self.stops[at - 1]
        while at > 0 and _part(self.stops[at - 1]) == _part(stop):
            at -= 1
        return at


def _part(stop: Stop) -> tuple[str, int | None]:
    return stop.phase, stop.layer


def stops_of(trace: Trace) -> Stops:
    """The stops of a trace.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.lab.stops import stops_of
    >>> found = stops_of(case("case_study").trace())
    >>> len(found), found.stops[0]
    (10, Stop(phase='forward', layer=1, neuron=0, sites=('z1', 'a1')))
    >>> [found.end_of(phase) for phase in ("forward", "loss", "backward", "update")]
    [3, 4, 7, 10]
    """
    groups: dict[tuple[str, int | None], list[str]] = {}
    given: list[str] = []
    for name, site in trace.sites.items():
        found = reference(name)
        part = _part_of(found, site.equation.law)
        given.append(name) if part[0] == GIVEN else groups.setdefault(part, []).append(name)
    stops: list[Stop] = []
    depth = trace.network.depth
    for l in range(1, depth + 1):
        stops += _of_layer(trace, FORWARD, l, groups.get((FORWARD, l), []))
    stops.append(Stop(LOSS, None, None, tuple(groups[LOSS, None])))
    for l in range(depth, 0, -1):
        stops += _of_layer(trace, BACKWARD, l, groups[BACKWARD, l])
    before = tuple(groups.get((UPDATE, 0), ()))
    for l in range(1, depth + 1):
        stops.append(Stop(UPDATE, l, None, (*(before if l == 1 else ()), *groups.get((UPDATE, l), ()))))
    stops.append(Stop(UPDATE, None, None, tuple(groups[UPDATE, None])))
    return Stops(tuple(stops), frozenset(given))


def _part_of(name: Reference, law: str) -> tuple[str, int | None]:
    """The phase and the layer that a value belongs to; layer 0 of the update comes before its layers."""
    layer = int(name.layer) if name.layer else None
    if law == Law.GIVEN:
        return GIVEN, None
    if law in (Law.SECOND_PASS, Law.PREDICTION):
        return UPDATE, None
    if law in (Law.CLIPPING, Law.RATE) or name.memory in ("g", "clipped"):
        return UPDATE, 0
    if name.after or name.memory or law == Law.UPDATE:
        return UPDATE, layer if layer is not None else 0
    if name.kind in FORWARD_KINDS and layer is not None:
        return FORWARD, layer + 1 if name.kind == "passed" else layer
    if name.kind in BACKWARD_KINDS:
        return BACKWARD, layer
    return LOSS, None


def _of_layer(trace: Trace, phase: str, l: int, sites: Sequence[str]) -> list[Stop]:
    """The stops of a layer: its neurons, and what can only be computed of all of them together."""
    coupled = f"jacobian{l}" in trace
    together = {f"a{l}", f"jacobian{l}", f"delta{l}", f"dW{l}", f"db{l}"} if coupled else set()
    single = tuple(site for site in sites if site not in together and _is_per_neuron(site, l))
    whole = tuple(site for site in sites if site not in single)
    before = tuple(site for site in whole if reference(site).kind == "passed")
    after = tuple(site for site in whole if site not in before)
    n = trace.network.widths[l]
    found = [Stop(phase, l, j, single) for j in range(n)] if single else []
    if before:
        found.insert(0, Stop(phase, l, None, before))
    return [*found, Stop(phase, l, None, after)] if after else found


def _is_per_neuron(site: str, l: int) -> bool:
    """Whether the last axis of a value counts the neurons of the layer."""
    name = reference(site)
    axes = name.what.axes
    return name.layer == str(l) and bool(axes) and axes[-1] in (UNIT, TO) and axes.count(UNIT) <= 1


def numbers_known(shape: tuple[int, ...], known: int | None) -> np.ndarray:
    """Which numbers of an array are computed, those of its first `known` neurons, along its last axis."""
    mask = np.ones(shape, dtype=bool)
    if known is not None and shape:
        mask[..., known:] = False
    elif known is not None:
        mask[...] = known > 0
    return mask
