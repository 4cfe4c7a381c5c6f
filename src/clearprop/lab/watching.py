"""Watching a training: its records go to a page, and whatever the page does changes nothing.

`Watch` is a callback of fits; it costs an append to a list for each epoch, and some milliseconds a second where a page
looks.
"""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable, Sequence
from typing import Self

from clearprop.job import Epoch
from clearprop.lab.serving import Serving
from clearprop.lab.watched import ShowsRecords, Watched

SECONDS_TO_SEE_THE_END = 1.0


class Watch(ShowsRecords):
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

    def __init__(
        self, title: str = "", *, port: int = 0, browser: bool = True, tell: Callable[[str], object] | None = None
    ) -> None:
        self.title, self.port, self.browser, self.tell = title, port, browser, tell
        self.watched = Watched(title)
        self._serving: Serving | None = None

    @property
    def address(self) -> str | None:
        """Of the page."""
        return None if self._serving is None else self._serving.address

    def __call__(self, epoch: Epoch) -> None:
        """Take a record of the fit."""
        self.take([epoch])

    def take(self, epochs: Sequence[Epoch]) -> None:
        """Take the records of several epochs that were made at once."""
        if self._serving is None:
            self.open()
        super().take(epochs)

    def open(self) -> None:
        """Start the server, and open the page."""
        self._serving = Serving(self.watched, self.port).start()
        if self.tell is not None:
            self.tell(self._serving.address)
        if self.browser:
            webbrowser.open(self._serving.address)

    def begin(self, what: str = "", widths: Sequence[int] | None = None) -> None:
        """Say that another training begins, and what it is of several."""
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
