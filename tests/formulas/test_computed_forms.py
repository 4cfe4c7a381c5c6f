"""Which form is computed is said once: the trees that kernels, traces and exporters read are what NumPy computes."""

import numpy as np
import pytest

from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    UPDATE_RULES,
    Activation,
    Head,
    Logistic,
    Softplus,
    absolute,
    evaluate,
    exp,
    log1p,
    maximum,
)

Z = np.array([[-800.0, -3.0, -0.5], [0.0, 0.7, 3.0], [30.0, 90.0, 700.0]])


def same(found, expected):
    np.testing.assert_array_equal(np.broadcast_to(found, np.shape(expected)), expected)


@pytest.mark.parametrize("cls", ACTIVATIONS.values(), ids=lambda cls: cls.name)
def test_an_activation(cls):
    shape, g = cls(), np.array([[0.5, -2.0, 1.0]] * 3)
    with np.errstate(all="ignore"):
        a = shape.forward(Z)
        same(evaluate(cls.computed_tree(), {"z": Z, **shape.parameters}), a)
        same(evaluate(cls.pullback_tree(), {"g": g, "z": Z, "a": a, **shape.parameters}), shape.backward(g, Z, a))
        if not cls.is_coupled():
            slope = evaluate(cls.computed_slope_tree(), {"z": Z, "a": a, **shape.parameters})
            same(g * slope, shape.backward(g, Z, a))
    assert cls.computed_tree() is cls.tree("stable" if cls.has("stable") else "value")


def test_the_slope_of_an_activation_without_one_is_that_of_the_form_that_is_computed():
    class Hump(Activation):
        def value(z):
            return 1 / (1 + exp(z * z))

        def stable(z):
            return exp(-maximum(z * z, 0) - log1p(exp(-absolute(z * z))))

    assert Hump.computed_form("value") == "stable"
    slope = evaluate(Hump.computed_slope_tree(), {"z": np.array([0.3, 40.0])})
    assert np.isfinite(slope).all()
    assert slope[0] == pytest.approx(evaluate(Hump.slope_tree(), {"z": 0.3}), rel=1e-12)
    assert (Softplus.computed_form("slope"), Logistic.computed_form("slope")) == ("stable_slope", "slope")


@pytest.mark.parametrize(
    ("output", "loss"),
    [(output, loss) for output in ACTIVATIONS.values() for loss in LOSSES.values() if loss.fits(output)],
    ids=lambda cls: cls.name,
)
def test_a_head(output, loss):
    head, z = Head(output(), loss()), Z[1:2]
    y, a = np.array([[1.0, 0.0, 0.0]]), head.activation.forward(Z[1:2])
    known = {"z": z, "a": a, "y": y, **head.computed.parameters}
    same(evaluate(head.loss_tree(), known), head.value(z, a, y))
    error = np.broadcast_to(evaluate(head.error_tree(), known), z.shape)
    same(error if head.gives_delta else head.activation.backward(error, z, a), head.delta(z, a, y))
    assert head.gives_delta == (head.pair is not None)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("cls", UPDATE_RULES.values(), ids=lambda cls: cls.name)
def test_an_update_rule(cls, weight_decay, decay):
    rule = cls(weight_decay=weight_decay)
    theta, g, *memory = np.random.default_rng(2).uniform(0.1, 1, (2 + len(rule.memory), 4))
    known = {"theta": theta, "g": g, "rate": 0.01, "t": 3, **rule.parameters, "weight_decay": weight_decay * decay}
    trees = rule.computed_trees(decay)
    moved = rule.apply(theta, g, tuple(memory), rate=0.01, t=3, decay=decay)
    for tree, new in zip(trees, moved, strict=True):
        found = evaluate(tree, {**known, **dict(zip(rule.memory, memory, strict=True))})
        np.testing.assert_allclose(found, new, rtol=1e-14)
