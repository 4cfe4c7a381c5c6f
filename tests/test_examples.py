"""Every script in examples/ runs in little time and prints a few lines; numbers that it should reach are reached."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))


@pytest.fixture(scope="session")
def printed():
    """What a script prints; each is run once."""
    found = {}

    def run(name):
        if name not in found:
            done = subprocess.run(
                [sys.executable, "-W", "error::DeprecationWarning:__main__", FOLDER / name],
                capture_output=True, text=True, timeout=180, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            found[name] = done.stdout
        return found[name]

    return run


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_an_example_runs_and_prints_a_few_lines(path, printed):
    lines = printed(path.name).splitlines()
    assert 2 <= len(lines) <= 15
    assert f"python examples/{path.name}" in path.read_text("utf-8")


def test_there_are_examples():
    assert len(SCRIPTS) >= 4


def test_the_drop_in_is_as_good(printed):
    theirs, ours = re.findall(r"test accuracy (\d\.\d+)", printed("drop_in_replacement.py"))
    assert float(ours) > float(theirs) - 0.02


def test_class_weights_find_more_of_the_rare_class(printed):
    plain, _, weighted = re.findall(r"found +(\d+)%", printed("imbalanced_classes.py"))
    assert int(weighted) > int(plain) + 5


def test_the_intervals_cover_what_they_say(printed):
    inside = re.search(r"inside their interval, of 5,000: ([\d.]+)%", printed("quantile_intervals.py"))
    assert 86 < float(inside[1]) < 94


def test_the_search_finds_a_good_network(printed):
    assert float(re.search(r"on the test rows (\d\.\d+)", printed("grid_search_in_threads.py"))[1]) > 0.95
