"""What happens once in a process, imports and compiling, is not cut through by a fork.

A process that is forked off has one thread. What another thread of its parent held just then, the lock of a module that
is being imported, or Numba's and LLVM's own, would never be given back in it. So whoever imports or compiles something
late does it under this lock, and a fork waits for that.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_USE = threading.RLock()
if hasattr(os, "register_at_fork"):
    # The thread that forks is the one thread of the child, and holds the lock in both.
    os.register_at_fork(before=FIRST_USE.acquire, after_in_parent=FIRST_USE.release, after_in_child=FIRST_USE.release)

_done: set[str] = set()


@contextmanager
def first_time(what: str) -> Iterator[None]:
    """Hold the lock the first time that something is done for which libraries import more of themselves.

    Examples
    --------
    >>> from clearprop.engines.first_use import FIRST_USE, first_time
    >>> with first_time("an example"):
    ...     pass
    """
    if what in _done:
        yield
        return
    with FIRST_USE:
        yield
    _done.add(what)
