"""Functions of network/ and job/ say how many axes their arrays have, and every call in the tests is held to it."""

import ast
from pathlib import Path

import numpy as np
import pytest

import clearprop
import shapes_checked
from clearprop.job.data import Data
from clearprop.job.one_hot import dense_targets
from clearprop.network import Network, forward
from clearprop.network.backprop import Tape
from clearprop.network.parameters import FromOne

PACKAGE = Path(clearprop.__file__).parent
# What arrays are called in these rooms.
ARRAYS = {"X", "Y", "x", "theta", "gradient", "delta", "norms", "sample_weight", "weight"}
# Where such a name is anything that a user may give, or not an array at all.
ANYTHING = {
    "network/sample_weights.py:check_weights": "it says what is wrong with what was given",
    "job/hashing.py:finalised": "a whole number or an array of any shape",
    "job/data.py:prepared": "the door: whatever can be made an array",
    "job/job.py:add_penalties": "its weight is a number",
}


def functions():
    for room in ("network", "job"):
        for path in sorted((PACKAGE / room).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    yield f"{path.relative_to(PACKAGE).as_posix()}:{node.name}", node


def test_arrays_have_types_that_say_how_many_axes():
    vague = set()
    for name, node in functions():
        for each in (*node.args.args, *node.args.kwonlyargs):
            said = "" if each.annotation is None else ast.unparse(each.annotation)
            if each.arg in ARRAYS and "Vector" not in said and "Matrix" not in said:
                vague.add(name)
    assert vague == set(ANYTHING)


def test_calls_are_held_to_them():
    assert shapes_checked.CHECKED.keys() >= {
        "clearprop.network.backprop.forward",
        "clearprop.network.backprop.backward",
        "clearprop.network.layers.Layer.gradients",
        "clearprop.job.job.Job.add_penalties",
        "clearprop.job.state.rates",
    }
    net = Network.mlp([2, 3, 1])
    before = shapes_checked.CHECKED["clearprop.network.backprop.forward"]
    forward(net, net.initial(), np.zeros((4, 2)))
    assert shapes_checked.CHECKED["clearprop.network.backprop.forward"] == before + 1


def test_another_number_of_axes_is_found():
    with pytest.raises(shapes_checked.WrongShape, match=r"Y of clearprop\.job\.one_hot\.dense_targets has 1 axes"):
        dense_targets(np.zeros(3))
    wrong = Tape(FromOne("z", [np.zeros((1, 2))]), (np.zeros((1, 2)), np.zeros(2)), {})
    with pytest.raises(shapes_checked.WrongShape, match="an item of a of it has 1 axes"):
        shapes_checked.check(wrong, Tape, "it")
    shapes_checked.check(Data(np.zeros((2, 2)), np.zeros((2, 1))), Data, "it")


def test_what_a_function_refuses_it_refuses_in_its_own_words():
    net = Network.mlp([2, 1])
    with pytest.raises(clearprop.errors.ShapeError, match="X must have shape"):
        forward(net, net.initial(), np.zeros(2))
