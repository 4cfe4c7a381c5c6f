"""The order of an epoch: a permutation, every one equally likely, and the same from every engine."""

import itertools
import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearprop.engines import ReferenceEngine
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.job.randomness import state_of
from clearprop.job.shuffling import exchange, partners

ENGINES = ReferenceEngine(), CompiledEngine(1)


@given(st.integers(0, 2**64 - 1), st.integers(0, 3000))
def test_each_row_comes_once_and_all_engines_agree(key, count):
    orders = [np.arange(count) for _ in ENGINES]
    for engine, order in zip(ENGINES, orders, strict=True):
        engine.shuffle(order, key)
    assert sorted(orders[0]) == list(range(count))
    np.testing.assert_array_equal(*orders)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40))
def test_a_partner_is_among_the_rows_before_or_the_row_itself(key, i):
    assert 0 <= partners(np.uint64(key), np.array([i]))[0] <= i


@given(st.integers(0, 2**50))
def test_the_largest_fraction_times_a_whole_number_stays_below_it_when_rounded(i):
    assert int((1 - 2.0**-53) * (i + 1)) <= i


def test_every_order_is_equally_likely():
    seen, draws = Counter(), 24_000
    for epoch in range(draws):
        order = list(range(4))
        exchange(order, partners(np.uint64(state_of(3, epoch)), np.arange(1, 4)), 1, 4)
        seen[tuple(order)] += 1
    expected = draws / math.factorial(4)
    assert set(seen) == set(itertools.permutations(range(4)))
    chi_square = sum((count - expected) ** 2 / expected for count in seen.values())
    assert chi_square < 49.7  # 23 degrees of freedom; a fair shuffle is above it once in a thousand


def test_rows_come_to_every_place_equally_often_and_neighbours_part():
    """In a long order too, where a poor generator would show."""
    orders = np.array([np.arange(500) for _ in range(2000)])
    for epoch, order in enumerate(orders):
        ENGINES[1].shuffle(order, state_of(1, epoch))
    assert abs(np.corrcoef(orders[:, :-1].ravel(), orders[:, 1:].ravel())[0, 1]) < 0.005
    deviation = 500 / np.sqrt(12 * 2000)
    assert np.abs(orders.mean(axis=0) - 249.5).max() < 4.5 * deviation


def test_each_seed_and_epoch_has_a_key_of_its_own():
    places = [(0, 0), (0, 1), (1, 0), (2**32, 0), (2**32, 1), (2**63, 5), (5, 2**40)]
    assert len({state_of(*place) for place in places}) == len(places)
    assert all(0 <= state_of(*place) < 2**64 for place in places)
