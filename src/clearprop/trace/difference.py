"""What differs between two traces: of two engines, two updates, or a hand calculation and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clearprop.trace.names import at
from clearprop.trace.trace import Trace


@dataclass(frozen=True)
class Differing:
    """A site whose values differ.

    Attributes
    ----------
    site : str
    place : str
        The number of it that differs most, for example "z1[0]"; the site's name where the shapes differ.
    first, second : float
        Its two values (NaN where there is none).
    difference : float
        |first − second|, infinite where the shapes differ.
    """

    site: str
    place: str
    first: float
    second: float
    difference: float

    def __str__(self) -> str:
        return f"{self.place}: {self.first:.10g} and {self.second:.10g}, a difference of {self.difference:.3g}"


@dataclass(frozen=True)
class Difference:
    """What `diff` found, in the order of computation.

    Attributes
    ----------
    sites : tuple of Differing
    only_first, only_second : tuple of str
        Sites that only one of the traces has.
    """

    sites: tuple[Differing, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.sites or self.only_first or self.only_second)

    def __iter__(self) -> Iterator[Differing]:
        return iter(self.sites)

    def __str__(self) -> str:
        lines = [str(site) for site in self.sites]
        for which, names in (("first", self.only_first), ("second", self.only_second)):
            if names:
                lines.append(f"only in the {which}: {', '.join(names)}")
        return "\n".join(lines) if lines else "no difference"


def diff(first: Trace, second: Trace, tolerance: float = 1e-12) -> Difference:
    """Where two traces differ by more than `tolerance`, relative to max(1, |value|).

    The first entry is where they part: everything after it may only follow from that.

    Examples
    --------
    >>> from clearprop.explain import case, diff
    >>> trace = case("mazur").trace()
    >>> next(iter(diff(trace, trace.following()))).place
    'W1[1,1]'
    """
    found = []
    for name in first:
        if name not in second:
            continue
        one, other = (np.asarray(trace[name].value, dtype=float) for trace in (first, second))
        if one.shape != other.shape:
            found.append(Differing(name, name, float("nan"), float("nan"), float("inf")))
            continue
        gap = np.abs(one - other)
        if not np.all(gap <= tolerance * np.maximum(1.0, np.abs(one))):
            place = np.unravel_index(int(np.argmax(np.nan_to_num(gap, nan=np.inf))), one.shape)
            label = at(name, *(int(i) for i in place)) if place else name
            found.append(Differing(name, label, float(one[place]), float(other[place]), float(gap[place])))
    return Difference(
        tuple(found), tuple(n for n in first if n not in second), tuple(n for n in second if n not in first)
    )
