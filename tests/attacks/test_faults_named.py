"""Two pages name a test for every fault that was found; each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("page", "fewest"), [("reliability.md", 30), ("table-faults.md", 50)])
def test_every_fault_has_a_test_that_is_there(page, fewest):
    rows = re.findall(r"^\| (?!fault|case|---)(.+) \| (.+) \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    there = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert len(rows) > fewest
    for fault, held_by in rows:
        named = re.findall(r"`(test_\w+)`", held_by)
        assert named, fault
        assert set(named) <= there, f"{fault}: {set(named) - there}"
