"""Every script in examples/ runs in little time and prints a few lines; numbers that it should reach are reached."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def the_drop_in_is_as_good(printed):
    theirs, ours = re.findall(r"test accuracy (\d\.\d+)", printed)
    assert float(ours) > float(theirs) - 0.02


def class_weights_find_more_of_the_rare_class(printed):
    plain, _, weighted = re.findall(r"found +(\d+)%", printed)
    assert int(weighted) > int(plain) + 5


def the_intervals_cover_what_they_say(printed):
    assert 86 < float(re.search(r"inside their interval, of 5,000: ([\d.]+)%", printed)[1]) < 94


def the_search_finds_a_good_network(printed):
    assert float(re.search(r"on the test rows (\d\.\d+)", printed)[1]) > 0.95


CLAIMS = {
    "drop_in_replacement.py": the_drop_in_is_as_good,
    "imbalanced_classes.py": class_weights_find_more_of_the_rare_class,
    "quantile_intervals.py": the_intervals_cover_what_they_say,
    "grid_search_in_threads.py": the_search_finds_a_good_network,
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_an_example_runs_prints_a_few_lines_and_keeps_what_it_claims(path):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 2 <= len(done.stdout.splitlines()) <= 15
    assert f"python examples/{path.name}" in path.read_text("utf-8")
    if path.name in CLAIMS:
        CLAIMS[path.name](done.stdout)


def test_every_claim_is_that_of_a_script():
    assert set(CLAIMS) <= {path.name for path in SCRIPTS}
