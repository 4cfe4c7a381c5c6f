"""Kernels of formulas over rows of up to four numbers: many rows at once, with the bits of one row at a time."""

import ctypes

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines.compiled.codegen.job_kernels import address, backward_kernel, forward_kernel, loss_kernel
from clearprop.formulas import Softmax

random = np.random.default_rng(0)
CALL = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 6, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
NOTHING = np.zeros(8)
SCALES = (1.0, 40.0, 0.0)  # also rows in which all but one underflow, and rows of equal numbers


def call(name, kernel, arrays, rows, width):
    """Apply a kernel to arrays, of which some are changed; what it returns."""
    places = [None if array is None else array.ctypes.data for array in arrays]
    run = CALL(address(name, kernel))
    return run(*places, *[None] * (6 - len(places)), rows, width, NOTHING.ctypes.data)


def numbers(rows, width, dtype, scale):
    return np.ascontiguousarray(scale * random.standard_normal((rows, width)), dtype=dtype)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_written_has_the_bits_of_one_row_at_a_time(dtype, width, scale):
    rows, softmax = 37, Softmax()
    z, g = numbers(rows, width, dtype, scale), numbers(rows, width, dtype, 1.0)
    a, forward = np.empty_like(z), forward_kernel(softmax, dtype)
    call("softmax_forward", forward, (z, a), rows, width)
    each = z.copy()
    for row in each:  # in place, as where z is not needed any more
        call("softmax_forward", forward, (row, row), 1, width)
    assert a.tobytes() == each.tobytes()
    at_once, backward = g.copy(), backward_kernel(softmax, dtype)
    call("softmax_backward", backward, (at_once, z, a), rows, width)
    for k in range(rows):
        call("softmax_backward", backward, (g[k], z[k], a[k]), 1, width)
    assert at_once.tobytes() == g.tobytes()
    assert np.isfinite(at_once).all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("width", [2, 3, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loss_adds_its_rows_in_their_order(dtype, width, weighted):
    rows, kernel = 45, loss_kernel(Network.mlp([2, 3], loss="cross_entropy"), dtype)
    z, classes = numbers(rows, width, dtype, 3.0), random.integers(0, width, rows)
    y = np.eye(width, dtype=dtype)[classes]
    share = random.random(rows).astype(dtype) if weighted else None
    found = call("cross_entropy_loss", kernel, (z, None, y, share), rows, width)
    lanes = np.zeros(4, dtype=np.float64)
    for k in range(rows):  # a class has a lane of its own, whose sum is rounded after each row
        loss = call("cross_entropy_loss", kernel, (z[k], None, y[k], None), 1, width)
        product = loss if share is None else float(share[k]) * loss  # exact for float32
        lanes[classes[k]] = np.dtype(dtype).type(lanes[classes[k]] + product)
    expected = [np.dtype(dtype).type(lane) for lane in lanes]
    total = float((expected[0] + expected[2]) + (expected[1] + expected[3]))
    if dtype == "float64" and weighted:  # a fused multiply-add has no rounding in between
        np.testing.assert_allclose(found, total, rtol=1e-14)
    else:
        assert found == total
