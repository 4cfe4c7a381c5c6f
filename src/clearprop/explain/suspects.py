"""Which mistakes explain a wrong line: each is made on purpose, at the line or further up, and followed down to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.explain.fitting import explains
from clearprop.explain.mistakes import Variant, variants
from clearprop.explain.references import Reference
from clearprop.explain.sheets import Entry, WrittenNumber
from clearprop.explain.trace import Trace

CONTRADICTING = 2  # distance of a mistake that was made before lines which do not show it


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


@dataclass(frozen=True)
class Suspects:
    """The mistakes that may have been made before a line.

    Attributes
    ----------
    trace : Trace
    worlds : sequence of mapping
        What the person may have been going on from: the lines as written, as carried on, and the exact ones.
    written_sites : set of str
        What the person has written down so far.
    """

    trace: Trace
    worlds: Sequence[Mapping[str, Any]]
    written_sites: set[str]

    def named(self, entry: Entry, numbers: Sequence[CheckedNumber]) -> list[CheckedNumber]:
        """The wrong numbers of a line with the mistakes that explain them."""
        fitting: dict[int, list[tuple[int, int, Variant]]] = {i: [] for i in range(len(numbers))}
        for distance, variant, value in self._made(entry.site):
            hits = [
                i
                for i, number in enumerate(numbers)
                if explains(float(value[tuple(int(j) for j in number.reference.indices)]), number.written)
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
        above = ancestors(self.trace, site)
        before = [name for name in reversed(list(self.trace)) if name in above]
        unwritten = [name for name in before if name not in self.written_sites]
        rounds = [(0, [site]), (1, unwritten), (CONTRADICTING, before)]
        for distance, names in rounds:
            for name in names:
                seen: list[Any] = []
                for start in self.worlds:
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


def _nearest(found: Sequence[tuple[int, int, Variant]]) -> tuple[Variant, ...]:
    """The mistakes that fit, those made nearest to the line and those that explain most of its numbers first.

    One that contradicts what was written in between counts only where there is no other.
    """
    plausible = [item for item in found if item[0] < CONTRADICTING] or list(found)
    return tuple(variant for _, _, variant in sorted(plausible, key=lambda item: item[:2]))


def ancestors(trace: Trace, site: str) -> set[str]:
    """All sites that a site is computed from."""
    found: set[str] = set()
    waiting = [site]
    while waiting:
        for name in trace[waiting.pop()].inputs:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
