"""Worlds: what a person may have been going on from, every site worked out from what was written so far.

A world of points holds one number for each, a world of bounds the least and the greatest that it may have been. Sites
are worked out when they are asked for, and anew when a line was written that they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.explain.checking.convened import Scaled
from clearprop.explain.checking.enclosing import Rounding, enclosed
from clearprop.explain.checking.intervals import Interval, interval
from clearprop.trace.totals import SecondPass
from clearprop.trace.trace import Site, Trace

Place = tuple[int, ...]
NOT_ROUNDED = ("", "rate")  # laws of sites that nobody rounds on the way: what is given, and the rate
MOMENT_DIGIT = 10  # as many digits of another number are relatively at most so much coarser: 1.00 beside 9.99
Arrays = Mapping[str, Any]


class Truth:
    """The trace, as the worlds need it: arrays of floats, and who comes from whom.

    Parameters
    ----------
    trace : Trace
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.arrays = {name: np.asarray(site.value, dtype=float) for name, site in trace.sites.items()}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """For each site all that it is computed from."""
        found: dict[str, frozenset[str]] = {}
        for name, site in self.trace.sites.items():
            found[name] = frozenset(site.inputs).union(*(found[i] for i in site.inputs))
        return found

    @cached_property
    def descendants(self) -> Mapping[str, frozenset[str]]:
        """For each site all that is computed from it."""
        return {
            name: frozenset(other for other, before in self.ancestors.items() if name in before)
            for name in self.trace.sites
        }


class World(Mapping[str, Any]):
    """Every site as a person has it. Written to by the judge, a line at a time.

    Parameters
    ----------
    truth : Truth
    given : mapping of str to array or Interval
        What is known otherwise of what the sheet gives: a former step's results, printed roundings.
    """

    def __init__(self, truth: Truth, given: Arrays | None = None) -> None:
        self.truth = truth
        self.put: dict[str, dict[Place, Any]] = {}
        self.given = dict(given or {})
        self._known: dict[str, Any] = {}
        self._derived: dict[str, Any] = {}
        self._settled = ""  # the site that was written last, where nothing was worked out since

    def __getitem__(self, name: str) -> Any:
        """The site, with what was written in place of what follows."""
        if name not in self._known:
            value = self.derived(name)
            places = self.put.get(name, {})
            self._settled = ""
            self._known[name] = self.with_put(value, places, self.truth.trace.sites[name]) if places else value
        return self._known[name]

    def derived(self, name: str) -> Any:
        """What follows for a site, whatever was written for it."""
        if name not in self._derived:
            self._settled = ""
            self._derived[name] = self.work_out(self.truth.trace.sites[name])
        return self._derived[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.truth.arrays)

    def __len__(self) -> int:
        return len(self.truth.arrays)

    def write(self, name: str, place: Place, value: Any) -> None:
        """Take a number as written; what comes from it is worked out anew."""
        self.put.setdefault(name, {})[place] = value
        if name == self._settled:
            return
        self._settled = name
        self._known.pop(name, None)
        later = self.truth.descendants[name]
        for cache in (self._known, self._derived):
            for stale in later & cache.keys():
                del cache[stale]

    def is_touched(self, name: str) -> bool:
        """Whether anything that a site comes from was written otherwise."""
        before = self.truth.ancestors[name]
        return not (before.isdisjoint(self.put) and before.isdisjoint(self.given))

    def work_out(self, site: Site) -> Any:
        """A site from its inputs."""
        raise NotImplementedError

    def with_put(self, value: Any, places: Mapping[Place, Any], site: Site) -> Any:
        """A site's value with numbers as they were written."""
        raise NotImplementedError


class Points(World):
    """A world in which every number is known."""

    def work_out(self, site: Site) -> Any:
        if site.name in self.given:
            return self.given[site.name]
        if not self.is_touched(site.name):
            return self.truth.arrays[site.name]
        with np.errstate(all="ignore"):
            return np.asarray(site.equation.compute(self), dtype=float)

    def with_put(self, value: Any, places: Mapping[Place, Any], site: Site) -> Any:
        found = np.array(value, dtype=float)
        for place, number in places.items():
            found[place] = number
        return found


