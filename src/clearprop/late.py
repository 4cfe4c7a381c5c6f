"""Public names of a room that are imported when they are first asked for, as they bring libraries of an extra."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from clearprop.errors import require


class LateNames:
    """Where each of these names is at home, and what it takes to import them.

    Parameters
    ----------
    room : str
        The package whose names they are.
    homes : mapping of str to tuple of str
        For each file of the package, its public names.
    what, extra : str
        As `MissingExtra` says them.
    """

    def __init__(self, room: str, homes: Mapping[str, tuple[str, ...]], *, what: str, extra: str) -> None:
        self.room, self.what, self.extra = room, what, extra
        self.home_of = {name: home for home, names in homes.items() for name in names}

    def get(self, name: str) -> Any:
        """The object of this name, which the room keeps from now on.

        Raises
        ------
        AttributeError
            For another name.
        MissingExtra
            When libraries of the extra are not installed.
        """
        if name not in self.home_of:
            raise AttributeError(f"module {self.room!r} has no attribute {name!r}")
        require(self.what, self.extra)
        found = getattr(import_module(f"{self.room}.{self.home_of[name]}"), name)
        setattr(sys.modules[self.room], name, found)
        return found
