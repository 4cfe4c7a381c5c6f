"""Whole sheets as students write them: homework in prose, Chinese, LaTeX, a table, a terminal's output."""

from pathlib import Path

import pytest

from clearprop.errors import InputError
from clearprop.explain import read_sheet

FOLDER = Path(__file__).parent / "students"
READ = {  # file: (numbers, middles, steps) that it holds
    "homework.md": (12, 12, 1), "zuoye.md": (14, 1, 2), "latex.txt": (8, 4, 1), "terminal.txt": (12, 0, 1),
    "mazur-latex.md": (13, 9, 1), "table.md": (9, 2, 1),
    "word.md": (13, 11, 1), "batch.md": (28, 0, 1), "shuxue.md": (13, 2, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_students_sheet_is_read(name):
    sheet = read_sheet(FOLDER / name)
    numbers = sum(len(entry.numbers) for entry in sheet.entries)
    middles = [working for entry in sheet.entries for working in entry.working]
    assert (numbers, len(middles), len(sheet.steps)) == READ[name]
    assert [blank.name for blank in sheet.blanks] == (["dW2"] if name == "batch.md" else [])
    for working in middles:  # nobody of them slipped in arithmetic
        assert working.value == pytest.approx(working.written.value, abs=6 * working.written.unit)
    for step in sheet.steps[:1]:
        for entry in step.entries:
            for reference, number in entry.numbers:
                truth = step.trace.value_of(str(reference))
                assert number.value == pytest.approx(truth, abs=2e-3), entry.text


def test_what_cannot_be_known_is_refused_with_every_cure():
    with pytest.raises(InputError) as caught:
        read_sheet(FOLDER / "refused.md")
    told = str(caught.value).split("\n")
    assert len(told) == 7
    assert all("does not say of which layer; write W1[" in line for line in told[:4])
    assert "there is no result 'v1'" in told[4]
    assert told[6] == "the sheet gives no W1 and W2; add lines such as W1 = …"
