"""A small drawing of how the loss fell, for the display of an estimator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from clearprop.explain.drawings.colours import HIDDEN, OUTPUT
from clearprop.training import Epoch

WIDTH, HEIGHT = 320, 170
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 30, 34
INK = "#55555f"
MOST_POINTS = 200  # of a line; of a longer training so many, spread evenly


def curves(history: Sequence[Epoch]) -> str:
    """The training loss, solid, and the validation loss, dashed, as an ``<svg>`` element; "" where no loss is finite.

    Examples
    --------
    >>> from clearprop.estimators.curve_drawing import curves
    >>> from clearprop.training import Epoch
    >>> history = [Epoch(n, 1 / n, (1.0,), 0.1, 0.0, n, {"validation_loss": 2 / n}) for n in (1, 2, 3)]
    >>> svg = curves(history)
    >>> svg.count("<path"), "training loss from 1 to 0.3333" in svg, "stroke-dasharray" in svg
    (3, True, True)
    """
    lines = {
        "training loss": [(epoch.n, epoch.loss) for epoch in history],
        "validation loss": [
            (epoch.n, epoch.scores["validation_loss"]) for epoch in history if "validation_loss" in epoch.scores
        ],
    }
    known = {name: _finite(points) for name, points in lines.items()}
    values = [loss for points in known.values() for _, loss in points]
    if not values:
        return ""
    low, high = min(values), max(values)
    first, last = history[0].n, history[-1].n
    said = "; ".join(
        f"{name} from {points[0][1]:.4g} to {points[-1][1]:.4g}" for name, points in known.items() if points
    )

    def place(n: int, loss: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (n - first) / ((last - first) or 1)
        y = TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / ((high - low) or 1.0)
        return f"{x:.5g} {y:.5g}"

    parts = [f'<path d="M{LEFT - 4} {TOP - 8} V{HEIGHT - BOTTOM + 6} H{WIDTH - RIGHT}" fill="none" stroke="{INK}"/>']
    for i, (name, points) in enumerate((name, points) for name, points in known.items() if points):
        path = " ".join(f"{'L' if n else 'M'}{place(*point)}" for n, point in enumerate(points))
        drawn = f'stroke="{(HIDDEN, OUTPUT)[i]}" stroke-width="2"' + (' stroke-dasharray="6 3"' if i else "")
        x = LEFT + 130 * i
        parts.append(f'<path d="{path}" fill="none" {drawn}/>')
        parts.append(f'<line x1="{x}" y1="11" x2="{x + 22}" y2="11" {drawn}/>' + _text(x + 27, 15, name, "start"))
    parts += [_text(LEFT - 8, TOP + 4, f"{high:.4g}", "end")]
    parts += [_text(LEFT - 8, HEIGHT - BOTTOM + 4, f"{low:.4g}", "end")] if high > low else []
    parts += [
        _text(LEFT, HEIGHT - 14, f"{first:,}", "middle"),
        _text(WIDTH - RIGHT - 8, HEIGHT - 14, f"{last:,}", "end"),
    ]
    parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - 4, "epoch", "middle"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui,sans-serif" font-size="11" fill="{INK}">'
        f"<title>The loss of every epoch</title><desc>{escape(said)}</desc>{''.join(parts)}</svg>"
    )


def _finite(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points whose loss is finite; of many, some, the first and the last among them."""
    found = [(n, float(loss)) for n, loss in points if math.isfinite(loss)]
    step = max(1, math.ceil(len(found) / MOST_POINTS))
    return found[:-1:step] + found[-1:]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
