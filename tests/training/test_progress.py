"""The reader behind ``verbose=True``: lines that programs can read, a bar on a terminal, nothing otherwise."""

import io
import math
import re
import sys

import numpy as np
from rich.console import Console

from clearprop.training import Epoch
from clearprop.training.progress import bar, line, shown

EPOCH = Epoch(12, 0.5, (0.1, 0.2), 0.004, 3.25, 120, {"validation_loss": 0.75, "validation_score": 0.9})


def test_a_line_begins_as_scikit_learns_do():
    assert line(EPOCH) == (
        "Iteration 12, loss = 0.50000000, validation loss = 0.75, validation score = 0.9, rate = 0.004, 3.2 s"
    )
    assert re.match(r"Iteration (\d+), loss = (\S+)", line(EPOCH))


def test_a_rate_that_there_is_not_is_not_told():
    assert "rate" not in line(Epoch(1, 0.5, (0.1,), math.nan, 0.1, 1))


def test_nothing_is_printed_without_verbose(capsys):
    with shown(False, 0, 20) as reader:
        reader(EPOCH)
    assert capsys.readouterr() == ("", "")


def test_lines_go_to_what_is_standard_output_at_the_time(monkeypatch):
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    with shown(True, 0, 20) as reader:
        reader(EPOCH)
    assert output.getvalue() == line(EPOCH) + "\n"


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)


def test_a_terminal_gets_a_bar():
    console = terminal()
    with bar(10, 20, console) as reader:
        reader(EPOCH)
    found = console.file.getvalue()
    assert "iteration 12 of 20" in found
    assert "loss = 0.5, validation loss = 0.75, validation score = 0.9" in found


def test_a_terminal_is_noticed(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with shown(np.True_, 0, 20) as reader:
        reader(EPOCH)
    assert "iteration 12 of 20" in sys.stdout.getvalue()
