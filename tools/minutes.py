"""Print the minutes that each group of tests takes, as a table: `python tools/minutes.py build/tests.xml`.

The file is what `pytest --junitxml` writes, as `make minutes` does; times are those of the tests' own processes added
up, so with `-n auto` the clock shows less.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOMS_OF_TESTS = ("tests.engines.compiled", "tests.explain.checking")  # told apart from the folder that they lie in


def group_of(name: str) -> str:
    """The group of a test by the name of its module: tests.tables.test_dates is of tests/tables."""
    for room in ROOMS_OF_TESTS:
        if name.startswith(f"{room}."):
            return room.replace(".", "/")
    parts = name.split(".")
    if parts[0] == "src":
        return "src (examples of docstrings)"
    return "/".join(parts[:2]) if len(parts) > 2 else "tests"


def minutes(file: Path) -> tuple[Counter[str], Counter[str]]:
    """The seconds and the number of the tests of each group."""
    seconds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for case in ElementTree.parse(file).iter("testcase"):
        group = group_of(case.get("classname") or "")
        seconds[group] += float(case.get("time") or 0)  # type: ignore[assignment]
        counts[group] += 1
    return seconds, counts


if __name__ == "__main__":
    seconds, counts = minutes(Path(sys.argv[1]))
    sys.stdout.write("| tests | number | minutes |\n|---|---|---|\n")
    for group, found in seconds.most_common():
        sys.stdout.write(f"| {group} | {counts[group]:,} | {found / 60:.1f} |\n")
    sys.stdout.write(f"| all | {sum(counts.values()):,} | {sum(seconds.values()) / 60:.1f} |\n")
