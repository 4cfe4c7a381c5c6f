"""Outputs that are not finite are an error with their place, whatever their shape and number."""

import numpy as np
import pytest

from clearprop.engines import finite
from clearprop.errors import NotFiniteError


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (40, 3), (5000,), (0, 2), (7, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_finite_comes_back_as_it_is(shape, dtype):
    outputs = np.full(shape, np.finfo(dtype).max)  # whose sum is not
    assert finite(outputs) is outputs


@pytest.mark.parametrize("shape", [(4, 1), (4,), (300, 3)])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_is_said_with_its_first_row(shape, value):
    outputs = np.zeros(shape)
    outputs[2:4] = value
    with pytest.raises(NotFiniteError, match=rf"not finite in 2 of {shape[0]} rows, the first of them row 2 \(counted"):
        finite(outputs)
