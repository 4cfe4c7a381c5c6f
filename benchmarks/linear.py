"""Time of an epoch for 10⁴, 10⁵ and 10⁶ rows: it should lie on a straight line.

A line through the times is fitted with equal relative weight, and the farthest time from it is told, in per cent.
All sizes run in turn, so that a change in the machine's speed meets all of them.

    python benchmarks/linear.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from machine import keep

MOST = 0.15  # of a time, its distance from the line
SIZES = (10_000, 100_000, 1_000_000)
CASES = {  # widths, batch
    "20-64-1, batch 200": ((20, 64, 1), 200),
    "20-128-128-1, batch 256": ((20, 128, 128, 1), 256),
    "4-32-16-4, batch 10,000": ((4, 32, 16, 4), 10_000),
}


def prepare(widths: tuple[int, ...], batch: int, rows: int) -> Any:
    """A function that trains one epoch, as `train` does: in stretches, in a new order each time."""
    import numpy as np

    from clearprop.engines import Data, Job, TrainingState, choose
    from clearprop.network import Network
    from clearprop.training.loop import epochs

    random = np.random.default_rng(0)
    X = random.standard_normal((rows, widths[0]), dtype=np.float32)
    Y = random.random((rows, widths[-1]), dtype=np.float32)
    network = Network.mlp(widths, hidden="relu", loss="half_squared_error")
    job = Job(network, epochs=10**6, batch_size=batch)
    state = TrainingState.start(job, network.initial(dtype=np.float32).theta)
    data = Data(X, Y)
    records = epochs(job, state, data, choose("compiled", job, data.layout).engine)
    return lambda: next(records)


def distance(times: dict[int, float]) -> float:
    """The largest relative distance of a time from the line that fits them best in relative terms."""
    import numpy as np

    sizes, seconds = np.array(list(times), dtype=float), np.array(list(times.values()))
    design = np.stack([np.ones(len(sizes)), sizes], axis=1) / seconds[:, None]
    line, *_ = np.linalg.lstsq(design, np.ones(len(sizes)))
    return float(np.abs(design @ line - 1).max())


def main(rounds: int) -> None:
    results = {}
    heads = " ".join(f"{size:>10,}" for size in SIZES)
    print(f"{'seconds of an epoch':<26} {heads}   off the line (at most {MOST})")
    for title, (widths, batch) in CASES.items():
        runs = {size: prepare(widths, batch, size) for size in SIZES}
        seconds: dict[int, list[float]] = {size: [] for size in SIZES}
        for number in range(rounds + 1):
            for size, run in runs.items():
                repeats = max(1, 100_000 // size)  # short epochs several times, for a time that can be measured
                began = time.perf_counter()
                for _ in range(repeats):
                    run()
                if number:  # the first is the warm-up
                    seconds[size].append((time.perf_counter() - began) / repeats)
        times = {size: min(found) for size, found in seconds.items()}  # the least: what else runs only adds to it
        off = distance(times)
        cells = " ".join(f"{found:>10.4f}" for found in times.values())
        print(f"{title:<26} {cells}   {off:.3f}{'' if off <= MOST else ' !'}")
        results[title] = {"seconds": times, "off": off}
    print("kept in", keep("linear", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    main(parser.parse_args().rounds)
