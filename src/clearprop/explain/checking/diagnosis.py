"""Which mistakes explain a wrong line: each is made on purpose, at the line or further up, and followed down to it.

A line is judged as a line. What is asked of a mistake is how much of the line it explains, and that it contradicts
none of the line's right numbers; how near to the line it was made comes after that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.explain.checking.checked import CheckedNumber
from clearprop.explain.checking.mistakes import LOCAL, MISTAKES, Variant, variants
from clearprop.explain.checking.relations import relation_of
from clearprop.explain.checking.rounding import explains, fits, fits_exactly, significant_digits
from clearprop.explain.checking.worksheets import Entry
from clearprop.explain.checking.worlds import Bounds, Truth
from clearprop.trace.names import Reference

CONTRADICTING = 2  # distance of a mistake that was made before lines which do not show it
ENOUGH = 3  # significant digits of a single number by which a mistake may be named
ENOUGH_OF_LINE = 2  # significant digits of all numbers of a line together
MOST_REACH = 0.1  # relative: bounds that are wider say too little
MOST_NAMES = 3  # names given to one line: those that come out at the same numbers
RANK = {mistake: i for i, mistake in enumerate(MISTAKES)}


@dataclass(frozen=True)
class Fit:
    """How much of a line a mistake explains.

    Attributes
    ----------
    variant : Variant
    distance : int
        0 made at the line, 1 in a line that was not written, 2 before lines that do not show it.
    hits : tuple of int
        The wrong numbers of the line that it explains.
    contradicts : int
        How many of the right ones it does not.
    loose : int
        How many numbers of the line it explains only if they were cut off, or rounded on the way.
    values : tuple of float
        What the numbers of the line then are.
    """

    variant: Variant
    distance: int
    hits: tuple[int, ...]
    contradicts: int
    loose: int
    values: tuple[float, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """The best first."""
        is_against = self.distance == CONTRADICTING
        return self.contradicts, -len(self.hits), is_against, self.loose, self.distance, RANK[self.variant.mistake]


@dataclass(frozen=True)
class Suspects:
    """The mistakes that may have been made before a line.

    Attributes
    ----------
    truth : Truth
    worlds : sequence of mapping
        What the person may have been going on from: the lines as written, as carried on, and the exact ones.
    wide : Bounds
        How far rounding on the way may have moved each number.
    written_sites : set of str
        What the person has written down so far.
    """

    truth: Truth
    worlds: Sequence[Mapping[str, Any]]
    wide: Bounds
    written_sites: set[str]

    def named(self, entry: Entry, numbers: Sequence[CheckedNumber]) -> list[CheckedNumber]:
        """The wrong numbers of a line with the mistakes that explain them, or with what else is known of them."""
        site = entry.site
        reaches = [self._reach(number.reference) for number in numbers]
        wrong = [i for i, number in enumerate(numbers) if number.verdict == "wrong"]
        found_fits: list[Fit] = []
        for distance, variant, value in self._made(site, found_fits, wrong):
            fit = _fit(distance, variant, value, numbers, reaches, wrong)
            found_fits += [] if fit is None else [fit]
        found_fits.sort(key=lambda fit: fit.key)
        found = list(numbers)
        known = relation_of(self.truth, self.worlds[0], [numbers[i] for i in wrong])
        if len(wrong) > 1 and known is not None and known.kind == "factor":  # then one number fits a mistake by chance
            found_fits = [fit for fit in found_fits if fit.hits == tuple(wrong)]
        for i in wrong:
            chosen, is_certain = _chosen(found_fits, i, numbers, wrong, reaches)
            found[i] = replace(found[i], mistakes=chosen, is_certain=is_certain)
        if not any(number.mistakes and number.is_certain for number in found):
            for i in wrong:
                found[i] = replace(found[i], relation=known)
        return found

    def _reach(self, reference: Reference) -> float:
        """How far rounding on the way may move a number, as a share of it."""
        bounds = self.wide.derived(reference.site)
        low, high = float(bounds.low[reference.place]), float(bounds.high[reference.place])
        middle = abs(low + high) / 2
        return (high - low) / 2 / middle if middle > 0 and np.isfinite(high - low) else np.inf

    def _made(self, site: str, known: Sequence[Fit], wrong: Sequence[int]) -> Iterator[tuple[int, Variant, Any]]:
        """Every mistake at this site or before it, and what the site then is.

        Mistakes at the site itself come first, then those in lines that were not written down, then any other. For the
        last, what the person wrote in between is looked over: it contradicts the line, which may come from elsewhere.
        They are not made where one of the others explains the whole line; `known` is what was found so far.
        """
        above = self.truth.ancestors[site]
        before = [name for name in reversed(list(self.truth.trace)) if name in above]
        unwritten = [name for name in before if name not in self.written_sites]
        starts = self._starts()
        made: dict[tuple[str, int], list[Variant]] = {}
        seen: set[tuple[str, bytes]] = set()
        for distance, names in [(0, [site]), (1, unwritten), (CONTRADICTING, before)]:
            if distance == CONTRADICTING and any(fit.hits == tuple(wrong) and not fit.contradicts for fit in known):
                return
            for name in names:
                for i, start in enumerate(starts):
                    if (name, i) not in made:
                        made[name, i] = list(variants(self.truth.trace, name, start))
                    for variant in made[name, i]:
                        value = variant.value if distance == 0 else self._downstream(variant, site, start, distance)
                        key = (variant.mistake, np.asarray(value).tobytes())
                        if key not in seen:
                            seen.add(key)
                            yield distance, variant, value

    def _starts(self) -> list[Mapping[str, Any]]:
        """The worlds that differ."""
        found: list[Mapping[str, Any]] = []
        for world in self.worlds:
            if not any(all(np.array_equal(world[name], other[name]) for name in world) for other in found):
                found.append(world)
        return found

    def _downstream(self, variant: Variant, site: str, world: Mapping[str, Any], distance: int) -> Any:
        """What a site comes to when a mistake was made further up."""
        kept = self.written_sites - {site} if distance != CONTRADICTING else frozenset()
        with np.errstate(all="ignore"):
            return _Overlaid(self.truth, world, variant, kept)[site]


class _Overlaid(dict[str, Any]):
    """A world with a mistake in it, and what follows from that; the sites in `kept` stay as they are in the world."""

    def __init__(self, truth: Truth, world: Mapping[str, Any], variant: Variant, kept: Set[str]) -> None:
        super().__init__({variant.site: variant.value})
        self.truth, self.world, self.site, self.kept = truth, world, variant.site, kept

    def __missing__(self, name: str) -> Any:
        if self.site not in self.truth.ancestors[name] or name in self.kept:
            return self.world[name]
        self[name] = np.asarray(self.truth.trace.sites[name].equation.compute(self), dtype=float)
        return self[name]


def _fit(
    distance: int,
    variant: Variant,
    value: Any,
    numbers: Sequence[CheckedNumber],
    reaches: Sequence[float],
    wrong: Sequence[int],
) -> Fit | None:
    """How much of the line a mistake explains; None where nothing."""
    found = [float(value[number.reference.place]) for number in numbers]
    holds = [
        explains(item, number.written, min(reach, MOST_REACH) * abs(item))
        for item, number, reach in zip(found, numbers, reaches, strict=True)
    ]
    hits = tuple(i for i in wrong if holds[i])
    if not hits:
        return None
    right = [i for i in range(len(numbers)) if i not in wrong]
    loose = sum(holds[i] and not fits(found[i], numbers[i].written) for i in range(len(numbers)))
    return Fit(variant, distance, hits, sum(not holds[i] for i in right), loose, tuple(found))


def _chosen(
    known: Sequence[Fit], i: int, numbers: Sequence[CheckedNumber], wrong: Sequence[int], reaches: Sequence[float]
) -> tuple[tuple[Variant, ...], bool]:
    """The mistakes of a wrong number, and whether they may be named."""
    number = numbers[i]
    here = [fit for fit in known if i in fit.hits]
    is_alone = len(numbers) == 1
    whole = [fit for fit in here if fit.hits == tuple(wrong) and not fit.contradicts]
    told = [_digits(item, reach) for item, reach in zip(numbers, reaches, strict=True)]
    if whole and (told[i] >= ENOUGH if is_alone else sum(told) >= ENOUGH_OF_LINE):
        return _first(whole)
    consistent = [fit for fit in here if not fit.contradicts or (fit.distance == 0 and fit.variant.mistake in LOCAL)]
    exactly = [fit for fit in consistent if fit.distance == 0 and _is_all(fit.variant, number)]
    if exactly:
        return _first(exactly)
    if consistent and told[i] >= ENOUGH and not is_alone and not _is_outdone(consistent[0], known):
        return _first(consistent)
    return _first([fit for fit in consistent if fit.distance < CONTRADICTING])[0], False


def _is_outdone(best: Fit, known: Sequence[Fit]) -> bool:
    """Whether another mistake explains several more of the line's numbers: then one number fits this by chance."""
    return any(len(fit.hits) > max(1, len(best.hits)) and not fit.contradicts for fit in known)


