"""What it costs to read rows from the disk while they are learned from, beside having them in memory: a ratio.

In turns. The table fits into memory, its file is in the disk's cache, and both learn the same rows in the same number
of updates with the same encoder. Whole trainings: reading and encoding count on both sides, what is looked up before
(the encoder) on neither. Beside them the epochs after the first: in memory, where all rows are kept once they are
encoded; from the temporary file, where memory has no room for them; and encoded anew (``--scratch none``).

``python benchmarks/streaming.py [ROWS]``; the files are written to the folder for temporary files.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from machine import keep

from clearprop.engines import TrainingState, prepared
from clearprop.tables.streaming import stored
from clearprop.tables.streaming_order import LEARN
from clearprop.tables.streaming_read import read_whole
from clearprop.tabular.learning import member
from clearprop.tabular.scratch import ANEW, ScratchPlace
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.tabular.streamed_rows import RowStream
from clearprop.training import epochs

TURNS, EPOCHS = 5, 20
HIDDEN = {"the default network": None, "a small network": (32,)}


class Seconds(NamedTuple):
    """Of a whole training, and of an epoch after its first."""

    whole: float
    later: float


def table(path: Path, n_rows: int) -> None:
    """Ten numbers and two categories."""
    random = np.random.default_rng(0)
    x = random.standard_normal((n_rows, 10))
    columns = {f"x{k}": x[:, k] for k in range(10)}
    for name, n in (("kind", 8), ("place", 60)):
        columns[name] = np.char.add(name, random.integers(0, n, n_rows).astype(str))
    y = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 0.1 * random.standard_normal(n_rows)
    pyarrow.parquet.write_table(pa.table({**columns, "y": y}), path, row_group_size=100_000)


def seconds(job: object, rows: Callable[[], object], engine: object, initial: object) -> Seconds:
    """How long a training takes; the rows are made ready as a part of it."""
    began = time.perf_counter()
    source = rows()
    ends = [time.perf_counter() for _ in epochs(job, TrainingState.start(job, initial), source, engine)]
    if isinstance(source, RowStream):
        source.close()
    return Seconds(ends[-1] - began, statistics.median(np.diff(ends)))


def measured(path: Path, hidden: tuple[int, ...] | None) -> dict[str, list[Seconds]]:
    """From the disk with rows kept in memory, in a file, and not at all, and from memory, in turns."""
    settings = TableSettings(target="y", hidden=hidden, epochs=EPOCHS)
    plan = prepare_stream(stored(path), settings).ready.plan
    rows, job, streams = plan.stream.rows, plan.jobs[0], member(plan, 0)

    def in_memory() -> object:
        whole = read_whole(rows.table)
        learn = whole.filter(pa.array(rows.shares.parts(0, len(whole)) == LEARN))
        Y = rows.encoding.target.encode(rows.encoding.y(learn))
        return prepared(job, rows.encoding.encoder.encode(learn).X, Y, None, np.float32)

    file = ScratchPlace("", folder=path.parent)
    ways: dict[str, tuple[object, Callable[[], object]]] = {
        "disk": (job, lambda: replace(rows, kept_at=ScratchPlace("", in_memory=True))),
        "file": (replace(job, epochs=6), lambda: replace(rows, kept_at=file)),
        "anew": (replace(job, epochs=3), lambda: replace(rows, kept_at=ANEW)),
        "memory": (job, in_memory),
    }
    found: dict[str, list[Seconds]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):  # the first warms up
        for name, (each, made) in ways.items():
            took = seconds(each, made, streams.engine, streams.initial)
            if turn:
                found[name].append(took)
    return found


def ratio(turns: dict[str, list[Seconds]], way: str, what: str) -> float:
    """Of seconds from the disk in one way and from memory, the median of the turns."""
    pairs = zip(turns[way], turns["memory"], strict=True)
    return statistics.median(getattr(disk, what) / getattr(memory, what) for disk, memory in pairs)


def main() -> None:
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        table(path, n_rows)
        heads = "".join(f"{head:>14}" for head in ("whole", "later epochs", "from a file", "encoded anew"))
        print(f"{f'from the disk ÷ from memory ({n_rows:,} rows, {EPOCHS} epochs)':60}{heads}")
        for name, hidden in HIDDEN.items():
            turns = measured(path, hidden)
            ratios = {
                "whole": ratio(turns, "disk", "whole"),
                "later": ratio(turns, "disk", "later"),
                "file": ratio(turns, "file", "later"),
                "anew": ratio(turns, "anew", "later"),
            }
            results[name] = {**ratios, "seconds": turns}
            print(f"{name:60}" + "".join(f"{each:14.3f}" for each in ratios.values()))
    keep("streaming", {"rows": n_rows, "epochs": EPOCHS, **results})


if __name__ == "__main__":
    main()
