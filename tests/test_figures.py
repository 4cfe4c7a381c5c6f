"""The table of figures at the end of a run, which workers of xdist have reached."""

import os
import sys
from pathlib import Path

import pytest

import processes

TESTS = """
import pytest

@pytest.mark.parametrize("kind", ["one", "another"])
def test_quick(record_property, kind):
    record_property(f"figure: kills of {kind}", 600)
    record_property("something else", 1)

def test_wrong(record_property):
    record_property("figure: faults", "3 of 5")
    assert False
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_figures_are_told_at_the_end(tmp_path, workers):
    (tmp_path / "test_some.py").write_text(TESTS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-p", "figures", "-n", workers, "--rootdir", tmp_path, tmp_path]
    said = processes.run(command, env=environment, cwd=tmp_path).stdout
    table = said.partition(" figures ")[2].splitlines()
    assert table[1].split("|")[1].strip() == "figure"
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table if line.startswith("| ")]
    assert cells[1:] == [
        ["kills of another", "600", "test_quick[another]"],
        ["kills of one", "600", "test_quick[one]"],
        ["faults", "3 of 5, and FAILED", "test_wrong"],
    ]
