import datetime
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.tables.spelling import is_missing, length, moment, of_object, spelled, time_of_day


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((True, np.True_, "True", "true", " TRUE "), "true"),
        ((1, 1.0, np.int8(1), np.float32(1), Decimal("1.00"), "1", "1.0"), "1"),
        ((0.1, np.float64(0.1), np.float32(0.1), Decimal("0.1"), "0.1"), "0.1"),
        ((1e-05, "1e-05", "1e-5", "0.00001", "1E-5"), "1e-05"),
        ((-0.0, 0, "0", "-0", "-0.0"), "0"),
        ((2**60, 2.0**60), str(2**60)),
        ((2**70,), str(2**70)),
        ((float("inf"), np.float32("inf")), "inf"),
        (("ja", " ja", "ja ", b"ja"), "ja"),
        (("é", "e\u0301"), "é"),
        (
            (
                datetime.date(2024, 1, 31), datetime.datetime(2024, 1, 31), np.datetime64("2024-01-31"),
                pd.Timestamp("2024-01-31"), pd.Timestamp("2024-01-31 01:00", tz="Europe/Berlin"),
                "2024-01-31T00:00:00Z", "2024-01-31 01:00:00+01:00", pd.Period("2024-01-31", "D"),
            ),
            "2024-01-31",
        ),
        ((pd.Timestamp("2024-01-31 10:30:00.25"), "2024-01-31T10:30:00.250000"), "2024-01-31 10:30:00.25"),
        ((datetime.time(10, 30), "10:30:00", "10:30:00.000"), "10:30:00"),
        (
            (
                datetime.timedelta(hours=2), pd.Timedelta(hours=2), np.timedelta64(2, "h"), np.timedelta64(7200, "s"),
                "0 days 02:00:00",
            ),
            "7200 s",
        ),
        ((pd.Interval(1, 2), pd.Interval(1.0, 2.0)), "(1, 2]"),
        ((uuid.UUID(int=5),), "00000000-0000-0000-0000-000000000005"),
    ],
)  # fmt: skip
def test_one_value_has_one_spelling(values, text):
    assert [of_object(value) for value in values] == [text] * len(values)


@pytest.mark.parametrize("text", ["01", "1.10", "1e5", "00:30", "1.1.1", "+1", "1 000", "2024-02-30 10:00:00", "a", ""])
def test_what_no_program_writes_stays_what_it_is(text):
    assert spelled(text) == text


@given(st.text())
def test_the_spelling_of_a_spelling_is_itself(text):
    assert spelled(spelled(text)) == spelled(text)


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.datetimes(), st.dates(), st.times()))
def test_a_value_and_the_text_of_it_are_one(value):
    assert spelled(of_object(value)) == of_object(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_different_numbers_have_different_spellings(value):
    assert float(of_object(value)) == value


def test_what_no_column_can_hold():
    assert of_object({1}) is None
    assert of_object(1j) is None
    assert of_object(object()) is None


@pytest.mark.parametrize(
    "value", [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN")]
)
def test_missing_ones(value):
    assert is_missing(value)
    assert not is_missing(0)
    assert not is_missing("nan")


def test_ticks_of_any_size():
    assert moment(-1, 1) == "1969-12-31 23:59:59"
    assert moment(10**18, 1) == f"{10**18} s"  # beyond the years that there are
    assert time_of_day(1, 10**9) == "00:00:00.000000001"
    assert length(-1500, 1000) == "-1.5 s"
