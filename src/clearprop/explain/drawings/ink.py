"""What drawings are made of: lines, arrows and texts as SVG, painted in colours that have a name.

A colour is written twice: as an attribute, for the drawing by itself, and as a class, by which a page paints it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape

from clearprop.explain.drawings.colours import PALETTE
from clearprop.explain.drawings.placing import SIZE, SMALLER, Box, Edge, width_of
from clearprop.explain.writing.symbols import lowered, raised

HEIGHT = 15.0  # of a line of text
DASH = ' stroke-dasharray="7 4"'
HEAD = 9.0  # the length of an arrow's head

Run = tuple[str, int]  # text, and whether it is raised (1), lowered (−1) or on the line (0)


def paint(fill: str = "", stroke: str = "") -> str:
    """The attributes of a shape that is filled and outlined in colours of the palette.

    Examples
    --------
    >>> from clearprop.explain.drawings.ink import paint
    >>> paint("paper", "ink")
    'class="f-paper s-ink" fill="#ffffff" stroke="#1b1b1f"'
    """
    names = [f"f-{fill}"] * bool(fill) + [f"s-{stroke}"] * bool(stroke)
    parts = [f'class="{" ".join(names)}"', f'fill="{PALETTE[fill].light if fill else "none"}"']
    return " ".join(parts + ([f'stroke="{PALETTE[stroke].light}"'] if stroke else []))


@dataclass
class Canvas:
    """A drawing under way: lines first, then labels, with the box that each covers."""

    lines: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    boxes: list[tuple[str, Box]] = field(default_factory=list)

    def label(self, box: Box, runs: list[Run], colour: str = "ink") -> None:
        """Text centred in a box, on the ground of the page."""
        self.boxes.append((plain(runs), box))
        self.labels.append(
            f'<rect x="{box.x - box.width / 2:.5g}" y="{box.y - box.height / 2:.5g}" width="{box.width:.5g}" '
            f'height="{box.height:.5g}" rx="3" {paint("paper")} fill-opacity=".9"/>' + text(box.x, box.y, runs, colour)
        )

    def node(self, box: Box, lines: list[list[Run]], colour: str = "ink", fill: str = "paper") -> None:
        """A node with lines of text in it."""
        self.boxes.append(("; ".join(map(plain, lines)), box))
        top = box.y - HEIGHT * (len(lines) - 1) / 2 - (1.5 if len(lines) > 1 else 0)
        self.labels.append(
            f'<rect x="{box.x - box.width / 2:.5g}" y="{box.y - box.height / 2:.5g}" width="{box.width:.5g}" '
            f'height="{box.height:.5g}" rx="{min(box.height / 2, 14):g}" {paint(fill, colour)} stroke-width="1.5"/>'
            + "".join(text(box.x, top + (HEIGHT + 3) * i, runs) for i, runs in enumerate(lines))
        )


def drawing(width: float, height: float, title: str, description: str, inside: str, kind: str = "") -> str:
    """The whole ``<svg>``; pages have a style of their own for some kinds."""
    name = f' class="{kind}"' if kind else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"{name} viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family="system-ui,sans-serif" font-size="{SIZE:g}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{inside}</svg>"
    )


def text(x: float, y: float, runs: list[Run], colour: str = "ink", anchor: str = "middle") -> str:
    """Text whose middle is at a height."""
    return f'<text x="{x:.5g}" y="{y + 4:.5g}" text-anchor="{anchor}" {paint(colour)}>{spans(runs)}</text>'


def plain(runs: list[Run]) -> str:
    """The text on one line: δ²₁."""
    return "".join({1: raised, -1: lowered}.get(shift, str)(run) for run, shift in runs)


def width(runs: list[Run]) -> float:
    """How wide a text is about, in pixels."""
    return sum(width_of(text, SIZE * (SMALLER if shift else 1)) for text, shift in runs)


def spans(runs: list[Run]) -> str:
    """Text with raised and lowered scripts; each run undoes the shift of the one before it."""
    found, height = [], 0.0
    for run, shift in runs:
        target = {1: -4.0, -1: 3.0, 0: 0.0}[shift]
        size = f' font-size="{SIZE * SMALLER:g}"' if shift else ""
        found.append(f'<tspan dy="{target - height:g}"{size}>{escape(run)}</tspan>')
        height = target
    return "".join(found)


def arrow(edge: Edge, colour: str, thickness: float = 1.4, *, dashed: bool = False, head: bool = True) -> str:
    """A line with its head at the end of the edge."""
    (x1, y1), (x2, y2) = edge
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    along, across = (x2 - x1) / length, (y2 - y1) / length
    size = HEAD + thickness if head else 0.0
    x, y = x2 - size * along, y2 - size * across
    line = (
        f'<line x1="{x1:.5g}" y1="{y1:.5g}" x2="{x:.5g}" y2="{y:.5g}" {paint("", colour)} '
        f'stroke-width="{thickness:g}"{DASH if dashed else ""}/>'
    )
    if not head:
        return line
    half = (4 + thickness) / 1.3
    corners = f"M{x2:.5g} {y2:.5g} L{x - half * across:.5g} {y + half * along:.5g} L{x + half * across:.5g} "
    return line + f'<path d="{corners}{y - half * along:.5g} z" {paint(colour)}/>'
