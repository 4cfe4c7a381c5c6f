"""A spot: the site where a mistake may have been made, with what the person was going on from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.explain.checking.convened import Scaled
from clearprop.trace.equations import Equation
from clearprop.trace.trace import Trace

Arrays = Mapping[str, Any]
MOST = 8  # terms of a sum, or samples, that are left out one after the other


@dataclass(frozen=True)
class Variant:
    """A mistake made at one site.

    Attributes
    ----------
    mistake : str
        Key of the words that name it.
    site : str
        Where it is made.
    value : array
        What the site then is.
    """

    mistake: str
    site: str
    value: Any


@dataclass(frozen=True)
class Spot:
    """Where a mistake may have been made.

    Attributes
    ----------
    trace : Trace
    site : str
    world : mapping of str to array
        What the person was going on from.
    """

    trace: Trace
    site: str
    world: Arrays

    def __getitem__(self, name: str) -> Any:
        return self.world[name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace.sites

    @property
    def equation(self) -> Equation:
        """The site's equation, without what the conventions multiply it by."""
        equation = self.trace.sites[self.site].equation
        return equation.inner if isinstance(equation, Scaled) else equation

    @property
    def factor(self) -> float:
        """What the conventions multiply it by."""
        equation = self.trace.sites[self.site].equation
        return equation.factor if isinstance(equation, Scaled) else 1.0

    @property
    def kind(self) -> str:
        """The site's name without the number of its layer."""
        return self.site.rstrip("0123456789")

    @property
    def layer(self) -> int:
        """The number of its layer, 0 where it has none."""
        number = self.site[len(self.kind) :]
        return int(number) if number else 0

    @property
    def depth(self) -> int:
        """L."""
        return self.trace.network.depth

    @property
    def is_batch(self) -> bool:
        """Whether there are several samples."""
        return self.trace.is_batch and self.trace.n_samples > 1

    def right(self) -> Any:
        """What follows from the world."""
        return np.asarray(self.trace.sites[self.site].equation.compute(self.world), dtype=float)

    def made(self, mistake: str, value: Any) -> Variant:
        """The mistake, of the shape of the site."""
        shape = np.shape(self.trace.sites[self.site].value)
        return Variant(mistake, self.site, np.broadcast_to(np.asarray(value, dtype=float), shape))

    def scaled(self, right: Any) -> Iterator[Variant]:
        """A constant factor lost: the 2 of (y − a)², the ½ of ½(y − a)², the 1/n of the mean."""
        n, outputs = self.trace.n_samples, self.trace.network.widths[-1]
        name = self.trace.network.loss.name
        is_loss = self.kind in ("loss", "losses", "sample_loss")
        if name == "squared_error" and not is_loss:
            yield self.made("two_lost", right / 2)
        if name == "squared_error" and is_loss:
            yield self.made("half_added", right / 2)
        if name == "half_squared_error":
            yield self.made("half_lost", right * 2)
        if self.is_batch and self.kind not in ("losses", "sample_loss"):
            yield self.made("mean_lost", right * n)
            yield self.made("mean_twice", right / n)
            if name == "squared_error" and not is_loss:
                yield self.made("two_and_mean_lost", right * n / 2)
            yield self.made("mean_over_others", right * n / (n - 1))
        if outputs > 1 and self.kind != "losses":
            yield self.made("mean_over_outputs", right / outputs)

    def others(self, kind: str, shape: tuple[int, ...]) -> Iterator[Any]:
        """The arrays of this kind of the other layers that have this shape."""
        for m in range(self.depth + 1):
            name = f"{kind}{m}"
            if m != self.layer and name in self and np.shape(self[name]) == shape:
                yield self[name]


def swaps(n: int) -> Iterator[list[int]]:
    """The orders of n things in which two have changed places."""
    for i in range(min(n, MOST)):
        for j in range(i + 1, min(n, MOST)):
            order = list(range(n))
            order[i], order[j] = j, i
            yield order
