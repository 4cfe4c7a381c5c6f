"""A table that memory has no room for: it trains, predicts and is scored, and the process takes no more than was said.

The short form has some megabytes and a limit to match. The long one writes 2 GiB of Parquet and allows 512 MiB:
``pytest -m torture tests/attacks/test_larger_than_memory.py``, with 5 GiB of free disk.
"""

import json
import re
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import processes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process takes is read from /proc")
MIB = 2**20
# Runs a command, and says what the process had with all libraries imported, and the most that it ever had.
RUN = """
import json, sys
import clearprop.cli.train, clearprop.cli.predict, clearprop.cli.evaluate
import clearprop.engines.compiled.engine
from clearprop.cli.app import exit_code

def status(name):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

libraries = status("VmRSS")
code = exit_code(sys.argv[1:])
print(json.dumps({"code": code, "libraries": libraries, "peak": status("VmHWM")}), file=sys.stderr)
"""
N_NUMBERS = 12


def write(path, n_bytes, rows_of_group):
    """A table of random numbers, which cannot be packed, and a category, of about so many bytes."""
    random = np.random.default_rng(0)
    names = [f"x{k}" for k in range(N_NUMBERS)]
    schema = pa.schema([*((name, pa.float64()) for name in names), ("kind", pa.string()), ("y", pa.float64())])
    written = 0
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while written < n_bytes:
            x = random.standard_normal((rows_of_group, N_NUMBERS))
            kind = random.integers(0, 20, rows_of_group)
            y = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + kind % 3 + 0.1 * random.standard_normal(rows_of_group)
            columns = [*x.T, np.char.add("kind", kind.astype(str)), y]
            writer.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema))
            written += 8 * (N_NUMBERS + 1) * rows_of_group
    return path


def run(*arguments, timeout=3600):
    found = processes.run([sys.executable, "-c", RUN, *map(str, arguments)], timeout=timeout)
    said = json.loads(found.stderr.splitlines()[-1])
    assert said["code"] == 0, found.stderr
    return found.stdout, said


def attack(tmp_path, n_bytes, limit, rows_of_group, *options):
    table = write(tmp_path / "big.parquet", n_bytes, rows_of_group)
    model, predictions = tmp_path / "big.clearprop", tmp_path / "predictions.parquet"
    memory = ("--memory", f"{limit // MIB}MiB")
    trained, said = run("train", table, "--target", "y", "--output", model, *memory, *options)
    assert "from the disk, because the table would take about" in trained
    peaks = [said]
    for command in (("predict", model, table, "--output", predictions), ("evaluate", model, table)):
        out, said = run(*command, *memory)
        peaks.append(said)
    assert "RMSE" in out
    n_rows = pyarrow.parquet.read_metadata(table).num_rows
    assert pyarrow.parquet.read_metadata(predictions).num_rows == n_rows
    for said in peaks:
        assert said["peak"] <= limit, said
    return n_rows, [said["peak"] - said["libraries"] for said in peaks]


def test_a_table_that_does_not_fit_trains_predicts_and_is_scored(tmp_path):
    attack(tmp_path, 12 * MIB, 440 * MIB, 20_000, "--hidden", "16", "--epochs", "1")


def test_rows_that_are_kept_in_memory_are_within_what_was_said(tmp_path):
    table = write(tmp_path / "t.parquet", 8 * MIB, 20_000)  # encoded, ten times as much: it would not go unseen
    options = ("--stream", "--hidden", "16", "--epochs", "2", "--output", tmp_path / "t.clearprop")
    trained, said = run("train", table, "--target", "y", *options)
    most = re.search(r"memory +(\d+) MB at most: .* for\s+all\s+rows,\s+encoded", trained, re.DOTALL)
    assert most, trained
    assert said["peak"] <= (int(most[1]) + 1) * 1e6, (most[1], said)


@pytest.mark.torture
def test_2_gib_under_512_mib(tmp_path, figure):
    n_rows, more = attack(tmp_path, 2048 * MIB, 512 * MIB, 250_000, "--hidden", "32", "--epochs", "1")
    sizes = " / ".join(str(size // MIB) for size in more)
    figure("2 GiB under 512 MiB", f"{n_rows:,} rows, {sizes} MiB over the libraries' own (train / predict / evaluate)")
    assert max(more) <= 400 * MIB
