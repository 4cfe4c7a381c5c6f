"""Counter-based random numbers: the same at every call, different everywhere, and as frequent as asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import Network
from clearprop.engines import Job
from clearprop.job.randomness import keep, masks


@given(st.integers(0, 2**63), st.integers(0, 10**9), st.integers(0, 20))
def test_the_same_place_draws_the_same(seed, step, layer):
    one, other = (keep(seed, step, layer, 5, 7, 0.4) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_the_fraction_dropped_is_the_fraction_asked_for(fraction):
    kept = keep(3, 14, 1, 1000, 1000, fraction)
    deviation = np.sqrt(fraction * (1 - fraction) / kept.size)
    assert abs(kept.mean() - (1 - fraction)) < 4 * deviation
    # Rows and columns by themselves too: a hash that mixes badly fails here first.
    for axis in (0, 1):
        assert np.abs(kept.mean(axis=axis) - (1 - fraction)).max() < 6 * np.sqrt(fraction * (1 - fraction) / 1000)


@pytest.mark.parametrize("change", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_seed_step_and_layer_each_change_half_of_the_decisions(change):
    one = keep(5, 6, 7, 300, 300, 0.5)
    other = keep(5 + change[0], 6 + change[1], 7 + change[2], 300, 300, 0.5)
    assert abs((one == other).mean() - 0.5) < 0.02


def test_neighbouring_rows_and_units_are_independent():
    kept = keep(1, 1, 1, 2000, 2000, 0.5).astype(float) - 0.5
    assert abs((kept[1:] * kept[:-1]).mean() * 4) < 0.005
    assert abs((kept[:, 1:] * kept[:, :-1]).mean() * 4) < 0.005


def test_what_is_kept_is_scaled_so_that_the_mean_stays():
    job = Job(Network.mlp([50, 60, 2]), dropout=(0.2, 0.5))
    found = masks(job, step=3, n_rows=400, dtype=np.float32)
    assert set(found) == {0, 1}
    assert set(np.unique(found[1])) == {0.0, 2.0}
    assert found[0].dtype == np.float32
    assert found[0].mean() == pytest.approx(1, abs=0.02)


def test_layers_without_dropout_have_no_mask():
    assert set(masks(Job(Network.mlp([5, 6, 2]), dropout=(0.0, 0.5)), 0, 3, np.float64)) == {1}
    assert masks(Job(Network.mlp([5, 6, 2])), 0, 3, np.float64) == {}
