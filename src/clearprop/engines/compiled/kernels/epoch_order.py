"""The order of an epoch (`clearprop.job.shuffling`) as machine code; `fixed_kernels` compiles it."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.calling import Wholes, Word
from clearprop.engines.compiled.kernels.hashes import exchange, partners


def shuffle(order: Wholes, room: Wholes, size: int, count: int, key: Word) -> None:
    """Bring `count` rows into a random order, in place; `room` takes the partners of `size` rows at once."""
    for stop in range(count, 1, -size):
        first = max(1, stop - size)
        for i in range(first, stop):
            room[i - first] = partners(key, i)
        exchange(order, room, first, stop)
