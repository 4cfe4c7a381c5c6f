"""The network as an SVG drawing, in the forward pass with its signals and in the backward pass with its errors.

Arrows run the way that numbers go. Wide layers show their first neurons and their last, and plain lines between them. A
weight's sign is shown by colour and by a mark; the weights that the output error reaches directly are solid, those
behind a hidden layer dashed. The path of one chosen weight or bias is bold. No label lies over another
(`clearprop.explain.drawings.placing`).
"""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.explain.drawings.ink import HEIGHT, Canvas, Run, arrow, plain, width
from clearprop.explain.drawings.ink import drawing as as_svg
from clearprop.explain.drawings.layers import Layers
from clearprop.explain.drawings.placing import Box, Edge, placed
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace

TRIES, WIDER = 5, 60  # how often the layers are drawn further apart to keep labels off other lines, and by how much
MOST_TRIES = 25  # to keep labels off each other
LABELLED_EDGES = 12  # between two layers; more are drawn as plain lines
BOLD = 4.0

Places = Mapping[tuple[int, int], Box]


def drawing(
    trace: Trace,
    notation: Notation,
    numbers: NumberFormat,
    words: Mapping[str, str],
    parameter: str = "",
    *,
    backward: bool = False,
) -> str:
    """The drawing of a trace; of a batch, with the numbers of its first sample.

    Parameters
    ----------
    trace : Trace
    notation : Notation
    numbers : NumberFormat
    words : mapping of str to str
        Of one language.
    parameter : str
        A weight or bias whose path is drawn bold.
    backward : bool
        Whether errors go back in it, or signals go forward.

    Returns
    -------
    str
        An ``<svg>`` element that stands by itself.
    """
    network = Network(trace, notation, numbers, words, parameter, backward=backward)
    sheet, wide, high = network.laid_out()
    widths = "-".join(map(str, trace.network.widths))
    title = words["drawn_backward" if backward else "drawn_forward"].format(widths=widths)
    return as_svg(wide, high, title, network.described(), "".join(sheet.lines + sheet.labels))


