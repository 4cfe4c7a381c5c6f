import numpy as np
import pyarrow as pa
import pytest

from clearprop.tables.notation import Notation, parsed, sniff


def understood(texts, **known):
    column = pa.array(texts)
    found = sniff(column, np.ones(len(texts), dtype=int), **known)
    return found, parsed(column, found.notation)[0].tolist()


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,34", "4,24", "12"], [1.34, 4.24, 12]),
        (["1.234,50", "5,0", "1.000.000,00"], [1234.5, 5, 1e6]),
        (["1,234.50", "5.0"], [1234.5, 5]),
        (["1,027", "950"], [1027, 950]),
        (["1 234", "12 000,5"], [1234, 12000.5]),
        (["1\u00a0234", "12\u202f000"], [1234, 12000]),
        (["1'234.5", "2"], [1234.5, 2]),
        (["12,34,567", "1,000"], [1234567, 1000]),
        (["12%", "3.5%"], [0.12, 0.035]),
        (["12 %", "3,5 %"], [0.12, 0.035]),
        (["$1.50", "$1,200.00", "-$3"], [1.5, 1200, -3]),
        (["5 €", "6,5 €"], [5, 6.5]),
        (["EUR 5", "EUR 6.5"], [5, 6.5]),
        (["\u22125", "4.2"], [-5, 4.2]),
        (["(1,200.50)", "3.00"], [-1200.5, 3]),
        (["0,123", "0,456"], [0.123, 0.456]),
        (["1.2e5", "3", "+4", ".5", "1."], [1.2e5, 3, 4, 0.5, 1]),
        (["1.234", "2.345"], [1.234, 2.345]),
        (["12.5-", "1.250", "7-"], [-12.5, 1.25, -7]),
    ],
)
def test_numbers_as_people_write_them(texts, numbers):
    found, values = understood(texts)
    np.testing.assert_allclose(values, numbers, rtol=1e-15)
    assert found.other is None
    assert found.notation.is_possible


def test_a_mark_that_may_be_either_is_told_or_decided_by_what_is_known():
    found, values = understood(["1,027", "1,003"])
    assert values == [1027, 1003]
    assert found.other == Notation(",")
    assert understood(["1,027", "1,003"], hint=",")[1] == [1.027, 1.003]
    assert understood(["1,027", "1,003"], decimal=",")[1] == [1.027, 1.003]
    assert understood(["1,027", "1,003"], decimal=".")[1] == [1027, 1003]
    assert understood(["1.234", "2.345"], hint=",")[1] == [1234, 2345]
    assert understood(["1.2", "2.345"], hint=",")[1] == [1.2, 2.345]
    assert understood(["3", "4"], hint=",")[0].notation.decimal == ","


def test_several_units_are_no_numbers():
    assert np.isnan(understood(["$5", "€6"])[1]).all()


@pytest.mark.parametrize(
    "text", ["twelve", "1_000", "0x10", "1,2,3", "12 34", "1.2.3", "", "%", "€", "--1", "1e", "1 234 5"]
)
@pytest.mark.parametrize("notation", [Notation(), Notation(","), Notation(",", "."), Notation(".", " ", "%")])
def test_what_is_no_number(text, notation):
    values, known = parsed(pa.array([text]), notation)
    assert np.isnan(values[0])
    assert not known[0]


def test_what_programs_write_is_a_number_in_every_notation_that_does_not_say_otherwise():
    assert parsed(pa.array(["1.5", "1.234"]), Notation(",", "."))[0].tolist() == [1.5, 1234]
    assert parsed(pa.array(["0.12", "12%"]), Notation(unit="%"))[0].tolist() == [0.12, 0.12]
