"""The guide, docs/explaining.md, says what is so."""

import doctest
import re
from pathlib import Path

from clearprop.explain import CASES, check
from clearprop.explain.sections import SECTIONS
from clearprop.explain.writing.notation import NOTATIONS

GUIDE = Path(__file__).parents[2] / "docs" / "explaining.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def test_its_examples_run():
    found = doctest.testfile(str(GUIDE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
    assert found.attempted > 8


def test_its_sheet_is_read_and_judged():
    sheet = next(text for text in re.findall(r"```text\n(.*?)```", TEXT, flags=re.DOTALL) if "network:" in text)
    found = check(sheet)
    assert found["z1[0]"].names == ("bias_forgotten",)
    assert [number.reference.site for number in found.numbers if number.verdict == "wrong"] == ["z1"]


def test_it_names_every_choice():
    for name in (*SECTIONS, *NOTATIONS):
        assert f"`{name}`" in TEXT or re.search(rf"\b{name}\b", TEXT), name
    assert set(re.findall(r"--case (\w+)", TEXT)) <= set(CASES)
