import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from clearprop.tabular.calibration import at_temperature, expected_calibration_error, fit_temperature, log_loss


@given(seed=st.integers(0, 1000), temperature=st.floats(0.25, 4))
def test_a_temperature_keeps_the_order_and_the_sum(seed, temperature):
    before = np.random.default_rng(seed).dirichlet(np.ones(4), 20)
    after = at_temperature(before, temperature)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    np.testing.assert_array_equal(after.argsort(axis=1), before.argsort(axis=1))
    surer = after.max(axis=1) - before.max(axis=1)
    assert (surer * (1 - temperature) >= -1e-12).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_probabilities_wrong_is_found_again(temperature):
    """Classes drawn by true probabilities, which are then shown at 1/T: it takes T to make them true again."""
    random = np.random.default_rng(0)
    true = random.dirichlet(np.ones(3), 6000)
    codes = np.array([random.choice(3, p=row) for row in true])
    shown = at_temperature(true, 1 / temperature)
    assert fit_temperature(shown, codes) == pytest.approx(temperature, rel=0.1)
    error = expected_calibration_error(at_temperature(shown, temperature), codes)
    assert error < 0.02
    assert temperature == 1 or expected_calibration_error(shown, codes) > 2 * error


def test_weights_decide_whose_probabilities_are_made_true():
    shown = np.array([[0.9, 0.1]] * 100)
    codes = np.arange(100) % 2  # right in half of the cases
    assert fit_temperature(shown, codes) > 4
    assert fit_temperature(shown, codes, np.where(codes == 0, 1.0, 1e-3)) < 0.5


def test_the_log_loss_is_scikit_learns():
    random = np.random.default_rng(0)
    shown, codes, weight = random.dirichlet(np.ones(3), 50), random.integers(0, 3, 50), random.random(50)
    expected = metrics.log_loss(codes, shown, sample_weight=weight)
    assert log_loss(shown, codes, weight) == pytest.approx(expected)


def test_the_calibration_error_of_a_row_that_is_certain():
    certain = np.array([[1.0, 0.0]] * 4)
    assert expected_calibration_error(certain, np.array([0, 0, 0, 0])) == 0
    assert expected_calibration_error(certain, np.array([0, 1, -1, 1])) == 0.75
