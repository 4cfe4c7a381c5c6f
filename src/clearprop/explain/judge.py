"""The judge of `check`: takes a sheet line by line and keeps what the person must be going on from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import floor, isfinite
from typing import Any

import numpy as np

from clearprop.explain.instances import Scope
from clearprop.explain.mistakes import Variant, variants
from clearprop.explain.references import Reference, at, parse
from clearprop.explain.sheets import Entry, WrittenNumber
from clearprop.explain.trace import Trace
from clearprop.formulas import evaluate
from clearprop.network import backward, forward, loss

HALF = 0.5 * (1 + 1e-9)  # how far a rounding may be off, in units of its last digit
CONTRADICTING = 2  # distance of a mistake that was made before lines which do not show it
MOST_CORNERS = 1024  # combinations of written and carried values that a line may have been computed from


@dataclass(frozen=True)
class CheckedNumber:
    """One number of a sheet, judged.

    Attributes
    ----------
    reference : Reference
        Which number of the trace it is.
    written : WrittenNumber
    exact : float
        What it should have been.
    own : float
        What follows from the person's own earlier lines.
    verdict : {"right", "cut_off", "wrong"}
    given_slip : bool
        Whether an earlier slip of the person's is among what it follows from: then "right" means right given that
        slip, and "wrong" wrong even given it.
    mistakes : tuple of Variant
        The mistakes that come out at what was written, those that explain most of the line first; empty for a plain
        slip of arithmetic.
    """

    reference: Reference
    written: WrittenNumber
    exact: float
    own: float
    verdict: str
    given_slip: bool = False
    mistakes: tuple[Variant, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes' keys, each once."""
        return tuple(dict.fromkeys(variant.mistake for variant in self.mistakes))

    @property
    def status(self) -> str:
        """The verdict as one word: right, right_given, cut_off, cut_off_given, wrong, wrong_given."""
        return f"{self.verdict}_given" if self.given_slip else self.verdict


@dataclass(frozen=True)
class CheckedLine:
    """One line of a sheet, judged."""

    entry: Entry
    numbers: tuple[CheckedNumber, ...]


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
            numbers = self._with_mistakes(entry, numbers)
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
        slipped = bool(self.slips & self._ancestors(reference.site))
        judged = CheckedNumber(reference, number, exact, own, "right", slipped and not fits(exact, number))
        if any(fits(value, number) for value in candidates) or self._fits_mixed(reference, number, reach=0.0):
            return judged
        if any(is_cut_off(value, number) for value in candidates):
            return replace(judged, verdict="cut_off", given_slip=slipped and not is_cut_off(exact, number))
        if self._fits_mixed(reference, number, reach=0.5):
            return judged
        return replace(judged, verdict="wrong", given_slip=slipped)

    def _ancestors(self, site: str) -> set[str]:
        """All sites that a site is computed from."""
        found: set[str] = set()
        waiting = [site]
        while waiting:
            for name in self.trace[waiting.pop()].inputs:
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

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
        names = [name for name, values in choices.items() if len(values) > 1]
        found = []
        with np.errstate(all="ignore"):
            for picked in _some(list(product(*(choices[name] for name in names)))):
                values = {
                    **{name: values[0] for name, values in choices.items()},
                    **dict(zip(names, picked, strict=True)),
                }
                found.append(float(evaluate(tree, values)))
        finite = [value for value in found if isfinite(value)]
        rounding = HALF * number.unit
        return bool(finite) and min(finite) - rounding <= number.value <= max(finite) + rounding

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

    def _with_mistakes(self, entry: Entry, numbers: Sequence[CheckedNumber]) -> list[CheckedNumber]:
        """The wrong numbers of a line with the mistakes that explain them."""
        fitting: dict[int, list[tuple[int, int, Variant]]] = {i: [] for i in range(len(numbers))}
        for distance, variant, value in self._made(entry.site):
            hits = [
                i
                for i, number in enumerate(numbers)
                if _explains(float(value[tuple(int(j) for j in number.reference.indices)]), number.written)
            ]
            for i in hits:
                if numbers[i].verdict == "wrong":
                    fitting[i].append((distance, -len(hits), variant))
        return [replace(number, mistakes=_nearest(fitting[i])) for i, number in enumerate(numbers)]

    def _made(self, site: str) -> Iterator[tuple[int, Variant, Any]]:
        """Every mistake at this site or before it, and what the site then is.

        Mistakes at the site itself come first, then those in lines that were not written down, then any other. For the
        last, what the person wrote in between is looked over: it contradicts the line, which may come from elsewhere.
        """
        ancestors = self._ancestors(site)
        before = [name for name in reversed(list(self.trace)) if name in ancestors]
        unwritten = [name for name in before if name not in self.written_sites]
        rounds = [(0, [site]), (1, unwritten), (CONTRADICTING, before)]
        for distance, names in rounds:
            for name in names:
                seen: list[Any] = []
                for start in (self.worlds["written"], self.worlds["carried"], self.exact):
                    for variant in variants(self.trace, name, start):
                        value = (
                            variant.value
                            if distance == 0
                            else self._downstream(variant, site, start, distance == CONTRADICTING)
                        )
                        if not any(np.array_equal(value, other, equal_nan=True) for other in seen):
                            seen.append(value)
                            yield distance, variant, np.asarray(value, dtype=float)

    def _downstream(self, variant: Variant, site: str, world: Mapping[str, Any], ignoring_written: bool) -> Any:
        """What a site comes to when a mistake was made further up."""
        found = dict(world)
        found[variant.site] = np.asarray(variant.value, dtype=float)
        changed = {variant.site}
        for name, item in self.trace.sites.items():
            if changed & set(item.inputs) and name != variant.site:
                kept = name in self.written_sites and not ignoring_written and name != site
                if not kept:
                    with np.errstate(all="ignore"):
                        found[name] = np.asarray(item.equation.compute(found), dtype=float)
                    changed.add(name)
            if name == site:
                break
        return found[site]


def _carried_on(number: CheckedNumber, place: tuple[int, ...]) -> float:
    """With which digits the person probably went on: those of the mistake that explains what was written."""
    if number.mistakes and number.mistakes[0].site == number.reference.site:
        return float(np.asarray(number.mistakes[0].value, dtype=float)[place])
    return number.written.value


def _nearest(found: Sequence[tuple[int, int, Variant]]) -> tuple[Variant, ...]:
    """The mistakes that fit, those made nearest to the line and those that explain most of its numbers first.

    One that contradicts what was written in between counts only where there is no other.
    """
    plausible = [item for item in found if item[0] < CONTRADICTING] or list(found)
    return tuple(variant for _, _, variant in sorted(plausible, key=lambda item: item[:2]))


def fits(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is the rounding of this value (halves either way)."""
    return bool(abs(value - number.value) <= HALF * number.unit + 1e-12 * abs(value))


def is_cut_off(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is this value with its further digits left off."""
    if not isfinite(value) or value * number.value < 0:
        return False
    return bool(abs(floor(abs(value) / number.unit + 1e-9) * number.unit - abs(number.value)) < 1e-6 * number.unit)


def _explains(value: float, number: WrittenNumber) -> bool:
    return isfinite(value) and (fits(value, number) or is_cut_off(value, number))


def _some(combinations: Sequence[Any]) -> Sequence[Any]:
    """All combinations, or evenly chosen ones where there are very many."""
    return combinations if len(combinations) <= MOST_CORNERS else combinations[:: len(combinations) // MOST_CORNERS]
