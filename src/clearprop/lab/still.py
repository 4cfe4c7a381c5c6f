"""One trace as a workspace that stands still: its step can be walked through and asked about, and nothing is trained.

Notebooks show it (`clearprop.lab.NetworkWidget`). What is answered is what the server answers, with the numbers that
JSON does not have as null: a number that is no number has no place in a drawing, and its text says what it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import ClearpropError
from clearprop.explain import Trace, explain
from clearprop.job import Job
from clearprop.lab.derivation import derivation_of, names_of
from clearprop.lab.opening import plain_rows
from clearprop.lab.project import Project
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.stops import stops_of
from clearprop.lab.style import Style
from clearprop.lab.view import Window, cursor_of, state_of
from clearprop.lab.whatif import whatif
from clearprop.lab.workspace import Shown, Workspace


class Still(Workspace):
    """A workspace that shows one trace.

    Parameters
    ----------
    trace : Trace
        Of `clearprop.explain.explain`, or of an estimator's `explain`.

    Raises
    ------
    InputError
        For a network that is larger than the lab draws.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.lab.still import Still
    >>> still = Still(case("mazur").trace())
    >>> still.trace()["loss"].value.round(6), still.cursor == len(still.shown().stops)
    (np.float64(0.298371), True)
    """

    def __init__(self, trace: Trace) -> None:
        self.given = trace
        setting = trace.setting
        X, Y = (np.asarray(values, dtype=np.float64).reshape(len(setting.X), -1) for values in (setting.X, setting.Y))
        job = Job(trace.network, trace.optimizer, epochs=1, batch_size=len(X), shuffle=False)
        super().__init__(Project.of(plain_rows(trace.network, X, Y, "trace"), trace.network, trace.params.theta, job))
        self.at = len(stops_of(trace))

    def _traced(self) -> Shown:
        return Shown(tuple(range(self.given.n_samples)), self.given, stops_of(self.given))

    def traced_at(self, learning_rate: float) -> Trace:
        """The trace of the same step at another learning rate."""
        setting = self.given.setting
        job = replace(setting.job, update_rule=replace(setting.rule, learning_rate=learning_rate))
        x, y = (setting.X, setting.Y) if setting.is_batch else (setting.X[0], setting.Y[0])
        return explain(
            self.given.network, self.given.params, x, y, job=job, state=setting.state.copy(),
            sample_weight=setting.sample_weight, n_samples=setting.n_samples,
        )  # fmt: skip


def answer(still: Still, path: str, query: Mapping[str, Any], style: Style) -> dict[str, Any]:
    """What a notebook asks of a trace, as the server would answer it; what went wrong as ``{"error": sentence}``.

    Parameters
    ----------
    still : Still
    path : {"whole", "names", "derivation", "whatif"}
        "whole": the state after the last stop, the cursor of every stop, and at which stops each value appears.
    query : mapping
        As in docs/lab-protocol.md.
    style : Style

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.lab.still import Still, answer
    >>> from clearprop.lab.style import Style
    >>> found = answer(Still(case("case_study").trace()), "derivation", {"of": "delta2[0]"}, Style())
    >>> found["value_text"]
    '−0.01933'
    """
    asked = {str(name): str(value) for name, value in query.items()}
    try:
        found: dict[str, Any] = finite(_answers(still, path, asked, style))
        return found
    except ClearpropError as error:
        return {"error": str(error)}


def _answers(still: Still, path: str, asked: Mapping[str, str], style: Style) -> dict[str, Any]:
    window = Window.asked(asked)
    if path == "whole":
        return whole_of(still, window, style)
    if path == "names":
        return {"names": names_of(still, window, style)}
    if path == "derivation":
        style = replace(style, forms=Style.of({"forms": asked.get("forms", "")}).forms)
        return derivation_of(still, asked.get("of", ""), window, style)
    if path == "whatif":
        value = asked.get("value")
        return whatif(still, asked.get("of", ""), None if value is None else float(value), style)
    raise NotFoundError(f"a notebook has no answer to {path[:40]!r}")


def whole_of(still: Still, window: Window, style: Style) -> dict[str, Any]:
    """The state after the last stop, the cursor at each stop, and the first and last stop of every value."""
    shown = still.shown()
    assert shown.stops is not None
    sample = min(window.sample, len(shown.rows) - 1)
    cursors = []
    for at in range(len(shown.stops) + 1):
        still.at = at
        cursors.append(cursor_of(still, shown, sample, style))
    return {"state": state_of(still, window, style), "cursors": cursors, "places": dict(shown.stops.places)}


def finite(value: Any) -> Any:
    """A value as JSON holds it, with None for numbers that are none.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.lab.still import finite
    >>> finite({"a": np.array([1.0, np.nan]), "b": (np.float64("inf"), True, "−∞")})
    {'a': [1.0, None], 'b': [None, True, '−∞']}
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): finite(item) for name, item in value.items()}
    return value
