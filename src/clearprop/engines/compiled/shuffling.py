"""The order of an epoch (`clearprop.engines.shuffling`) as machine code; `parts` compiles it."""

from __future__ import annotations

from numba import njit

from clearprop.engines import shuffling

partners, exchange = njit(shuffling.partners), njit(shuffling.exchange)


def shuffle(order, partner, count, key):
    """Bring `count` rows into a random order, in place; `partner` has room for as many numbers."""
    for i in range(count):
        partner[i] = partners(key, i)
    exchange(order, partner, count)
