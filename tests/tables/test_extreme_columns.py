"""Columns of numbers at their ends: constant ones, denormal ones, the largest, and two that differ by one bit."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import TableError
from clearprop.tables import columns, fit_encoder
from clearprop.tables.numeric import CLIP

TINY, LARGEST = 5e-324, columns.LARGEST
CONSTANT = [0.0, -0.0, TINY, -1e-310, 2.0**-1022, 1e-300, 1.0, -1e4, 3e38, -LARGEST, LARGEST]
any_number = st.floats(-LARGEST, LARGEST) | st.sampled_from([TINY, -TINY, 1e-310, 1.0, LARGEST, -LARGEST])


def inputs(values, others=()):
    """What a column is encoded to, and others in the same column."""
    table = pa.table({"x": values, "other": np.arange(float(len(values)))})
    encoder = fit_encoder(table).encoder
    more = pa.table({"x": others, "other": np.zeros(len(others))}) if len(others) else table
    return encoder, encoder.encode(more).X


def of_x(encoder):
    """The places of the inputs that are made of x."""
    return [place for place, name in enumerate(encoder.names) if name.startswith("x")]


@pytest.mark.parametrize("value", CONSTANT)
def test_a_constant_column_tells_nothing_and_breaks_nothing(value):
    encoder, X = inputs(np.full(40, value))
    assert np.isfinite(X).all()
    assert (np.ptp(X[:, of_x(encoder)], axis=0) == 0).all()
    _, X = inputs(np.full(40, value), [0.0, -LARGEST, LARGEST, TINY, value])
    assert np.isfinite(X).all()


@settings(max_examples=60)
@given(st.lists(any_number, min_size=1, max_size=12), st.lists(any_number, min_size=1, max_size=5))
def test_any_numbers_become_bounded_inputs(values, others):
    values = np.array(values * 3)
    try:
        _, X = inputs(values, np.array(others))
    except TableError:
        return
    assert np.isfinite(X).all()
    assert np.abs(X).max() <= CLIP


@pytest.mark.parametrize("value", [TINY, 1.0, 1e149])
def test_two_values_that_differ_by_one_bit_are_told_apart(value):
    values = np.tile([value, np.nextafter(value, np.inf)], 30)
    encoder, X = inputs(values)
    assert np.isfinite(X).all()
    assert (X[0, of_x(encoder)] != X[1, of_x(encoder)]).any()
