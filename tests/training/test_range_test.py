"""The range test of the learning rate."""

import numpy as np
import pytest

from clearprop import Network
from clearprop.errors import InputError
from clearprop.training import range_test

X = np.linspace(-1, 1, 60)[:, None]
Y = np.sin(3 * X)
NET = Network.mlp([1, 8, 1], "tanh")


def found(**options):
    return range_test(NET, NET.initial(seed=1), X, Y, engine="reference", **options)


def test_rates_rise_by_the_same_factor_and_the_weights_are_left_alone():
    params = NET.initial(seed=1)
    before = params.theta.copy()
    made = range_test(NET, params, X, Y, low=1e-4, high=1e-1, n_steps=31, engine="reference")
    assert np.allclose(np.diff(np.log(made.rates)), np.log(1e3) / 30)
    assert len(made.rates) == len(made.losses) == len(made.smoothed) == 31
    assert np.array_equal(params.theta, before)


def test_it_ends_where_the_loss_explodes_and_the_suggestion_lies_before_that():
    made = found(high=1e6)
    assert made.rates[-1] < 1e6
    assert made.suggested < made.rises_from < made.rates[-1]
    assert found(n_steps=15).suggested is None  # too few to say anything


def test_at_the_suggested_rate_training_gets_somewhere():
    from clearprop import sgd, train

    rate = found().suggested
    before = float(np.mean((Y - 0) ** 2))
    trained = train(NET, NET.initial(seed=1), X, Y, optimizer=sgd(rate), epochs=60, batch_size=32, engine="reference")
    assert trained.history[-1].loss < before / 2


def test_a_network_that_has_learned_all_gets_no_suggestion():
    net = Network.mlp([1, 1])
    params = net.parameters([[2.0]], [1.0])
    assert range_test(net, params, X, 2 * X + 1, engine="reference").suggested is None


@pytest.mark.parametrize(
    "options",
    [
        {"low": 0},
        {"low": -1},
        {"low": 2, "high": 1},
        {"high": np.inf},
        {"low": np.nan},
        {"n_steps": 1},
        {"n_steps": 2.5},
        {"n_steps": True},
        {"optimizer": "lbfgs"},
    ],
)
def test_what_cannot_be_tested_is_refused(options):
    with pytest.raises(InputError):
        found(**options)
