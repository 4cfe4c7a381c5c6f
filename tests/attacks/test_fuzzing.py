"""Every reader against a fuzzer, each in a process of its own: what it makes is read, or refused in a sentence."""

import json
import os
import sys
from pathlib import Path

import fuzzed
import pytest

import processes

KEPT = Path(__file__).parents[2] / "build" / "fuzzed"  # what was done of the million, which no single run has to do
SHORT = {"csv": 400, "parquet": 400, "sheets": 40, "models": 800, "checkpoints": 800}
LONG = 10**6


def attack(name, count, seed, folder, tally=None, timeout=600):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, fuzzed.__file__, name, count, seed, folder, *([] if tally is None else [tally])]
    done = processes.run(command, timeout=timeout, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["read"] + found["refused"] + found.get("unmade", 0) == count
    assert min(found["read"], found["refused"]) > 0
    return found


@pytest.mark.parametrize("name", fuzzed.READERS)
def test_what_a_fuzzer_makes_is_read_or_refused_in_a_sentence(name, tmp_path):
    attack(name, SHORT[name], 0, tmp_path)


def test_executions_of_one_version_add_up(tmp_path):
    """A million are too many for one run: what was done is kept, and that of another version counts for nothing."""
    path = tmp_path / "csv.json"
    for outcome in ("read", "refused", "unmade"):
        tally = fuzzed.Tally(path, "this version")
        tally.add(outcome, "at random")
        tally.keep()
    again = fuzzed.Tally(path, "this version")
    assert (again.n, again.counts["at random"]) == (3, 3)
    assert fuzzed.Tally(path, "another version").n == 0


@pytest.mark.torture
@pytest.mark.parametrize("name", fuzzed.READERS)
def test_a_million_inputs_of_a_fuzzer(name, tmp_path, figure):
    KEPT.mkdir(parents=True, exist_ok=True)
    found = attack(name, LONG, 1, tmp_path, KEPT / f"{name}.json", timeout=12 * 3600)
    figure(
        f"fuzzing, {name}",
        f"{LONG:,} inputs, {found.get('guided', 0):,} of them guided by coverage, {found['read']:,} read, "
        f"{found['refused']:,} refused, 0 faults, {found['a second']:,} a second, version {found['of']}",
    )
