"""How a helper waits inside compiled code, so that work which follows soon finds it awake.

To wake a thread takes the operating system some 40 µs, which a call of a millisecond notices. Between two calls of a
training there is less than that in Python, so a helper that has done its share looks for the next one for a while
before it sleeps. Work is left in its mailbox. `fixed_kernels` compiles both functions as they stand here.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.calling import Wholes, call_kernel
from clearprop.engines.compiled.kernels.layout import Job, Mailbox, State
from clearprop.engines.compiled.kernels.pointers import (
    atomic_add,
    atomic_exchange,
    atomic_load,
    atomic_replace,
    nanoseconds,
)

ASLEEP, WORKING, LOOKING, GIVEN = map(int, State)


def give(mailbox: Mailbox, next_share: Wholes, n_shares: int, run: int, job: Job) -> int:
    """Leave work for a helper that has no other. 1 if it sleeps and has to be woken, otherwise 0."""
    mailbox.next_share = next_share
    mailbox.n_shares = n_shares
    mailbox.run = run
    mailbox.job = job
    return int(atomic_exchange(mailbox.state, GIVEN) == ASLEEP)


def attend(mailbox: Mailbox) -> None:
    """Do the work that is given, and what is given soon after it; return when there is no more.

    Whoever comes takes the next share, so none is done twice, and who comes too late has nothing to do.
    """
    while True:
        next_share, n_shares, run, job = mailbox.next_share, mailbox.n_shares, mailbox.run, mailbox.job
        atomic_exchange(mailbox.state, WORKING)
        share = atomic_add(next_share, 1)
        if share < n_shares:
            call_kernel(run, (share, job))
        if mailbox.clock == 0:
            if atomic_replace(mailbox.state, WORKING, ASLEEP):
                return
        elif atomic_replace(mailbox.state, WORKING, LOOKING):
            began = nanoseconds(mailbox.clock, mailbox.clock_id)
            while atomic_load(mailbox.state) == LOOKING:
                looked = nanoseconds(mailbox.clock, mailbox.clock_id) - began
                if looked > mailbox.patience and atomic_replace(mailbox.state, LOOKING, ASLEEP):
                    return
