"""Ctrl-C that cannot get lost.

Libraries that try an import and carry on without it sometimes swallow the KeyboardInterrupt that came just then, and
the program would run on. So Ctrl-C is also noted here, and a command asks before it begins what takes long.
"""

from __future__ import annotations

import signal
from types import FrameType

_came = False


def watch() -> None:
    """From now on, note every Ctrl-C besides raising KeyboardInterrupt for it."""
    signal.signal(signal.SIGINT, _note)


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C came and nothing has come of it yet."""
    global _came
    if _came:
        _came = False
        raise KeyboardInterrupt


def _note(signal_number: int, frame: FrameType | None) -> None:
    global _came
    _came = True
    raise KeyboardInterrupt
