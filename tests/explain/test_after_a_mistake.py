"""What follows correctly from a mistake that was told, or that could not be seen, is not called wrong."""

import numpy as np
import pytest

import planted_students
from clearprop.explain import check

# The weights stand in the place of the inputs in dW1. One of its numbers, −0.0438, is written as the right one would
# be, −0.04; the new weights come from what stands in the pocket calculator.
WEIGHTS_FOR_INPUTS = """
network: 2-5
output: softmax
loss: cross_entropy
optimizer: rmsprop
learning rate: 0.001
samples: sum
outputs: mean
x = -0.56, 0.6
y = 0, 1, 0, 0, 0
W1 = [[0.95, -1.38, -0.99, 0.66, -0.73], [-0.04, -1.43, -0.09, 1.04, -1.32]]
b1 = -0.92, -1.07, -1.35, -1.45, -0.17
z1 = -1.48, -1.16, -0.85, -1.20, -0.55
delta1 = 0.02, -0.17, 0.05, 0.03, 0.06
dW1 = 0.02, 0.23, -0.05, 0.02, -0.04, -0.00, 0.24, -0.00, 0.03, -0.08
db1 = 0.02, -0.17, 0.05, 0.03, 0.06
v_W1_new = 0.00, 0.01, 0.00, 0.00, 0.00, 0.00, 0.01, 0.00, 0.00, 0.00
W1_new = -1899.05, -1.38, 4949.01, -1979.34, 4379.27, 79.96, -1.43, 449.91, -3118.96, 7918.68
b1_new = -0.92, -1.07, -1.35, -1.45, -0.17
"""
# The same in plain descent, each number in a line of its own: 0.03 is right, and 0.034 is what was gone on from.
NUMBERS_ALONE = """
network: 2-1
output: identity
loss: half_squared_error
learning rate: 20
x = 0.5, 0.2
y = 0
W1 = 0.04, 0.1
b1 = 0.01
z1 = 0.05
delta1 = 0.05
dW1[0,0] = 0.03
dW1[1,0] = {}
W1_new[0,0] = {}
"""
# A step of RMSProp with v rounded to 0.000000: W1_new may be almost anything, so that a wrong one cannot be told. The
# loss afterwards comes from the right one.
ANYTHING_FITS = """
network: 1-1-2
hidden: sigmoid
output: sigmoid
loss: squared_error
optimizer: rmsprop
learning rate: 0.001
samples: mean
outputs: sum
x = [[0.21], [0.11]]
y = [[0.53, 0.05], [0.48, 0.74]]
W1 = -1.04
b1 = 0.1
W2 = [[0.97, -1.25]]
b2 = -0.63, -0.73
dW1 = 0.000210
db1 = 0.013501
v_W1_new = 0.000000
W1_new = -11.540000
b1_new = 0.096818
W2_new = 0.973215, -1.246832
b2_new = -0.626828, -0.726839
loss_new = {}
"""


def planted(seed):
    """Mistakes told, and lines accused after them, of one network."""
    return [(one.is_found, one.accused) for one in planted_students.planted(np.random.default_rng(seed))]


def wrong_lines(sheet):
    return list(dict.fromkeys(number.reference.site for number in check(sheet).numbers if number.verdict == "wrong"))


@pytest.mark.parametrize("sheet", [WEIGHTS_FOR_INPUTS, NUMBERS_ALONE.format(0.05, -0.64)])
def test_numbers_that_look_right_in_a_wrong_line_may_have_come_from_the_mistake(sheet):
    assert wrong_lines(sheet) == ["dW1"]


def test_without_a_mistake_in_its_line_a_number_is_held_to_what_is_right():
    assert wrong_lines(NUMBERS_ALONE.format(0.01, -0.64)) == ["W1_new"]
    assert wrong_lines(NUMBERS_ALONE.format(0.01, -0.46)) == []


def test_what_comes_after_a_number_that_cannot_be_judged_is_held_to_neither():
    assert wrong_lines(ANYTHING_FITS.format(0.155521)) == []
    assert wrong_lines(ANYTHING_FITS.format(0.755521)) == ["loss_new"]


@pytest.mark.parametrize("seed", [1100, 1203, 1247, 1463, 1734, 1825])
def test_whoever_tells_a_slip_and_goes_on_from_the_right_numbers_is_not_accused(seed):
    found = planted(seed)
    assert any(is_found for is_found, _ in found)
    assert [accused for _, accused in found if accused] == []