class Bounds(World):
    """A world in which numbers are known within bounds, those of lines that were not written by rounding on the way.

    Parameters
    ----------
    truth : Truth
    rounding : Rounding
        How the person rounds.
    given : mapping of str to Interval
    """

    def __init__(self, truth: Truth, rounding: Rounding, given: Arrays | None = None) -> None:
        super().__init__(truth, given)
        self.rounding = rounding
        self.loose: set[str] = set()

    def loosen(self, name: str) -> None:
        """Take what is written for a site for its rounding alone, whatever follows from before: it holds a slip.

        Numbers of the line that look right may have come out of the slip too, and be gone on from with digits that no
        right one has.
        """
        self.loose.add(name)

    def round_as(self, rounding: Rounding) -> None:
        """From here on another rounding is taken for the person's."""
        self.rounding = rounding
        self._known.clear()
        self._derived.clear()

    def work_out(self, site: Site) -> Interval:
        if site.name in self.given:
            return interval(self.given[site.name])
        with np.errstate(all="ignore"):
            again = site.equation.inner if isinstance(site.equation, Scaled) else site.equation
            if isinstance(again, SecondPass):
                return self._second_pass(again)
            if not site.inputs:
                return interval(self.truth.arrays[site.name])
            return enclosed(site.equation, self)

    def with_put(self, value: Any, places: Mapping[Place, Any], site: Site) -> Interval:
        """What was written, and of what it may be the rounding all that follows from what came before."""
        low, high = np.array(value.low, dtype=float), np.array(value.high, dtype=float)
        for place, (written, least, most) in places.items():
            within = max(low[place], least), min(high[place], most)
            follows = within[0] <= within[1]  # otherwise it is a slip, or of a world that the person was not in
            if follows and site.name not in self.loose:
                least, most = within
            low[place], high[place] = min(written, least), max(written, most)
        return Interval(low, high)

    def __getitem__(self, name: str) -> Interval:
        if name not in self._known:
            self._settled = ""
            site, value = self.truth.trace.sites[name], self.derived(name)
            places = self.put.get(name, {})
            found = self.with_put(value, places, site) if places else value
            if len(places) < value.low.size and self._is_rounded(site):
                rounded = self._rounded(site, value)
                low, high = np.array(rounded.low), np.array(rounded.high)
                for place in places:
                    low[place], high[place] = found.low[place], found.high[place]
                found = Interval(low, high)
            self._known[name] = found
        known: Interval = self._known[name]
        return known

    def _rounded(self, site: Site, value: Interval) -> Interval:
        """The bounds of a site that was rounded; one of Adam's corrected moments not more than the moment written."""
        rounded = self.rounding.widened(value)
        if "_hat_" not in site.name:
            return rounded
        moment = f"{site.name.replace('_hat_', '_')}_new"
        low, high = np.array(rounded.low), np.array(rounded.high)
        for place, (written, least, most) in self.put.get(moment, {}).items():
            if written:
                size = max(abs(value.low[place]), abs(value.high[place]))
                reach = MOMENT_DIGIT * (most - least) / abs(written) * size
                low[place] = max(low[place], value.low[place] - reach)
                high[place] = min(high[place], value.high[place] + reach)
        return Interval(low, high)

    def _is_rounded(self, site: Site) -> bool:
        """Whether somebody who leaves this line out may have rounded it; the one loss there is, is the loss itself."""
        if site.name == "losses":
            return bool(self.truth.arrays["losses"].size > 1)
        return bool(site.inputs) and site.equation.law not in NOT_ROUNDED

    def _second_pass(self, equation: SecondPass) -> Interval:
        """The loss afterwards: forward once more with the new parameters, every line of it rounded on the way."""
        again = {name.removesuffix("_new"): self[name] for name in equation.inputs}
        for name, site in self.truth.trace.sites.items():
            if site.equation.law.is_forward:
                inputs = {i: again[i] if i in again else self[i] for i in site.inputs}
                again[name] = enclosed(site.equation, inputs)
                if name != equation.of and self._is_rounded(site):
                    again[name] = self.rounding.widened(again[name])
        return again[equation.of]
