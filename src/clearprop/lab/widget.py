"""The drawing and the curves of the lab as live widgets of notebooks, through anywidget (the extra "widget").

The modules are those of the page (`bundle`), and the numbers those of a trace or of a training's records. A widget asks
its kernel by the trait `request`, and keeps what was answered in `answers`, so that a saved notebook shows it again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Self

import anywidget
import traitlets

from clearprop.explain import Trace
from clearprop.job import Epoch
from clearprop.lab.bundle import bundled, widget_style
from clearprop.lab.refusals import LabError
from clearprop.lab.routes import Asked
from clearprop.lab.still import Still, answer, finite
from clearprop.lab.stops import BACKWARD, stops_of
from clearprop.lab.style import Style
from clearprop.lab.watched import SECONDS_BETWEEN, ShowsRecords, Watched

MOST_KEPT = 200  # answers


class _Widget(anywidget.AnyWidget):
    """What both have: the modules, the style sheet, and how things are written."""

    _esm = bundled("widget")
    _css = widget_style()
    kind = traitlets.Unicode().tag(sync=True)
    look = traitlets.Dict().tag(sync=True)

    def __init__(self, style: Style, **traits: Any) -> None:
        self._style = style
        look = {"language": style.language, "notation": style.notation, "digits": style.digits,
                "comma": int(style.comma)}  # fmt: skip
        super().__init__(look=look, **traits)

    def _beside(self) -> dict[str, str]:
        """What is shown where there are no widgets."""
        return {}

    def _repr_mimebundle_(self, **options: Any) -> Any:
        found = super()._repr_mimebundle_(**options)
        data, *metadata = found if isinstance(found, tuple) else (found,)
        data = {**self._beside(), **(data or {})}
        return (data, *metadata) if isinstance(found, tuple) else data


def _style(**asked: str | int) -> Style:
    """The style that a widget's maker asks for, checked as a page's is."""
    return Style.of({name: str(int(value) if isinstance(value, bool) else value) for name, value in asked.items()})


class NetworkWidget(_Widget):
    """The network of a trace, drawn as in the lab: step by step, forward and backward, each number with its derivation.

    Parameters
    ----------
    trace : Trace
        Of `clearprop.explain.explain`, or of an estimator's `explain`.
    whole : bool
        Work out the derivations of all weights, biases and δ's beforehand: they can then be clicked in a saved notebook
        too, where no kernel runs.
    notation, language, digits, comma
        As for `clearprop.explain.Explanation`.

    Raises
    ------
    InputError
        For a network that is larger than the lab draws.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.lab import NetworkWidget  # doctest: +SKIP
    >>> NetworkWidget(case("mazur").trace())  # doctest: +SKIP
    """

    at = traitlets.Int().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)

    def __init__(
        self, trace: Trace, *, whole: bool = False, notation: str = "nielsen", language: str = "en", digits: int = 4,
        comma: bool = False,
    ) -> None:  # fmt: skip
        self._trace, self._still = trace, Still(trace)
        style = _style(notation=notation, language=language, digits=digits, comma=comma)
        super().__init__(style, kind="network", at=stops_of(trace).end_of(BACKWARD))
        first = {"sample": "0", "most": "12"}
        self._answer("whole", first)
        self._answer("names", first)
        if whole:
            for of in _chosen(trace):
                self._answer("derivation", {"of": of, "sample": "0", "forms": "component"})

    @traitlets.observe("request")  # type: ignore[untyped-decorator]
    def _asked(self, change: Any) -> None:
        request = change["new"]
        query = request.get("query")
        if isinstance(query, dict):
            self._answer(str(request.get("path")), query, request.get("key"))

    def _answer(self, path: str, query: dict[str, Any], key: str | None = None) -> None:
        """Put the answer among the others; of many the oldest go."""
        found = answer(self._still, path, query, self._style)
        kept = {**self.answers, key or key_of(path, query): found}
        self.answers = dict(list(kept.items())[-MOST_KEPT:])

    def _beside(self) -> dict[str, str]:
        style = self._style
        return dict(self._trace.explained(notation=style.notation, language=style.language)._repr_mimebundle_())


def _chosen(trace: Trace) -> list[str]:
    """The weights, biases and δ's of a trace that can be clicked, without their sample, and the loss."""
    found = ["loss"]
    widths = trace.network.widths
    for l in range(1, len(widths)):
        found += [f"W{l}[{k},{j}]" for k in range(widths[l - 1]) for j in range(widths[l])]
        found += [f"{site}{l}[{j}]" for site in ("b", "z", "a", "delta") for j in range(widths[l])]
    named = trace.network.named_blocks
    found = [name for name in found if name[0] not in "Wb" or name.split("[")[0] in named]
    if len(found) > MOST_KEPT - 10:
        raise LabError(f"{len(found):,} derivations are too many for a notebook: leave whole=True out")
    return found


