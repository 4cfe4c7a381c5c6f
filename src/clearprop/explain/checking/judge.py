"""The judge of `check`: takes a sheet line by line and keeps what the person must be going on from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.explain.checking.checked import CheckedLine, CheckedNumber
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.diagnosis import MOST_REACH, Suspects
from clearprop.explain.checking.enclosing import Rounding
from clearprop.explain.checking.intervals import Interval
from clearprop.explain.checking.rounding import HALF, explains, fits, fits_between, fits_exactly, is_cut_off, taken_with
from clearprop.explain.checking.worksheets import Entry, WrittenNumber
from clearprop.explain.checking.worlds import Bounds, Place, Points, Truth
from clearprop.trace.names import Reference

DECIMAL = re.compile(r"\d+\.\d+|(?<!\d)\.\d+")
MOST_UNITS = 20  # of the last digit, between bounds that still tell a right number from a wrong one


@dataclass(frozen=True)
class Carried:
    """What a person takes from one step of a sheet to the next: the parameters and the optimizer's memory.

    Attributes
    ----------
    written, carried : mapping of str to array
        As in the judge's worlds.
    wide : mapping of str to Interval
    slipped : bool
        Whether a number was wrong before.
    """

    written: Mapping[str, Any]
    carried: Mapping[str, Any]
    wide: Mapping[str, Interval]
    slipped: bool


class Judge:
    """Judges the lines of a step one after the other. It writes its own worlds; one judge reads one step.

    Three worlds are kept: `written`, in which every line is taken as the person wrote it; `carried`, in which lines
    that are right given what came before keep all their digits; and `wide`, in which every number is known within
    bounds, lines that were not written by the rounding that the sheet shows. A fourth, `mended`, is `wide` without the
    numbers that were wrong, or might be without its showing: somebody may have written a slip down and gone on from
    the right value.

    Parameters
    ----------
    truth : Truth
    rounding : Rounding
        How the person rounds, as far as the sheet shows it.
    units : mapping of str to array
        How far the last digits of what is given reach, where it is itself rounded.
    before : Carried, optional
        From the step before.
    conventions : Conventions, optional
        With δ = −∂C/∂z, "the error" may be meant either way round.
    """

    def __init__(
        self,
        truth: Truth,
        rounding: Rounding,
        units: Mapping[str, Any] | None = None,
        before: Carried | None = None,
        conventions: Conventions | None = None,
    ) -> None:
        self.truth, self.trace = truth, truth.trace
        arrays = truth.arrays
        printed = {
            name: Interval(arrays[name] - unit / 2, arrays[name] + unit / 2) for name, unit in (units or {}).items()
        }
        self.written = Points(truth, before.written if before else None)
        self.carried = Points(truth, before.carried if before else None)
        self.wide = Bounds(truth, rounding, {**printed, **(before.wide if before else {})})
        self.printed = printed
        self.cells: list[tuple[str, Place, Any]] = []
        self.slips: set[str] = set(before.written) if before is not None and before.slipped else set()
        self.has_unjudged = False
        self.written_sites: set[str] = set()
        self.may_turn = conventions is not None and conventions.delta == "minus"

    def line(self, entry: Entry, *, naming: bool = True) -> CheckedLine:
        """Judge one line, and take it into the person's worlds."""
        numbers = self._numbers(entry.site, entry.numbers)
        is_wrong = any(number.verdict == "wrong" for number in numbers)
        if is_wrong and self.may_turn and entry.site.startswith("error"):
            turned = self._numbers(entry.site, [(reference, _turned(number)) for reference, number in entry.numbers])
            if all(number.verdict != "wrong" for number in turned):
                numbers, is_wrong = turned, False
        slip = next((item for item in entry.working if is_wrong and not explains(item.value, item.written)), None)
        if is_wrong and entry.working and slip is None and self._takes_from(entry):
            numbers = self._numbers(entry.site, entry.numbers)
            is_wrong = any(number.verdict == "wrong" for number in numbers)
        if is_wrong and naming and slip is None:
            worlds = (self.written, self.carried, self.truth.arrays)
            numbers = Suspects(self.truth, worlds, self.wide, self.written_sites).named(entry, numbers)
        is_touched = self.written.is_touched(entry.site)
        if is_wrong:
            self.wide.loosen(entry.site)
        for number in numbers:
            self._take(entry.site, number, is_touched)
        self.written_sites.add(entry.site)
        return CheckedLine(entry, tuple(numbers), slip)

    def _takes_from(self, entry: Entry) -> bool:
        """Take numbers of a working that stand in no line of their own as written there; whether there are any.

        0.601 in ``z2 = 0.6·0.601 + …`` is the first activation of layer 1, with the digits that somebody went on with.
        """
        arrays = (self.truth.arrays[site] for site in self.trace if not self.trace[site].inputs)
        given = {abs(float(value)) for array in arrays for value in np.ravel(array)}
        literals = [WrittenNumber.read(text) for item in entry.working for text in DECIMAL.findall(item.text)]
        literals = [number for number in literals if number.value not in given]
        is_any = False
        for site in self._before(entry.site):
            own = self.written.derived(site)
            for place in np.ndindex(*np.shape(own)):
                value = float(own[place])
                for number in literals:
                    signed = replace(number, value=float(np.copysign(number.value, value)))
                    if fits(value, signed) and not fits_exactly(value, signed):
                        reach = signed.unit * HALF
                        self.written.write(site, place, signed.value)
                        self.wide.write(site, place, (signed.value, signed.value - reach, signed.value + reach))
                        is_any = True
                        break
        return is_any

    def _before(self, site: str) -> list[str]:
        """What a site is computed from and what that is, as far as it is not written down: two steps back."""
        found: list[str] = []
        level = [site]
        for _ in range(2):
            level = [name for each in level for name in self.trace[each].inputs if self.trace[name].inputs]
            found += [name for name in level if name not in found and name not in self.written_sites]
        return found

    @cached_property
    def mended(self) -> Bounds:
        """`wide` without what was wrong or could not be judged; made of the others once it is asked for."""
        found = Bounds(self.truth, self.wide.rounding, self.printed)
        for site, place, cell in self.cells:
            found.write(site, place, cell)
        return found

    def after(self) -> Carried:
        """What the next step goes on from."""
        blocks = [block.name for block in self.trace.network.blocks]
        kept = [*blocks, *(f"{memory}_{block}" for memory in self.trace.optimizer.memory for block in blocks)]
        worlds = (self.written, self.carried, self.wide)
        found = [{name: world[f"{name}_new"] for name in kept} for world in worlds]
        return Carried(found[0], found[1], found[2], bool(self.slips))

    def _take(self, site: str, number: CheckedNumber, is_touched: bool) -> None:
        place, written = number.reference.place, number.written
        # Beside a slip, or within bounds that reach far, there may be another slip that does not show.
        is_judged = site not in self.wide.loose and not (
            number.within and tells_little(self.wide.derived(site), place, written)
        )
        if is_touched or not fits_exactly(number.exact, written) or site in self.written.put:
            self.written.write(site, place, written.value)
        cell = _cell(number)
        self.wide.write(site, place, cell)
        if number.verdict in ("wrong", "cut_off"):
            self.carried.write(site, place, _carried_on(number, place))
        elif self.slips and not number.given_slip and self.carried.is_touched(site):
            self.carried.write(site, place, number.exact)
        if number.verdict == "wrong":
            self.slips.add(site)
        elif not is_judged:
            self.has_unjudged = True
        else:
            self.cells.append((site, place, cell))
            if "mended" in self.__dict__:
                self.mended.write(site, place, cell)
        if number.verdict == "cut_off" and not self.wide.rounding.cuts:
            cutting = replace(self.wide.rounding, cuts=True)
            self.wide.round_as(cutting)
            if "mended" in self.__dict__:
                self.mended.round_as(cutting)

    def _numbers(self, site: str, numbers: Iterable[tuple[Reference, WrittenNumber]]) -> list[CheckedNumber]:
        """The numbers of a line, judged; those that are the exact value's rounding need no further look."""
        exact, is_touched = self.truth.arrays[site], self.written.is_touched(site)
        own = self.written.derived(site) if is_touched else exact
        found = []
        for reference, written in numbers:
            number = taken_with(written, self.wide.rounding.digits) if written.unit == 1.0 else written
            value = float(exact[reference.place])
            if fits(value, number):
                follows = float(own[reference.place]) if is_touched else value
                found.append(CheckedNumber(reference, number, value, follows, "right"))
            else:
                found.append(self._otherwise(reference, number, value))
        return found

    def _otherwise(self, reference: Reference, number: WrittenNumber, exact: float) -> CheckedNumber:
        """A number that is not the exact value's rounding: whether it follows from what the person wrote before."""
        site, place = reference.site, reference.place
        own, carried = (float(world.derived(site)[place]) for world in (self.written, self.carried))
        slipped = bool(self.slips) and bool(self.slips & self.truth.ancestors[site])
        judged = CheckedNumber(reference, number, exact, own, "right", slipped)
        if fits(own, number) or fits(carried, number):
            return judged
        is_cut = any(is_cut_off(value, number) for value in (exact, own, carried))
        if is_cut and self.wide.rounding.cuts:
            return replace(judged, verdict="cut_off", given_slip=slipped and not is_cut_off(exact, number))
        if self._is_within(self.wide, site, place, number):
            return replace(judged, within=True)
        if (slipped or self.has_unjudged) and self._is_within(self.mended, site, place, number):
            return replace(judged, within=True, given_slip=False)
        if is_cut:
            return replace(judged, verdict="cut_off", given_slip=slipped and not is_cut_off(exact, number))
        return replace(judged, verdict="wrong", given_slip=slipped)

    @staticmethod
    def _is_within(world: Bounds, site: str, place: tuple[int, ...], number: WrittenNumber) -> bool:
        bounds = world.derived(site)
        return fits_between(float(bounds.low[place]), float(bounds.high[place]), number)


def tells_little(bounds: Interval, place: Place, number: WrittenNumber) -> bool:
    """Whether bounds reach so far, against a number and its last digit, that a wrong one may lie within them unseen."""
    low, high = float(bounds.low[place]), float(bounds.high[place])
    return not high - low <= max(MOST_UNITS * number.unit, 2 * MOST_REACH * abs(number.value))


def _turned(number: WrittenNumber) -> WrittenNumber:
    """The number with the other sign."""
    return WrittenNumber(number.text, -number.value, number.unit)


def _cell(number: CheckedNumber) -> tuple[float, float, float]:
    """What was written, and between which values it lay before it was rounded or cut off."""
    value, reach = number.written.value, number.written.unit * HALF
    low, high = value - reach, value + reach
    if number.verdict == "cut_off":
        low, high = (value, value + 2 * reach) if value >= 0 else (value - 2 * reach, value)
    return value, low, high


def _carried_on(number: CheckedNumber, place: tuple[int, ...]) -> float:
    """With which digits the person probably went on: those of the mistake that explains what was written."""
    if number.mistakes and number.mistakes[0].site == number.reference.site:
        return float(np.asarray(number.mistakes[0].value, dtype=float)[place])
    return number.written.value
