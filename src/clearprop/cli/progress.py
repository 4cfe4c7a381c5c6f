"""Progress of training on standard error: a bar on a terminal, plain lines otherwise. Both are readers of the loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from clearprop.cli.words import number, seconds, share
from clearprop.training import Callback, Epoch

LINES = 20  # of a whole training, when not on a terminal
SECONDS_BETWEEN = 30.0  # a line at least so often, when epochs take long


@contextmanager
def progress(planned: int, time_limit: float | None, out: Console) -> Iterator[Callback]:
    """A callback for the training loop that shows each epoch, its loss, the validation score and the time left."""
    if not out.is_terminal:
        yield plain_lines(planned, time_limit, out)
        return
    bar = Progress(
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[said]}"),
        console=out,
        transient=True,
    )
    with bar:
        task = bar.add_task("training", total=planned, said="starting")

        def show(epoch: Epoch) -> None:
            bar.update(task, completed=epoch.n, said=summary(epoch, planned, time_limit))

        yield show


def plain_lines(planned: int, time_limit: float | None, out: Console) -> Callback:
    """A callback that prints a line for about every twentieth of the training."""
    step = max(1, planned // LINES)
    last = time.monotonic()

    def show(epoch: Epoch) -> None:
        nonlocal last
        if epoch.n in (1, planned) or epoch.n % step == 0 or time.monotonic() - last > SECONDS_BETWEEN:
            last = time.monotonic()
            out.print(f"epoch {epoch.n:>{len(str(planned))}}/{planned}  {summary(epoch, planned, time_limit)}")

    return show


def summary(epoch: Epoch, planned: int, time_limit: float | None) -> str:
    """Loss, validation score and time left of an epoch."""
    left = epoch.seconds / epoch.n * (planned - epoch.n)
    if time_limit is not None:
        left = min(left, max(0.0, time_limit - epoch.seconds))
    score = "validation_accuracy" if "validation_accuracy" in epoch.scores else "validation_rmse"
    shown = share(epoch.scores[score]) if score == "validation_accuracy" else number(epoch.scores[score])
    said = f"loss {number(epoch.loss)}  {score.replace('_', ' ')} {shown}"
    return f"{said}  {seconds(left)} left" if epoch.n < planned else f"{said}  {seconds(epoch.seconds)} in all"
