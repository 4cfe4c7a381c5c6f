"""The drawings of the book on matplotlib's axes: as much of SVG as `clearprop.explain.drawings` writes.

That is lines, rectangles, circles, paths of straight lines, quadratic curves and circular arcs, groups, and texts with
raised and lowered scripts. Anything else raises ValueError, so that a drawing is never shown in part.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Rectangle
from matplotlib.path import Path

from clearprop.explain.writing.symbols import lowered, raised

NUMBER = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
ANCHORS = {"middle": "center", "end": "right", "start": "left"}
PASSED_ON = ("fill", "stroke", "stroke-width", "font-size", "fill-opacity")
POINTS = 0.72  # of a pixel, where an inch has 100 of them
NEEDS = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4, "a": 7, "z": 0}


def size_of(drawing: str) -> tuple[float, float]:
    """Width and height of a drawing in pixels."""
    _, _, width, height = map(float, ET.fromstring(drawing).attrib["viewBox"].split())
    return width, height


def draw(drawing: str, ax: Any, scale: float = 1.0) -> None:
    """Draw an ``<svg>`` element on axes, whose limits become the size of the drawing.

    Parameters
    ----------
    drawing : str
        As `clearprop.explain.drawings` makes it.
    ax : matplotlib.axes.Axes
    scale : float
        How many hundredths of an inch of the figure a pixel of the drawing takes: texts and lines are that much larger.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from clearprop.explain import Explanation, case
    >>> from clearprop.plots.svg import draw
    >>> ax = plt.subplots()[1]
    >>> draw(Explanation(case("two_players").trace()).svg(), ax)
    >>> "w¹₁₁ = +0.2" in [text.get_text() for text in ax.texts]
    True
    """
    width, height = size_of(drawing)
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    _Drawing(ax, scale).element(ET.fromstring(drawing), {"fill": "black", "font-size": "12"})


class _Drawing:
    """A drawing under way; what is later lies above."""

    def __init__(self, ax: Any, scale: float) -> None:
        self.ax, self.scale, self.order = ax, scale, 1

    def element(self, element: ET.Element, inherited: dict[str, str]) -> None:
        """An element and all that is in it."""
        tag = element.tag.rpartition("}")[2]
        given = {**inherited, **{name: element.attrib[name] for name in PASSED_ON if name in element.attrib}}
        if tag in ("svg", "g"):
            for child in element:
                self.element(child, given)
        elif tag not in ("title", "desc"):
            self.order += 1
            made = {
                "line": self._line,
                "rect": self._rect,
                "circle": self._circle,
                "path": self._path,
                "text": self._text,
            }
            if tag not in made:
                raise ValueError(f"<{tag}> is none of the elements that drawings are made of")
            made[tag](element.attrib, given, element)

    def _paint(self, attributes: dict[str, str], given: dict[str, str]) -> dict[str, Any]:
        fill, stroke = given.get("fill", "black"), given.get("stroke", "none")
        opacity = float(given.get("fill-opacity", 1.0))
        dash = attributes.get("stroke-dasharray")
        lengths = [float(length) for length in dash.split()] if dash else []
        return {
            "facecolor": fill if fill == "none" else (fill, opacity),
            "edgecolor": stroke,
            "linewidth": float(given.get("stroke-width", 1.0)) * self.scale * POINTS if stroke != "none" else 0.0,
            "linestyle": (0, [length / float(given.get("stroke-width", 1.0)) for length in lengths])
            if lengths
            else "-",
            "zorder": self.order,
        }

    def _line(self, of: dict[str, str], given: dict[str, str], _: ET.Element) -> None:
        paint = self._paint(of, given)
        x1, y1, x2, y2 = (float(of[name]) for name in ("x1", "y1", "x2", "y2"))
        style = {name: paint[name] for name in ("linewidth", "linestyle", "zorder")}
        self.ax.plot([x1, x2], [y1, y2], color=paint["edgecolor"], solid_capstyle="butt", **style)

    def _rect(self, of: dict[str, str], given: dict[str, str], _: ET.Element) -> None:
        x, y, width, height = (float(of[name]) for name in ("x", "y", "width", "height"))
        rounded, paint = float(of.get("rx", 0.0)), self._paint(of, given)
        if not rounded:
            self.ax.add_patch(Rectangle((x, y), width, height, **paint))
            return
        box = f"round,pad=0,rounding_size={min(rounded, width / 2, height / 2)}"
        self.ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=box, **paint))

    def _circle(self, of: dict[str, str], given: dict[str, str], _: ET.Element) -> None:
        self.ax.add_patch(Circle((float(of["cx"]), float(of["cy"])), float(of["r"]), **self._paint(of, given)))

    def _path(self, of: dict[str, str], given: dict[str, str], _: ET.Element) -> None:
        self.ax.add_patch(PathPatch(path_of(of["d"]), capstyle="butt", **self._paint(of, given)))

    def _text(self, of: dict[str, str], given: dict[str, str], element: ET.Element) -> None:
        self.ax.text(
            float(of["x"]),
            float(of["y"]),
            "".join(_runs(element)),
            ha=ANCHORS[of.get("text-anchor", "start")],
            va="baseline",
            color=given["fill"],
            fontsize=float(given["font-size"]) * self.scale * POINTS,
            zorder=self.order,
        )


def _runs(element: ET.Element) -> Iterator[str]:
    """A text with its scripts as letters of Unicode; a script stands higher or lower than the line."""
    height = 0.0
    yield element.text or ""
    for run in element:
        height += float(run.attrib.get("dy", 0.0))
        text = run.text or ""
        yield raised(text) if height < 0 else lowered(text) if height > 0 else text


def path_of(d: str) -> Path:
    """The path that the attribute d of a ``<path>`` describes.

    Examples
    --------
    >>> from clearprop.plots.svg import path_of
    >>> path_of("M1 2 h3 v4 z").vertices.tolist()
    [[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 2.0]]
    """
    words = NUMBER.findall(d)
    if re.sub(r"[\s,]", "", d) != "".join(words):
        raise ValueError(f"{d!r} is not a path that drawings are made of")
    vertices: list[Any] = []
    codes: list[int] = []
    command, here, start = "", np.zeros(2), np.zeros(2)
    while words:
        if words[0].isalpha():
            command = words.pop(0)
        kind = command.lower()
        if kind not in NEEDS or len(words) < NEEDS[kind] or (kind == "z" and words and not words[0].isalpha()):
            raise ValueError(f"{d!r} is not a path that drawings are made of")
        numbers = [words.pop(0) for _ in range(NEEDS[kind])]
        if any(map(str.isalpha, numbers)):
            raise ValueError(f"{d!r} is not a path that drawings are made of")
        origin = here if command.islower() else np.zeros(2)
        points, code = _step(kind, [float(number) for number in numbers], origin, here, start)
        vertices += points
        codes += code
        here = np.array(points[-1])
        if kind == "m":
            start, command = here, "l" if command == "m" else "L"
    return Path(vertices, codes)


def _step(kind: str, numbers: list[float], origin: Any, here: Any, start: Any) -> tuple[list[Any], list[int]]:
    """The points that one command adds, and what they are to matplotlib."""
    match kind, numbers:
        case "z", []:
            return [start], [Path.CLOSEPOLY]
        case "h", [x]:
            return [np.array([origin[0] + x, here[1]])], [Path.LINETO]
        case "v", [y]:
            return [np.array([here[0], origin[1] + y])], [Path.LINETO]
        case "q", [a, b, x, y]:
            return [origin + np.array([a, b]), origin + np.array([x, y])], [Path.CURVE3] * 2
        case "a", [r, _, _, large, sweep, x, y]:
            arc = _arc(here, origin + np.array([x, y]), r, large != sweep, bool(sweep))
            return arc, [Path.LINETO] * len(arc)
        case _, [x, y]:
            return [origin + np.array([x, y])], [Path.MOVETO if kind == "m" else Path.LINETO]
    raise ValueError(kind)


def _arc(start: Any, end: Any, radius: float, left: bool, sweep: bool, n_points: int = 24) -> list[Any]:
    """Points of a circular arc (SVG 1.1, appendix F.6.5, for equal radii)."""
    half, middle = (start - end) / 2, (start + end) / 2
    distance = math.hypot(*half)
    radius = max(radius, distance)
    away = math.sqrt(max(0.0, radius**2 - distance**2)) / distance
    centre = middle + (1 if left else -1) * away * np.array([half[1], -half[0]])
    first, last = (math.atan2(*(point - centre)[::-1]) for point in (start, end))
    if sweep and last < first:
        last += 2 * math.pi
    if not sweep and last > first:
        last -= 2 * math.pi
    angles = np.linspace(first, last, n_points + 1)[1:]
    return [centre + radius * np.array([math.cos(angle), math.sin(angle)]) for angle in angles]
