"""A partial derivative, felt: one parameter moved a little, all others held, and the loss computed anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.paths import parameter_of
from clearprop.trace.trace import Trace


@dataclass(frozen=True)
class Wiggle:
    """What the loss does when one parameter moves.

    Attributes
    ----------
    parameter : str
    step : float
    value : float
        The parameter.
    below, at, above : float
        The loss (with penalties: the cost) with the parameter moved down, left alone, moved up; by the engine's forward
        pass.
    felt : float
        (above − below) / (2·step).
    slope : float
        What back-propagation says.
    """

    parameter: str
    step: float
    value: float
    below: float
    at: float
    above: float
    felt: float
    slope: float


def wiggle(trace: Trace, parameter: str, step: float = 0.01) -> Wiggle:
    """Move one weight or bias by `step` down and up.

    Raises
    ------
    UnknownNameError, InputError
        When there is no such parameter, or the step is not a finite number above 0.

    Examples
    --------
    >>> from clearprop.explain import case, wiggle
    >>> felt = wiggle(case("case_study").trace(), "W2[0,0]", 0.001)
    >>> abs(felt.felt - felt.slope) < 1e-7
    True
    """
    if not (np.isfinite(step) and step > 0):
        raise InputError(f"the step must be a finite number above 0, not {step!r}")
    found = parameter_of(trace, parameter)
    value = trace.value_of(parameter)

    def moved(by: float) -> float:
        theta = trace.params.theta.copy()
        views = trace.network.views(theta)
        array = (views.W if found.kind == "W" else views.b)[int(found.layer)]
        array[tuple(int(i) for i in found.indices)] += by
        return trace.setting.cost(theta)

    below, above = moved(-step), moved(step)
    slope = trace.value_of(str(found._replace(memory="g")) if f"g_{found.site}" in trace else f"d{found}")
    at = trace.value_of(trace.minimised)
    return Wiggle(parameter, step, value, below, at, above, (above - below) / (2 * step), slope)
