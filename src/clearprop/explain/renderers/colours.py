"""The colours of the four equations, the same in every medium; a label always stands beside a colour.

Amber is for the output's δ and for biases (BP1, BP3), violet for a hidden δ (BP2), green for weights (BP4). All three
have a contrast of at least 4.5 : 1 on white, as have the two colours of the sign of a weight.
"""

from __future__ import annotations

from collections.abc import Mapping

OUTPUT, HIDDEN, WEIGHT = "#9a4d00", "#6b2fb3", "#1a6b2f"
OUTPUT_FILL, HIDDEN_FILL, WEIGHT_FILL = "#fff0dc", "#f2e9ff", "#e4f5e7"
POSITIVE, NEGATIVE = "#0b57b0", "#b3261e"

LAWS: Mapping[str, str] = {"BP1": OUTPUT, "BP2": HIDDEN, "BP3": OUTPUT, "BP4": WEIGHT}
BOXES: Mapping[str, tuple[str, str]] = {
    "output_delta": (OUTPUT, OUTPUT_FILL), "hidden_delta": (HIDDEN, HIDDEN_FILL), "weight": (WEIGHT, WEIGHT_FILL),
}  # fmt: skip
TERMINAL: Mapping[str, str] = {"BP1": "dark_orange3", "BP2": "medium_purple3", "BP3": "dark_orange3", "BP4": "green4"}
