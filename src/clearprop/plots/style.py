"""What the pictures have in common: axes, styles that differ in grey too, colours for light and dark grounds."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.colors import to_rgb

from clearprop.errors import shortened
from clearprop.explain.drawings.colours import PALETTE

LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")  # as many as have no divisor in common with the lines: 28 pairs
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "oo", "||")
MOST_MARKED = 40  # points of a line that each get a marker; of longer lines so many do


def axes(ax: Any) -> Any:
    """The axes to draw on: those given, or those of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def line_style(place: int, n_points: int = 0) -> dict[str, Any]:
    """How the line at this place of several is drawn: style, marker and colour, for `Axes.plot`."""
    return {
        "linestyle": LINES[place % len(LINES)],
        "marker": MARKERS[place % len(MARKERS)],
        "markevery": max(1, n_points // MOST_MARKED),
        "color": f"C{place}",
        "markersize": 4,
    }


def plain(text: object, most: int = 40) -> str:
    """A text of the user's, as the name of a column, for matplotlib, to which $ and a leading _ are signs of its own.

    Examples
    --------
    >>> from clearprop.plots.style import plain
    >>> print(plain("price in $"), plain("_id"), plain("x" * 100, 5))
    price in \\$  _id xxxx…
    """
    shown = shortened(str(text), most).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def ink() -> Any:
    """The colour of texts."""
    return mpl.rcParams["text.color"]


def colour(name: str, ax: Any) -> str:
    """A colour of the palette, as it is seen on the ground of these axes."""
    return PALETTE[name].dark if is_dark(ax) else PALETTE[name].light


def is_dark(ax: Any) -> bool:
    """Whether the ground of axes is dark (Rec. 709)."""
    red, green, blue = to_rgb(ax.get_facecolor())
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5)


def legend(ax: Any, **options: Any) -> Any:
    """A legend whose lines are long enough to be told apart."""
    return ax.legend(**{"fontsize": "small", "handlelength": 3.5, **options})
