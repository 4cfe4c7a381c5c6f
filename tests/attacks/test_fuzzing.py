"""Every reader against a fuzzer, each in a process of its own: what it makes is read, or refused in a sentence."""

import json
import os
import sys

import fuzzed
import pytest

import processes

SHORT = {"csv": 400, "parquet": 400, "sheets": 40, "models": 800, "checkpoints": 800}
LONG = 10**6


def attack(name, count, seed, folder, timeout=600):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, fuzzed.__file__, name, count, seed, folder]
    done = processes.run(command, timeout=timeout, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["read"] + found["refused"] + found.get("unmade", 0) == count
    assert min(found["read"], found["refused"]) > 0
    return found


@pytest.mark.parametrize("name", fuzzed.READERS)
def test_what_a_fuzzer_makes_is_read_or_refused_in_a_sentence(name, tmp_path):
    attack(name, SHORT[name], 0, tmp_path)


@pytest.mark.torture
@pytest.mark.parametrize("name", fuzzed.READERS)
def test_a_million_inputs_of_a_fuzzer(name, tmp_path, figure):
    found = attack(name, LONG, 1, tmp_path, timeout=12 * 3600)
    how = "coverage-guided" if found["guided"] else "at random"
    figure(
        f"fuzzing, {name}",
        f"{LONG:,} inputs {how}, {found['read']:,} read, {found['refused']:,} refused, 0 faults, "
        f"{found['a second']:,} a second",
    )
