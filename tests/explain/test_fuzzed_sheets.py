"""Sheets that a fuzzer made, each of which once ended in another error than one of clearprop's own, or took minutes."""

import time

import pytest

from clearprop.errors import InputError
from clearprop.explain import read_sheet
from clearprop.explain.checking.worksheets.values import readings

CASE = "case: case_study\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("z1[0] = 0.1, …, 0.3", "line 2, column 9: there are 2 numbers where 1 number should be"),
        ("dW1[0,:] = 0.1, …, 0.3, 0.4", "line 2, column 12: there are 3 numbers where 2 numbers should be"),
    ],
)
def test_dots_between_more_numbers_than_a_name_has_are_refused(line, why):
    with pytest.raises(InputError, match=why):
        read_sheet(CASE + line)


def test_dots_stand_for_the_middle_of_a_row_too():
    (entry,) = read_sheet(CASE + "dW1[0,:] = …, 0.3").entries
    assert [(str(reference), number.value) for reference, number in entry.numbers] == [("dW1[0,1]", 0.3)]


def test_a_value_is_turned_once_and_not_thousands_of_times():
    (entry,) = read_sheet(CASE + "z1 = [0.41, 0.47]^{T}").entries
    assert [number.value for _, number in entry.numbers] == [0.41, 0.47]
    assert readings("[0.41, 0.47]" + "^{T}" * 3000)[0].unread is not None


@pytest.mark.parametrize(
    "sheet", ["network: 9999-9999\n", "network: 2-2-1\nx_{9999} = 0.5, 0.3\n", "network: 99-99\nW1[0,0] = 1\nz1 = 1\n"]
)
def test_numbers_that_no_line_gives_are_not_stood_in_for_by_the_million(sheet):
    began = time.process_time()
    with pytest.raises(InputError, match="many more than this sheet gives; check its widths"):
        read_sheet(sheet)
    assert time.process_time() - began < 2


def test_a_large_network_whose_numbers_are_given_is_read():
    rows = ", ".join(["0.5"] * 5_000)
    given = f"network: 100-50-1\nx = {rows[:498]}\ny = 1\nW1 = {rows}\nb1 = {rows[:248]}\nW2 = {rows[:248]}\nb2 = 0\n"
    assert read_sheet(given).trace.network.widths == (100, 50, 1)
