"""The network as an SVG drawing: nodes with their signals, weights with their sign, errors below.

Wide layers show their first nodes and their last, with a count between. A weight's sign is shown by colour and by a
mark; the weights that the output error reaches directly are solid, those behind a hidden layer dashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from clearprop.explain.notation import Notation
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.references import at, reference
from clearprop.explain.renderers.colours import HIDDEN, NEGATIVE, OUTPUT, POSITIVE
from clearprop.explain.trace import Trace

COLUMN, ROW, RADIUS, MARGIN, ARROWS = 270, 104, 26, 70, 16
NODES_SHOWN = 6  # of a layer; of a wider one the first four and the last
THICKEST = 5.0
LABEL_AT = 0.3  # of the way along an edge: near its start, where edges have not met yet
LABELLED_EDGES = 12  # between two layers; more are drawn without their numbers


def drawing(trace: Trace, notation: Notation, numbers: NumberFormat, words: Mapping[str, str]) -> str:
    """The drawing of a trace; of a batch, with the signals of its first sample.

    Returns
    -------
    str
        An ``<svg>`` element that stands by itself.
    """
    widths = trace.network.widths
    shown = [_shown(n) for n in widths]
    rows = max(len(nodes) for nodes in shown)
    width, height = 2 * MARGIN + COLUMN * (len(widths) - 1), 2 * MARGIN + ROW * (rows - 1) + ARROWS
    places = {
        (l, j): (MARGIN + COLUMN * l, (height - ARROWS) / 2 + ROW * (i - (len(nodes) - 1) / 2))
        for l, nodes in enumerate(shown)
        for i, j in enumerate(nodes)
    }
    title = "-".join(map(str, widths))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui,sans-serif" font-size="12"><title>{escape(title)}</title>'
    ]
    for l in range(1, len(widths)):
        parts += _edges(trace, notation, numbers, l, shown, places)
    for (l, j), (x, y) in places.items():
        parts += _node(trace, notation, numbers, words, l, j, x, y)
    parts.append(_arrows(width, height, words))
    return "".join(parts) + "</svg>"


def _shown(n: int) -> list[int | None]:
    return list(range(n)) if n <= NODES_SHOWN else [*range(NODES_SHOWN - 2), None, n - 1]


def _edges(
    trace: Trace,
    notation: Notation,
    numbers: NumberFormat,
    l: int,
    shown: list[list[int | None]],
    places: Mapping[tuple[int, int | None], tuple[float, float]],
) -> list[str]:
    """The weights from layer l − 1 to layer l."""
    W = np.asarray(trace[f"W{l}"].value, dtype=float)
    largest = float(np.max(np.abs(W))) or 1.0
    direct = l == trace.network.depth
    ends = [(k, j) for k in shown[l - 1] for j in shown[l] if k is not None and j is not None]
    found = []
    for k, j in ends:
        (x1, y1), (x2, y2) = places[l - 1, k], places[l, j]
        weight = float(W[k, j])
        colour = POSITIVE if weight >= 0 else NEGATIVE
        dash = "" if direct else ' stroke-dasharray="7 4"'
        thickness = 1 + (THICKEST - 1) * abs(weight) / largest
        found.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
            f'stroke-width="{thickness:.2g}" stroke-opacity=".75"{dash}/>'
        )
        x, y = x1 + LABEL_AT * (x2 - x1), y1 + LABEL_AT * (y2 - y1)
        mark = "+" if weight >= 0 else "−"
        if len(ends) <= LABELLED_EDGES:
            name = notation.write(reference(at(f"W{l}", k, j))).text()
            size = numbers.shown(abs(weight)).text()
            label = f"{name} = {mark}{size}"
            found.append(_label(x, y + (16 if y2 < y1 else -6), label, colour))  # beside a rising or falling edge
        else:
            found.append(_label(x, y, mark, colour))
    return found


def _label(x: float, y: float, text: str, colour: str) -> str:
    return (
        f'<text x="{x:.5g}" y="{y:.5g}" text-anchor="middle" fill="{colour}" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{escape(text)}</text>'
    )


def _node(
    trace: Trace,
    notation: Notation,
    numbers: NumberFormat,
    words: Mapping[str, str],
    l: int,
    j: int | None,
    x: float,
    y: float,
) -> list[str]:
    """A node with its signal inside and its error below."""
    if j is None:
        count = trace.network.widths[l] - (NODES_SHOWN - 1)
        return [_label(x, y + 4, words["others"].format(count=f"{count:,}"), "#55555f")]
    found = [f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}" fill="#fff" stroke="#3a3a44" stroke-width="1.5"/>']
    sample = (0, j) if trace.is_batch else (j,)
    signal = at(f"a{l}", *sample)
    name = notation.write(reference(signal)).text()
    found.append(_label(x, y - RADIUS - 6, name, "#1b1b1f"))
    found.append(
        f'<text x="{x:g}" y="{y + 4:g}" text-anchor="middle" fill="#1b1b1f">'
        f"{escape(numbers.shown(trace.value_of(signal)).text())}</text>"
    )
    if l:
        error = trace.value_of(at(f"delta{l}", *sample))
        colour = OUTPUT if l == trace.network.depth else HIDDEN
        found.append(_label(x, y + RADIUS + 16, f"δ = {numbers.shown(error).text()}", colour))
    return found


def _arrows(width: float, height: float, words: Mapping[str, str]) -> str:
    """Which way signals and errors go."""
    top, bottom, end = 18, height - 12, width - MARGIN

    def arrow(y: float, start: float, stop: float, colour: str, text: str) -> str:
        tip = 8 if stop > start else -8
        return (
            f'<line x1="{start:g}" y1="{y:g}" x2="{stop - tip:g}" y2="{y:g}" stroke="{colour}" stroke-width="1.5"/>'
            f'<path d="M{stop:g} {y:g} l{-tip} -4 v8 z" fill="{colour}"/>'
            f'<text x="{(start + stop) / 2:g}" y="{y - 5:g}" text-anchor="middle" fill="{colour}">{escape(text)}</text>'
        )

    return arrow(top, MARGIN, end, "#3a3a44", words["signals"]) + arrow(bottom, end, MARGIN, HIDDEN, words["errors"])
