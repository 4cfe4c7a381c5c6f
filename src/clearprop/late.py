"""Public names of a room that are imported when they are first asked for: few need them, or they bring an extra."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from clearprop.errors import require


def late_names(
    room: str, homes: Mapping[str, tuple[str, ...]], *, what: str = "", extra: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions ``__getattr__`` and ``__dir__`` of a room with such names.

    The first imports the object of a name, which the room keeps from then on. It raises AttributeError for another
    name, and MissingExtra when libraries of the extra are not installed.

    Parameters
    ----------
    room : str
        The package whose names they are.
    homes : mapping of str to tuple of str
        For each file of the package, its public names.
    what, extra : str, optional
        As `MissingExtra` says them, where the names need an extra.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        if extra is not None:
            require(what, extra)
        found = getattr(import_module(f"{room}.{home_of[name]}"), name)
        setattr(sys.modules[room], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[room]), *home_of})

    return get, names
