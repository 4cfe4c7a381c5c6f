"""How long an attack took by its own doing, whatever else the machine was busy with.

A case is slow by the processor's time that it took, or by the clock where it slept: a lock that nobody gives back, a
pipe that nobody fills. What is taken off the clock is the time that its threads stood ready and another program had the
processor, which Linux counts for each thread (``schedstat``); elsewhere only the processor's time is looked at.
"""

import atexit
import faulthandler
import os
import tempfile
import time
from contextlib import contextmanager
from functools import cache

TASKS = "/proc/self/task"
FOR_EVER = 120  # seconds after which a case is ended, and the process with it


def waited():
    """Nanoseconds that each thread of this process has stood ready without a processor; empty where nobody counts."""
    found = {}
    try:
        for task in os.listdir(TASKS):
            with open(f"{TASKS}/{task}/schedstat") as file:
                found[task] = int(file.read().split()[1])
    except (OSError, IndexError):
        return found  # a thread has ended meanwhile, or this system counts nothing
    return found


class Watch:
    """Seconds since it was made: of the processor, and by the clock less what other programs took."""

    def __init__(self):
        self.wall, self.processor, self.before = time.monotonic(), time.process_time(), waited()

    def seconds(self):
        wall, processor = time.monotonic() - self.wall, time.process_time() - self.processor
        after = waited()
        if not after:
            return processor
        stood = max(count - self.before.get(task, 0) for task, count in after.items()) / 1e9
        return max(processor, wall - stood)


@contextmanager
def ended_at_last(seconds=FOR_EVER):
    """End the process where what is done here takes for ever.

    The place of every thread is then in a file beside the temporary ones: pytest keeps what goes to standard error.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=_places())
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@cache
def _places():
    return open(os.path.join(tempfile.gettempdir(), f"clearprop-hang-{os.getpid()}.txt"), "w")


@atexit.register
def _nothing_hung():
    if _places.cache_info().currsize:
        _places().close()
        os.unlink(_places().name)
