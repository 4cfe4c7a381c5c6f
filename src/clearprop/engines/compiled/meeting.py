"""Where threads wait for each other, inside compiled code."""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.layout import J
from clearprop.engines.compiled.pointers import atomic_add, atomic_load, call_yield, integers

SPINS = 4000  # looks at the barrier before the core is given to another thread


@njit(error_model="numpy")
def wait_for_all(job):
    """Return when all threads have come here."""
    threads = job[J.THREADS]
    if threads == 1:
        return
    arrived, turn = integers(job[J.SYNC]), integers(job[J.SYNC] + 64)
    now = atomic_load(turn)
    if atomic_add(arrived, 1) == threads - 1:
        atomic_add(arrived, -threads)
        atomic_add(turn, 1)
        return
    spins = 0
    while atomic_load(turn) == now:
        spins += 1
        if spins > SPINS and job[J.YIELD] != 0:
            call_yield(job[J.YIELD])
