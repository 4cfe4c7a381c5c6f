"""What it costs to read rows from the disk while they are learned from, beside having them in memory: a ratio.

In turns. The table fits into memory, its file is in the disk's cache, and both learn the same rows in the same number
of updates with the same encoder. ``python benchmarks/streaming.py [ROWS]``; the file is written to a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from machine import keep

from clearprop.engines import TrainingState, prepared
from clearprop.tables.streaming import stored
from clearprop.tables.streaming_order import LEARN
from clearprop.tables.streaming_read import read_whole
from clearprop.tabular.learning import member
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.training import epochs

TURNS, EPOCHS = 5, 3
HIDDEN = {"the default network": None, "a small network": (32,)}


def table(path: Path, n_rows: int) -> None:
    """Ten numbers and two categories."""
    random = np.random.default_rng(0)
    x = random.standard_normal((n_rows, 10))
    columns = {f"x{k}": x[:, k] for k in range(10)}
    for name, n in (("kind", 8), ("place", 60)):
        columns[name] = np.char.add(name, random.integers(0, n, n_rows).astype(str))
    y = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 0.1 * random.standard_normal(n_rows)
    pyarrow.parquet.write_table(pa.table({**columns, "y": y}), path, row_group_size=100_000)


def seconds(job: object, rows: object, engine: object, initial: object) -> float:
    """How long a few epochs take."""
    state = TrainingState.start(job, initial)
    began = time.perf_counter()
    for _ in epochs(job, state, rows, engine):
        pass
    return time.perf_counter() - began


def measured(path: Path, hidden: tuple[int, ...] | None) -> list[tuple[float, float]]:
    """Seconds from the disk and from memory, in turns."""
    settings = TableSettings(target="y", hidden=hidden, epochs=EPOCHS)
    plan = prepare_stream(stored(path), settings).ready.plan
    rows, job, streams = plan.stream.rows, plan.jobs[0], member(plan, 0)
    whole = read_whole(rows.table)
    learn = whole.filter(pa.array(rows.shares.parts(0, len(whole)) == LEARN))
    Y = rows.encoding.target.encode(rows.encoding.y(learn))
    data = prepared(job, rows.encoding.encoder.encode(learn).X, Y, None, np.float32)
    found = []
    for turn in range(TURNS + 1):  # the first warms up
        pair = [seconds(job, each, streams.engine, streams.initial) for each in (streams.data, data)]
        streams.data.close()
        if turn:
            found.append((pair[0], pair[1]))
    return found


def main() -> None:
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        table(path, n_rows)
        results = {}
        for name, hidden in HIDDEN.items():
            pairs = measured(path, hidden)
            ratios = sorted(disk / memory for disk, memory in pairs)
            results[name] = {"ratio": ratios[len(ratios) // 2], "ratios": ratios, "seconds": pairs}
            print(
                f"{name}: from the disk takes {ratios[len(ratios) // 2]:.3f} of the time from memory ({n_rows:,} rows)"
            )
    keep("streaming", {"rows": n_rows, **results})


if __name__ == "__main__":
    main()
