"""Ctrl-C at any time, once and twice: the estimator is usable, no thread stays, nothing hangs."""

import json
import os
import random
import re
import signal
import sys
from collections import Counter

import interrupted
import pytest

import processes

posix = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no signals between processes")
COMMAND = [sys.executable, interrupted.__file__]
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
SOON = 5.0  # seconds that a fit may go on after Ctrl-C; what it has begun it ends
# Python itself loses one that comes where it clears a weak reference away, as to a thread that has ended, and says so.
LOST_BY_PYTHON = re.compile(
    r"Exception ignored in: <function \w+\.__init__\.<locals>\._?remove.*\n([T ].*\n)*KeyboardInterrupt: ?\n"
)


def attacked(kind, count, seed):
    """What became of so many fits of a kind, each interrupted at a random time, every second one twice."""
    chance = random.Random(f"{kind} {seed}")
    times = [chance.uniform(0.0, 0.25) * (-1 if n % 2 else 1) or 0.01 for n in range(count)]
    done = processes.run([*COMMAND, kind, *times], timeout=300 + 6 * count, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert LOST_BY_PYTHON.sub("", done.stderr) == ""
    *fits, process = [json.loads(line) for line in done.stdout.splitlines()]
    print(kind, Counter(fit["ended"] for fit in fits), max(fit["took"] for fit in fits), process)  # noqa: T201
    return fits, process


def judged(fits, process):
    for fit in fits:
        assert fit["ended"] in ("returned", "raised"), fit
        assert fit["took"] < SOON, fit
        if fit["usable"] is not True:  # it came before training began: nothing was there that could have been kept
            assert (fit["ended"], fit["usable"]) == ("raised", "NotFittedError"), fit
    assert process["after"] == process["before"]


@posix
@pytest.mark.parametrize("kind", interrupted.MAKERS)
def test_whenever_ctrl_c_comes_the_estimator_is_usable(kind):
    judged(*attacked(kind, 4, "short"))


def many(kind, what, count):
    done = processes.run([*COMMAND, kind, what, count], timeout=300 + 4 * count, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    print(kind, what, count, found)  # noqa: T201
    assert found["after"] == found["before"]
    return found["grown"]


needs_proc = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="this system does not tell its memory so"
)


@posix
@needs_proc
@pytest.mark.parametrize("what", ["fits", "interrupted"])
def test_fits_in_a_row_leave_nothing_behind(what):
    many("small", what, 20)


@posix
@needs_proc
@pytest.mark.torture
@pytest.mark.parametrize("what", ["fits", "interrupted"])
@pytest.mark.parametrize("kind", ["small", "lbfgs", "table"])
def test_five_hundred_fits_stay_on_a_plateau(kind, what, figure):
    grown = many(kind, what, 500)
    figure(f"memory of 500 fits in a row: {kind}, {what}", f"{grown - 1:+.1%} from the 50th on")
    assert grown <= 1.05


@posix
@pytest.mark.torture
@pytest.mark.parametrize("kind", interrupted.MAKERS)
def test_many_interrupts(kind, figure):
    fits, process = attacked(kind, 80, "long")
    judged(fits, process)
    figure(f"Ctrl-C: {kind}", f"80 fits, the longest went on for {max(fit['took'] for fit in fits):.1f} s")
