"""Products out of tiles equal NumPy's, whatever their shape, and write nothing beside their result."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.compiler.machine import tile, vector_bytes
from clearprop.engines.compiled.host.plan import PANEL_NUMBERS
from clearprop.engines.compiled.kernels.layout import DEPTH_AT_ONCE
from clearprop.engines.compiled.kernels.pointers import pointer
from clearprop.engines.compiled.kernels.products import product, times_transposed

ROWS = tile().rows
UNTOUCHED = 7.5
# Around a tile, around four of them, which copy the next panel, and around a whole depth.
heights = st.sampled_from([1, 2, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS, 3 * ROWS + 1, 4 * ROWS + 5, 100])
depths = st.sampled_from([1, 3, 16, 17, 33, 100, 513, DEPTH_AT_ONCE, DEPTH_AT_ONCE + 3])
columns = st.sampled_from([1, 2, 3, 4, 5, 8, 16, 31, 32, 33, 64, 96, 129])
gaps = st.tuples(*[st.sampled_from([0, 1, 16, 700])] * 3)  # behind the rows of a, b and c
types = pytest.mark.parametrize("dtype", ["float32", "float64"])


@cache
def compiled(dtype):
    """(tiles, which, a, a_stride, b, b_stride, c, c_stride, start, start_stride, rows, depth, columns, panel)."""

    @njit(error_model="numpy")
    def run(tiles, which, a, a_stride, b, b_stride, c, c_stride, start, start_stride, rows, depth, columns, panel):
        t, x, y, z = pointer(tiles), pointer(a), pointer(b), pointer(c)
        s, p = pointer(start), pointer(panel)
        if which == 2:
            times_transposed(t, x, a_stride, y, b_stride, z, c_stride, s, rows, depth, columns, p)
        else:
            product(t, which, x, a_stride, y, b_stride, z, c_stride, s, start_stride, rows, depth, columns, p)

    return run


def with_gaps(matrix, gap):
    """The same matrix with room behind each row."""
    whole = np.full((matrix.shape[0], matrix.shape[1] + gap), UNTOUCHED, dtype=matrix.dtype)
    whole[:, : matrix.shape[1]] = matrix
    return whole


def computed(dtype, which, a, b, start, room):
    """The product of a kind: 0 a·b, 1 aᵀ·b, 2 a·bᵀ; `start` is a row, or the result so far."""
    rows, depth = (a.shape[1], a.shape[0]) if which == 1 else a.shape
    width = b.shape[0] if which == 2 else b.shape[1]
    c = with_gaps(np.broadcast_to(start, (rows, width)).astype(dtype), room[2])
    a, b = with_gaps(a, room[0]), with_gaps(b, room[1])
    begin, stride = (c, c.shape[1]) if start.ndim == 2 else (np.append(start, np.zeros(64, dtype)), 0)
    tiles, panel = fixed_kernels.tiles(dtype), np.full(PANEL_NUMBERS, np.nan, dtype)
    compiled(dtype)(tiles, which, a, a.shape[1], b, b.shape[1], c, c.shape[1], begin, stride, rows, depth, width, panel)
    assert (c[:, width:] == UNTOUCHED).all()
    return c[:, :width]


def close(found, expected, depth):
    tolerance = depth * np.finfo(found.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * 4)


@types
@given(m=heights, k=depths, n=columns, room=gaps, goes_on=st.booleans(), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_the_product_and_that_of_the_transposed(dtype, m, k, n, room, goes_on, seed):
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((m, k)).astype(dtype), random.standard_normal((k, n)).astype(dtype)
    start = random.standard_normal((m, n) if goes_on else n).astype(dtype)
    expected = start + a.astype(float) @ b.astype(float)
    found = computed(dtype, 0, a, b, start, room)
    close(found, expected, k)
    turned = computed(dtype, 1, np.ascontiguousarray(a.T), b, start, room)
    assert (turned == found).all()  # every sum adds up in the same order


@types
@given(m=heights, k=depths, n=columns, room=gaps, seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_the_product_with_the_transposed(dtype, m, k, n, room, seed):
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((m, k)).astype(dtype), random.standard_normal((n, k)).astype(dtype)
    found = computed(dtype, 2, a, b, np.zeros(n, dtype), room)
    close(found, a.astype(float) @ b.astype(float).T, k)


@types
def test_a_panel_that_is_copied_meanwhile_is_the_one_that_is_copied_before(dtype):
    """Of one panel alone nothing can be copied meanwhile; of several, all but the first are."""
    random = np.random.default_rng(0)
    wide = tile().vectors * vector_bytes() // np.dtype(dtype).itemsize
    a, b = random.standard_normal((100, 600)).astype(dtype), random.standard_normal((600, 5 * wide)).astype(dtype)
    start = np.zeros(5 * wide, dtype)
    whole = computed(dtype, 0, a, b, start, (0, 700, 0))
    panels = [b[:, j : j + wide].copy() for j in range(0, 5 * wide, wide)]
    alone = [computed(dtype, 0, a, panel, start[:wide], (0, 700, 0)) for panel in panels]
    assert (whole == np.concatenate(alone, axis=1)).all()
