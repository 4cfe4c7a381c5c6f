"""ONNX graphs that are no chain of dense layers: refused by the name and the place of what does not fit."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.files.importers.onnx import read
from onnx_made import model, node, write

RANDOM = np.random.default_rng(18)


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


W, B = normal(3, 4), normal(4)
REFUSED = {
    "Conv": ([node("Conv", "x w", "y")], r"the node 'the Conv' \(Conv\) is not a dense layer, an activation or a step"),
    "two inputs multiplied": ([node("MatMul", "x x", "y")], "multiplies two values that both depend on the inputs"),
    "a connection past a layer": (
        [node("MatMul", "x s", "h"), node("Relu", "h", "a"), node("MatMul", "a s", "g"), node("Add", "a g", "y")],
        r"the node 'the Add' \(Add\) joins what the layers 'the MatMul' and 'the MatMul' make: .* past a layer",
    ),
    "inputs beside a layer": (
        [node("MatMul", "x s", "h"), node("Add", "x h", "y")], "joins the inputs of the network with what a later layer"
    ),
    "branches joined": (
        [node("MatMul", "x w", "h"), node("MatMul", "x w", "g"), node("Concat", "h g", "y", axis=1)], "joins values of"
    ),
    "layers that do not chain": (
        [node("MatMul", "x w", "h"), node("MatMul", "h w", "y")], "takes 3 inputs, but gets 4: the layers do not chain"
    ),
    "a slope for each unit of swish": (
        [node("MatMul", "x w", "h"), node("Mul", "h b", "hb"), node("Sigmoid", "hb", "g"), node("Mul", "h g", "y")],
        "a formula with other numbers for each unit, which no activation has",
    ),
    "softmax over rows": ([node("MatMul", "x w", "h"), node("Softmax", "h", "y", axis=0)], "works along another axis"),
    "training mode": (
        [node("MatMul", "x w", "h"), node("BatchNormalization", "h b b b b", "y", training_mode=1)], "in training mode"
    ),
    "one input too few": ([node("MatMul", "x w", "h"), node("Gelu", "", "y")], "other inputs or settings than ONNX"),
    "products of columns": (
        [node("Gather", "x zero", "a", axis=1), node("Mul", "a x", "m"), node("MatMul", "m w", "y")],
        "is computed from several columns",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_dense_chain_is_refused_by_name_and_place(case, tmp_path):
    nodes, message = REFUSED[case]
    arrays = {"w": W, "b": B, "s": normal(3, 3), "zero": np.array([0])}
    with pytest.raises(InputError, match=message):
        read(write(tmp_path / "net.onnx", model(nodes, arrays)))
