"""The records of a training, as a page or a notebook is told of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from clearprop.job import Epoch
from clearprop.lab.choices import of_library
from clearprop.lab.events import Events
from clearprop.lab.exporting import as_csv
from clearprop.lab.records import KeptRecords, Told
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.routes import Answer, Asked, File
from clearprop.lab.style import Style
from clearprop.lab.view import whole
from clearprop.network.flow import flow

SECONDS_BETWEEN = 0.5  # of two looks of a listener: what it is told then costs some milliseconds
SECONDS_AT_REST = 1.0  # without a record, after which all points are told


@dataclass(frozen=True)
class _Training:
    """One training that is watched."""

    title: str
    widths: Sequence[int] | None
    first: int  # revision
    records: KeptRecords = field(default_factory=KeptRecords)
    reason: str | None = None

    @property
    def revision(self) -> int:
        return self.first + self.records.seen + (self.reason is not None)


class Watched:
    """The records of a training so far, for a server to answer from.

    The training's thread calls `see`, `begin` and `end`, and waits for nobody; others ask.

    Attributes
    ----------
    title : str
        What is trained.
    """

    def __init__(self, title: str = "") -> None:
        self._training = _Training(title, None, 1)
        self._last = 0
        self.lock = threading.Lock()  # of those who ask
        self._told = Told(self._training.records)
        self._moved, self._still, self._rests = (0, 0.0), 0, 0
        self.events = Events(self.news, self.looked, SECONDS_BETWEEN)

    def see(self, epoch: Epoch) -> None:
        """Take a record; where its number falls back, another training begins."""
        self.see_all([epoch])

    def see_all(self, epochs: Sequence[Epoch]) -> None:
        """Take the records of several epochs of one training."""
        if epochs[0].n <= self._last:
            self.begin(self.title)
        self._training.records.add(epochs)
        self._last = epochs[-1].n

    def begin(self, title: str, widths: Sequence[int] | None = None) -> None:
        """Another training begins: its curves are its own."""
        self._last = 0
        self._training = _Training(title, widths, self._training.revision + 1)

    def end(self, reason: str) -> None:
        """It has ended, for this reason."""
        self._training = replace(self._training, reason=reason)
        self.events.publish()

    @property
    def title(self) -> str:
        """What is trained."""
        return self._training.title

    @property
    def epochs(self) -> list[Epoch]:
        """The records that are kept."""
        return self._training.records.all()

    def news(self) -> dict[str, Any]:
        """What listeners are told: the whole state, so that they need not ask for it; of the points they ask."""
        with self.lock:
            training, revision = self._training, self.revision()
            last = training.records.last
            return {
                **_state(training), "revision": revision, "loss": None if last is None else last.loss,
                "validation_loss": None if last is None else last.scores.get("validation_loss"), "trouble": None,
                "run": self._told_of(training).run,
            }  # fmt: skip

    def looked(self) -> int:
        """How much has happened; that nothing has for a while counts too. Whoever listens asks every so often."""
        revision, now = self._training.revision, time.monotonic()
        before, since = self._moved
        if revision != before:
            self._moved = revision, now
        elif now - since >= SECONDS_AT_REST and revision != self._still:
            self._still, self._rests = revision, self._rests + 1
        return self.revision()

    @property
    def stands_still(self) -> bool:
        """Whether it has ended, or nothing came for a while."""
        training = self._training
        return training.reason is not None or training.revision == self._still

    def _told_of(self, training: _Training) -> Told:
        if self._told.records is not training.records:
            self._told = Told(training.records, self._told.run + 1)
        return self._told

    # --- what a server asks ------------------------------------------------------------------------------------------

    def revision(self) -> int:
        """How much has happened."""
        return self._training.revision + self._rests

    def answer(self, method: str, path: str, asked: Asked) -> Answer:
        """The answer of an address; NotFoundError where there is none such."""
        routes: dict[str, Callable[[Asked], Answer]] = {
            "state": self.present, "curves": self._curves, "choices": lambda asked: of_library(asked.style.language),
            "export/curves": lambda _: self._file(),
        }  # fmt: skip
        if method != "GET" or path not in routes:
            raise NotFoundError(f"a training that is watched has no {method} /api/{path[:60]}")
        with self.lock:
            return routes[path](asked)

    def present(self, asked: Asked) -> Answer:
        """The state."""
        return _state(self._training)

    def _curves(self, asked: Asked) -> Answer:
        place, run = whole(asked.query, "since", 0, 10**9), whole(asked.query, "run", 0, 10**9)
        training, style = self._training, asked.style
        told = self._told_of(training)
        if self.stands_still or run == 0:  # which a page asks for that was opened just now
            told.catch_up()
        else:
            told.follow()
        first, epochs = told.since(place, run)
        layers = _layers(training.records.last, style)
        return {"since": first, "run": told.run, "points": [_point(epoch, style) for epoch in epochs],
                "next": len(told.chosen), "layers": layers,
                "says": [layer["says"] for layer in layers if layer["verdict"] != "fine"]}  # fmt: skip

    def _file(self) -> File:
        epochs = self.epochs
        names = list(epochs[-1].scores) if epochs else []
        layers = range(1, len(epochs[-1].gradient_norms) + 1) if epochs else ()
        head = ["step", "epoch", "loss", "learning_rate", *names, *(f"gradient_norm_{l}" for l in layers)]
        rows = [
            [e.steps, e.n, e.loss, e.learning_rate, *(e.scores.get(name, "") for name in names), *e.gradient_norms]
            for e in epochs
        ]
        return File(as_csv(head, rows), "text/csv; charset=utf-8", "curves.csv")


def _state(training: _Training) -> dict[str, Any]:
    last = training.records.last
    time = {"epoch": 0 if last is None else last.n, "step": 0 if last is None else last.steps,
            "seconds": 0.0 if last is None else last.seconds, "is_running": training.reason is None}  # fmt: skip
    widths = None if training.widths is None else list(training.widths)
    return {"mode": "watch", "title": training.title, "time": time, "network": {"widths": widths},
            "reason": training.reason}  # fmt: skip


def _point(epoch: Epoch, style: Style) -> dict[str, Any]:
    numbers = {
        "loss": epoch.loss, "validation_loss": epoch.scores.get("validation_loss"), "rate": epoch.learning_rate,
        "gradient": list(epoch.gradient_norms),
    }  # fmt: skip
    texts = {name: style.texts(value) for name, value in numbers.items()}
    texts["scores"] = {name: style.text(value) for name, value in epoch.scores.items()}
    return {"step": epoch.steps, "epoch": epoch.n, **numbers, "scores": dict(epoch.scores), "delta": None,
            "texts": texts}  # fmt: skip


def _layers(last: Epoch | None, style: Style) -> list[dict[str, Any]]:
    if last is None:
        return []
    norms = last.gradient_norms
    return [
        {"layer": l, "verdict": verdict,
         "says": style.says(f"gradient_{verdict}", layer=l, norm=norms[l - 1], ratio=times)}
        for l, (verdict, times) in enumerate(flow(norms), start=1)
    ]  # fmt: skip


class ShowsRecords:
    """What callbacks that show records have in common: they look at the records alone, and there is one of each."""

    looks = False  # not at the states of the fit, so short epochs may still be made several at a time
    watched: Watched

    def __call__(self, epoch: Epoch) -> None:
        """Take a record of the fit."""
        self.take([epoch])

    def take(self, epochs: Sequence[Epoch]) -> None:
        """Take the records of several epochs that were made at once."""
        self.watched.see_all(epochs)

    def __deepcopy__(self, memo: Any) -> Self:
        """Itself: scikit-learn copies the parameters of estimators, and what is shown is there once."""
        return self

    def __reduce__(self) -> Any:
        """What another process gets of it: nothing that shows anything."""
        return unwatched, ()


def unwatched() -> Callable[[Epoch], None]:
    """What other processes get in place of a callback that shows something here."""
    return look_away


def look_away(epoch: Epoch) -> None:
    """A callback that does nothing: a fit in another process has no page here."""
