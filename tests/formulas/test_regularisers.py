"""Penalties, label smoothing and clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import InputError
from clearprop.formulas import L1, L2, ClipByNorm, Constant, LabelSmoothing, evaluate
from clearprop.formulas.derivative import pullback

numbers = st.floats(-100, 100).filter(lambda number: abs(number) > 1e-6)


@pytest.mark.parametrize("penalty", [L1(0.3), L2(0.3)], ids=repr)
@given(theta=st.lists(numbers, min_size=1, max_size=5).map(np.array))
def test_the_slope_of_a_penalty_is_the_derivative_that_its_tree_gives(penalty, theta):
    names = {"theta": theta, **penalty.parameters}
    derived = evaluate(pullback(penalty.tree(), "theta", Constant(1)), names)
    np.testing.assert_allclose(penalty.compute("slope", theta=theta), derived, rtol=1e-14)


@pytest.mark.parametrize("penalty", [L1(0.3), L2(0.3)], ids=repr)
@given(theta=st.lists(numbers, min_size=1, max_size=5).map(np.array))
def test_a_penalty_follows_from_its_slope_and_degree(penalty, theta):
    value, slope = (penalty.compute(form, theta=theta) for form in ("value", "slope"))
    np.testing.assert_allclose(value, theta * slope / penalty.degree, rtol=1e-14)


def test_known_values():
    theta = np.array([-2.0, 0.0, 3.0])
    assert L2(0.1).compute("value", theta=theta).tolist() == pytest.approx([0.2, 0, 0.45])
    assert L1(0.1).compute("value", theta=theta).tolist() == pytest.approx([0.2, 0, 0.3])
    assert L1(0.1).compute("slope", theta=theta).tolist() == pytest.approx([-0.1, 0, 0.1])
    assert L2(0.1).compute("slope", theta=theta.astype(np.float32)).dtype == np.float32


@given(smoothing=st.floats(0, 0.99), n_classes=st.integers(2, 6))
def test_smoothed_targets_are_a_distribution_still(smoothing, n_classes):
    smoothed = LabelSmoothing(smoothing).forward(np.eye(n_classes), n_classes)
    np.testing.assert_allclose(smoothed.sum(axis=1), 1, rtol=1e-14)
    assert smoothed[0, 1] == pytest.approx(smoothing / n_classes)


@given(g=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6).map(np.array), limit=st.floats(1e-3, 1e3))
def test_a_clipped_gradient_is_no_longer_than_the_limit_and_points_the_same_way(g, limit):
    norm = float(np.linalg.norm(g))
    factor = ClipByNorm(limit).factor(norm)
    assert 0 < factor <= 1
    assert norm * factor <= limit * (1 + 1e-12)
    if norm <= limit:
        assert factor == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L1(-1), "l1: strength must be at least 0"),
        (lambda: L2(float("inf")), "l2: strength must be a finite number, not inf"),
        (lambda: LabelSmoothing(1.0), "label_smoothing: smoothing must be at least 0 and below 1"),
        (lambda: ClipByNorm(0), "clip_by_norm: limit must be above 0"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("penalty", [L1(0.3), L2(0.3)], ids=repr)
@given(theta=st.lists(numbers, min_size=1, max_size=5).map(np.array))
def test_the_value_of_a_penalty_is_theta_times_its_slope_by_its_degree(penalty, theta):
    total = penalty.compute("value", theta=theta).sum()
    assert theta @ penalty.compute("slope", theta=theta) / penalty.degree == pytest.approx(total)
