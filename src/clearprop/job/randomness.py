"""Random numbers as functions of where they are used, so that every engine draws the same ones in any order.

A dropout decision depends on seed, step, layer, row of the batch and unit, and on nothing else: no generator has a
state that two threads could race for or a checkpoint could forget. Bits are mixed by the finalisers of splitmix64
(Steele, Lea & Flood 2014) for the key and of MurmurHash3 (Appleby 2011) for each unit, whose 32-bit steps a compiler
can vectorise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.job.job import Job, dropout_rates

WORD = 2**32 - 1


def key(seed: int, step: int, layer: int) -> tuple[int, int]:
    """Two 32-bit words for all dropout decisions of one layer in one step."""
    state = state_of(seed, step, layer)
    return state & WORD, state >> 32


def state_of(seed: int, *place: int) -> int:
    """64 bits that belong to a seed and a place."""
    state = seed & (2**64 - 1)
    for part in place:
        state = _splitmix64(state ^ _splitmix64(part))
    return state


def _splitmix64(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & (2**64 - 1)
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return x ^ (x >> 31)


def mix(words: Any) -> Any:
    """MurmurHash3's 32-bit finaliser of a uint32 array."""
    words = (words ^ (words >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    words = (words ^ (words >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return words ^ (words >> np.uint32(16))


def keep(seed: int, step: int, layer: int, n_rows: int, n_units: int, fraction: float) -> Any:
    """Which units of which rows are passed on: boolean (n_rows, n_units), True with probability 1 − `fraction`."""
    low, high = key(seed, step, layer)
    rows = mix(np.arange(n_rows, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(low))
    units = np.arange(n_units, dtype=np.uint32) * np.uint32(0x85EBCA77) + np.uint32(high)
    return mix(rows[:, None] ^ units) >= np.uint32(min(round(fraction * 2**32), WORD))


def masks(job: Job, step: int, n_rows: int, dtype: Any) -> Mapping[int, Any]:
    """Dropout masks of one step: for each layer that drops, what its activations are multiplied by.

    What is kept is divided by the probability of being kept, so that prediction needs no change.
    """
    return {
        l: keep(job.seed, step, l, n_rows, job.network.widths[l], fraction).astype(dtype) / dtype(1 - fraction)
        for l, fraction in enumerate(dropout_rates(job))
        if fraction
    }
