"""What reading a table costs, beside another checkout, in turns: a large CSV file, and the diamonds.

    python benchmarks/reading.py --other ../before --megabytes 1000 --rounds 5

Each round starts a process for every checkout and table, in turns, so that a machine that slows down slows both. A
process imports the library, reads the table once to warm the file cache, and then times two things: reading alone, and
reading, finding out what the columns are and encoding them. The ratio is before ÷ after: above 1, reading is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIAMONDS = ROOT / "examples" / "data" / "diamonds.parquet"
MEASURED = """
import sys, time
from clearprop.tables import fit_encoder, read
path, with_encoder = sys.argv[1], sys.argv[2] == "encode"
read(path)
began = time.perf_counter()
table = read(path).table
took = [time.perf_counter() - began]
if with_encoder:
    encoder = fit_encoder(table).encoder
    encoder.encode(table)
took.append(time.perf_counter() - began)
print(*took)
"""


def write_csv(path: Path, megabytes: float) -> None:
    """A table like those of shops and meters: numbers, words, truths, dates, some of them missing."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    random = np.random.default_rng(0)
    n = 100_000
    words = np.array(["north", "south", "east", "west"])[random.integers(0, 4, n)]
    days = (np.datetime64("2020-01-01") + random.integers(0, 1500, n)).astype("datetime64[D]")
    columns = {f"number {k}": random.normal(size=n).round(4) for k in range(6)}
    columns |= {"count": random.integers(0, 10**6, n), "side": words, "day": days, "open": random.random(n) < 0.5}
    block = pa.table(columns).set_column(0, "number 0", pa.array(columns["number 0"], mask=random.random(n) < 0.1))
    with pyarrow.csv.CSVWriter(path, block.schema) as writer:
        while path.stat().st_size < megabytes * 1e6:
            writer.write_table(block)


def measured(checkout: Path, path: Path, what: str) -> tuple[float, float]:
    """Seconds of reading alone and, if asked for, of reading and encoding, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), what], env=environment, capture_output=True, text=True, check=True
    )
    reading, both = map(float, done.stdout.split())
    return reading, both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--other", type=Path, required=True, help="another checkout of this repository")
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.csv"
        write_csv(large, asked.megabytes)
        diamonds = Path(folder) / "diamonds.csv"
        write_diamonds(diamonds)
        cases = {
            f"CSV of {asked.megabytes:g} MB": (large, "read"),
            "diamonds.csv": (diamonds, "encode"),
            "diamonds.parquet": (DIAMONDS, "encode"),
        }
        times = {name: {"before": [], "after": []} for name in cases}
        for _ in range(asked.rounds):
            for name, (path, what) in cases.items():
                times[name]["before"].append(measured(asked.other, path, what))
                times[name]["after"].append(measured(ROOT, path, what))
    found = {name: summary(each) for name, each in times.items()}
    for name, each in found.items():
        print(f"{name}: read {each['read']['after']:.3f} s, before ÷ after {each['read']['ratio']:.3f}; "
              f"read and encoded {each['all']['after']:.3f} s, {each['all']['ratio']:.3f}")  # fmt: skip
    if asked.output is not None:
        asked.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def write_diamonds(path: Path) -> None:
    """The diamonds as CSV."""
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.csv.write_csv(pyarrow.parquet.read_table(DIAMONDS), path)


def summary(times: dict[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Medians of both checkouts, and the median of the ratios of the rounds."""
    made = {}
    for place, what in enumerate(("read", "all")):
        before, after = ([pair[place] for pair in times[name]] for name in ("before", "after"))
        ratios = [a / b for a, b in zip(before, after, strict=True)]
        made[what] = {
            "before": statistics.median(before),
            "after": statistics.median(after),
            "ratio": statistics.median(ratios),
        }
    return made


if __name__ == "__main__":
    main()