def key_of(path: str, query: dict[str, Any]) -> str:
    """The name under which an answer is kept, as widget.js makes it too.

    Examples
    --------
    >>> from clearprop.lab.widget import key_of  # doctest: +SKIP
    >>> key_of("names", {"sample": 0, "most": 12})  # doctest: +SKIP
    '["names",["most","12"],["sample","0"]]'
    """
    pairs = "".join(f',["{name}","{query[name]}"]' for name in sorted(query))
    return f'["{path}"{pairs}]'


class CurvesWidget(ShowsRecords, _Widget):
    """The curves of a training, as they grow: a callback of estimators and of `clearprop.train`.

    Parameters
    ----------
    title : str
        What is trained.
    language, digits, comma
        As for `clearprop.explain.Explanation`.

    Examples
    --------
    >>> from clearprop import MLPRegressor  # doctest: +SKIP
    >>> from clearprop.lab import CurvesWidget  # doctest: +SKIP
    >>> curves = CurvesWidget("a parabola")  # doctest: +SKIP
    >>> display(curves)  # doctest: +SKIP
    >>> MLPRegressor(callbacks=curves).fit(X, y)  # doctest: +SKIP

    Of a training that is over: ``CurvesWidget.from_history(model.history_)``.
    """

    points = traitlets.List().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    def __init__(self, title: str = "", *, language: str = "en", digits: int = 4, comma: bool = False) -> None:
        self.watched, self._sent, self._run = Watched(title), 0, 0
        self._lock = threading.Lock()  # of those who tell
        self._teller: threading.Thread | None = None
        super().__init__(_style(language=language, digits=digits, comma=comma), kind="curves")
        self._keep()

    @classmethod
    def from_history(cls, history: Sequence[Epoch], title: str = "", **style: Any) -> Self:
        """The curves of the records of a training, as ``history_`` of estimators has them."""
        made = cls(title, **style)
        for epoch in history:
            made.watched.see(epoch)
        made.end()
        return made

    def __call__(self, epoch: Epoch) -> None:
        """Take a record of a training; the notebook is told every half a second."""
        self.take([epoch])

    def take(self, epochs: Sequence[Epoch]) -> None:
        """Take the records of several epochs that were made at once."""
        super().take(epochs)
        if self._teller is None:
            self._begin_to_tell()

    def _begin_to_tell(self) -> None:
        self._teller = threading.Thread(target=self._tell_on, name="curves-widget", daemon=True)
        self._teller.start()

    def _tell_on(self) -> None:
        goes_on = True
        while goes_on:
            time.sleep(SECONDS_BETWEEN)
            goes_on = self._tell()

    def _tell(self) -> bool:
        """Send what is new, the points alone; where training stands still, keep all. Whether it goes on."""
        with self._lock:
            seen = self.watched.looked()
            if self.watched.stands_still:
                self._keep()
                self._teller = None
                if self.watched.looked() != seen:  # by a record that came before the line above
                    self._begin_to_tell()
                return False
            found = self._curves(self._sent, self._run)
            self.send({**{name: found[name] for name in ("since", "run", "points", "next")}, "told": self._told(found)})
            return True

    def end(self, reason: str = " ") -> None:
        """The training is over: keep all points in the widget, so that they are saved with the notebook."""
        self.watched.end(reason)
        with self._lock:
            self._keep()

    def _keep(self) -> None:
        found = self._curves(0, 0)
        with self.hold_sync():  # a view must not see the one without the other
            self.told, self.points = self._told(found), found["points"]

    def _curves(self, since: int, run: int) -> dict[str, Any]:
        asked = Asked({"since": str(since), "run": str(run)}, self._style, {})
        found: dict[str, Any] = finite(dict(self.watched.answer("GET", "curves", asked)))  # type: ignore[arg-type]
        self._sent, self._run = found["next"], found["run"]
        return found

    def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        """The state, and what the curves say in words."""
        state = finite(dict(self.watched.present(Asked({}, self._style, {}))))  # type: ignore[arg-type]
        return {**state, **{name: found[name] for name in ("run", "next", "says", "layers")}}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()
