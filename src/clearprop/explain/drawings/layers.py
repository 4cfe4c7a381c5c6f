"""Which neurons of a network are drawn, what stands in them, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from clearprop.explain.drawings.ink import HEIGHT, Canvas, Run, plain, width
from clearprop.explain.drawings.placing import Box
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace

NODES_SHOWN = 5  # of a layer; of a wider one the first three and the last
ROW, ABOVE, BELOW, BESIDE = 112, 30, 66, 170  # pixels from row to row, to the edges, and between layers
TALL, LOW = 44.0, 30.0  # nodes with two lines of text, and with one


class Layers:
    """The neurons of a drawing.

    Parameters
    ----------
    trace : Trace
    notation : Notation
    numbers : NumberFormat
    words : mapping of str to str
    chosen : (layer, from, to) or None
        A weight whose neurons are shown also where a layer is wide.
    backward : bool
        Whether errors stand in the nodes, or signals.
    """

    def __init__(
        self, trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str],
        chosen: tuple[int, int | None, int] | None = None, *, backward: bool = False,
    ) -> None:  # fmt: skip
        self.trace, self.notation, self.numbers, self.words = trace, notation, numbers, words
        self.backward, self.depth = backward, trace.network.depth
        layer, start, end = chosen or (0, None, 0)
        kept = {layer - 1: start, layer: end} if chosen else {}
        self.shown = [shown(n, kept.get(l)) for l, n in enumerate(trace.network.widths)]

    def place(self, sheet: Canvas, column: float) -> tuple[dict[tuple[int, int], Box], float, float]:
        """Draw all nodes with so many pixels between layers; the box of each, and the size of the drawing."""
        rows = max(len(nodes) for nodes in self.shown)
        left = max(*(width(runs) for j in self._neurons(0) for runs in self.texts(0, j)), self._counted(0)) / 2 + 14
        right = max(max(map(width, self.beside(j)), default=0.0) for j in self._neurons(self.depth))
        last = [width(runs) for j in self._neurons(self.depth) for runs in self.texts(self.depth, j)]
        half = max(*last, self._counted(self.depth)) / 2 + 10
        end = left + column * self.depth
        below = ABOVE if self.backward else BELOW
        total, height = end + half + right + 40, ABOVE + below + ROW * (rows - 1)
        found: dict[tuple[int, int], Box] = {}
        for l, nodes in enumerate(self.shown):
            for i, j in enumerate(nodes):
                x, y = left + column * l, (height + ABOVE - below) / 2 + ROW * (i - (len(nodes) - 1) / 2)
                if j is None:
                    words = self._count(l) if None not in nodes[:i] else [("⋮", 0)]
                    sheet.label(Box(x, y, width(words) + 4, HEIGHT), words, "grey")
                else:
                    found[l, j] = self._node(sheet, l, j, x, y)
        return found, total, height

    def narrowest(self) -> float:
        """How many pixels between layers the nodes themselves need."""
        widths = [
            max(width(runs) for j in self._neurons(l) for runs in self.texts(l, j)) for l in range(self.depth + 1)
        ]
        return max((one + other) / 2 for one, other in pairwise(widths)) + BESIDE

    def _count(self, l: int) -> list[Run]:
        return [(self.words["neurons_in_all"].format(count=f"{self.trace.network.widths[l]:,}"), 0)]

    def _counted(self, l: int) -> float:
        """How wide the count of a layer's neurons is, where it is drawn."""
        return width(self._count(l)) if None in self.shown[l] else 0.0

    def _neurons(self, l: int) -> Iterator[int]:
        return (j for j in self.shown[l] if j is not None)

    def _node(self, sheet: Canvas, l: int, j: int, x: float, y: float) -> Box:
        texts = self.texts(l, j)
        box = Box(x, y, max(max(map(width, texts)) + 20, 2 * LOW), TALL if len(texts) > 1 else LOW)
        colour = "ink" if not (self.backward and l) else "output" if l == self.depth else "hidden"
        sheet.node(box, texts, colour, f"{colour}-fill" if colour != "ink" else "paper")
        return box

    def inside(self, l: int, j: int) -> list[str]:
        """The names of the numbers that stand in a node."""
        if not l:
            return [self.name("a0", j)]
        return [self.name(f"{kind}{l}", j) for kind in (("error", "delta") if self.backward else ("z", "a"))]

    def texts(self, l: int, j: int) -> list[list[Run]]:
        """What stands in a node."""
        return [self.named(name) for name in self.inside(l, j)]

    def beside(self, j: int) -> list[list[Run]]:
        """What stands beside an output: its target and its loss."""
        if self.backward:
            return []
        return [self.named(self.name(self.trace.target, j)), self.named(self.name("losses", j))]

    def name(self, site: str, j: int) -> str:
        """A neuron's number; in a batch, that of the first sample."""
        return at(site, 0, j) if self.trace.is_batch else at(site, j)

    def named(self, name: str) -> list[Run]:
        """A number with its name before it."""
        value = self.numbers.shown(self.trace.value_of(name)).text()
        return [*self.notation.write(reference(name)).runs(), (f" = {value}", 0)]

    def described(self) -> str:
        """The numbers of every layer in words."""
        layers = []
        for l, nodes in enumerate(self.shown):
            numbers = [", ".join(map(plain, self.texts(l, j))) for j in nodes if j is not None]
            layers.append(self.words["drawn_layer"].format(layer=l, numbers="; ".join(numbers)))
        return " ".join(layers)


def shown(n: int, chosen: int | None = None) -> list[int | None]:
    """Which neurons of a layer are drawn; None stands for those between.

    Examples
    --------
    >>> from clearprop.explain.drawings.layers import shown
    >>> shown(4), shown(64), shown(64, chosen=20)
    ([0, 1, 2, 3], [0, 1, 2, None, 63], [0, 1, None, 20, None, 63])
    """
    if n <= NODES_SHOWN:
        return list(range(n))
    if chosen is None or chosen in (0, 1, 2, n - 1):
        return [0, 1, 2, None, n - 1]
    return [0, 1, *([] if chosen == 2 else [None]), chosen, *([] if chosen == n - 2 else [None]), n - 1]
