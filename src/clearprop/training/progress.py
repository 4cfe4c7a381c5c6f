"""The reader behind ``verbose=True``: a bar on a terminal where rich is installed, a line per epoch otherwise.

Besides the command line, the only part that prints.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from clearprop.distributed import is_first
from clearprop.errors import is_installed
from clearprop.job import Epoch
from clearprop.training.stopping import Callback


def line(epoch: Epoch) -> str:
    """An epoch in words: number, loss, scores, rate, time so far; it begins as scikit-learn's own lines do.

    Examples
    --------
    >>> from clearprop.training import Epoch
    >>> from clearprop.training.progress import line
    >>> line(Epoch(7, 0.25, (1.0,), 0.001, 1.52, 70, {"validation_loss": 0.5}))
    'Iteration 7, loss = 0.25000000, validation loss = 0.5, rate = 0.001, 1.5 s'
    """
    said = [f"Iteration {epoch.n}", f"loss = {epoch.loss:.8f}", *scores_in_words(epoch)]
    if epoch.learning_rate == epoch.learning_rate:  # lbfgs has none
        said.append(f"rate = {epoch.learning_rate:.3g}")
    return ", ".join([*said, f"{epoch.seconds:.1f} s"])


def scores_in_words(epoch: Epoch) -> list[str]:
    """What was measured after an epoch."""
    return [f"{name.replace('_', ' ')} = {value:.6g}" for name, value in epoch.scores.items()]


@contextmanager
def shown(verbose: Any, first: int, last: int) -> Iterator[Callback]:
    """A reader of the loop that shows every epoch, or nothing where `verbose` is false.

    Parameters
    ----------
    verbose : bool
    first, last : int
        Epochs done before, and the most that there will be.
    """
    if not (verbose and is_first()):
        yield lambda epoch: None
    elif sys.stdout.isatty() and is_installed("rich"):
        with bar(first, last) as reader:
            yield reader
    else:
        yield lambda epoch: print(line(epoch), flush=True)


@contextmanager
def bar(first: int, last: int, console: Any = None) -> Iterator[Callback]:
    """A reader that moves a bar, on standard output or another console of rich."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("iteration {task.completed:.0f} of {task.total:.0f}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console()) as progress:
        task = progress.add_task("training", total=last, completed=first, said="")

        def show(epoch: Epoch) -> None:
            said = ", ".join([f"loss = {epoch.loss:.6g}", *scores_in_words(epoch)])
            progress.update(task, completed=epoch.n, said=said)

        yield show


def announced(verbose: Any) -> Callable[[str], None] | None:
    """What `choose` tells that it compiles the engine first, where that is to be shown."""
    return (lambda sentence: print(sentence, flush=True)) if verbose and is_first() else None


@contextmanager
def shown_many(verbose: Any, costs: Sequence[float]) -> Iterator[Callable[[int, Any], None]]:
    """A reader of the networks that end in `train_many`, or of the fits of a search; nothing where `verbose` is false.

    It is given their numbers and what became of them, in words.

    Parameters
    ----------
    verbose : bool
    costs : sequence of float
        About how long each takes beside the others, by which the time left is told.
    """
    if not verbose:
        yield lambda k, ended: None
    elif sys.stdout.isatty() and is_installed("rich"):
        with _bar_of_many(costs) as reader:
            yield reader
    else:
        pace = _PaceOfMany(costs)
        yield lambda k, ended: print(pace.line(k, ended), flush=True)


class _PaceOfMany:
    """How far many trainings have come, in shares of what all of them take."""

    def __init__(self, costs: Sequence[float]) -> None:
        self.costs, self.n_ended, self.share = costs, 0, 0.0
        self._began = time.monotonic()

    def line(self, k: int, ended: Any) -> str:
        """What became of one, how many have ended, and how long the others take."""
        self.n_ended, self.share = self.n_ended + 1, self.share + self.costs[k] / (sum(self.costs) or 1.0)
        took = time.monotonic() - self._began
        left = took * (1 / self.share - 1) if self.share > 0 else 0.0
        rest = f"{took:.1f} s in all" if self.n_ended == len(self.costs) else f"about {left:.0f} s left"
        return f"{self.n_ended} of {len(self.costs)}: {ended}; {rest}"


@contextmanager
def _bar_of_many(costs: Sequence[float]) -> Iterator[Callable[[int, Any], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    pace = _PaceOfMany(costs)
    with Progress(BarColumn(bar_width=24), TextColumn("{task.fields[said]}"), console=Console()) as progress:
        task = progress.add_task("training", total=1.0, said="beginning")

        def show(k: int, ended: Any) -> None:
            said = pace.line(k, ended)
            progress.update(task, completed=pace.share, said=said)

        yield show
