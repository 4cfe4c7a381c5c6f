"""The network as an SVG drawing: nodes with their signals, weights with their sign, errors below.

Wide layers show their first nodes and their last, with a count between. A weight's sign is shown by colour and by a
mark; the weights that the output error reaches directly are solid, those behind a hidden layer dashed. No label lies
over another (`clearprop.explain.renderers.placing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np

from clearprop.explain.notation import Notation
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.references import at, reference
from clearprop.explain.renderers.colours import HIDDEN, NEGATIVE, OUTPUT, POSITIVE
from clearprop.explain.renderers.placing import SIZE, SMALLER, Box, Edge, placed, width_of
from clearprop.explain.trace import Trace

NARROWEST, WIDEST, WIDER = 250, 1450, 60  # pixels between two layers, and by how much more each time
ROW, RADIUS, MARGIN, ARROWS = 108, 26, 62, 30
NODES_SHOWN = 6  # of a layer; of a wider one the first four and the last
THICKEST = 5.0
LABELLED_EDGES = 12  # between two layers; more are drawn with their sign alone
HEIGHT = 15.0  # of a line of text
INK, GREY = "#1b1b1f", "#55555f"

Run = tuple[str, int]  # text, and whether it is raised (1), lowered (−1) or on the line (0)


@dataclass
class Sheet:
    """A drawing under way. The functions below write it: lines first, then labels with the box that each covers."""

    lines: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    boxes: list[tuple[str, Box]] = field(default_factory=list)

    def label(self, box: Box, runs: list[Run], colour: str) -> None:
        """Text centred in a box, on a white ground."""
        self.boxes.append(("".join(text for text, _ in runs), box))
        self.labels.append(
            f'<rect x="{box.x - box.width / 2:.5g}" y="{box.y - box.height / 2:.5g}" width="{box.width:.5g}" '
            f'height="{box.height:.5g}" rx="3" fill="#fff" fill-opacity=".88"/>'
            f'<text x="{box.x:.5g}" y="{box.y + 4:.5g}" text-anchor="middle" fill="{colour}">{_spans(runs)}</text>'
        )


def drawing(trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str]) -> str:
    """The drawing of a trace; of a batch, with the signals of its first sample.

    Returns
    -------
    str
        An ``<svg>`` element that stands by itself.
    """
    sheet, width, height = laid_out(trace, notation, numbers, words)
    title = "-".join(map(str, trace.network.widths))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family="system-ui,sans-serif" font-size="{SIZE:g}">'
        f"<title>{escape(title)}</title><desc>{escape(words['picture_words'].format(widths=title))}</desc>"
        + "".join(sheet.lines + sheet.labels)
        + "</svg>"
    )


def laid_out(
    trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str]
) -> tuple[Sheet, float, float]:
    """The drawing with the boxes of its labels, its width and its height; as narrow as the labels allow."""
    nodes = Nodes(trace, notation, numbers, words)
    for column in range(NARROWEST, WIDEST, WIDER):
        sheet = Sheet()
        places, width, height = nodes.place(sheet, column)
        layers = range(1, len(nodes.shown))
        if all([_edges(sheet, trace, notation, numbers, l, nodes.shown, places) for l in layers]):
            break
    _arrows(sheet, width, height, words)
    return sheet, width, height


def _shown(n: int) -> list[int | None]:
    return list(range(n)) if n <= NODES_SHOWN else [*range(NODES_SHOWN - 2), None, n - 1]


class Nodes:
    """The nodes of a drawing and what is written at them."""

    def __init__(self, trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str]) -> None:
        self.trace, self.notation, self.numbers, self.words = trace, notation, numbers, words
        self.shown = [_shown(n) for n in trace.network.widths]

    def place(self, sheet: Sheet, column: float) -> tuple[dict[tuple[int, int], Box], float, float]:
        """Draw all nodes with so many pixels between layers; the box of each, and the size of the drawing."""
        rows = max(len(nodes) for nodes in self.shown)
        edge = max(MARGIN, *(width_of("".join(t for t, _ in runs)) / 2 + 8 for runs in self._outermost()))
        width, height = 2 * edge + column * (len(self.shown) - 1), 2 * MARGIN + ROW * (rows - 1) + ARROWS
        found: dict[tuple[int, int], Box] = {}
        for l, nodes in enumerate(self.shown):
            for i, j in enumerate(nodes):
                x, y = edge + column * l, height / 2 + ROW * (i - (len(nodes) - 1) / 2)
                if j is None:
                    count = self.trace.network.widths[l] - (NODES_SHOWN - 1)
                    text = self.words["others"].format(count=f"{count:,}")
                    sheet.label(Box(x, y, width_of(text), HEIGHT), [(text, 0)], GREY)
                else:
                    found[l, j] = self._node(sheet, l, j, x, y)
        return found, width, height

    def _outermost(self) -> list[list[Run]]:
        """What is written at the nodes of the first and the last layer."""
        last = len(self.shown) - 1
        ends = [(l, j) for l in (0, last) for j in self.shown[l] if j is not None]
        errors = [self._error(l, j) for l, j in ends if l]
        return [self._name(l, j) for l, j in ends] + errors

    def _sample(self, j: int) -> tuple[int, ...]:
        return (0, j) if self.trace.is_batch else (j,)

    def _name(self, l: int, j: int) -> list[Run]:
        return self.notation.write(reference(at(f"a{l}", *self._sample(j)))).runs()

    def _error(self, l: int, j: int) -> list[Run]:
        error = self.trace.value_of(at(f"delta{l}", *self._sample(j)))
        return [(f"δ = {self.numbers.shown(error).text()}", 0)]

    def _node(self, sheet: Sheet, l: int, j: int, x: float, y: float) -> Box:
        """A node with its signal inside, its name above and its error below."""
        value = self.numbers.shown(self.trace.value_of(at(f"a{l}", *self._sample(j)))).text()
        box = Box(x, y, max(2 * RADIUS, width_of(value) + 10), 2 * RADIUS)
        sheet.boxes.append((value, box))
        sheet.labels.append(
            f'<rect x="{x - box.width / 2:.5g}" y="{y - RADIUS:.5g}" width="{box.width:.5g}" height="{2 * RADIUS}" '
            f'rx="{RADIUS}" fill="#fff" stroke="#3a3a44" stroke-width="1.5"/>'
            f'<text x="{x:.5g}" y="{y + 4:.5g}" text-anchor="middle" fill="{INK}">{escape(value)}</text>'
        )
        name = self._name(l, j)
        sheet.label(Box(x, y - RADIUS - 10, _width(name), HEIGHT), name, INK)
        if l:
            error = self._error(l, j)
            colour = OUTPUT if l == self.trace.network.depth else HIDDEN
            sheet.label(Box(x, y + RADIUS + 11, _width(error), HEIGHT), error, colour)
        return box


def _edges(
    sheet: Sheet,
    trace: Trace,
    notation: Notation,
    numbers: NumberFormat,
    l: int,
    shown: list[list[int | None]],
    places: Mapping[tuple[int, int], Box],
) -> bool:
    """The weights from layer l − 1 to layer l; whether all their labels found a place."""
    W = np.asarray(trace[f"W{l}"].value, dtype=float)
    largest = float(np.max(np.abs(W))) or 1.0
    dash = "" if l == trace.network.depth else ' stroke-dasharray="7 4"'
    ends = [(k, j) for k in shown[l - 1] for j in shown[l] if k is not None and j is not None]
    edges: list[Edge] = []
    labels: list[list[Run]] = []
    for k, j in ends:
        start, end, weight = places[l - 1, k], places[l, j], float(W[k, j])
        edge = (start.x + start.width / 2, start.y), (end.x - end.width / 2, end.y)
        (x1, y1), (x2, y2) = edge
        sheet.lines.append(
            f'<line x1="{x1:.5g}" y1="{y1:.5g}" x2="{x2:.5g}" y2="{y2:.5g}" stroke="{_colour(weight)}" '
            f'stroke-width="{1 + (THICKEST - 1) * abs(weight) / largest:.2g}" stroke-opacity=".75"{dash}/>'
        )
        mark = "+" if weight >= 0 else "−"
        name = notation.write(reference(at(f"W{l}", k, j))).runs()
        size = numbers.shown(abs(weight)).text()
        labels.append([*name, (f" = {mark}{size}", 0)] if len(ends) <= LABELLED_EDGES else [(mark, 0)])
        edges.append(edge)
    sizes = [(_width(runs), HEIGHT if len(runs) > 1 else HEIGHT - 4) for runs in labels]
    boxes = placed(edges, sizes, [box for _, box in sheet.boxes])
    for box, runs, (k, j) in zip(boxes or (), labels, ends, strict=bool(boxes)):
        sheet.label(box, runs, _colour(float(W[k, j])))
    return boxes is not None


def _colour(weight: float) -> str:
    return POSITIVE if weight >= 0 else NEGATIVE


def _width(runs: list[Run]) -> float:
    return sum(width_of(text, SIZE * (SMALLER if shift else 1)) for text, shift in runs)


def _spans(runs: list[Run]) -> str:
    """Text with raised and lowered scripts; each run undoes the shift of the one before it."""
    found, height = [], 0.0
    for text, shift in runs:
        target = {1: -4.0, -1: 3.0, 0: 0.0}[shift]
        size = f' font-size="{SIZE * SMALLER:g}"' if shift else ""
        found.append(f'<tspan dy="{target - height:g}"{size}>{escape(text)}</tspan>')
        height = target
    return "".join(found)


def _arrows(sheet: Sheet, width: float, height: float, words: Mapping[str, str]) -> None:
    """Which way signals and errors go."""

    def arrow(y: float, start: float, stop: float, colour: str, text: str) -> None:
        tip = 8 if stop > start else -8
        sheet.lines.append(
            f'<line x1="{start:.5g}" y1="{y:g}" x2="{stop - tip:.5g}" y2="{y:g}" stroke="{colour}" '
            f'stroke-width="1.5"/><path d="M{stop:.5g} {y:g} l{-tip} -4 v8 z" fill="{colour}"/>'
        )
        sheet.label(Box(width / 2, y, width_of(text) + 8, HEIGHT), [(text, 0)], colour)

    arrow(10, 20, width - 20, "#3a3a44", words["signals"])
    arrow(height - 10, width - 20, 20, HIDDEN, words["errors"])
