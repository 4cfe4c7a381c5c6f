"""Iterations: step after step until the loss comes to rest or a preset number is reached, and what the δ's do.

Every row of the table is read from a trace. Coming to rest promises no global optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError
from clearprop.network.flow import EXPLODING, VANISHING, flow
from clearprop.trace.record import next_step
from clearprop.trace.trace import Trace


@dataclass(frozen=True)
class Iteration:
    """One step.

    Attributes
    ----------
    step : int
    loss : float
        Before the update.
    parameters : tuple of float
        The chosen ones, before the update.
    norms : tuple of float
        ‖δ‖ of each layer 1 … L.
    """

    step: int
    loss: float
    parameters: tuple[float, ...]
    norms: tuple[float, ...]

    @property
    def updates(self) -> int:
        """How many updates have been made before this step."""
        return self.step - 1


@dataclass(frozen=True)
class Iterations:
    """A run.

    Attributes
    ----------
    chosen : tuple of str
    rows : tuple of Iteration
        The last one is after the last update.
    reason : {"converged", "preset", "diverged"}
    tolerance : float
    last : Trace
        Of the step after the last update.
    """

    chosen: tuple[str, ...]
    rows: tuple[Iteration, ...]
    reason: str
    tolerance: float
    last: Trace

    @property
    def vanishing(self) -> tuple[tuple[int, float], ...]:
        """Layers whose δ is at least a hundred times smaller than the output's at the end, and how many times."""
        return self._judged(VANISHING)

    @property
    def exploding(self) -> tuple[tuple[int, float], ...]:
        """Layers whose δ is at least a hundred times larger than the output's at the end, and how many times."""
        return self._judged(EXPLODING)

    def _judged(self, wanted: str) -> tuple[tuple[int, float], ...]:
        found = enumerate(flow(self.rows[-1].norms), start=1)
        return tuple((l, times) for l, (verdict, times) in found if verdict == wanted)


def iterate(trace: Trace, steps: int = 20, tolerance: float = 1e-8, chosen: Sequence[str] = ("W1[0,0]",)) -> Iterations:
    """Go on from a trace, step after step.

    Parameters
    ----------
    trace : Trace
        The first step.
    steps : int
        The most steps.
    tolerance : float
        A step that changes the loss by less ends the run.
    chosen : sequence of str
        Parameters to follow.

    Raises
    ------
    InputError, UnknownNameError
        When `steps` is below 1, or a chosen parameter does not exist.

    Examples
    --------
    >>> from clearprop.explain import case, iterate
    >>> run = iterate(case("two_players").trace(), steps=3)
    >>> run.reason, len(run.rows), run.rows[-1].loss < run.rows[0].loss
    ('preset', 4, True)
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps must be a whole number of at least 1, not {steps!r}")
    rows = [_row(trace, chosen)]
    reason = "preset"
    for _ in range(steps):
        after = trace.value_of("loss_new")
        if not np.isfinite(after):
            reason = "diverged"
            break
        before = trace.value_of("loss")
        try:
            trace = next_step(trace)
        except NotFiniteError:  # a saturated output can hide what happened behind it
            reason = "diverged"
            break
        rows.append(_row(trace, chosen))
        if abs(before - after) < tolerance:
            reason = "converged"
            break
    return Iterations(tuple(chosen), tuple(rows), reason, tolerance, trace)


def _row(trace: Trace, chosen: Sequence[str]) -> Iteration:
    return Iteration(
        trace.step,
        trace.value_of("loss"),
        tuple(trace.value_of(name) for name in chosen),
        delta_norms(trace),
    )


def delta_norms(trace: Trace) -> tuple[Any, ...]:
    """‖δ‖ of each layer."""
    layers = range(1, trace.network.depth + 1)
    return tuple(float(np.linalg.norm(np.asarray(trace[f"delta{l}"].value, dtype=float))) for l in layers)
