"""Fits as the interpreter ends, in daemon threads that it leaves behind, and on both sides of a fork: none hangs."""

import json
import os
import sys
from pathlib import Path

import endings
import pytest

import processes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
EXPECTED = {"exit": "fitted ", "daemon": "fitted ", "fork": "fitted fitted "}


def judged(how, count, seed):
    command = [sys.executable, endings.__file__, how, count, seed]
    done = processes.run(command, timeout=60 + 30 * count, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(found)) == (0, count), done.stderr[-2000:]
    wrong = [case for case in found if (case["code"], case["said"]) != (0, EXPECTED[how])]
    print(how, f"{count - len(wrong)} of {count}")  # noqa: T201
    assert not wrong


@pytest.mark.parametrize("how", EXPECTED)
def test_a_fit_ends_or_works_where_its_process_ends_or_divides(how):
    judged(how, len(endings.MAKERS), "short")


@pytest.mark.parametrize("kind", endings.MAKERS)
def test_a_fork_waits_for_whatever_the_first_fit_imports(kind):
    """A module whose import is cut through by a fork keeps the child waiting for its lock for ever."""
    script = Path(endings.__file__).with_name("late_imports.py")
    done = processes.run([sys.executable, "-W", "ignore", script, kind])
    assert done.stdout.startswith("fitted "), done.stderr[-2000:]
    assert json.loads(done.stdout.removeprefix("fitted ")) == []


@pytest.mark.torture
@pytest.mark.parametrize("how", EXPECTED)
def test_many_fits_where_a_process_ends_or_divides(how, figure):
    judged(how, 60, "long")
    figure(f"a process that ends or divides: {how}", "60 fits, none hung or spoilt")