class Network:
    """A network that is being drawn; parameters as for `drawing`."""

    def __init__(
        self, trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str], parameter: str = "",
        *, backward: bool = False,
    ) -> None:  # fmt: skip
        self.trace, self.notation, self.numbers, self.words, self.backward = trace, notation, numbers, words, backward
        self.chosen = _chosen(parameter)
        self.layers = Layers(trace, notation, numbers, words, self.chosen, backward=backward)
        self.depth = trace.network.depth

    def laid_out(self) -> tuple[Canvas, float, float]:
        """The drawing with the boxes of its labels, its width and its height; as narrow as the labels allow."""
        narrowest = self.layers.narrowest()
        for n in (*range(TRIES), *range(-MOST_TRIES, 0)):  # in the second round labels may lie on other lines
            sheet = Canvas()
            places, wide, high = self.layers.place(sheet, narrowest + WIDER * (n % MOST_TRIES))
            fits = [self._edges(sheet, l, places, strict=n >= 0) for l in range(1, self.depth + 1)]
            self._ends(sheet, places)
            if all(fits):
                break
        return sheet, wide, high

    def described(self) -> str:
        """Every number of the drawing, in words."""
        weights = [
            plain(self._weight(l, k, j))
            for l in range(1, self.depth + 1)
            for k, j in self._pairs(l)
            if self._has_label(l, k, j)
        ]
        found = self.layers.described()
        return f"{found} {self.words['drawn_weights'].format(weights='; '.join(weights))}" if weights else found

    def marks(self) -> list[tuple[str, int]]:
        """What its signs, dashes and lines mean: keys of sentences about what is drawn, and of how many weights."""
        places = [(l, k, j) for l in range(1, self.depth + 1) for k, j in self._pairs(l)]
        labelled = [place for place in places if self._has_label(*place)]
        signs = [self.trace.value_of(at(f"W{l}", k, j)) >= 0 for l, k, j in labelled]
        dashed = [l < self.depth for l, _, _ in labelled]
        found = []
        if signs:
            kind = "both_signs" if len(set(signs)) == 2 else "positive" if signs[0] else "negative"
            found.append((f"drawn_{kind}", len(signs)))
        if any(dashed):
            found.append(("drawn_dashed" if all(dashed) else "drawn_dashes", sum(dashed)))
        if len(labelled) < len(places):
            found.append(("drawn_thin", len(places) - len(labelled)))
        return found

    def _has_label(self, l: int, k: int, j: int) -> bool:
        """Whether a weight has its number beside it: those between narrow layers, and the chosen one."""
        return self._is_labelled(l) or (self._is_on_path(l, k, j) and l == (self.chosen or (0,))[0])

    def _pairs(self, l: int) -> list[tuple[int, int]]:
        shown = self.layers.shown
        return [(k, j) for k in shown[l - 1] for j in shown[l] if k is not None and j is not None]

    def _is_labelled(self, l: int) -> bool:
        return f"W{l}" in self.trace and len(self._pairs(l)) <= LABELLED_EDGES

    def _is_on_path(self, l: int, k: int, j: int) -> bool:
        """Whether an edge is a part of a path from the loss to the chosen parameter."""
        if self.chosen is None:
            return False
        layer, start, end = self.chosen
        return {layer: (k, j) == (start, end), layer + 1: k == end}.get(l, l > layer)

    def _weight(self, l: int, k: int, j: int) -> list[Run]:
        """A weight's name and number, with a mark for its sign."""
        name = at(f"W{l}", k, j)
        value = float(self.trace.value_of(name))
        size = self.numbers.shown(abs(value)).text()
        return [*self.notation.write(reference(name)).runs(), (f" = {'+' if value >= 0 else '−'}{size}", 0)]

    def _edges(self, sheet: Canvas, l: int, places: Places, *, strict: bool) -> bool:
        """The weights from layer l − 1 to layer l; whether all their labels found a place."""
        edges: list[Edge] = []
        labelled: list[tuple[Edge, list[Run], str]] = []
        for k, j in self._pairs(l):
            start, end = places[l - 1, k], places[l, j]
            edge = (start.x + start.width / 2, start.y), (end.x - end.width / 2, end.y)
            edges.append(edge)
            bold, has_label = self._is_on_path(l, k, j), self._has_label(l, k, j)
            colour = (
                ("positive" if self.trace.value_of(at(f"W{l}", k, j)) >= 0 else "negative") if has_label else "rule"
            )
            towards = edge[::-1] if self.backward and l > 1 else edge
            thickness = BOLD if bold else 1.5 if has_label else 1.0
            line = arrow(
                (towards[0], towards[1]), "grey" if bold and not has_label else colour, thickness,
                dashed=l < self.depth and has_label, head=(has_label or bold) and not (self.backward and l == 1),
            )  # fmt: skip
            sheet.lines.append(line) if bold or has_label else sheet.lines.insert(0, line)
            if has_label:
                labelled.append((edge, self._weight(l, k, j), colour))
        others = [edge for edge in edges if self._is_labelled(l)]
        sizes = [(width(runs), HEIGHT) for _, runs, _ in labelled]
        boxes = placed([edge for edge, _, _ in labelled], sizes, [box for _, box in sheet.boxes], others, strict=strict)
        for box, (_, runs, colour) in zip(boxes or (), labelled, strict=bool(boxes)):
            sheet.label(box, runs, colour)
        return boxes is not None

    def _ends(self, sheet: Canvas, places: Places) -> None:
        """Biases below their neurons; beside the outputs their targets and losses, or arrows from the loss."""
        for (l, j), box in places.items():
            if f"b{l}" in self.trace and not self.backward:
                self._bias(sheet, l, j, box)
            if l < self.depth:
                continue
            right = box.x + box.width / 2
            if self.backward:
                sheet.lines.append(arrow(((right + 34, box.y), (right, box.y)), "output", 2))
                continue
            sheet.lines.append(arrow(((right, box.y), (right + 22, box.y)), "ink"))
            for i, runs in enumerate(self.layers.beside(j)):
                wide = width(runs)
                sheet.label(Box(right + 28 + wide / 2, box.y + 19 * (i - 0.5), wide + 2, HEIGHT), runs)

    def _bias(self, sheet: Canvas, l: int, j: int, box: Box) -> None:
        runs = self.layers.named(at(f"b{l}", j))
        bottom, bold = box.y + box.height / 2, self.chosen is not None and self.chosen == (l, None, j)
        sheet.lines.append(arrow(((box.x, bottom + 18), (box.x, bottom)), "ink", BOLD if bold else 1.2))
        sheet.label(Box(box.x, bottom + 25, width(runs) + 2, HEIGHT - 1), runs)


def _chosen(parameter: str) -> tuple[int, int | None, int] | None:
    """Layer, from, to of a weight; of a bias without from."""
    if not parameter:
        return None
    found = reference(parameter)
    *start, end = (int(i) for i in found.indices)
    return int(found.layer), start[0] if start else None, end
