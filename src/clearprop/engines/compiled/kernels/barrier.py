"""The barrier: where threads wait for each other, inside compiled code, and how they notice that they only wait."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.blocks import WORD
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.layout import APART
from clearprop.engines.compiled.kernels.pointers import (
    atomic_add,
    atomic_load,
    atomic_store,
    give_way,
    nanoseconds,
    offset,
)

SPINS = 4000  # looks at the others before the core is given to another thread
LONG = 10_000_000  # nanoseconds of waiting in a call before it is asked whether that is too much


@njit(error_model="numpy")
def clock(job):
    """Nanoseconds of a steady clock; 0 where there is none."""
    return nanoseconds(job.clock, job.clock_id) if job.clock != 0 else 0


@njit(error_model="numpy")
def arrivals_of(job, thread):
    """How many barriers a thread has come to, which only it writes, in lines of its own."""
    return offset(job.arrivals, thread * (APART // WORD))


@njit(error_model="numpy")
def wait_for_all(job, thread):
    """Return when all threads have come here.

    Each says so for itself and looks at the others. So the last one goes on at once, where it would else have to wait
    for a line of memory that the others have, twice: half a microsecond between cores that are far from each other.
    """
    threads = job.n_threads
    if threads == 1:
        return
    own = arrivals_of(job, thread)
    now = own[0] + 1
    atomic_store(own, now)
    spins, began = 0, 0
    for other in range(threads):
        while atomic_load(arrivals_of(job, other)) < now:
            spins += 1
            if spins == SPINS:
                began = clock(job)
            if spins > SPINS and job.give_way != 0:
                give_way(job.give_way)
    if began != 0:
        atomic_add(job.waits.nanoseconds, clock(job) - began)


@njit(error_model="numpy")
def only_wait(job, began):
    """Whether threads have waited for half of the time since `began`: others use their cores, and one alone is quicker.

    An update may then take as long as several time slices instead of some microseconds.
    """
    if job.n_threads == 1 or job.clock == 0:
        return False
    waited = atomic_load(job.waits.nanoseconds)
    return waited > LONG and 2 * waited > (clock(job) - began) * (job.n_threads - 1)
