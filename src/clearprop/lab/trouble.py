"""What went wrong with a training, in words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop.errors import DivergenceError
from clearprop.lab.style import Style


@dataclass(frozen=True)
class Trouble:
    """A training that diverged.

    Attributes
    ----------
    step : int
        In which update, from 1.
    layer : int or None
        The first layer whose gradient is not finite; None where it is the loss.
    rate : float
        The learning rate of that update.
    """

    step: int
    layer: int | None
    rate: float

    def as_data(self, style: Style) -> dict[str, Any]:
        """What is sent of it."""
        found = "diverged_loss" if self.layer is None else "diverged_layer"
        cure = "diverged_start" if self.step == 1 else "diverged_rate"
        return {
            "kind": "divergence",
            "says": style.says(found, step=self.step, layer=self.layer),
            "advice": style.says(cure, rate=self.rate),
        }


def trouble_of(error: DivergenceError, rate: float) -> Trouble:
    """What is kept of a divergence."""
    return Trouble(error.step, error.layer, rate)
