"""The curves: loss, norms of errors and gradients along training; what they say in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from clearprop.lab.measures import Point

MOST_POINTS = 2_000


@dataclass
class Curves:
    """The points so far.

    Attributes
    ----------
    points : list of Point
    run : int
        Another number whenever earlier points were changed or cut, so that nobody joins two trainings.
    """

    points: list[Point] = field(default_factory=list)
    run: int = 1

    def add(self, point: Point) -> None:
        """One more point; of the same step, in place of the last one. Of many, every second one goes."""
        if self.points and self.points[-1].step >= point.step:
            self.points = [earlier for earlier in self.points if earlier.step < point.step]
            self.run += 1
        self.points.append(point)
        if len(self.points) > MOST_POINTS:
            self.points = [*self.points[:-1:2], self.points[-1]]
            self.run += 1

    def cut_at(self, step: int) -> Curves:
        """The curves without what came after so many updates."""
        kept = [point for point in self.points if point.step <= step]
        return Curves(kept, self.run + (len(kept) < len(self.points)))

    def copy(self) -> Curves:
        """A copy of its own."""
        return replace(self, points=list(self.points))
