"""Hashes of places, from which all random numbers come: written once, for arrays here and for compiled code alike.

The reference engine runs these functions as they stand, the compiled engine as machine code made from them (its
`kernels.hashes`), so both draw the same numbers. Everything is an unsigned whole number of NumPy's and wraps around.
"""

from __future__ import annotations

from typing import Any

import numpy as np

GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
ROW, UNIT = np.uint32(0x9E3779B9), np.uint32(0x85EBCA77)
MIX_FIRST, MIX_SECOND = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


def finalised(x: Any) -> Any:
    """The last step of the generator SplitMix64 (Steele, Lea & Flood 2014), of uint64."""
    x = (x ^ (x >> np.uint64(30))) * FIRST
    x = (x ^ (x >> np.uint64(27))) * SECOND
    return x ^ (x >> np.uint64(31))


def joined(state: Any, part: Any) -> Any:
    """64 bits that belong to a state and a part of a place, uint64."""
    return finalised((state ^ finalised(part + GOLDEN)) + GOLDEN)


def mix(word: Any) -> Any:
    """MurmurHash3's 32-bit finaliser (Appleby 2011), of uint32: a compiler can vectorise its steps."""
    word = np.uint32(np.uint32(word ^ (word >> np.uint32(16))) * MIX_FIRST)
    word = np.uint32(np.uint32(word ^ (word >> np.uint32(13))) * MIX_SECOND)
    return np.uint32(word ^ (word >> np.uint32(16)))


def of_row(low: Any, row: Any) -> Any:
    """The word of a row of a batch, from the low half of a state."""
    return mix(np.uint32(np.uint32(np.uint32(row) * ROW) + low))


def of_unit(high: Any, unit: Any, row: Any) -> Any:
    """The hash that decides on a unit of a row whose word is `row`, from the high half of a state."""
    return mix(np.uint32(row ^ np.uint32(np.uint32(np.uint32(unit) * UNIT) + high)))
