"""Dense layers in the making: what scales the inputs stays before the first layer."""

import numpy as np
import pytest

from clearprop.files.importers.chain import Chain
from clearprop.files.importers.keras_layers import add_layer
from clearprop.formulas import Tanh

ROWS = np.array([[1000.0, -3.0], [1010.0, 5.0]])


def chain_of(*steps):
    chain = Chain(2)
    for kind, settings, arrays in steps:
        assert add_layer(chain, kind, settings, arrays, kind.lower())
    chain.dense(np.array([[1.0], [2.0]]), None, "out")
    return chain


NORMALIZATION = ("Normalization", {}, [np.array([1000.0, 1.0]), np.array([25.0, 4.0]), np.array(7)])


@pytest.mark.parametrize(
    ("steps", "inputs"),
    [
        ([NORMALIZATION], [[0.0, -2.0], [2.0, 2.0]]),
        ([("Normalization", {"mean": [1.0], "variance": [4.0], "invert": True}, [])], [[2001.0, -5.0], [2021.0, 11.0]]),
        ([("Rescaling", {"scale": 0.5, "offset": 1.0}, [])], [[501.0, -0.5], [506.0, 3.5]]),
        ([("Rescaling", {"scale": 0.1, "offset": 0.0}, []), ("Rescaling", {"scale": 1.0, "offset": -100.0}, [])],
         [[0.0, -100.3], [1.0, -99.5]]),
        ([("BatchNormalization", {"epsilon": 0.0, "scale": False, "center": False}, NORMALIZATION[2][:2])],
         [[0.0, -2.0], [2.0, 2.0]]),
    ],
)  # fmt: skip
def test_scales_before_the_first_layer_are_steps_of_the_inputs(steps, inputs):
    chain = chain_of(*steps)
    steps = chain.preprocessing()
    np.testing.assert_allclose(steps.apply(ROWS), inputs, rtol=1e-12, atol=1e-10)
    (layer,) = chain.finish("float64")
    assert (layer.weights.tolist(), layer.biases) == ([[1.0], [2.0]], None)
    assert not chain.layers[0].is_folded
    assert all("became a step before the first layer" in note for note in chain.notes)
    scale, shift = steps.scaling()
    np.testing.assert_allclose(ROWS * scale + shift, inputs, rtol=1e-12, atol=1e-10)


def test_one_that_changes_nothing_is_no_step():
    assert chain_of(("Rescaling", {"scale": 1.0, "offset": 0.0}, [])).preprocessing() is None
    assert Chain(3).preprocessing() is None


def test_between_layers_they_are_folded():
    chain = chain_of()
    chain.activation(Tanh(), "tanh")
    add_layer(chain, "Normalization", {"mean": [2.0], "variance": [4.0]}, [], "n")
    chain.dense(np.ones((1, 1)), np.zeros(1), "last")
    _, last = chain.finish("float64")
    assert (last.weights.tolist(), last.biases.tolist()) == ([[0.5]], [-1.0])
    assert chain.preprocessing() is None
