"""Sums in the printed order: the same to the last bit however they are taken, and the engine's to rounding."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.formulas import ACTIVATIONS, LOSSES, Symbol, row_sum
from clearprop.trace.arithmetic import (
    WIDEST_SUM,
    add_up,
    computed,
    left_out_of,
    power,
    product_in_order,
    running_sum,
    total_of,
)

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


def by_hand(terms):
    """What a person does who reads the printed sum from left to right."""
    left_out = left_out_of(len(terms))
    shown = list(terms)
    if left_out is not None:
        middle = shown[left_out][0]
        for term in shown[left_out][1:]:
            middle = middle + term
        shown[left_out] = [middle]
    total = shown[0]
    for term in shown[1:]:
        total = total + term
    return total


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_every_way_to_add_gives_the_printed_sum(terms):
    array = np.array(terms)
    expected = by_hand(terms)
    assert add_up(len(terms), lambda k: array[k]) == expected
    assert total_of(array) == expected
    assert product_in_order(array[None], np.ones((len(terms), 3))).tolist() == [[expected] * 3]
    assert computed(row_sum(Symbol("x")), {"x": array[None]}).tolist() == [[expected]]
    np.testing.assert_allclose(expected, np.sum(array), rtol=1e-12, atol=1e-9 * max(1, np.abs(array).max()))


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_running_sum_adds_one_number_after_the_other(terms):
    total = terms[0]
    for term in terms[1:]:
        total += term
    assert running_sum(np.array(terms)) == total


@given(st.integers(1, 60))
def test_what_is_left_out_lies_between_three_terms_and_the_last(n):
    left_out = left_out_of(n)
    assert (left_out is None) == (n <= WIDEST_SUM)
    if left_out is not None:
        assert [*range(n)][: left_out.start] == [0, 1, 2]
        assert [*range(n)][left_out.stop :] == [n - 1]


@pytest.mark.parametrize("name", [n for n, cls in ACTIVATIONS.items() if not cls.is_coupled()])
def test_a_formula_gives_the_same_for_a_number_as_for_an_array(name):
    shape, z = ACTIVATIONS[name](), np.random.default_rng(0).normal(size=300)
    for tree in (shape.tree(), shape.slope_tree()):
        with np.errstate(all="ignore"):
            array = np.broadcast_to(computed(tree, {"z": z, "a": shape.forward(z), **shape.parameters}), z.shape)
        for number, value in zip(zip(z.tolist(), shape.forward(z).tolist(), strict=True), array, strict=True):
            assert computed(tree, {"z": number[0], "a": number[1], **shape.parameters}) == value


@pytest.mark.parametrize("name", sorted(LOSSES))
@settings(max_examples=10)
@given(seed=st.integers(0, 99))
def test_a_loss_too(name, seed):
    random, loss = np.random.default_rng(seed), LOSSES[name]()
    a, y = random.uniform(0.01, 0.99, 50), random.uniform(0, 1, 50)
    array = computed(loss.tree(), {"a": a, "y": y, **loss.parameters})
    for i, value in enumerate(array):
        assert computed(loss.tree(), {"a": float(a[i]), "y": float(y[i]), **loss.parameters}) == value
    np.testing.assert_allclose(array, loss.forward(a, y), rtol=1e-12, atol=1e-15)


def test_a_square_is_a_product_and_fractions_stay_fractions():
    x = 1.1
    assert power(x, 2) == x * x
    assert power(np.array([x]), 2)[0] == x * x
    assert total_of(np.array([Fraction(1, 3)] * 12, dtype=object)) == 4
    assert power(np.array([Fraction(1, 2)], dtype=object), 3)[0] == Fraction(1, 8)
