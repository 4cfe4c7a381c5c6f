import datetime

import numpy as np
import pyarrow as pa
import pytest

from clearprop.tables.dates import lengths, seconds, sniff

DAY = 86_400


def day(text, order=""):
    found = seconds(pa.array([text]), order)[0]
    return None if np.isnan(found) else np.datetime64(int(found), "s").astype("datetime64[D]").item()


@pytest.mark.parametrize(
    "text",
    [
        "2023-01-03", "2023-1-3", "2023/01/03", "2023.01.03", "3 Jan 2023", "3. Jan. 2023", "Jan 3, 2023", "03JAN2023",
        "January 3rd, 2023", "3-Jan-23", "3-jan-2023", "20230103", "Tue, 3 Jan 2023 10:00:00 GMT", "3. Januar 2023",
        "3 de enero de 2023", "3 janvier 2023", "3 gennaio 2023", "20230103T101500Z", "2023-01-03T23:00:00+01:00",
    ],
)  # fmt: skip
def test_a_date_that_can_be_read_in_one_way(text):
    assert day(text) == datetime.date(2023, 1, 3)
    assert day(text, "mdy") == datetime.date(2023, 1, 3)


@pytest.mark.parametrize("text", ["Jan 2010", "January 2010", "01/2010", "1/2010", "2010-01", "Januar 2010"])
def test_a_month_is_its_first_day(text):
    assert day(text) == datetime.date(2010, 1, 1)


@pytest.mark.parametrize("text", ["13/2010", "0/2010", "Room 2010", "Jan 20", "1/999"])
def test_what_is_no_month(text):
    assert day(text) is None


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/2023", "dmy", (2023, 4, 3)), ("03/04/2023", "mdy", (2023, 3, 4)), ("3.4.23", "dmy", (2023, 4, 3)),
        ("03-04-99", "dmy", (1999, 4, 3)), ("23/04/03", "ymd", (2023, 4, 3)), ("03/04/2023", "", None),
        ("31/04/2023", "dmy", None), ("29.02.2023", "dmy", None), ("29.02.2024", "dmy", (2024, 2, 29)),
        ("13/13/2023", "mdy", None), ("03~04~2023", "%d~%m~%Y", (2023, 4, 3)), ("2023-04-03", "%d~%m~%Y", None),
        ("4/3/2023 1:30 PM", "mdy", (2023, 4, 3)), ("4/3/2023 13:30 PM", "mdy", None),
    ],
)  # fmt: skip
def test_the_order_of_day_month_and_year(text, order, expected):
    assert day(text, order) == (expected and datetime.date(*expected))


@pytest.mark.parametrize(("text", "month"), [("2023-05", 5), ("2023Q2", 4), ("2023-Q2", 4)])
def test_months_and_quarters_are_their_first_day(text, month):
    assert day(text) == datetime.date(2023, month, 1)


@pytest.mark.parametrize("text", ["2023-02-30", "12 apples", "may 5", "1.5", "", "0000-00-00", "2023-13-01", "soon"])
def test_what_is_no_date(text):
    assert day(text, "dmy") is None


def test_every_day_of_four_centuries_is_the_one_that_it_says():
    days = np.arange("1700-01-01", "2100-01-01", 97, dtype="datetime64[D]")
    for form, order in (
        ("%Y-%m-%d", ""),
        ("%d.%m.%Y", "dmy"),
        ("%m/%d/%Y", "mdy"),
        ("%d %B %Y", ""),
        ("%b %d, %Y", ""),
    ):
        texts = pa.array([item.strftime(form) for item in days.tolist()])
        np.testing.assert_array_equal(seconds(texts, order), days.astype(np.int64) * DAY)


def found(*texts):
    return sniff(pa.array(texts), np.ones(len(texts), dtype=int))


def test_the_order_is_seen_where_a_day_is_beyond_12_and_asked_for_where_none_is():
    assert found("01/02/2023", "13/02/2023") == ("dmy", ())
    assert found("01/02/2023", "02/13/2023") == ("mdy", ())
    assert found("01/02/2023", "03/02/2023") == ("dmy", ("mdy",))
    assert found("02/02/2023", "03/03/2023") == ("dmy", ())  # either way the same days
    assert found("01.02.2023", "03.02.2023") == ("dmy", ())  # with points the day is first
    assert found("01/02/23", "31/12/99") == ("dmy", ())
    assert found("2023-01-02") == ("", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:30", 1800), ("00:30", 1800), ("10:30:00", 37800), ("10:30:00.5", 37800.5), ("1:30 PM", 48600),
        ("12:00 am", 0), ("26:00:01", 93601), ("-0:00:01", -1), ("-00:00:01", -1), ("1 days", DAY),
        ("0 days 02:00:00", 7200), ("-1 days +23:59:00", -60), ("PT2H", 7200), ("P1DT1S", DAY + 1), ("90 s", 90),
        ("P", None), ("PT", None), ("24:00", None), ("10:60:00", None), ("soon", None), ("", None),
    ],
)  # fmt: skip
def test_times_of_day_and_lengths_of_time_in_seconds(text, expected):
    value = lengths(pa.array([text]))[0]
    assert np.isnan(value) if expected is None else value == expected
