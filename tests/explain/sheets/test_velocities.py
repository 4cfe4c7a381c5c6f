"""What books call the velocity of momentum: stated, found out where it is not, and its mistakes under each."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain import check, read_sheet
from clearprop.explain.checking.velocities import RULES, factors_of, velocities_of, with_velocity
from clearprop.formulas import SGD, Adam, Momentum, Nesterov

HEAD = """network: 2-2-1
loss: half_squared_error
output: sigmoid
learning rate: 0.4
x = 0.5, 0.3
y = 0.8
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = 0.1, 0.2
W2 = 0.6, 0.7
b2 = 0.3
"""
KINDS = {"momentum": Momentum, "nesterov": Nesterov}
MU, ETA = 0.9, 0.4
GAINS = {"steps": -ETA, "gradients": 1.0, "subtracted": ETA, "mean": 1 - MU}


def sheet_of(rule, velocity, steps=3, stated=False):
    """Some steps of training in NumPy, the velocity written down in every one."""
    reach = {"steps": 1.0, "subtracted": -1.0}.get(velocity, -ETA)
    gain = GAINS[velocity]
    x, y = np.array([0.5, 0.3]), np.array([0.8])
    theta = [np.array([[0.5, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2]), np.array([[0.6], [0.7]]), np.array([0.3])]
    v = [np.zeros_like(p) for p in theta]
    text = HEAD + f"optimizer: {rule}({MU})\n" + (f"velocity: {velocity}\n" if stated else "")
    for step in range(1, steps + 1):
        W1, b1, W2, b2 = theta
        a1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
        a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
        d2 = (a2 - y) * a2 * (1 - a2)
        d1 = (d2 @ W2.T) * a1 * (1 - a1)
        g = [np.outer(x, d1), d1, np.outer(a1, d2), d2]
        v = [MU * old + gain * new for old, new in zip(v, g, strict=True)]
        ahead = [MU * old + gain * new if rule == "nesterov" else old for old, new in zip(v, g, strict=True)]
        theta = [p + reach * move for p, move in zip(theta, ahead, strict=True)]
        lines = {"dW2": g[2], "v_W2_new": v[2], "v_b2_new": v[3], "W2_new": theta[2], "b2_new": theta[3]}
        text += f"step {step}:\n" + "".join(
            f"{name} = {', '.join(f'{value:.6f}' for value in np.ravel(values))}\n" for name, values in lines.items()
        )
    return text


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("velocity", GAINS)
def test_a_right_sheet_is_right_whether_it_says_its_velocity_or_not(rule, velocity):
    if velocity not in ("steps", *velocities_of(KINDS[rule]())):
        return
    for stated in (True, False):
        found = check(sheet_of(rule, velocity, stated=stated))
        assert {number.status for number in found.numbers} <= {"right", "within"}
        assert found.offered == (() if stated or velocity == "steps" else (f"velocity: {velocity}",))


def test_a_stated_velocity_is_not_guessed_at():
    found = check(sheet_of("momentum", "gradients").replace("y = 0.8", "y = 0.8\nvelocity: steps"))
    assert not found.passed
    assert not found.offered
    assert found["v_W2_new[0,0]"].names == ("rate_left_out",)


@pytest.mark.parametrize(
    ("velocity", "changed", "name"),
    [
        ("gradients", lambda g: MU * 0.2 + ETA * g, "rate_included"),
        ("gradients", lambda g: g, "memory_left_out"),
        ("gradients", lambda g: MU * 0.2 + (1 - MU) * g, "gradient_damped"),
        ("mean", lambda g: MU * 0.2 + g, "one_minus_beta_lost"),
        ("mean", lambda g: (1 - MU) * 0.2 + MU * g, "coefficient_exchanged"),
        ("subtracted", lambda g: MU * 0.2 + g, "rate_left_out"),
    ],
)
def test_mistakes_are_named_under_each_velocity(velocity, changed, name):
    head = f"{HEAD}optimizer: momentum(0.9)\nvelocity: {velocity}\nv_W2 = 0.2, 0.2\n"
    g = read_sheet(head + "z1 = 0.41, 0.47").trace["dW2"].value.ravel()
    found = check(head + f"v_W2_new = {', '.join(f'{changed(value):.6f}' for value in g)}\n")
    assert found["v_W2_new[0,0]"].names == (name,)


@pytest.mark.parametrize(("kind", "velocity"), RULES)
def test_every_velocity_is_the_rule_that_its_factors_say(kind, velocity):
    rule = with_velocity(kind(ETA, momentum=MU), velocity)
    gain, reach = factors_of(rule, ETA)
    theta, v = rule.apply(1.0, 0.3, (0.2,), rate=ETA, t=1)
    assert v == pytest.approx(MU * 0.2 + gain * 0.3)
    assert theta == pytest.approx(1.0 + reach * (MU * v + gain * 0.3 if kind is Nesterov else v))
    assert rule.name.startswith(kind().name)


@pytest.mark.parametrize(("kind", "velocity"), [item for item in RULES if item[1] != "mean"])
def test_all_but_the_mean_move_as_the_usual_does(kind, velocity):
    usual, other = kind(ETA, momentum=MU), with_velocity(kind(ETA, momentum=MU), velocity)
    first, second, memory, changed = 1.0, 1.0, 0.0, 0.0
    for g in (0.3, -0.1, 0.25):
        first, memory = usual.apply(first, g, (memory,), rate=ETA, t=1)
        second, changed = other.apply(second, g, (changed,), rate=ETA, t=1)
        assert second == pytest.approx(first)


def test_rules_without_a_velocity_refuse_one():
    assert velocities_of(SGD()) == velocities_of(Adam()) == ()
    with pytest.raises(InputError, match="line 11, column 11: sgd has no velocity that could be gradients"):
        read_sheet(HEAD + "velocity: gradients\nz1 = 0.41, 0.47")
    with pytest.raises(InputError, match="nesterov has no velocity that could be mean"):
        read_sheet(HEAD + "optimizer: nesterov\nvelocity: mean\nz1 = 0.41, 0.47")
    assert read_sheet(HEAD + "velocity: steps\nz1 = 0.41, 0.47").conventions.velocity == "steps"
