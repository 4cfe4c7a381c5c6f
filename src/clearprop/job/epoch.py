"""The record of one pass over the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """What one pass over the rows did.

    Attributes
    ----------
    n : int
        Its number, from 1.
    loss : float
        Mean training loss with penalties, over the epoch's batches as they came.
    gradient_norms : tuple of float
        ‖∂C/∂θ‖ of each layer at the epoch's last update.
    learning_rate : float
        Of the epoch's last update.
    seconds : float
        Time since training began.
    steps : int
        Updates since training began.
    scores : mapping of str to float
        What was measured at its end, for example "validation_loss".
    complete : bool
        False for a pass that was cut short by a time limit.
    """

    n: int
    loss: float
    gradient_norms: tuple[float, ...]
    learning_rate: float
    seconds: float
    steps: int
    scores: Mapping[str, float] = field(default_factory=dict)
    complete: bool = True
