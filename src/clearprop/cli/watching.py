"""`train --watch`: the curves of a training in a page of one's own browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clearprop.cli import words

if TYPE_CHECKING:
    from clearprop.lab import Watch


@contextmanager
def watched(wanted: bool, title: str) -> Iterator[Watch | None]:
    """What watches a training, if that is wanted; its address goes to standard error.

    Parameters
    ----------
    wanted : bool
    title : str
        What is trained on.

    Raises
    ------
    MissingExtra
        When the libraries of the extra `lab` are not there.
    """
    if not wanted:
        yield None
        return
    from clearprop.lab import Watch

    out = words.console(error=True)
    with Watch(title, tell=lambda address: out.print(f"watch it at {address}")) as watch:
        yield watch
