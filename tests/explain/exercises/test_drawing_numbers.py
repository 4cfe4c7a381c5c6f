"""Networks drawn for exercises: pleasant numbers, every neuron takes part, other students other numbers."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain.exercises import random_case


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize(
    ("output", "widths"), [("sigmoid", (2, 2, 1)), ("softmax", (3, 2, 3)), ("identity", (2, 3, 2, 1))]
)
def test_numbers_have_one_decimal_and_no_neuron_is_dead(hidden, output, widths):
    for seed in range(5):
        drawn = random_case(widths, seed, hidden=hidden, output=output)
        trace = drawn.trace()
        given = np.concatenate([drawn.params.theta, drawn.x])
        assert np.allclose(given * 10, np.round(given * 10), atol=1e-9)
        assert (np.abs(given) > 0.05).all()
        z = np.asarray(trace["z1"].value)
        assert np.allclose(z * 100, np.round(z * 100), atol=1e-9)  # exact with two decimals
        for l in range(1, len(widths)):
            assert (np.abs(trace[f"delta{l}"].value) > 1e-6).all()


def test_numbers_depend_on_the_name_and_the_seed():
    drawn = {
        (seed, name): random_case(seed=seed, student=name).params.theta.tobytes()
        for seed in (0, 1)
        for name in ("Ada", "Ben", "王芳")
    }
    assert len(set(drawn.values())) == len(drawn)
    assert random_case(seed=1, student="王芳").params.theta.tobytes() == drawn[1, "王芳"]


@pytest.mark.parametrize("widths", [(2,), (), (2, 0, 1), (2, 7, 1), (1000, 1)])
def test_widths_that_nobody_works_out_by_hand_are_refused(widths):
    with pytest.raises(InputError, match="1 to 6 neurons a layer"):
        random_case(widths)


def test_a_network_for_which_no_numbers_suit_is_refused():
    with pytest.raises(InputError, match="no suitable numbers were found"):
        random_case((6, 6, 6, 6, 6, 6, 6, 6, 6, 1), hidden="relu")
