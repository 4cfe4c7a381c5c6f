"""Figures as SVG that stands in a page by itself: drawn twice, for light pages and for dark ones."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from clearprop.explain.drawings.colours import PALETTE

FONTS = ["DejaVu Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]  # the reader's own


class Pictured(NamedTuple):
    """A figure as SVG.

    Attributes
    ----------
    light, dark : bytes
        The same drawing on a light ground and on a dark one; nothing in them asks for another file.
    width, height : int
        CSS pixels.
    """

    light: bytes
    dark: bytes
    width: int
    height: int


def pictured(draw: Callable[[Any], object], width: float = 6.4, height: float = 4.0) -> Pictured:
    """The picture that `draw` makes on axes.

    Parameters
    ----------
    draw : callable
        Gets axes, twice. What it draws must not depend on anything that changes: the same numbers are the same bytes.
    width, height : float
        Inches.

    Examples
    --------
    >>> from clearprop.plots.pictures import pictured
    >>> made = pictured(lambda ax: ax.plot([0, 1], [0, 1]))
    >>> made.light.startswith(b"<?xml"), made.width, made.light != made.dark
    (True, 614, True)
    """
    light, dark = (_svg(draw, width, height, ground) for ground in (0, 1))
    return Pictured(light, dark, round(width * 96), round(height * 96))


def _svg(draw: Callable[[Any], object], width: float, height: float, ground: int) -> bytes:
    ink, paper, rule = (PALETTE[name][ground] for name in ("ink", "paper", "rule"))
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papered = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    style = {**dict.fromkeys(inked, ink), **dict.fromkeys(papered, paper), "legend.edgecolor": rule}
    as_text = {"svg.fonttype": "none", "svg.hashsalt": "clearprop", "font.family": FONTS[:1]}
    with mpl.rc_context({**mpl.rcParamsDefault, **style, **as_text, "backend": mpl.rcParams["backend"]}):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        sink = io.BytesIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    families = ", ".join(f"'{name}'" if " " in name else name for name in FONTS)
    return sink.getvalue().replace(f"'{FONTS[0]}'".encode(), families.encode())
