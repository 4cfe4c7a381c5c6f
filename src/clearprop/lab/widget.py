"""The drawing and the curves of the lab as live widgets of notebooks, through anywidget (the extra "widget").

The modules are those of the page (`bundle`), and the numbers those of a trace or of a training's records. A widget asks
its kernel by the trait `request`, and keeps what was answered in `answers`, so that a saved notebook shows it again.
"""

from __future__ import annotations

import threading
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
from clearprop.lab.watched import Watched, unwatched

MOST_KEPT = 200  # answers
SECONDS_BETWEEN = 0.1  # of two messages about a training
IDLE = 20  # times nothing new, until all points are kept


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


class CurvesWidget(_Widget):
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

    looks = False  # not at the states of the fit, so short epochs may still be made several at a time
    points = traitlets.List().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    def __init__(self, title: str = "", *, language: str = "en", digits: int = 4, comma: bool = False) -> None:
        self._watched, self._last, self._sent, self._run, self._idle = Watched(title), 0, 0, 0, 0
        self._lock, self._later = threading.Lock(), None  # type: tuple[Any, threading.Timer | None]
        super().__init__(_style(language=language, digits=digits, comma=comma), kind="curves")
        self.told = self._told()

    @classmethod
    def from_history(cls, history: Sequence[Epoch], title: str = "", **style: Any) -> Self:
        """The curves of the records of a training, as ``history_`` of estimators has them."""
        made = cls(title, **style)
        for epoch in history:
            made._watched.see(epoch)
        made.end()
        return made

    def __call__(self, epoch: Epoch) -> None:
        """Take a record of a training; the notebook is told a few times a second."""
        if epoch.n <= self._last:
            self._watched.begin(self._watched.title)
        self._last = epoch.n
        self._watched.see(epoch)
        with self._lock:
            if self._later is None:
                self._soon()

    def _soon(self) -> None:
        self._later = threading.Timer(SECONDS_BETWEEN, self._tell)
        self._later.daemon = True
        self._later.start()

    def _tell(self) -> None:
        """Send what is new, the points alone; where nothing is for a while, keep all points to be saved."""
        with self._lock:
            self._later = None
            found = self._curves(self._sent, self._run)
            self._idle = 0 if found["points"] else self._idle + 1
            self._sent, self._run = found["next"], found["run"]
            if self._idle < IDLE:
                self._soon()
            if found["points"]:
                told = self._told()
                self.send({"since": found["since"], "run": found["run"], "points": found["points"], "told": told})
            elif self._idle == IDLE:
                self._keep()

    def end(self, reason: str = " ") -> None:
        """The training is over: keep all points in the widget, so that they are saved with the notebook."""
        with self._lock:
            if self._later is not None:
                self._later.cancel()
                self._later = None
            self._watched.end(reason)
            self._keep()

    def _keep(self) -> None:
        self.told = self._told()
        self.points = self._curves(0, 0)["points"]

    def _curves(self, since: int, run: int) -> dict[str, Any]:
        asked = Asked({"since": str(since), "run": str(run)}, self._style, {})
        found: dict[str, Any] = finite(dict(self._watched.answer("GET", "curves", asked)))  # type: ignore[arg-type]
        return found

    def _told(self) -> dict[str, Any]:
        """The state, and what the curves say in words."""
        found = self._curves(len(self._watched.epochs), self._watched.run)
        state = finite(dict(self._watched.present(Asked({}, self._style, {}))))  # type: ignore[arg-type]
        return {**state, "run": self._watched.run, "says": found["says"], "layers": found["layers"]}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def __deepcopy__(self, memo: Any) -> CurvesWidget:
        """Itself: scikit-learn copies the parameters of estimators, and a widget is there once."""
        return self

    def __reduce__(self) -> Any:
        """What another process gets of it: nothing that is shown."""
        return unwatched, ()
