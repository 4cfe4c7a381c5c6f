"""What is published of the formulas: the parameters that they have by default, their ranges, their values at kinks."""

import math

import numpy as np
import pytest

from clearprop.formulas import (
    ACTIVATIONS,
    LBFGS,
    ClipByNorm,
    Cosine,
    HardTanh,
    Huber,
    Quantile,
    Shrink,
    SoftplusThreshold,
    SparsePlus,
    Squareplus,
    Threshold,
)

DEFAULTS = {  # the papers' and, where these name none, PyTorch's
    "leaky_relu": {"negative_slope": 0.01},
    "elu": {"alpha": 1.0},
    "celu": {"alpha": 1.0},
    "selu": {"alpha": 1.6732632423543772, "scale": 1.0507009873554805},
    "swish": {"beta": 1.0},
    "hard_sigmoid": {"alpha": 1 / 6, "beta": 0.5},
    "hard_tanh": {"low": -1.0, "high": 1.0},
    "relu6": {"ceiling": 6.0},
}
OTHERS = {
    SoftplusThreshold: {"beta": 1.0, "threshold": 20.0},
    Threshold: {"threshold": 0.0, "otherwise": 0.0},
    Shrink: {"threshold": 0.5, "bias": 0.0},
    Squareplus: {"b": 4.0},
    SparsePlus: {},
    Huber: {"delta": 1.0},
    Quantile: {"quantile": 0.5},
    ClipByNorm: {"limit": 1.0},
    Cosine: {"warmup": 0, "end": 0.0},
}
BUILT_IN = {name: cls for name, cls in ACTIVATIONS.items() if name == cls.name}
FAR = np.concatenate([-np.geomspace(1e-3, 40, 300), [0.0], np.geomspace(1e-3, 40, 300)])


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_parameters_of_an_activation(name):
    assert ACTIVATIONS[name]().parameters == DEFAULTS[name]


@pytest.mark.parametrize("cls", OTHERS)
def test_parameters_of_another_formula(cls):
    assert cls().parameters == OTHERS[cls]


def test_lbfgs_remembers_and_evaluates_as_scikit_learn_does():
    assert (LBFGS().max_evaluations, LBFGS().tolerance, LBFGS().history) == (15_000, 1e-4, 10)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_no_value_is_outside_of_the_range_and_a_bound_is_reached_where_that_is_said(name):
    formula = BUILT_IN[name]()
    if formula.is_coupled():
        z = np.stack([FAR, np.zeros_like(FAR), -FAR], axis=1)
    else:
        z = FAR[:, None]
    a, (low, high) = formula.forward(z), formula.range
    assert a.min() >= low
    assert a.max() <= high
    bounds = [bound for bound in (low, high) if math.isfinite(bound)]
    if bounds and not formula.reaches_bounds and not formula.is_coupled():
        inside = formula.forward(np.linspace(-8, 8, 101)[:, None])
        assert inside.min() > low
        assert inside.max() < high


@pytest.mark.parametrize(
    "name", sorted(name for name, cls in BUILT_IN.items() if cls.reaches_bounds and not cls().is_coupled())
)
def test_a_bound_that_is_said_to_be_reached_is(name):
    formula = BUILT_IN[name]()
    a = formula.forward(FAR[:, None])
    for bound, found in zip(formula.range, (a.min(), a.max()), strict=True):
        assert not math.isfinite(bound) or found == bound


AT_KINKS = [  # z, a, slope: at a kink the slope of the side that the source takes
    (Shrink(0.5), 0.5, 0.0, 0.0),
    (Shrink(0.5), -0.5, 0.0, 0.0),
    (Shrink(0.5, 0.25), 2.0, 1.75, 1.0),
    (Shrink(0.5, 0.25), -2.0, -1.75, 1.0),
    (Threshold(0.5, -0.25), 0.5, -0.25, 0.0),
    (SparsePlus(), 1.0, 1.0, 1.0),
    (SparsePlus(), -1.0, 0.0, 0.0),
    (SoftplusThreshold(1.0, 3.0), 3.0, math.log1p(math.exp(3.0)), 1 / (1 + math.exp(-3.0))),
    (HardTanh(), 1.0, 1.0, 0.0),
    (HardTanh(), -1.0, -1.0, 0.0),
    (ACTIVATIONS["relu"](), 0.0, 0.0, 0.0),
    (ACTIVATIONS["elu"](), 0.0, 0.0, 1.0),
    (ACTIVATIONS["celu"](2.0), 0.0, 0.0, 1.0),
    (ACTIVATIONS["hard_swish"](), 3.0, 3.0, 1.0),
    (ACTIVATIONS["hard_swish"](), -3.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("formula", "z", "a", "slope"), AT_KINKS, ids=repr)
def test_values_and_slopes_at_kinks(formula, z, a, slope):
    z = np.array([[z]])
    found = formula.forward(z)
    assert found[0, 0] == pytest.approx(a, rel=1e-15)
    assert formula.backward(np.ones((1, 1)), z, found)[0, 0] == pytest.approx(slope, rel=1e-15)


def test_huber_is_a_parabola_up_to_delta_and_a_line_beyond():
    a, y = np.array([[0.0], [2.0], [3.0], [-3.0]]), np.zeros((4, 1))
    loss = Huber(2.0)
    assert loss.compute("value", a=a, y=y).ravel().tolist() == [0.0, 2.0, 4.0, 4.0]
    assert loss.compute("slope", a=a, y=y).ravel().tolist() == [0.0, 2.0, 2.0, -2.0]
