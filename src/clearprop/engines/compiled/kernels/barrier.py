"""Where threads wait for each other, inside compiled code, and how they notice that they only wait."""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.kernels.layout import CACHE_LINE, MEETINGS_APART, J
from clearprop.engines.compiled.kernels.pointers import (
    atomic_add,
    atomic_load,
    atomic_store,
    call_yield,
    integers,
    nanoseconds,
    offset,
)

SPINS = 4000  # looks at the others before the core is given to another thread
LONG = 10_000_000  # nanoseconds of waiting in a call before it is asked whether that is too much
WAITED, APART = range(2)  # positions in `waits`


@njit(error_model="numpy")
def waits(job):
    """For how long threads have waited in this call, and whether they are to part."""
    return integers(job[J.SYNC] + CACHE_LINE)


@njit(error_model="numpy")
def clock(job):
    """Nanoseconds of a steady clock; 0 where there is none."""
    return nanoseconds(job[J.CLOCK], job[J.CLOCK_ID]) if job[J.CLOCK] != 0 else 0


@njit(error_model="numpy")
def meetings(job, thread):
    """How many meetings a thread has come to, which only it writes, in lines of its own."""
    return integers(job[J.MEETINGS] + thread * MEETINGS_APART)


@njit(error_model="numpy")
def wait_for_all(job, thread):
    """Return when all threads have come here.

    Each says so for itself and looks at the others. So the last one goes on at once, where it would else have to wait
    for a line of memory that the others have, twice: half a microsecond between cores that are far from each other.
    """
    threads = job[J.THREADS]
    if threads == 1:
        return
    own = meetings(job, thread)
    now = own[0] + 1
    atomic_store(own, now)
    spins, began = 0, 0
    for other in range(threads):
        while atomic_load(meetings(job, other)) < now:
            spins += 1
            if spins == SPINS:
                began = clock(job)
            if spins > SPINS and job[J.YIELD] != 0:
                call_yield(job[J.YIELD])
    if began != 0:
        atomic_add(offset(waits(job), WAITED), clock(job) - began)


@njit(error_model="numpy")
def only_wait(job, began):
    """Whether threads have waited for half of the time since `began`: others use their cores, and one alone is quicker.

    An update may then take as long as several time slices instead of some microseconds.
    """
    if job[J.THREADS] == 1 or job[J.CLOCK] == 0:
        return False
    waited = atomic_load(offset(waits(job), WAITED))
    return waited > LONG and 2 * waited > (clock(job) - began) * (job[J.THREADS] - 1)
