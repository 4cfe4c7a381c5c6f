"""How a helper waits inside compiled code, so that work which follows soon finds it awake.

To wake a thread takes the operating system some 40 µs, which a call of a millisecond notices. Between two calls of a
training there is less than that in Python, so a helper that has done its share looks for the next one for a while
before it sleeps. Work is left in its mailbox. `fixed_kernels` compiles both functions as they stand here.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.mailbox import (
    ASLEEP,
    CLOCK,
    CLOCK_ID,
    GIVEN,
    JOB,
    LAYERS,
    LIKE,
    LOOKING,
    NEXT_SHARE,
    PATIENCE,
    RUN,
    SHARES,
    WORKING,
)
from clearprop.engines.compiled.kernels.pointers import (
    atomic_add,
    atomic_exchange,
    atomic_load,
    atomic_replace,
    call_part,
    integers,
    nanoseconds,
)


def give(letterbox, next_share, shares, run, job, layers, like):
    """Leave work for a helper that has no other. 1 if it sleeps and has to be woken, otherwise 0."""
    letterbox[NEXT_SHARE] = next_share
    letterbox[SHARES] = shares
    letterbox[RUN] = run
    letterbox[JOB] = job
    letterbox[LAYERS] = layers
    letterbox[LIKE] = like
    return int(atomic_exchange(letterbox, GIVEN) == ASLEEP)


def attend(letterbox):
    """Do the work that is given, and what is given soon after it; return when there is no more.

    Whoever comes takes the next share, so none is done twice, and who comes too late has nothing to do.
    """
    while True:
        next_share, shares, run = letterbox[NEXT_SHARE], letterbox[SHARES], letterbox[RUN]
        arguments = letterbox[JOB], letterbox[LAYERS], letterbox[LIKE]
        atomic_exchange(letterbox, WORKING)
        share = atomic_add(integers(next_share), 1)
        if share < shares:
            call_part(run, (share, *arguments))
        if letterbox[CLOCK] == 0:
            if atomic_replace(letterbox, WORKING, ASLEEP):
                return
        elif atomic_replace(letterbox, WORKING, LOOKING):
            began = nanoseconds(letterbox[CLOCK], letterbox[CLOCK_ID])
            while atomic_load(letterbox) == LOOKING:
                looked = nanoseconds(letterbox[CLOCK], letterbox[CLOCK_ID]) - began
                if looked > letterbox[PATIENCE] and atomic_replace(letterbox, LOOKING, ASLEEP):
                    return
