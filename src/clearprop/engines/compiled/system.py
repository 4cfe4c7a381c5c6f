"""Functions of the operating system that compiled code calls by their addresses."""

from __future__ import annotations

import ctypes
import sys
import time
from functools import cache

YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"  # gives the core to another thread
CLOCK = "clock_gettime"
STEADY = getattr(time, "CLOCK_MONOTONIC", 0)  # which of its clocks goes on steadily


@cache
def address_of(function: str) -> int:
    """Where a function of the operating system is; 0 where it has none of that name."""
    library = ctypes.windll.kernel32 if sys.platform == "win32" else ctypes.CDLL(None)  # type: ignore[attr-defined]
    found = getattr(library, function, None)
    return 0 if found is None else ctypes.cast(found, ctypes.c_void_p).value or 0
