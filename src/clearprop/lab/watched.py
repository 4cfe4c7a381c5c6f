"""The records of a training, as a page or a notebook is told of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from clearprop.job import Epoch
from clearprop.lab.choices import of_library
from clearprop.lab.curves import MOST_POINTS
from clearprop.lab.events import Events
from clearprop.lab.exporting import as_csv
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.routes import Answer, Asked, File
from clearprop.lab.view import whole
from clearprop.network.flow import flow

SECONDS_BETWEEN = 1 / 30


class Watched:
    """The records of a training so far, for a server to answer from.

    Attributes
    ----------
    title : str
        What is trained.
    widths : sequence of int or None
        Of its network, where they are known.
    reason : str or None
        Why it ended; None while it goes on.
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.widths: Sequence[int] | None = None
        self.reason: str | None = None
        self.epochs: list[Epoch] = []
        self.run, self.count = 1, 1
        self.lock = threading.Lock()
        self.events = Events(self.news)
        self._told = 0.0

    def see(self, epoch: Epoch) -> None:
        """Take a record, and tell of it where the last one has been told a while ago."""
        with self.lock:
            self.epochs.append(epoch)
            self.count += 1
            if len(self.epochs) > MOST_POINTS:
                self.epochs = [*self.epochs[:-1:2], self.epochs[-1]]
                self.run += 1
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN:
            self._told = now
            self.events.publish()

    def begin(self, title: str, widths: Sequence[int] | None = None) -> None:
        """Another training begins: its curves are its own."""
        with self.lock:
            self.title, self.widths, self.reason, self.epochs = title, widths, None, []
            self.run, self.count = self.run + 1, self.count + 1
        self.events.publish()

    def end(self, reason: str) -> None:
        """It has ended, for this reason."""
        with self.lock:
            self.reason, self.count = reason, self.count + 1
        self.events.publish()

    def news(self) -> dict[str, Any]:
        """What listeners are told: the whole state, so that they need not ask for it; of the points they ask."""
        with self.lock:
            last = self.epochs[-1] if self.epochs else None
            return {
                **self._state(), "revision": self.count, "loss": None if last is None else last.loss,
                "validation_loss": None if last is None else last.scores.get("validation_loss"), "trouble": None,
                "run": self.run,
            }  # fmt: skip

    def _time(self) -> dict[str, Any]:
        last = self.epochs[-1] if self.epochs else None
        return {
            "epoch": 0 if last is None else last.n, "step": 0 if last is None else last.steps,
            "seconds": 0.0 if last is None else last.seconds, "is_running": self.reason is None,
        }  # fmt: skip

    # --- what a server asks ------------------------------------------------------------------------------------------

    def revision(self) -> int:
        """How much has happened."""
        return self.count

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
        return self._state()

    def _state(self) -> dict[str, Any]:
        widths = None if self.widths is None else list(self.widths)
        return {"mode": "watch", "title": self.title, "time": self._time(), "network": {"widths": widths},
                "reason": self.reason}  # fmt: skip

    def _curves(self, asked: Asked) -> Answer:
        since, run = whole(asked.query, "since", 0, 10**9), whole(asked.query, "run", 0, 10**9)
        if since > len(self.epochs) or (run and run != self.run):
            since = 0
        points = []
        for epoch in self.epochs[since:]:
            numbers = {
                "loss": epoch.loss, "validation_loss": epoch.scores.get("validation_loss"), "rate": epoch.learning_rate,
                "gradient": list(epoch.gradient_norms), "scores": dict(epoch.scores),
            }  # fmt: skip
            texts = {name: asked.style.texts(value) for name, value in numbers.items() if name != "scores"}
            texts["scores"] = {name: asked.style.text(value) for name, value in epoch.scores.items()}
            points.append({"step": epoch.steps, "epoch": epoch.n, **numbers, "delta": None, "texts": texts})
        layers = [] if not self.epochs else self._layers(asked)
        return {"since": since, "run": self.run, "points": points, "next": len(self.epochs), "layers": layers,
                "says": [layer["says"] for layer in layers if layer["verdict"] != "fine"]}  # fmt: skip

    def _layers(self, asked: Asked) -> list[dict[str, Any]]:
        norms = self.epochs[-1].gradient_norms
        return [
            {"layer": l, "verdict": verdict,
             "says": asked.style.says(f"gradient_{verdict}", layer=l, norm=norms[l - 1], ratio=times)}
            for l, (verdict, times) in enumerate(flow(norms), start=1)
        ]  # fmt: skip

    def _file(self) -> File:
        names = list(self.epochs[-1].scores) if self.epochs else []
        layers = range(1, len(self.epochs[-1].gradient_norms) + 1) if self.epochs else ()
        head = ["step", "epoch", "loss", "learning_rate", *names, *(f"gradient_norm_{l}" for l in layers)]
        rows = [
            [e.steps, e.n, e.loss, e.learning_rate, *(e.scores.get(name, "") for name in names), *e.gradient_norms]
            for e in self.epochs
        ]
        return File(as_csv(head, rows), "text/csv; charset=utf-8", "curves.csv")


def unwatched() -> Callable[[Epoch], None]:
    """What other processes get in place of a callback that shows something here."""
    return look_away


def look_away(epoch: Epoch) -> None:
    """A callback that does nothing: a fit in another process has no page here."""
