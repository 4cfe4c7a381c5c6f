"""How long a cache line takes from one core to another: what threads pay for each other's numbers.

Within one cache of the third level it is some 60 ns; between two of them, on processors that have several, four times
as much. On a rented machine it can change from minute to minute with where the host puts its cores.

    python benchmarks/between_cores.py
"""

from __future__ import annotations

import os
import threading
import time
from functools import cache
from typing import Any

ROUNDS = 20_000


@cache
def game() -> Any:
    """The function that each of two threads calls: hand a ball to and fro."""
    from numba import njit

    from clearprop.engines.compiled.kernels.pointers import atomic_add, atomic_load, pointer

    @njit(nogil=True, error_model="numpy")
    def play(table: Any, mine: int, rounds: int) -> None:
        ball = pointer(table)
        for turn in range(rounds):
            while atomic_load(ball) != 2 * turn + mine:
                pass
            atomic_add(ball, 1)

    return play


def nanoseconds() -> float | None:
    """The time of one way between the first two cores that this process may use; None where that cannot be measured."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    import numpy as np

    play = game()
    play(np.zeros(8, dtype=np.int64), 0, 1)  # compiles
    table, found = np.zeros(8, dtype=np.int64), [0.0]
    both = threading.Barrier(2)

    def run(mine: int, core: int) -> None:
        os.sched_setaffinity(0, {core})
        both.wait()
        began = time.perf_counter()
        play(table, mine, ROUNDS)
        found[0] = (time.perf_counter() - began) / ROUNDS / 2

    players = [threading.Thread(target=run, args=pair) for pair in enumerate(sorted(os.sched_getaffinity(0))[:2])]
    for player in players:
        player.start()
    for player in players:
        player.join()
    return found[0] * 1e9


if __name__ == "__main__":
    measured = nanoseconds()
    print("cannot be measured here" if measured is None else f"{measured:.0f} ns from core to core")
