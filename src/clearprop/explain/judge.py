"""The judge of `check`: takes a sheet line by line and keeps what the person must be going on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.explain.fitting import HALF, extremes, fits, is_cut_off
from clearprop.explain.instances import Scope
from clearprop.explain.references import Reference, at, parse
from clearprop.explain.sheets import Entry, WrittenNumber
from clearprop.explain.suspects import CheckedLine, CheckedNumber, Suspects, ancestors
from clearprop.explain.trace import Trace
from clearprop.network import backward, forward, loss


class Judge:
    """Judges the lines of a sheet one after the other. It writes its own worlds; one judge reads one sheet.

    Three worlds are kept: the exact one; `written`, in which every line is taken as the person wrote it; and `carried`,
    in which lines that are right given what came before keep all their digits.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.exact: dict[str, Any] = {name: np.asarray(site.value, dtype=float) for name, site in trace.sites.items()}
        self.overrides: dict[str, dict[str, dict[tuple[int, ...], float]]] = {"written": {}, "carried": {}}
        self.worlds: dict[str, dict[str, Any]] = {"written": dict(self.exact), "carried": dict(self.exact)}
        self.units: dict[str, float] = {}  # of the last digit of what was written
        self.slips: set[str] = set()
        self.written_sites: set[str] = set()

    def line(self, entry: Entry) -> CheckedLine:
        """Judge one line, and take it into the person's worlds."""
        self._recompute()
        numbers = [self._number(reference, number) for reference, number in entry.numbers]
        if any(number.verdict == "wrong" for number in numbers):
            worlds = (self.worlds["written"], self.worlds["carried"], self.exact)
            numbers = Suspects(self.trace, worlds, self.written_sites).named(entry, numbers)
        for number in numbers:
            place = tuple(int(i) for i in number.reference.indices)
            site = number.reference.site
            self.overrides["written"].setdefault(site, {})[place] = number.written.value
            self.units[str(number.reference)] = number.written.unit
            if number.verdict != "right":
                self.overrides["carried"].setdefault(site, {})[place] = _carried_on(number, place)
                self.slips.add(site)
            self.written_sites.add(site)
        return CheckedLine(entry, tuple(numbers))

    def _recompute(self) -> None:
        for name, world in self.worlds.items():
            self.worlds[name] = self._world(self.overrides[name], world)

    def _world(
        self, overrides: Mapping[str, Mapping[tuple[int, ...], float]], start: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Every site from its inputs, with the person's own numbers put in; untouched sites stay exact to the bit."""
        found: dict[str, Any] = {}
        changed: set[str] = set()
        for name, site in self.trace.sites.items():
            if changed & set(site.inputs):
                with np.errstate(all="ignore"):
                    value = np.array(site.equation.compute({**self.exact, **found}), dtype=float)
                changed.add(name)
            else:
                value = self.exact[name]
            if name in overrides:
                value = np.array(value, dtype=float)
                for place, number in overrides[name].items():
                    value[place] = number
                changed.add(name)
            found[name] = value
        return found

    def _before(self, name: str, reference: Reference) -> float:
        """What follows, in one of the person's worlds, for a number, whatever was written for its site so far."""
        site = self.trace[reference.site]
        world = self.worlds[name]
        with np.errstate(all="ignore"):
            unchanged = all(world[i] is self.exact[i] for i in site.inputs)
            value = self.exact[site.name] if unchanged else np.asarray(site.equation.compute(world), dtype=float)
        return float(value[tuple(int(i) for i in reference.indices)])

    def _number(self, reference: Reference, number: WrittenNumber) -> CheckedNumber:
        exact = float(self.exact[reference.site][tuple(int(i) for i in reference.indices)])
        own = self._before("written", reference)
        candidates = (exact, own, self._before("carried", reference))
        slipped = bool(self.slips & ancestors(self.trace, reference.site))
        judged = CheckedNumber(reference, number, exact, own, "right", slipped and not fits(exact, number))
        if any(fits(value, number) for value in candidates) or self._fits_mixed(reference, number, reach=0.0):
            return judged
        if any(is_cut_off(value, number) for value in candidates):
            return replace(judged, verdict="cut_off", given_slip=slipped and not is_cut_off(exact, number))
        if self._fits_mixed(reference, number, reach=0.5):
            return judged
        return replace(judged, verdict="wrong", given_slip=slipped)

    def _fits_mixed(self, reference: Reference, number: WrittenNumber, reach: float) -> bool:
        """Whether it follows from some values as written and some with all their digits.

        With `reach` 0.5 the digits that were carried on may be any that would be written as they were.
        """
        place = tuple(int(i) for i in reference.indices)
        scope = Scope(self.exact, widest=10**6)
        tree = self.trace[reference.site].equation.tree(scope, place)
        if tree is None:
            return bool(reach) and self._second_pass_fits(number)
        choices = {name: self._choices(name, value, reach) for name, value in scope.values.items()}
        low, high = extremes(tree, choices)
        rounding = HALF * number.unit
        return low - rounding <= number.value <= high + rounding

    def _second_pass_fits(self, number: WrittenNumber) -> bool:
        """Whether the loss afterwards is right within the rounding of the parameters that were written."""
        network, world = self.trace.network, self.worlds["written"]
        names = [block.name for block in network.blocks]
        params = network.views(np.concatenate([np.ravel(world[f"{name}_new"]) for name in names]))
        X, Y = np.atleast_2d(self.exact["a0"]), np.atleast_2d(self.exact["y"])
        gradient = backward(network, params, forward(network, params, X), Y).theta
        places = [at(f"{name}_new", *place) for name in names for place in np.ndindex(world[name].shape)]
        reach = sum(abs(g) * self.units.get(place, 0.0) / 2 for g, place in zip(gradient, places, strict=True))
        return bool(abs(loss(network, params, X, Y) - number.value) <= 1.01 * reach + HALF * number.unit)

    def _choices(self, name: str, value: float, reach: float) -> tuple[float, ...]:
        """The values that a symbol may have had in the person's calculation."""
        found = parse(name)
        if not isinstance(found, Reference) or found.site not in self.exact:
            return (value,)
        place = tuple(int(i) for i in found.indices)
        values = [float(self.worlds[world][found.site][place]) for world in ("carried", "written")]
        if reach and str(found) in self.units:
            values += [values[1] - reach * self.units[str(found)], values[1] + reach * self.units[str(found)]]
        return tuple(dict.fromkeys(values))


def _carried_on(number: CheckedNumber, place: tuple[int, ...]) -> float:
    """With which digits the person probably went on: those of the mistake that explains what was written."""
    if number.mistakes and number.mistakes[0].site == number.reference.site:
        return float(np.asarray(number.mistakes[0].value, dtype=float)[place])
    return number.written.value
