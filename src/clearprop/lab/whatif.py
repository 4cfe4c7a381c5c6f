"""What if: the loss of the shown step with another weight, bias or learning rate, as predicted and as it would be."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.formulas import update_rule
from clearprop.lab.refusals import LabError
from clearprop.lab.style import Style
from clearprop.lab.workspace import Workspace
from clearprop.trace.names import reference
from clearprop.trace.trace import Trace

TICKS = 200  # places of a slider
FASTER = 20  # times the present rate, where the slider ends


def whatif(workspace: Workspace, of: str, value: float | None, style: Style) -> dict[str, Any]:
    """What the loss of the shown step would be with another weight, bias or learning rate; nothing is changed.

    Raises
    ------
    LabError, InputError
        When there is no such weight, or no such rate.
    """
    if of == "rate":
        return _whatif_rate(workspace, value, style)
    trace, spot = workspace.trace(), workspace.place_of(of)
    now = float(workspace.state.theta[spot])
    new = now if value is None else value
    before = after = float(trace.value_of(trace.minimised))
    if new != now:
        theta = trace.params.theta.copy()
        theta[spot] = new
        with np.errstate(all="ignore"):
            after = float(trace.setting.cost(theta))
    found = reference(of)
    slope = trace.value_of(str(found._replace(memory="g")) if f"g_{found.site}" in trace else f"d{found}")
    room = 2 * max(1.0, abs(now))
    limits_of = {"low": now - room, "high": now + room, "step": 2 * room / TICKS}
    return _answered(of, now, new, (before, before + slope * (new - now), after), limits_of, "whatif", trace, style)


def _whatif_rate(workspace: Workspace, value: float | None, style: Style) -> dict[str, Any]:
    """The loss after this step's update at another learning rate."""
    now = float(update_rule(workspace.project.job.update_rule).learning_rate)  # type: ignore[arg-type]
    new = now if value is None else value
    if new < 0:
        raise LabError(f"the learning rate must be at least 0, not {new!r}")
    trace = workspace.trace()
    before = float(trace.value_of(trace.minimised))
    if new == 0:
        predicted = after = before
    else:
        trace = trace if new == now else workspace.traced_at(new)
        predicted, after = float(trace["prediction"].value), float(trace[f"{trace.minimised}_new"].value)
    limits_of = {"low": 0.0, "high": FASTER * now, "step": FASTER * now / TICKS}
    return _answered("rate", now, new, (before, predicted, after), limits_of, "whatif_rate", trace, style)


def _answered(
    of: str, now: float, new: float, losses: tuple[float, float, float], limits_of: dict[str, float], key: str,
    trace: Trace, style: Style,
) -> dict[str, Any]:  # fmt: skip
    before, predicted, after = losses
    numbers = {"value": new, "before": before, "predicted": predicted, "after": after,
               "predicted_change": predicted - before, "true_change": after - before}  # fmt: skip
    told = style.says(key, name=of if of == "rate" else style.name(trace, of), **{k: numbers[k] for k in
                      ("value", "before", "predicted", "after")})  # fmt: skip
    return {
        "of": of, "now": now, "value": new, "range": limits_of, "says": told,
        "loss": {"before": before, "predicted": predicted, "after": after},
        "texts": {**{name: style.text(number) for name, number in numbers.items()}, "now": style.text(now)},
    }  # fmt: skip
