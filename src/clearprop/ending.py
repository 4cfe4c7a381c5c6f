"""What the end of the interpreter does not cut through in a daemon thread.

Up to Python 3.13 a daemon thread that comes back to the interpreter once that has ended is taken apart where it stands.
Where C++ stands below it that must not be taken apart, the C++ library aborts the whole process; `numpy.unique` without
the inverse is such a place from NumPy 2.3 on, and scikit-learn asks it for the classes of labels.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 10.0  # seconds that the end waits for a daemon thread at most

_inside = threading.RLock()
atexit.register(_inside.acquire, timeout=LONGEST)  # and never given back: who comes later waits until all is over
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_inside.acquire, after_in_parent=_inside.release, after_in_child=_inside.release)


@contextmanager
def not_cut_by_the_end() -> Iterator[None]:
    """Have the interpreter's end wait for what a daemon thread does here; other threads it waits for anyway.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.ending import not_cut_by_the_end
    >>> with not_cut_by_the_end():
    ...     np.unique([2, 1, 2]).tolist()
    [1, 2]
    """
    if not threading.current_thread().daemon:
        yield
        return
    with _inside:
        yield
