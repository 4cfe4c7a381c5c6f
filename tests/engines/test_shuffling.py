"""The order of an epoch: a permutation, every one equally likely, and the same from every engine."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.engines import ReferenceEngine
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.shuffling import random_numbers, shuffle

LARGEST = 1 - 2.0**-53  # the largest number that is drawn
ENGINES = ReferenceEngine(), CompiledEngine(1)


def orders_of(numbers):
    for engine in ENGINES:
        order = np.arange(len(numbers), dtype=np.int64)
        engine.shuffle(order, np.array(numbers, dtype=np.float64))
        yield order.tolist()


@given(st.lists(st.floats(0, LARGEST), max_size=60))
def test_each_row_comes_once_and_all_engines_agree(numbers):
    one, other = orders_of(numbers)
    assert sorted(one) == list(range(len(numbers)))
    assert one == other


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 1023, 1024, 1025])
def test_the_largest_number_stays_inside(count):
    for order in orders_of([LARGEST] * count):
        assert order == list(range(count))  # every row changes places with itself


def test_every_order_is_equally_likely():
    seen, draws = Counter(), 24_000
    for epoch in range(draws):
        order = list(range(4))
        shuffle(order, random_numbers(3, epoch, 4), 4)
        seen[tuple(order)] += 1
    expected = draws / math.factorial(4)
    assert set(seen) == set(itertools.permutations(range(4)))
    chi_square = sum((count - expected) ** 2 / expected for count in seen.values())
    assert chi_square < 49.7  # 23 degrees of freedom; a fair shuffle is above it once in a thousand


def test_each_seed_and_epoch_has_numbers_of_its_own():
    places = [(0, 0), (0, 1), (1, 0), (2**32, 0), (2**32, 1), (2**63, 5), (5, 2**40)]
    drawn = [random_numbers(seed, epoch, 8) for seed, epoch in places]
    for one, other in itertools.combinations(drawn, 2):
        assert not np.isin(one, other).any()
    np.testing.assert_array_equal(random_numbers(2**63, 5, 8), drawn[5])
