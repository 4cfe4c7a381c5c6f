"""One of two processes that train together is killed at a random moment: the other never hangs, and no bit changes."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

import processes
from clearprop.errors import is_installed

pytestmark = [
    pytest.mark.skipif(not is_installed("torch"), reason="torch is not installed (make test-frameworks)"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here"),
]
KILLS = Path(__file__).parent.parent / "distributed_kills.py"
LONGEST = 30.0  # seconds
LOST = (
    r"process \d of 2 (has lost|waited for the others|has ended the work)|process \d has ended, and the others cannot|"
    r"a process is lost"
)


@pytest.mark.parametrize("n", [4, pytest.param(100, marks=pytest.mark.torture)])
def test_who_is_left_ends_with_a_sentence_and_a_restart_comes_to_the_same_bits(n):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = processes.run([sys.executable, KILLS, n, n], env=environment, timeout=60 + 15 * n)
    assert done.returncode == 0, done.stderr
    first, *rounds = map(json.loads, done.stdout.splitlines())
    whole = {job: {each["digest"] for each in results} for job, results in first["whole"].items()}
    assert all(len(digests) == 1 for digests in whole.values())
    for each in rounds:
        right = whole[each["job"]]
        assert each["seconds"] < LONGEST, each
        for code, result in zip(each["codes"], each["results"], strict=True):
            assert {0: "digest" in result, 1: "error" in result, -9: True}[code], each
            assert result.get("digest", *right) in right, each
            assert re.match(LOST, result.get("error", "a process is lost")), each
        for result in each.get("again", []):
            assert {result.get("digest")} == right, each
    assert sum(-9 in each["codes"] for each in rounds) == n
