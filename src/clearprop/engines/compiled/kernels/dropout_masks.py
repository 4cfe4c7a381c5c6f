"""Dropout masks in compiled code: the same hashes of the same places as in `engines.randomness`."""

from __future__ import annotations

from numba import njit, types

from clearprop.engines.compiled.kernels.pointers import offset

MASK_32 = types.uint64(0xFFFFFFFF)


@njit(error_model="numpy")
def _splitmix64(x):
    x = x + types.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> types.uint64(30))) * types.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> types.uint64(27))) * types.uint64(0x94D049BB133111EB)
    return x ^ (x >> types.uint64(31))


@njit(error_model="numpy")
def _mix(word):
    word = types.uint32(types.uint32(word ^ (word >> types.uint32(16))) * types.uint32(0x85EBCA6B))
    word = types.uint32(types.uint32(word ^ (word >> types.uint32(13))) * types.uint32(0xC2B2AE35))
    return types.uint32(word ^ (word >> types.uint32(16)))


@njit(error_model="numpy")
def draw_mask(seed, step, layer, first_row, rows, width, stride, threshold, kept, mask):
    """The dropout mask of these rows, as `engines.randomness.masks` has it; `kept` is 1/(1 − fraction)."""
    state = types.uint64(seed)
    state = _splitmix64(state ^ _splitmix64(types.uint64(step)))
    state = _splitmix64(state ^ _splitmix64(types.uint64(layer)))
    low, high = types.uint32(state & MASK_32), types.uint32(state >> types.uint64(32))
    for row in range(rows):
        word = _mix(types.uint32(types.uint32(types.uint32(first_row + row) * types.uint32(0x9E3779B9)) + low))
        here = offset(mask, row * stride)
        for unit in range(width):
            hashed = _mix(word ^ types.uint32(types.uint32(types.uint32(unit) * types.uint32(0x85EBCA77)) + high))
            here[unit] = kept if types.int64(hashed) >= threshold else kept * 0
