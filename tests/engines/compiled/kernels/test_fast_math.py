"""The fast vocabulary: its largest error in a dense sweep, and what it makes of numbers at the ends."""

import ctypes

import numpy as np
import pytest
import scipy.special

from clearprop.engines.compiled.codegen.formula_kernels import elementwise
from clearprop.engines.compiled.codegen.job_kernels import address
from clearprop.engines.compiled.kernels.fast_math import LARGEST_ERROR
from clearprop.formulas import Logistic, Symbol
from clearprop.formulas.expressions import apply

EXACT = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "erf": scipy.special.erf,
    "logistic": scipy.special.expit, "sin": np.sin, "cos": np.cos,
}  # fmt: skip
RANGES = {
    "exp": (-87, 88), "expm1": (-30, 88), "log": (1e-37, 1e38), "log1p": (-0.999, 1e6),
    "tanh": (-12, 12), "erf": (-5, 5), "logistic": (-87, 88), "sin": (-100, 100),
    "cos": (-100, 100),
}  # fmt: skip
SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 6, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)


def computed(name, x):
    """The fast function of an array, by a unit made for it."""
    formula = Logistic.tree() if name == "logistic" else apply(name, Symbol("z"))
    unit = elementwise({"z": 0, "a": 1}, {"a": formula}, x.dtype.name)
    found, uniforms = np.empty_like(x), np.zeros(1, dtype=x.dtype)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, found)]
    SIGNATURE(address(f"{name}_alone", unit))(
        *pointers, *[None] * 4, 1, len(x), uniforms.ctypes.data_as(ctypes.c_void_p)
    )
    return found


def sweep(name, dtype):
    """Numbers evenly spread over the range of the function, and evenly over the exponents."""
    low, high = RANGES[name]
    even = np.linspace(low, high, 1_000_003)
    steps = np.concatenate(
        [sign * np.logspace(-30, np.log10(abs(end)), 500_009) for sign, end in ((1, high), (-1, low))]
    )
    x = np.concatenate([even, steps]).astype(dtype)
    return x[(x >= low) & (x <= high)]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_error_in_units_in_the_last_place(name, dtype):
    x = sweep(name, dtype)
    exact = EXACT[name](x.astype(np.longdouble if name != "erf" else np.float64))
    error = np.abs(computed(name, x) - exact) / np.spacing(np.abs(exact.astype(dtype)))
    worst = f"{float(error.max()):.2f} ULP at {x[error.argmax()]!r}"
    assert error.max() <= LARGEST_ERROR[name][dtype == np.float64], worst


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_are_those_of_numpy(name, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    ends = [np.nan, np.inf, -np.inf, 0, -0.0, 1, -1, -2, 1e4, -1e4, 720, -720, tiny, 1000 * tiny, 3e38, -3e38]
    x = np.array(ends, dtype=dtype)
    with np.errstate(all="ignore"):
        expected = EXACT[name](x)
    found = computed(name, x)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    finite = np.isfinite(expected)
    tolerance = {"rtol": 1e-6 if dtype == np.float32 else 1e-14, "atol": np.finfo(dtype).smallest_normal}
    np.testing.assert_allclose(found[finite], expected[finite], **tolerance)
