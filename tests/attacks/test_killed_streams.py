"""SIGKILL within an epoch of a training from the disk, at updates that were chosen: what must be found again after it.

A random moment is mostly one at which nothing would be lost. These are inside a buffer, in the first epoch, where few
rows were kept yet, and in a later one; the process that goes on would itself take other buffers.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

import processes
from sample_tables import flats

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
CHILD = Path(__file__).with_name("killed_streams.py")
IN_BUFFER, PER_EPOCH = 3, 29  # updates


def runs(table, asked, timeout=60):
    """What became of trainings, one after the other: None for one that was killed."""
    found = processes.run([sys.executable, CHILD, table, json.dumps(asked)], timeout=timeout)
    assert found.returncode == 0, found.stderr[-2000:]
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert not any(isinstance(line, str) for line in lines), (lines, found.stderr[-2000:])
    return lines


@pytest.fixture
def table(tmp_path):
    """One of fourteen row groups, of which eight are read side by side."""
    pyarrow.parquet.write_table(flats(n=700), tmp_path / "flats.parquet", row_group_size=50)
    return str(tmp_path / "flats.parquet")


def test_a_killed_stream_goes_on_inside_a_buffer_to_the_same_bits(table, tmp_path):
    folder = str(tmp_path / "run")
    first, later = 5 * IN_BUFFER + 1, 2 * PER_EPOCH + 7 * IN_BUFFER + 2
    undisturbed, *ends = runs(
        table,
        [
            {"scratch": "none"},
            {"checkpoints": folder, "dies": first},
            {"checkpoints": folder, "dies": later, "threads": 2, "batches": 20, "scratch": str(tmp_path)},
            {"checkpoints": folder, "batches": 8},
        ],
    )
    last = ends.pop()
    assert ends == [None, None], "both were killed"
    assert [line[1] for line in undisturbed["losses"]] == [PER_EPOCH * n for n in range(1, 6)], "as many updates"
    assert undisturbed["best"] == 5, "what is learned after the last kill is in the weights"
    assert undisturbed["buffers"][0] == IN_BUFFER * 16
    assert (undisturbed.pop("scratch"), last.pop("scratch")) != ("", "")
    assert last == undisturbed
    assert os.listdir(tmp_path / "run")


@pytest.mark.torture
def test_a_hundred_kills_inside_epochs(table, tmp_path, figure):
    chance, n_kills = random.Random(1), 0
    undisturbed = runs(table, [{}])[0]
    for n in range(20):
        folder, moments = str(tmp_path / f"run{n}"), sorted(chance.sample(range(1, 5 * PER_EPOCH), 5))
        asked = [
            {"checkpoints": folder, "dies": dies, "threads": chance.choice([1, 2]), "batches": 3 if k == 0 else 9,
             "scratch": chance.choice([None, "none", str(tmp_path)])}
            for k, dies in enumerate([*moments, None])
        ]  # fmt: skip
        *ends, last = runs(table, asked)
        assert ends == [None] * len(moments)
        assert {**last, "scratch": ""} == {**undisturbed, "scratch": ""}, asked
        n_kills += len(moments)
    figure("kill −9 at a chosen update, a table on the disk", f"{n_kills} kills, 0 other bits")
