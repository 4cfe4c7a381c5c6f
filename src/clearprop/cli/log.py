"""`--log`: a record of every epoch, one JSON object a line, written as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TextIO

from clearprop.training import Callback, Epoch


class Log:
    """Writes records of epochs; a training that is cut short leaves those that it had.

    Parameters
    ----------
    path : Path
        The file is made, or replaced, with the first record.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: TextIO | None = None

    def of(self, what: str) -> Callback:
        """A reader of the loop; `what` is trained: "", a fold or a quantile."""

        return lambda epoch: self.write(record(epoch, what))

    def write(self, found: Mapping[str, Any]) -> None:
        """One record more; what is not a number is null."""
        if self._stream is None:
            self._stream = open(self._path, "w", encoding="utf-8")  # noqa: SIM115
        plain = {name: None if isinstance(value, float) and value != value else value for name, value in found.items()}
        self._stream.write(json.dumps(plain, allow_nan=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file, if there was a record."""
        if self._stream is not None:
            self._stream.close()


def record(epoch: Epoch, what: str = "") -> dict[str, Any]:
    """An epoch as JSON holds it."""
    found: dict[str, Any] = {"training": what} if what else {}
    found |= {"epoch": epoch.n, "loss": epoch.loss, **epoch.scores}
    found |= {"learning_rate": epoch.learning_rate, "gradient_norms": list(epoch.gradient_norms)}
    found |= {"steps": epoch.steps, "seconds": round(epoch.seconds, 4), "complete": epoch.complete}
    return found


@contextmanager
def opened(path: Path | None) -> Iterator[Log | None]:
    """The log of this name, or None."""
    if path is None:
        yield None
        return
    with closing(Log(path)) as log:
        yield log
