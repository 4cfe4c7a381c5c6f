"""Heads: the short cuts of the named pairs against BP1 in full and the textbook losses."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.errors import InputError
from clearprop.formulas import ACTIVATIONS, LOSSES, PAIRS, Head, LeakyRelu, Logistic, Relu, SquaredError

pairs = pytest.mark.parametrize("pair", PAIRS.values(), ids=lambda pair: pair.name)
both_types = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def inputs_and_targets(pair, data, largest, dtype=np.float64):
    """Weighted inputs, and targets that the pair's loss allows."""
    width = np.dtype(dtype).itemsize * 8
    shape = data.draw(st.tuples(st.integers(1, 3), st.integers(2, 4)))
    z = data.draw(arrays(dtype, shape, elements=st.floats(-largest, largest, width=width)))
    y = data.draw(arrays(dtype, shape, elements=st.floats(0, 1, width=width)))
    if pair.loss.is_distribution:
        y = ((y + dtype(0.1)) / (y + dtype(0.1)).sum(axis=1, keepdims=True)).astype(dtype)
    return z, y


@pairs
@given(data=st.data())
def test_the_short_cut_equals_the_general_form(pair, data):
    z, y = inputs_and_targets(pair, data, 12)
    head = Head(pair.activation(), pair.loss())
    a = head.activation.forward(z)
    assert isinstance(head.pair, pair)
    np.testing.assert_allclose(head.delta(z, a, y), head.general_delta(z, a, y), rtol=1e-9, atol=1e-11)


@pairs
@given(data=st.data())
def test_the_loss_from_z_equals_the_textbook_loss(pair, data):
    z, y = inputs_and_targets(pair, data, 12)
    head = Head(pair.activation(), pair.loss())
    a = head.activation.forward(z)
    if pair.name == "exp_poisson":
        assume((y[y > 0] / a[y > 0] > 0).all())  # the textbook takes the logarithm of y/a, which can round to 0
    np.testing.assert_allclose(head.value(z, a, y), head.loss.forward(a, y), rtol=1e-8, atol=1e-9)


@pairs
@both_types
@given(data=st.data())
def test_large_weighted_inputs_give_finite_losses_without_a_warning(pair, dtype, data):
    z, y = inputs_and_targets(pair, data, 1e4 if pair.name != "exp_poisson" else 80, dtype)
    head = Head(pair.activation(), pair.loss())
    with np.errstate(all="raise", under="ignore"):
        a = head.activation.forward(z)
        value, delta = head.value(z, a, y), head.delta(z, a, y)
    assert np.isfinite(value).all()
    assert np.isfinite(delta).all()
    assert value.dtype == delta.dtype == dtype
    assert value.shape == delta.shape == z.shape


@pairs
@given(data=st.data())
def test_delta_is_the_limit_of_difference_quotients_of_the_loss(pair, data):
    z, y = inputs_and_targets(pair, data, 5)
    head, h = Head(pair.activation(), pair.loss()), 1e-6
    for j in range(z.shape[1]):
        step = np.zeros_like(z)
        step[:, j] = h
        above, below = (head.value(z + s, head.activation.forward(z + s), y).sum(axis=1) for s in (step, -step))
        delta = head.delta(z, head.activation.forward(z), y)[:, j]
        np.testing.assert_allclose(delta, (above - below) / (2 * h), rtol=1e-6, atol=1e-6)


def test_exactly_four_pairs_have_a_short_cut():
    named = {(a.name, loss.name) for a, loss in PAIRS}
    assert named == {
        ("identity", "half_squared_error"), ("logistic", "binary_cross_entropy"), ("softmax", "cross_entropy"),
        ("exp", "poisson"),
    }  # fmt: skip
    assert Head(Logistic(), SquaredError()).pair is None


def test_a_subclass_with_another_formula_gets_no_short_cut():
    class Shifted(Logistic):
        def value(z):
            return 1 / (1 + 2 ** (-z))

    assert Head(Shifted(), LOSSES["binary_cross_entropy"]()).pair is None


def test_what_does_not_fit_is_refused_with_what_does():
    with pytest.raises(
        InputError, match="the loss 'poisson' cannot use every output of 'relu'; activations that fit it: "
    ):
        Head(Relu(), LOSSES["poisson"]())
    with pytest.raises(InputError, match=r"'cross_entropy' cannot use every output of 'logistic'.*fit it: softmax"):
        Head(Logistic(), LOSSES["cross_entropy"]())
    with pytest.raises(InputError, match="leaky_relu"):
        Head(LeakyRelu(0.1), LOSSES["binary_cross_entropy"]())


@pytest.mark.parametrize(
    ("output", "loss"),
    [(a, loss) for a in ACTIVATIONS.values() for loss in LOSSES.values() if loss.fits(a) and (a, loss) not in PAIRS],
    ids=lambda cls: cls.name,
)
def test_without_a_short_cut_delta_is_the_general_form(output, loss):
    head = Head(output(), loss())
    z, y = np.array([[0.4, -1.0], [2.0, 0.1]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    a = head.activation.forward(z)
    np.testing.assert_array_equal(head.delta(z, a, y), head.general_delta(z, a, y))
    np.testing.assert_array_equal(head.value(z, a, y), head.loss.forward(a, y))
