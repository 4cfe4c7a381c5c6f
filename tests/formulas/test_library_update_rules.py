"""The update rules in the forms of other libraries, beside the same steps written out, and beside our own forms."""

import numpy as np
import pytest

from clearprop import Network, train
from clearprop.formulas import (
    Adam,
    KerasAdam,
    KerasRMSProp,
    Momentum,
    Nesterov,
    RMSProp,
    TorchAdam,
    TorchMomentum,
    TorchNesterov,
    TorchRMSProp,
)

RANDOM = np.random.default_rng(0)
GRADIENTS = RANDOM.normal(size=(6, 5))
START = RANDOM.normal(size=5)


def steps(rule, gradients=GRADIENTS, rates=None):
    """Where the rule goes, step by step."""
    theta, memory, found = START, tuple(np.zeros(5) for _ in rule.memory), []
    for t, g in enumerate(gradients, start=1):
        rate = rule.learning_rate if rates is None else rates[t - 1]
        theta, *memory = rule.apply(theta, g(theta) if callable(g) else g, tuple(memory), rate=rate, t=t)
        found.append(theta)
    return np.array(found)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (TorchMomentum(0.1, momentum=0.8), Momentum(0.1, momentum=0.8)),
        (TorchNesterov(0.1, momentum=0.8), Nesterov(0.1, momentum=0.8)),
        (TorchAdam(0.01, epsilon=1e-3), Adam(0.01, epsilon=1e-3)),
        (TorchRMSProp(0.01, rho=0.9), RMSProp(0.01)),
    ],
    ids=lambda rule: rule.name,
)
def test_without_a_penalty_and_at_one_rate_they_are_ours(theirs, ours):
    np.testing.assert_allclose(steps(theirs), steps(ours), rtol=1e-13)


@pytest.mark.parametrize("make", [TorchMomentum, TorchNesterov, TorchAdam, TorchRMSProp], ids=lambda rule: rule.name)
def test_l2_is_the_gradient_of_a_penalty_on_every_parameter(make):
    with_penalty = [lambda theta, g=g: g + 0.3 * theta for g in GRADIENTS]
    np.testing.assert_allclose(steps(make(0.01, l2=0.3)), steps(make(0.01), with_penalty), rtol=1e-13)


def test_the_velocity_of_torch_does_not_hold_the_rate():
    rates = [1.0, 0.1]
    torch_step, our_step = (np.diff([START, *steps(rule(1.0), GRADIENTS[:2], rates)], axis=0)[1] for rule in
                            (TorchMomentum, Momentum))  # fmt: skip
    np.testing.assert_allclose(torch_step, -0.1 * (0.9 * GRADIENTS[0] + GRADIENTS[1]))
    np.testing.assert_allclose(our_step, -0.9 * GRADIENTS[0] - 0.1 * GRADIENTS[1])


def test_where_epsilon_stands():
    g = np.full(5, 1e-7)
    step = START - KerasRMSProp(0.001).apply(START, g, (np.zeros(5),), rate=0.001, t=1)[0]
    np.testing.assert_allclose(step, 0.001 * 1e-7 / np.sqrt(0.1 * 1e-14 + 1e-7), rtol=1e-6)
    m, v = 0.1 * 1e-7, 0.001 * 1e-14
    for rule, expected in (
        (KerasAdam(0.1), 0.1 * np.sqrt(0.001) / 0.1 * m / (np.sqrt(v) + 1e-7)),
        (Adam(0.1, epsilon=1e-7), 0.1 * (m / 0.1) / (np.sqrt(v / 0.001) + 1e-7)),
    ):
        step = START - rule.apply(START, g, (np.zeros(5), np.zeros(5)), rate=0.1, t=1)[0]
        np.testing.assert_allclose(step, expected, rtol=1e-6)
    assert expected > 15 * (0.1 * np.sqrt(0.001) / 0.1 * m / (np.sqrt(v) + 1e-7))


@pytest.mark.parametrize("rule", [KerasAdam(0.01), KerasRMSProp(0.01), TorchNesterov(0.01, l2=0.1)], ids=repr)
def test_they_train(rule):
    network = Network.mlp([2, 3, 1], hidden="tanh")
    X = RANDOM.normal(size=(20, 2))
    trained = train(network, network.initial(), X, X[:, :1], optimizer=rule, epochs=30, engine="reference")
    assert trained.history[-1].loss < trained.history[0].loss
