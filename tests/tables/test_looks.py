import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.tables import fit_encoder
from clearprop.tables.looks import OTHERWISE, dated, look_of, numbered


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["12.5 kg", "9 kg", "heavy"], "numbers with a unit ('12.5 kg'): write the numbers alone"),
        (["1.5K", "20M", "3K"], "numbers with a unit ('1.5K')"),
        (["3h 20m", "50 min 10 s"], "lengths of time ('3h 20m'): write them as 03:20:00"),
        (["75:30", "5:10.5"], "minutes and seconds ('75:30'): write them as 00:26:30"),
        (["2024-W05", "2024-W06-1", "2024-031"], "weeks, or days of a year ('2024-W05')"),
        (
            ["Jan 5th, 2024", "3 May, 2021", "Tue, 9 Feb 2021 10:00"],
            "dates ('Jan 5th, 2024'): write them as 2024-01-31",
        ),
        (["[1, 2]", "(3; 4)"], "several values in each row ('[1, 2]')"),
    ],
)
def test_what_it_looks_like_is_said_with_the_cure(texts, said):
    assert look_of(pa.array(texts)).startswith(said)


@pytest.mark.parametrize("texts", [["n17", "n18"], ["Mr. A", "Ms. B"], ["12 Main Street, Springfield", "x"], []])
def test_all_else_looks_like_an_identifier(texts):
    assert look_of(pa.array(texts, pa.string())) == OTHERWISE


def test_categories_that_look_like_dates_are_told():
    notices = fit_encoder(pa.table({"since": ["2024年1月5日", "2024年2月17日", "2024年3月3日", "soon"] * 20})).notices
    assert notices[0].startswith("column 'since': it looks like dates ('2024年1月5日')")
    assert dated(pa.array(["May", "12 Main Street", "model 2024", "2024 edition"])) == ()


def test_numbers_that_count_the_rows_are_told():
    random = np.random.default_rng(0)
    for x in (np.arange(40), 1000 - np.arange(500), random.permutation(300) + 7, 3 * np.arange(2000)):
        assert numbered("guest", x.astype(float))[0].startswith(f"its {len(x):,} whole numbers, all different,")
    assert "(--drop 'guest')" in fit_encoder(pa.table({"guest": np.arange(50), "x": np.ones(50) * 2.5})).notices[0]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 500), spread=st.floats(0.5, 6))
def test_amounts_are_not_taken_for_numbers_of_rows(seed, n, spread):
    random = np.random.default_rng(seed)
    amounts = np.floor(random.lognormal(6, spread, n))
    for x in (amounts, random.normal(size=n), np.arange(n) / 7, np.arange(n) * np.nan):
        assert numbered("income", x) == ()
