import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.cli import words


@given(st.floats(-1e14, 1e14))
def test_a_number_can_be_read_back(value):
    assert float(words.number(value).replace(",", "")) == pytest.approx(value, rel=6e-4, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "said"), [(8.24, "8.2 s"), (185, "3 min 05 s"), (3599.7, "1 h 00 min"), (7260, "2 h 01 min")]
)
def test_seconds(value, said):
    assert words.seconds(value) == said


def test_plural():
    assert words.plural(1, "row") == "1 row"
    assert words.plural(2000, "row") == "2,000 rows"
    assert words.plural(2, "category", "categories") == "2 categories"


def test_tables_are_as_wide_as_their_contents_and_markup_is_text(capsys):
    words.table(("name", "n"), [("[red]a[/red]", "1"), ("x" * 300, "22")], words.console())
    lines = capsys.readouterr().out.splitlines()
    assert "[red]a[/red]" in lines[2]
    assert "x" * 300 in lines[3]
    assert lines[2].endswith(" 1")
    assert lines[3].endswith("22")


def test_facts_stand_below_each_other(capsys):
    words.facts([("a", "1"), ("longer", "2\n3")], words.console())
    assert capsys.readouterr().out == "a       1\nlonger  2\n        3\n"


def test_many_notices_are_counted(capsys):
    words.notices([f"n{i}" for i in range(25)], words.console())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == words.LONGEST_LIST + 1
    assert lines[-1] == "note: and 5 more such notes; --json has them all"
