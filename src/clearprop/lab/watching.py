"""Watching a training: its records go to a page, and whatever the page does changes nothing.

`Watch` is a callback of fits; where nobody asks, it costs an append to a list for each epoch.
"""

from __future__ import annotations

import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any, Self

from clearprop.job import Epoch
from clearprop.lab.choices import of_library
from clearprop.lab.curves import MOST_POINTS, verdicts
from clearprop.lab.events import Events
from clearprop.lab.exporting import as_csv
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.routes import Answer, Asked, File
from clearprop.lab.serving import Serving
from clearprop.lab.view import whole

SECONDS_BETWEEN = 1 / 30
SECONDS_TO_SEE_THE_END = 1.0


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
        """What listeners are told."""
        with self.lock:
            last = self.epochs[-1] if self.epochs else None
            return {
                "revision": self.count, "time": self._time(), "loss": None if last is None else last.loss,
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
            "state": self.present, "curves": self._curves, "choices": lambda _: of_library(),
            "export/curves": lambda _: self._file(),
        }  # fmt: skip
        if method != "GET" or path not in routes:
            raise NotFoundError(f"a training that is watched has no {method} /api/{path[:60]}")
        with self.lock:
            return routes[path](asked)

    def present(self, asked: Asked) -> Answer:
        """The state."""
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
            for l, (verdict, times) in enumerate(verdicts(norms), start=1)
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


class Watch:
    """A callback that shows the curves of a fit in a page of one's own browser, on one's own machine.

    Give it to ``callbacks`` of an estimator or of `clearprop.train`. The page is opened at the first epoch, and stays
    until `close`, or the end of the process; several fits, one after the other, are shown in the same page. Closing
    the page changes nothing about the fit.

    Parameters
    ----------
    title : str
        What the page says is trained.
    port : int
        0 for any that is free.
    browser : bool
        Whether the page is opened; its address is in `address` in any case.
    tell : callable, optional
        Called with the address as soon as there is one.

    Attributes
    ----------
    address : str or None
        Of the page; None before the first epoch.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, train
    >>> from clearprop.lab import Watch
    >>> net, X = Network.mlp([1, 1]), np.array([[0.0], [1.0]])
    >>> with Watch(browser=False) as watch:
    ...     trained = train(net, net.initial(seed=0), X, X, epochs=5, callbacks=[watch])
    ...     watch.address.startswith("http://127.0.0.1:"), len(watch.watched.epochs)
    (True, 5)
    """

    looks = False  # not at the states of the fit, so short epochs may still be made several at a time

    def __init__(
        self, title: str = "", *, port: int = 0, browser: bool = True, tell: Callable[[str], object] | None = None
    ) -> None:
        self.title, self.port, self.browser, self.tell = title, port, browser, tell
        self.watched = Watched(title)
        self._serving: Serving | None = None
        self._last = 0

    @property
    def address(self) -> str | None:
        """Of the page."""
        return None if self._serving is None else self._serving.address

    def __call__(self, epoch: Epoch) -> None:
        """Take a record of the fit."""
        if self._serving is None:
            self.open()
        if epoch.n <= self._last:
            self.begin()
        self._last = epoch.n
        self.watched.see(epoch)

    def open(self) -> None:
        """Start the server, and open the page."""
        self._serving = Serving(self.watched, self.port).start()
        if self.tell is not None:
            self.tell(self._serving.address)
        if self.browser:
            webbrowser.open(self._serving.address)

    def begin(self, what: str = "", widths: Sequence[int] | None = None) -> None:
        """Say that another training begins, and what it is of several."""
        self._last = 0
        self.watched.begin(", ".join(filter(None, (self.title, what))), widths)

    def close(self, reason: str = "") -> None:
        """Say that the training has ended, let whoever listens see it, and end the server."""
        self.watched.end(reason or "it has ended")
        if self._serving is not None:
            if self.watched.events.has_listeners:
                time.sleep(SECONDS_TO_SEE_THE_END)
            self._serving.stop()
            self._serving = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __deepcopy__(self, memo: Any) -> Watch:
        """Itself: scikit-learn copies the parameters of estimators, and a page is there once."""
        return self

    def __reduce__(self) -> Any:
        """What another process gets of it: nothing that watches."""
        return _unwatched, ()


def _unwatched() -> Callable[[Epoch], None]:
    return look_away


def look_away(epoch: Epoch) -> None:
    """A callback that does nothing: a fit in another process has no page here."""
