"""Random numbers as functions of where they are used, so that every engine draws the same ones in any order.

A dropout decision depends on seed, step, layer, row of the batch and unit, and on nothing else: no generator has a
state that two threads could race for or a checkpoint could forget. How bits are mixed is in `hashing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.job.hashing import joined, of_row, of_unit
from clearprop.job.job import Job, dropout_rates
from clearprop.network.parameters import Matrix

WORD = 2**32 - 1


def key(seed: int, step: int, layer: int) -> tuple[int, int]:
    """Two 32-bit words for all dropout decisions of one layer in one step."""
    state = state_of(seed, step, layer)
    return state & WORD, state >> 32


def state_of(seed: int, *place: int) -> int:
    """64 bits that belong to a seed and a place."""
    state = np.array([seed % 2**64], dtype=np.uint64)  # an array, which wraps around without a warning
    for part in place:
        state = joined(state, np.array([part], dtype=np.uint64))
    return int(state[0])


def threshold(fraction: float) -> int:
    """Hashes below this are dropped."""
    return min(round(fraction * 2**32), WORD)


def keep(seed: int, step: int, layer: int, n_rows: int, n_units: int, fraction: float) -> Matrix:
    """Which units of which rows are passed on: boolean (n_rows, n_units), True with probability 1 − `fraction`."""
    low, high = map(np.uint32, key(seed, step, layer))
    rows, units = np.arange(n_rows, dtype=np.uint32), np.arange(n_units, dtype=np.uint32)
    return of_unit(high, units, of_row(low, rows)[:, None]) >= np.uint32(threshold(fraction))


def masks(job: Job, step: int, n_rows: int, dtype: Any) -> Mapping[int, Matrix]:
    """Dropout masks of one step: for each layer that drops, what its activations are multiplied by.

    What is kept is divided by the probability of being kept, so that prediction needs no change.
    """
    return {
        l: keep(job.seed, step, l, n_rows, job.network.widths[l], fraction).astype(dtype) / dtype(1 - fraction)
        for l, fraction in enumerate(dropout_rates(job))
        if fraction
    }
