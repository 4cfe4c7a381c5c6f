"""What a sheet gives is taken as it is written: no biases are zeros, 0,1 of two numbers are 0 and 1."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain import check, read_sheet

NET = "network: 2-2-2\nx = 1, 0.5\ny = 0.1, 0.9\nW1 = [[0.2, -0.4], [0.7, 0.1]]\nW2 = [[0.6, -0.1], [0.3, 0.8]]\n"
WHOLE = "network: 2-2-2\nx = 1,0\ny = 0,1\nW1 = 1,2,3,4\nb1 = 0.1,0.2\nW2 = [1,2;3,4]\nb2 = 0,1\n"


def numbers(sheet):
    return {str(reference): number.value for entry in sheet.entries for reference, number in entry.numbers}


def test_biases_that_are_not_there_are_zero():
    found = check(f"{NET}biases: none\nz1 = 0.55, -0.35\n")
    assert found.passed
    assert not any(b.any() for b in found.sheet.trace.params.b)


def test_some_biases_may_be_given_where_the_others_are_none():
    params = read_sheet(f"{NET}biases: none\nb2 = 0.3, 0.4\n").trace.params
    assert [b.tolist() for b in (params.b[1], params.b[2])] == [[0.0, 0.0], [0.3, 0.4]]


def test_biases_that_are_missing_are_asked_for():
    with pytest.raises(InputError, match="the sheet gives no b1 and b2"):
        read_sheet(NET)


def test_whole_numbers_with_commas_between_are_as_many_as_fit():
    sheet = read_sheet(f"{WHOLE}optimizer: momentum\nv_b1 = 0,1\nv_b2 = 1,0\nv_W1 = 1,0,0,1\na1 = 0,1\n")
    trace = sheet.trace
    assert [b.tolist() for b in (trace.params.b[1], trace.params.b[2])] == [[0.1, 0.2], [0.0, 1.0]]
    assert np.array_equal(trace["W2"].value, [[1, 2], [3, 4]])
    assert np.array_equal(trace["v_b1"].value, [0, 1])
    assert numbers(sheet) == {"a1[0]": 0.0, "a1[1]": 1.0}


def test_weights_of_rows_with_commas_between():
    sheet = read_sheet("network: 1-1\nx = 1; 2\ny = 0; 1\nW1 = 1\nb1 = 0,5\nrow weights: 1,3\n")
    assert sheet.trace.setting.sample_weight.tolist() == [1.0, 3.0]
    assert sheet.trace.params.b[1].tolist() == [0.5]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("z1 = 0,41", {"z1[0]": 0.41}),
        ("z1 = 0,41; 0,47", {"z1[0]": 0.41, "z1[1]": 0.47}),
        ("a1 = 1,05, 2,1", {"a1[0]": 1.05, "a1[1]": 2.1}),
        ("z1 = 1,2", {"z1[0]": 1.0, "z1[1]": 2.0}),
        ("z1[0] = 1,5", {"z1[0]": 1.5}),
        ("dW1 = 1,0,0,1", {"dW1[0,0]": 1.0, "dW1[0,1]": 0.0, "dW1[1,0]": 0.0, "dW1[1,1]": 1.0}),
    ],
)
def test_a_comma_between_digits_beside_decimal_points(line, expected):
    assert numbers(read_sheet(WHOLE + line)) == expected


def test_a_fraction_is_never_cut_into_two_whole_numbers():
    with pytest.raises(InputError, match=r"line 8, column 6: δ2 holds 2 numbers in this network, not 1"):
        read_sheet(f"{WHOLE}δ2 = -0,0193")
