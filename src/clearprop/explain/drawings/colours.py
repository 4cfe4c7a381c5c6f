"""The colours of the four equations, the same in every medium; a label or border of its own always goes with a colour.

Red is for the output's δ and for biases (BP1, BP3), blue for a hidden δ (BP2), green for weights (BP4); a positive
weight is violet, a negative one amber. Every colour has a contrast of at least 4.5 : 1, the light ones on white and the
dark ones on the ground of dark pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Colour(NamedTuple):
    """A colour on light pages and on dark ones."""

    light: str
    dark: str


PALETTE: Mapping[str, Colour] = {
    "ink": Colour("#1b1b1f", "#e9e9ee"), "paper": Colour("#ffffff", "#15171b"), "grey": Colour("#55555f", "#adafba"),
    "rule": Colour("#d4d4dc", "#434650"), "link": Colour("#0b57b0", "#8fc0ff"),
    "output": Colour("#b3261e", "#ff9d93"), "hidden": Colour("#0b57b0", "#8fc0ff"),
    "weight": Colour("#1a6b2f", "#86d99a"), "positive": Colour("#6b2fb3", "#cbaaff"),
    "negative": Colour("#9a4d00", "#ffb66e"), "output-fill": Colour("#fdecea", "#3b1f1d"),
    "hidden-fill": Colour("#e8f1fd", "#1b2c42"), "weight-fill": Colour("#e6f6e9", "#18301f"),
}  # fmt: skip
OUTPUT, HIDDEN, WEIGHT, POSITIVE, NEGATIVE = (
    PALETTE[name].light for name in ("output", "hidden", "weight", "positive", "negative")
)
KINDS: Mapping[str, str] = {"BP1": "output", "BP2": "hidden", "BP3": "output", "BP4": "weight"}
LAWS: Mapping[str, str] = {law: PALETTE[kind].light for law, kind in KINDS.items()}
BOXES: Mapping[str, tuple[str, str]] = {
    name: (PALETTE[kind].light, PALETTE[f"{kind}-fill"].light)
    for name, kind in (("output_delta", "output"), ("hidden_delta", "hidden"), ("weight", "weight"))
}
TERMINAL: Mapping[str, str] = {"BP1": "red3", "BP2": "dodger_blue1", "BP3": "red3", "BP4": "green4"}