def _rivals(known: Sequence[Fit]) -> bool:
    """Whether something else, which comes out at other numbers, explains the line as well as the best does."""
    best = known[0]
    same = {fit.variant.mistake for fit in known if np.allclose(fit.values, best.values, 1e-9, 0)}
    tier = (*best.key[:4], best.distance)
    return any((*fit.key[:4], fit.distance) == tier and fit.variant.mistake not in same for fit in known)


def _is_all(variant: Variant, number: CheckedNumber) -> bool:
    """Whether what was written is all of the mistake's value, with no digit left out."""
    value = float(variant.value[number.reference.place])
    return bool(number.written.value) and fits_exactly(value, number.written)


def _digits(number: CheckedNumber, reach: float) -> float:
    """How many significant digits a number tells, after what rounding on the way may have done to it."""
    digits = significant_digits(number.written)
    if digits == 0:
        return 0
    size = abs(number.written.value)
    return (
        digits
        if reach * size <= number.written.unit * 5
        else max(0.0, digits - np.log10(reach * size / number.written.unit))
    )


def _first(known: Sequence[Fit]) -> tuple[tuple[Variant, ...], bool]:
    """The best, with others that come out at the very same numbers; and whether nothing else explains them as well."""
    if not known:
        return (), False
    best = known[0]
    alike = [fit for fit in known if fit.key[:4] == best.key[:4] and np.allclose(fit.values, best.values, 1e-9, 0)]
    names: dict[str, Variant] = {}
    for fit in alike:
        names.setdefault(fit.variant.mistake, fit.variant)
    return tuple(names.values())[:MOST_NAMES], len(names) <= MOST_NAMES and not _rivals(known)
