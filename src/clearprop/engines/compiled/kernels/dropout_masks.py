"""Dropout masks in compiled code: the same hashes of the same places as in `clearprop.job.randomness`."""

from __future__ import annotations

from numba import types

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.hashes import joined, of_row, of_unit
from clearprop.engines.compiled.kernels.pointers import offset


@njit(error_model="numpy")
def draw_mask(seed, step, layer, first_row, rows, width, stride, threshold, kept, mask):
    """The dropout mask of these rows, as `job.randomness.masks` has it; `kept` is 1/(1 − fraction)."""
    state = joined(joined(types.uint64(seed), types.uint64(step)), types.uint64(layer))
    low, high = types.uint32(state & types.uint64(0xFFFFFFFF)), types.uint32(state >> types.uint64(32))
    for row in range(rows):
        word = of_row(low, first_row + row)
        here = offset(mask, row * stride)
        for unit in range(width):
            here[unit] = kept if types.int64(of_unit(high, unit, word)) >= threshold else kept * 0
