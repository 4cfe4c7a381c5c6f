"""docs/reliability.md names a test for every fault that was found; each of them is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_fault_has_a_test_that_is_there():
    rows = re.findall(
        r"^\| (?!fault|---)(.+) \| (.+) \|$", (ROOT / "docs" / "reliability.md").read_text(), re.MULTILINE
    )
    there = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert len(rows) > 30
    for fault, held_by in rows:
        named = re.findall(r"`(test_\w+)`", held_by)
        assert named, fault
        assert set(named) <= there, f"{fault}: {set(named) - there}"
