"""The reader behind ``verbose=1``: one line per epoch. Besides the command line, the only part that prints."""

from __future__ import annotations

from typing import Any

from clearprop.engines import Engine
from clearprop.training.fit import Callback
from clearprop.training.loop import Epoch


def line(epoch: Epoch, planned: int) -> str:
    """An epoch in words: number, loss, scores, rate, time so far."""
    scores = "".join(f"  {name.replace('_', ' ')} {value:.6g}" for name, value in epoch.scores.items())
    return (
        f"epoch {epoch.n:>{len(str(planned))}}/{planned}  loss {epoch.loss:.6g}{scores}  "
        f"rate {epoch.learning_rate:.3g}  {epoch.seconds:.1f} s"
    )


def printer(planned: int) -> Callback:
    """A reader of the loop that prints every epoch."""

    def show(epoch: Epoch) -> None:
        print(line(epoch, planned), flush=True)

    return show


def announce(engine: Engine, dtype: Any) -> None:
    """Print what the engine must do before it can begin, if anything."""
    first = engine.preparation(dtype)
    if first is not None:
        print(f"engine {engine.name}: {first}", flush=True)
