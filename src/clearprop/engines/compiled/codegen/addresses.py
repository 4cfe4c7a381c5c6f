"""Addresses that compiled code gets: of arrays, and of functions of the operating system."""

from __future__ import annotations

import ctypes
import sys
import time
from functools import cache
from typing import Any

GIVE_WAY = "SwitchToThread" if sys.platform == "win32" else "sched_yield"  # the core, to another thread
CLOCK = "clock_gettime"
STEADY = getattr(time, "CLOCK_MONOTONIC", 0)  # which of its clocks goes on steadily


def place(array: Any) -> int:
    """The address of an array's numbers."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # three times as quick as what NumPy tells
    except (TypeError, ValueError, BufferError):  # it is read-only, empty, or not in one piece
        return int(array.__array_interface__["data"][0])


@cache
def address_of(function: str) -> int:
    """Where a function of the operating system is; 0 where it has none of that name."""
    library = ctypes.windll.kernel32 if sys.platform == "win32" else ctypes.CDLL(None)  # type: ignore[attr-defined]
    found = getattr(library, function, None)
    return 0 if found is None else ctypes.cast(found, ctypes.c_void_p).value or 0
