"""Every update rule against its published formula, written out in plain Python numbers."""

import math

import numpy as np
import pytest

from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import (
    LBFGS,
    SGD,
    UPDATE_RULES,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSProp,
    UpdateRule,
    evaluate,
    sqrt,
    update_rule,
)

RULES = [SGD(0.1), Momentum(0.1, momentum=0.8), Nesterov(0.1), RMSProp(0.01), Adam(0.01), AdamW(0.01, weight_decay=0.1)]
every = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def gradients(n_steps):
    random = np.random.default_rng(5)
    return random.standard_normal((n_steps, 3))


def by_hand(rule, theta, all_g):
    """The published algorithm for one parameter, as its source writes it, with Python numbers only."""
    m = v = 0.0
    rate = rule.learning_rate
    for t, g in enumerate(all_g, start=1):
        theta -= rate * rule.weight_decay * theta
        match rule.name:
            case "sgd":
                theta -= rate * g
            case "momentum":
                v = rule.momentum * v - rate * g
                theta += v
            case "nesterov":
                v = rule.momentum * v - rate * g
                theta += rule.momentum * v - rate * g
            case "rmsprop":
                v = rule.rho * v + (1 - rule.rho) * g * g
                theta -= rate * g / (math.sqrt(v) + rule.epsilon)
            case "adam" | "adamw":
                m = rule.beta1 * m + (1 - rule.beta1) * g
                v = rule.beta2 * v + (1 - rule.beta2) * g * g
                theta -= rate * (m / (1 - rule.beta1**t)) / (math.sqrt(v / (1 - rule.beta2**t)) + rule.epsilon)
    return theta


def run(rule, theta, all_g, **options):
    memory = tuple(np.zeros_like(theta) for _ in rule.memory)
    for t, g in enumerate(all_g.astype(theta.dtype), start=1):
        theta, *memory = rule.apply(theta, g, tuple(memory), rate=rule.learning_rate, t=t, **options)
    return theta


@every
def test_fifty_steps_are_those_of_the_published_formula(rule):
    start, all_g = np.array([1.0, -2.0, 0.5]), gradients(50)
    expected = [by_hand(rule, start[i], all_g[:, i]) for i in range(3)]
    np.testing.assert_allclose(run(rule, start, all_g), expected, rtol=1e-12)


@every
def test_nothing_is_changed_in_place_and_the_type_is_kept(rule):
    for dtype in (np.float64, np.float32):
        theta, g = np.ones(3, dtype=dtype), np.full(3, 2, dtype=dtype)
        memory = tuple(np.full(3, 0.5, dtype=dtype) for _ in rule.memory)
        moved = rule.apply(theta, g, memory, rate=0.1, t=3)
        assert len(moved) == 1 + len(rule.memory)
        assert all(array.dtype == dtype for array in moved)
        assert (theta == 1).all()
        assert (g == 2).all()
        assert all((vector == 0.5).all() for vector in memory)


@every
def test_the_trees_of_a_whole_step_compute_what_apply_does(rule):
    theta, g = np.array([1.0, -2.0]), np.array([0.3, 0.1])
    memory = {name: np.array([0.2, 0.4]) for name in rule.memory}
    names = {"theta": theta, "g": g, "rate": 0.1, "t": 4, **memory, **rule.parameters}
    expected = rule.apply(theta, g, tuple(memory.values()), rate=0.1, t=4)
    for tree, array in zip(type(rule).full_trees(), expected, strict=True):
        np.testing.assert_allclose(evaluate(tree, names), array, rtol=1e-15)


def test_decay_is_decoupled_from_the_gradient_and_follows_the_block():
    theta, rule = np.array([2.0]), AdamW(0.1, weight_decay=0.5)
    without = rule.apply(theta, np.zeros(1), (np.zeros(1), np.zeros(1)), rate=0.1, t=1, decay=0.0)[0]
    half, whole = (
        rule.apply(theta, np.zeros(1), (np.zeros(1), np.zeros(1)), rate=0.1, t=1, decay=d)[0] for d in (0.5, 1.0)
    )
    assert (without[0], half[0], whole[0]) == pytest.approx((2.0, 2 - 0.1 * 0.25 * 2, 2 - 0.1 * 0.5 * 2))
    assert AdamW().weight_decay == 0.01
    assert Adam().weight_decay == 0


def test_the_first_step_of_adam_is_the_rate_long():
    moved = Adam(0.001).apply(np.zeros(2), np.array([5.0, -0.01]), (np.zeros(2), np.zeros(2)), rate=0.001, t=1)[0]
    np.testing.assert_allclose(moved, [-0.001, 0.001], rtol=1e-5)


def test_the_rules_print():
    (theta,) = SGD.trees("update")
    assert str(theta) == "θ − η·g"
    assert [str(tree) for tree in Momentum.trees("update")] == ["θ + (μ·v − η·g)", "μ·v − η·g"]
    assert str(AdamW.tree("decayed")) == "θ − η·λ·θ"


def test_a_rule_of_ones_own_declares_its_memory():
    class Adagrad(UpdateRule):
        memory = ("v",)

        def update(theta, g, v, rate):
            v = v + g**2
            return theta - rate * g / (sqrt(v) + 1e-10), v

    moved, v = Adagrad(0.1).apply(np.array([1.0]), np.array([3.0]), (np.zeros(1),), rate=0.1, t=1)
    assert (moved[0], v[0]) == pytest.approx((0.9, 9.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0), "sgd: learning_rate must be above 0, not 0"),
        (lambda: SGD("fast"), "sgd: learning_rate must be a finite number, not 'fast'"),
        (lambda: Momentum(momentum=1.1), "momentum: momentum must be at least 0 and at most 1, not 1.1"),
        (lambda: Adam(beta1=1.0), "adam: beta1 must be at least 0 and below 1, not 1.0"),
        (lambda: Adam(epsilon=0), "adam: epsilon must be above 0, not 0"),
        (lambda: RMSProp(rho=-0.1), "rmsprop: rho must be at least 0 and below 1"),
        (lambda: AdamW(weight_decay=-1), "adamw: weight_decay must be at least 0"),
        (lambda: LBFGS(max_evaluations=0), "lbfgs: max_evaluations must be at least 1, not 0"),
        (lambda: LBFGS(history=0), "lbfgs: history must be at least 1"),
        (lambda: LBFGS(tolerance=float("nan")), "lbfgs: tolerance must be at least 0, not nan"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_rules_are_found_by_name():
    assert list(UPDATE_RULES) == ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]
    assert update_rule("adamw") == AdamW()
    assert Momentum(momentum=1.0).momentum == 1  # allowed, as in scikit-learn
    with pytest.raises(UnknownNameError, match="no update rule 'adan'; did you mean 'adam'"):
        update_rule("adan")
