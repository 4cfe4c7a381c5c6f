"""Progress of training on standard error: a bar on a terminal, plain lines otherwise. Both are readers of the loop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from clearprop.cli.words import number, seconds, share
from clearprop.training import Callback, Epoch

LINES = 20  # of a whole training, when not on a terminal
SECONDS_BETWEEN = 30.0  # a line at least so often, when epochs take long
LATEST = 20  # epochs that say how long one takes: what the machine does besides changes
AS_NUMBERS = ("rmse", "mae", "loss", "log_loss", "r2", "poisson_deviance")
SHOWN = ("validation_accuracy", "validation_rmse", "validation_loss")


@contextmanager
def progress(planned: int, time_limit: float | None, out: Console, what: str = "") -> Iterator[Callback]:
    """A callback for the training loop that shows each epoch, its loss, the validation score and the time left.

    Parameters
    ----------
    planned : int
        Most epochs.
    time_limit : float, optional
        Seconds.
    out : Console
    what : str
        What is trained, where there are several trainings: "fold 1 of 5".
    """
    if not out.is_terminal:
        yield plain_lines(planned, time_limit, out, what)
        return
    before = f"{what}, " if what else ""
    bar = Progress(
        TextColumn(before + "epoch {task.completed:.0f}/{task.total:.0f}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[said]}"),
        console=out,
        transient=True,
    )
    pace = Pace(planned, time_limit)
    with bar:
        task = bar.add_task("training", total=planned, said="starting")

        def show(epoch: Epoch) -> None:
            bar.update(task, completed=epoch.n, said=summary(epoch, planned, pace.left(epoch)))

        yield show


def plain_lines(planned: int, time_limit: float | None, out: Console, what: str = "") -> Callback:
    """A callback that prints a line for about every twentieth of the training."""
    step = max(1, planned // LINES)
    pace = Pace(planned, time_limit)
    before = f"{what}, " if what else ""
    last = time.monotonic()

    def show(epoch: Epoch) -> None:
        nonlocal last
        left = pace.left(epoch)
        if epoch.n in (1, planned) or epoch.n % step == 0 or time.monotonic() - last > SECONDS_BETWEEN:
            last = time.monotonic()
            out.print(f"{before}epoch {epoch.n:>{len(str(planned))}}/{planned}  {summary(epoch, planned, left)}")

    return show


class Pace:
    """How long the rest of a training takes, by the latest epochs.

    The first epoch says nothing: an engine makes itself ready in it.

    Examples
    --------
    >>> from clearprop.cli.progress import Pace
    >>> from clearprop.training import Epoch
    >>> pace = Pace(10, None)
    >>> [pace.left(Epoch(n, 0.5, (1.0,), 0.1, at, n)) for n, at in ((1, 30.0), (2, 31.0), (3, 32.0))]
    [None, 8.0, 7.0]
    """

    def __init__(self, planned: int, time_limit: float | None) -> None:
        self.planned, self.time_limit = planned, time_limit
        self.ends: deque[tuple[int, float]] = deque(maxlen=LATEST + 1)

    def left(self, epoch: Epoch) -> float | None:
        """Seconds until the last planned epoch, or the time limit; None where that is not known yet."""
        self.ends.append((epoch.n, epoch.seconds))
        rest = None if self.time_limit is None else max(0.0, self.time_limit - epoch.seconds)
        (first, began), (n, ended) = self.ends[0], self.ends[-1]
        if n == first:
            return rest if epoch.n < self.planned else 0.0
        left = (ended - began) / (n - first) * (self.planned - n)
        return left if rest is None else min(left, rest)


class Waiting:
    """Says from time to time that something goes on which is no epoch, until the context ends.

    Parameters
    ----------
    out : Console
    every : float
        Seconds.
    """

    def __init__(self, out: Console, every: float = SECONDS_BETWEEN / 2) -> None:
        self.out, self.every, self._done = out, every, threading.Event()

    def __enter__(self) -> Waiting:
        return self

    def begin(self, what: str) -> None:
        """From now on, say that this goes on, and for how long it has, and no more of what went on before."""
        self.end()
        self._done = threading.Event()
        threading.Thread(target=self._say, args=(what, time.monotonic(), self._done), daemon=True).start()

    def end(self) -> None:
        """It is over."""
        self._done.set()

    def __exit__(self, *error: object) -> None:
        self.end()

    def _say(self, what: str, began: float, done: threading.Event) -> None:
        while not done.wait(self.every):
            self.out.print(f"{what}, {seconds(time.monotonic() - began)} so far")


def summary(epoch: Epoch, planned: int, left: float | None) -> str:
    """Loss, validation score and time left of an epoch."""
    chosen = [name for name in epoch.scores if name not in ("validation_mae", *SHOWN)]  # what was asked to choose by
    name = (chosen or [score for score in SHOWN if score in epoch.scores])[0]
    is_number = name.removeprefix("validation_") in AS_NUMBERS
    value = number(epoch.scores[name]) if is_number else share(epoch.scores[name])
    said = f"loss {number(epoch.loss)}  {name.replace('_', ' ')} {value}"
    if epoch.n >= planned:
        return f"{said}  {seconds(epoch.seconds)} in all"
    return said if left is None else f"{said}  {seconds(left)} left"
