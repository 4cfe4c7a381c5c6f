"""Initialisers: mean, variance, bounds and orthogonality of what they draw."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.formulas import INITIALISERS, GlorotUniform, HeNormal, Initialiser, Orthogonal, initialiser, sqrt

FAN_IN, FAN_OUT = 150, 250
VARIANCES = {
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT), "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he_uniform": 2 / FAN_IN, "he_normal": 2 / FAN_IN, "lecun_uniform": 1 / FAN_IN, "lecun_normal": 1 / FAN_IN,
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance_are_those_of_the_source(name):
    W, b = initialiser(name).draw(FAN_IN, FAN_OUT, np.random.default_rng(0))
    n = FAN_IN * FAN_OUT
    assert W.shape == (FAN_IN, FAN_OUT)
    assert b.shape == (FAN_OUT,)
    assert not b.any()
    assert abs(W.mean()) < 5 * np.sqrt(VARIANCES[name] / n)  # five standard errors
    assert W.var() == pytest.approx(VARIANCES[name], rel=5 * np.sqrt(2 / n))


@pytest.mark.parametrize("name", VARIANCES)
def test_uniform_ones_fill_their_interval_and_normal_ones_have_their_tails(name):
    W, _ = initialiser(name).draw(FAN_IN, FAN_OUT, np.random.default_rng(0))
    scaled = np.abs(W) / np.sqrt(VARIANCES[name])
    if name.endswith("uniform"):
        assert np.sqrt(3) * 0.999 < scaled.max() <= np.sqrt(3)
    else:
        assert 3.5 < scaled.max() < 6
        assert (scaled < 1).mean() == pytest.approx(0.6827, abs=0.015)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 6), (6, 1)])
def test_orthogonal_rows_or_columns(shape):
    W, _ = Orthogonal(gain=2.0).draw(*shape, np.random.default_rng(3))
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-14)


def test_orthogonal_matrices_are_drawn_without_a_preferred_sign():
    random = np.random.default_rng(1)
    corners = [Orthogonal().draw(2, 2, random)[0][0, 0] for _ in range(2000)]
    assert abs(np.mean(corners)) < 5 * np.sqrt(0.5 / 2000)


@pytest.mark.parametrize("cls", INITIALISERS.values(), ids=lambda cls: cls.name)
def test_gains_scale_and_a_seed_repeats(cls):
    draw = lambda formula: formula.draw(20, 30, np.random.default_rng(9))  # noqa: E731
    W, _ = draw(cls())
    np.testing.assert_array_equal(W, draw(cls())[0])
    np.testing.assert_allclose(draw(cls(gain=3.0))[0], 3 * W, rtol=1e-14)
    W_again, b = draw(cls(bias_gain=0.5))
    np.testing.assert_array_equal(W_again, W)
    assert b.shape == (30,)
    assert b.any()


def test_biases_are_drawn_like_weights():
    _, b = HeNormal(bias_gain=0.5).draw(50, 40_000, np.random.default_rng(0))
    assert b.std() == pytest.approx(0.5 * np.sqrt(2 / 50), rel=0.02)


def test_one_of_ones_own():
    class Small(Initialiser):
        def value(fan_in, fan_out):
            return 0.01 / sqrt(fan_in * fan_out)

    W, _ = Small().draw(100, 400, np.random.default_rng(0))
    assert W.std() == pytest.approx(0.01 / 200, rel=0.02)


def test_bad_parameters():
    with pytest.raises(InputError, match="glorot_uniform: gain must be at least 0, not -1"):
        GlorotUniform(gain=-1)
    with pytest.raises(InputError, match="orthogonal: bias_gain must be at least 0"):
        Orthogonal(bias_gain=-0.5)
    with pytest.raises(InputError, match="no initialiser 'he'"):
        initialiser("he")
