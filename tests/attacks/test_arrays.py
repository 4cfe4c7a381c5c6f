"""Odd and extreme arrays, given to every estimator in a process of its own: fitted or refused, no signal, no hang."""

import json
import os
import signal
import sys

import odd_arrays
import pytest

import processes

SOON = 5.0  # seconds


def attacked(numbers):
    """What came of each: a line for every array, written before the next is tried."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, odd_arrays.__file__, *numbers]
    done = processes.run(command, timeout=120 + 10 * len(numbers), env=environment)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    last = found[-1]["name"] if found else "none"
    assert done.returncode == 0, f"ended by {signal.strsignal(-done.returncode) or done.stderr[-800:]} after {last}"
    return found


def judged(found):
    foreign = [case for case in found if case["came"] not in odd_arrays.FINE]
    slow = [case for case in found if case["seconds"] > SOON]
    assert not foreign
    assert not slow


def test_odd_arrays_are_fitted_or_refused():
    judged(attacked(range(0, odd_arrays.COUNT, 12)))


@pytest.mark.torture
@pytest.mark.parametrize("part", range(6))
def test_all_odd_arrays(part):
    judged(attacked(range(part, odd_arrays.COUNT, 6)))
