"""What a helper is told, by position in an array of int64: written by `crew`, read by `worker_loop`."""

from __future__ import annotations

# What the helper does; this number comes first.
ASLEEP, WORKING, LOOKING, GIVEN = range(4)

# Where the number of the next share is, how many shares there are, what to call and with which addresses; which clock
# of the operating system to look at, and for how many nanoseconds to look for more work. (Numba indexes pointers by
# plain integers only.)
NEXT_SHARE, SHARES, RUN, JOB, LAYERS, LIKE, CLOCK, CLOCK_ID, PATIENCE, LENGTH = range(1, 11)
