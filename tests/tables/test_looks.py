import pyarrow as pa
import pytest

from clearprop.tables.looks import OTHERWISE, look_of


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["12.5 kg", "9 kg", "heavy"], "numbers with a unit ('12.5 kg'): write the numbers alone"),
        (["1.5K", "20M", "3K"], "numbers with a unit ('1.5K')"),
        (["3h 20m", "50 min 10 s"], "lengths of time ('3h 20m'): write them as 03:20:00"),
        (["75:30", "5:10.5"], "minutes and seconds ('75:30'): write them as 00:26:30"),
        (["2024-W05", "2024-W06-1", "2024-031"], "weeks, or days of a year ('2024-W05')"),
        (["[1, 2]", "(3; 4)"], "several values in each row ('[1, 2]')"),
    ],
)
def test_what_it_looks_like_is_said_with_the_cure(texts, said):
    assert look_of(pa.array(texts)).startswith(said)


@pytest.mark.parametrize("texts", [["n17", "n18"], ["Mr. A", "Ms. B"], ["12 Main Street, Springfield", "x"], []])
def test_all_else_looks_like_an_identifier(texts):
    assert look_of(pa.array(texts, pa.string())) == OTHERWISE
