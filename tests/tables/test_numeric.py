import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.tables.numeric import piecewise_linear, quantiles, smooth_clip, turns

numbers = arrays(np.float64, st.integers(1, 20), elements=st.floats(allow_nan=False, width=64))


@given(numbers)
def test_smooth_clip_is_bounded_odd_and_rises(x):
    made = smooth_clip(x)
    assert (abs(made) <= 3).all()
    np.testing.assert_array_equal(smooth_clip(-x), -made)
    order = np.argsort(x)
    assert (np.diff(made[order]) >= 0).all()


def test_smooth_clip_has_slope_one_at_zero():
    h = 1e-6
    np.testing.assert_allclose((smooth_clip(np.array([h])) - smooth_clip(np.array([-h]))) / (2 * h), 1, rtol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10, unique=True), st.floats(-2e6, 2e6))
def test_bins_tell_where_a_number_is_between_the_edges(edges, x):
    """The bins, turned back into lengths, add up to the way from the first edge to the number."""
    rising = np.sort(np.array(edges))
    made = piecewise_linear(np.array([x]), rising)[0]
    assert (abs(made) <= 1).all()
    way = ((made + 1) / 2 * np.diff(rising)).sum()
    np.testing.assert_allclose(way, np.clip(x, rising[0], rising[-1]) - rising[0], atol=1e-6)


@given(st.floats(-1e12, 1e12), st.integers(-5, 5))
def test_a_whole_turn_changes_nothing(x, n):
    day = 86_400.0
    np.testing.assert_allclose(turns(np.array([x]), day), turns(np.array([x + n * day]), day), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(turns(np.array([x]), day), axis=1), 1)


@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=80),
    st.lists(st.floats(0, 1), min_size=1, max_size=9),
)
def test_quantiles_are_those_of_numpy_to_the_last_bit(values, shares):
    rising = np.sort(np.array(values))
    np.testing.assert_array_equal(quantiles(rising, np.array(shares)), np.quantile(rising, shares))
