"""A small drawing of a network for the display of an estimator: its neurons, and its weights by sign and size."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from clearprop.explain.drawings.colours import NEGATIVE, POSITIVE
from clearprop.network import Network, Parameters

COLUMN, ROW, RADIUS, MARGIN, BELOW = 96, 22, 6, 28, 34
NODES_SHOWN = 7  # of a layer; of a wider one the first five and the last
LAYERS_SHOWN = 8  # more than that are told by their widths alone
THICKEST = 2.5
INK = "#55555f"


def drawing(network: Network, params: Parameters) -> str:
    """The network as an ``<svg>`` element that stands by itself.

    Violet lines are positive weights and amber ones negative, the thicker the larger within their layer; below each
    column stand its width and its activation.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.estimators.drawing import drawing
    >>> net = Network.mlp([2, 3, 1])
    >>> drawing(net, net.initial(seed=0)).count("<circle"), drawing(net, net.initial(seed=0)).count("<line")
    (6, 9)
    """
    widths = network.widths
    shown = [_shown(n) for n in widths[:LAYERS_SHOWN]]
    height = 2 * MARGIN + ROW * (max(map(len, shown)) - 1) + BELOW
    width = 2 * MARGIN + COLUMN * (len(shown) - 1)
    places = {
        (l, j): (MARGIN + COLUMN * l, (height - BELOW) / 2 + ROW * (i - (len(nodes) - 1) / 2))
        for l, nodes in enumerate(shown)
        for i, j in enumerate(nodes)
    }
    title = "-".join(map(str, widths))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui,sans-serif" font-size="10" fill="{INK}">'
        f"<title>{escape(f'a network of {title} neurons')}</title>"
    ]
    for l in range(1, len(shown)):
        arrows = network.layers[l - 1].arrows(params.of(l))
        parts += _edges(
            np.ones((widths[l - 1], widths[l])) if arrows is None else np.asarray(arrows, float), l, shown, places
        )
    for (_, j), (x, y) in places.items():
        if j is None:
            parts.append(f'<text x="{x:g}" y="{y + 3:g}" text-anchor="middle">⋮</text>')
        else:
            parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}" fill="#fff" stroke="{INK}"/>')
    names = ["inputs", *(layer.summary for layer in network.layers)]
    for l in range(len(shown)):
        x = MARGIN + COLUMN * l
        parts.append(_text(x, height - 20, f"{widths[l]:,}") + _text(x, height - 8, names[l]))
    if len(widths) > LAYERS_SHOWN:
        parts.append(_text(width - 8, MARGIN, f"… {len(widths) - LAYERS_SHOWN} more"))
    return "".join(parts) + "</svg>"


def _shown(n: int) -> list[int | None]:
    return list(range(n)) if n <= NODES_SHOWN else [*range(NODES_SHOWN - 2), None, n - 1]


def _edges(
    W: Any, l: int, shown: list[list[int | None]], places: Mapping[tuple[int, int | None], tuple[float, float]]
) -> list[str]:
    """The weights from layer l − 1 to layer l, between the neurons that are shown; none where W is NaN."""
    ends = [(k, j) for k in shown[l - 1] for j in shown[l] if k is not None and j is not None and not np.isnan(W[k, j])]
    largest = max((abs(float(W[end])) for end in ends), default=0.0) or 1.0
    found = []
    for k, j in ends:
        (x1, y1), (x2, y2) = places[l - 1, k], places[l, j]
        colour = POSITIVE if W[k, j] >= 0 else NEGATIVE
        thickness = 0.3 + (THICKEST - 0.3) * abs(W[k, j]) / largest
        found.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{thickness:.2g}" '
            'stroke-opacity=".6"/>'
        )
    return found


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle">{escape(text)}</text>'
