"""Where labels go in a drawing: each on its own edge, and no two of them over each other.

Along every edge a row of places is tried, those near the middle of the drawing's gap first. A place is free if the box
of the label touches no box that is there already and, where that can be had, no other edge. Where some label finds no
place, the drawing is made wider and all are placed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import east_asian_width

Point = tuple[float, float]
Edge = tuple[Point, Point]
SIZE, SMALLER = 12.0, 0.75  # of letters, in pixels, and of scripts beside them
WIDTHS = {"narrow": 0.32, "wide": 0.9, "plain": 0.62}  # of a letter, in its size, on the generous side
NARROW, WIDE = frozenset("ijlIt.,;:|'()[]·′! "), frozenset("mwMW=+−∑Ω")
PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.23, 0.77, 0.16, 0.84)
GAP = 2.0  # pixels that stay free around a label


class Box(NamedTuple):
    """What a label covers: its centre and its size."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether two boxes overlap."""
        across = abs(self.x - other.x) < (self.width + other.width) / 2
        return across and abs(self.y - other.y) < (self.height + other.height) / 2

    def crossed_by(self, edge: Edge) -> bool:
        """Whether an edge runs through the box (the line is cut to the box, side by side: Liang & Barsky, 1984)."""
        (x1, y1), (x2, y2) = edge
        start, end = 0.0, 1.0
        for at, by, centre, size in ((x1, x2 - x1, self.x, self.width), (y1, y2 - y1, self.y, self.height)):
            low, high = centre - size / 2 - at, centre + size / 2 - at
            if by == 0:
                if low > 0 or high < 0:
                    return False
                continue
            enters, leaves = sorted((low / by, high / by))
            start, end = max(start, enters), min(end, leaves)
        return start < end


def width_of(text: str, size: float = SIZE) -> float:
    """How wide a text is about, in pixels.

    Examples
    --------
    >>> from clearprop.explain.drawings.placing import width_of
    >>> width_of("0.75") < width_of("−0.75") < width_of("信号信号")
    True
    """
    return sum(_width(letter) for letter in text) * size


def _width(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 1.05
    return WIDTHS["narrow" if letter in NARROW else "wide" if letter in WIDE else "plain"]


def placed(
    edges: Sequence[Edge],
    sizes: Sequence[tuple[float, float]],
    obstacles: Sequence[Box],
    crossing: Sequence[Edge] | None = None,
    *,
    strict: bool = False,
) -> list[Box] | None:
    """A box for the label of each edge, or None where one finds no place.

    Parameters
    ----------
    edges : sequence of ((x, y), (x, y))
    sizes : sequence of (width, height)
        Of the label of each edge.
    obstacles : sequence of Box
        What is there already.
    crossing : sequence of edges, optional
        Those that no label should lie on; by default all that have labels.
    strict : bool
        Whether a label may not lie on another's edge at all.

    Examples
    --------
    >>> from clearprop.explain.drawings.placing import placed
    >>> crossing = [((0, 0), (200, 100)), ((0, 100), (200, 0))]
    >>> one, other = placed(crossing, [(40, 14)] * 2, [])
    >>> one.meets(other)
    False
    """
    taken = list(obstacles)
    found: list[Box] = []
    for edge, size in zip(edges, sizes, strict=True):
        others = [other for other in (edges if crossing is None else crossing) if other != edge]
        box = _free(edge, size, taken, others) or (None if strict else _free(edge, size, taken, ()))
        if box is None:
            return None
        taken.append(box)
        found.append(box)
    return found


def _free(edge: Edge, size: tuple[float, float], taken: Sequence[Box], others: Sequence[Edge]) -> Box | None:
    (x1, y1), (x2, y2) = edge
    for t in PLACES:
        box = Box(x1 + t * (x2 - x1), y1 + t * (y2 - y1), size[0] + 2 * GAP, size[1] + 2 * GAP)
        if not any(box.meets(other) for other in taken) and not any(box.crossed_by(other) for other in others):
            return box
    return None
