"""Layers that hardly any error reaches, and neurons that let hardly any pass."""

import numpy as np
import pytest

from clearprop.formulas import ACTIVATIONS, activation
from clearprop.network.flow import FLAT, flow, stuck


@pytest.mark.parametrize(
    ("norms", "wanted"),
    [
        ((1e-4, 1.0), ("vanishing", 1e4)),
        ((1e4, 1.0), ("exploding", 1e4)),
        ((0.0, 1.0), ("vanishing", np.inf)),  # nothing reaches it at all
        ((0.0, 0.0), ("fine", 1.0)),  # there is no error that could
        ((1e-2, 1.0), ("fine", 100.0)),
        ((np.nan, 1.0), ("fine", 1.0)),
    ],
)
def test_a_layer_is_judged_beside_the_output(norms, wanted):
    with np.errstate(all="raise"):
        (verdict, times), last = flow(norms)
    assert verdict == wanted[0]
    assert times == pytest.approx(wanted[1], nan_ok=True) or np.isnan(norms[0])
    assert last == ("fine", 1.0)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_whoever_lets_an_error_through_on_one_row_is_not_stuck(name):
    shape = activation(name)
    z = np.linspace(-30, 30, 601)[:, None]
    a = shape.forward(z)
    with np.errstate(all="ignore"):
        slope = np.abs(shape.backward(np.ones_like(z), z, a))
    one_by_one = [stuck(shape, z[k : k + 1], a[k : k + 1]) for k in range(0, 601, 25)]
    for k, found in zip(range(0, 601, 25), one_by_one, strict=True):
        assert not (found.dead & found.saturated).any()
        if (found.dead | found.saturated).any():
            assert slope[k] < FLAT
    assert not any(mask.any() for mask in stuck(shape, z, a))


@pytest.mark.parametrize(
    ("name", "z", "wanted"),
    [
        ("relu", -1.0, "dead"), ("gelu", -9.0, "dead"), ("softplus", -9.0, "dead"), ("leaky_relu", -9.0, ""),
        ("tanh", 4.0, "saturated"), ("logistic", -9.0, "saturated"), ("elu", -9.0, "saturated"),
        ("hard_tanh", 2.0, "saturated"), ("relu6", 7.0, "saturated"), ("tanh", 1.0, ""), ("exp", 0.0, ""),
        ("squared_relu", 0.1, ""), ("identity", 100.0, ""), ("softmax", 100.0, ""),
    ],
)  # fmt: skip
def test_dead_and_saturated_are_told_apart(name, z, wanted):
    z = np.full((3, 1), z, dtype=np.float32)
    found = stuck(activation(name), z, activation(name).forward(z))
    assert found == ((wanted == "dead",), (wanted == "saturated",))
