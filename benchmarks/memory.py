"""Resident memory of a fit, in a fresh process with the kernels in the cache.

The most that the process held at any time of the fit, over what it held when its libraries were imported. It may be:
the data, six times the parameters (θ, the gradient, Adam's two vectors, the best θ, room for an update), a gradient for
each further thread, the activations of one batch, and 50 MB.

    python benchmarks/memory.py [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from machine import keep

ROOM = 50e6  # bytes over what must be
CASES = {  # widths, batch, rows
    "2-2-1, batch 1": ((2, 2, 1), 1, 10_000),
    "784-128-10, batch 128": ((784, 128, 10), 128, 60_000),
    "784-1024-1024-10, batch 512": ((784, 1024, 1024, 10), 512, 20_000),
    "4-32-16-4, batch 10,000": ((4, 32, 16, 4), 10_000, 1_000_000),
    "64-4096-4096-1, batch 256": ((64, 4096, 4096, 1), 256, 10_000),
}
STATUS = Path("/proc/self/status")


def held(name: str) -> int:
    """Bytes that this process holds (VmRSS), or has held at most (VmHWM), as the system counts them."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def fit(title: str, threads: int) -> None:
    """In a process of its own: import, make data, train, print what was held."""
    import numpy as np

    import clearprop.engines.compiled.engine  # noqa: F401  (its machine code is not loaded yet)
    from clearprop import Network, train

    widths, batch, rows = CASES[title]
    network = Network.mlp(widths, hidden="relu", loss="half_squared_error")
    imported = held("VmRSS")
    random = np.random.default_rng(0)
    X = random.standard_normal((rows, widths[0]), dtype=np.float32)
    Y = random.random((rows, widths[-1]), dtype=np.float32)
    params = network.initial(dtype=np.float32)
    done = train(
        network, params, X, Y, epochs=2, batch_size=batch, max_seconds=20, patience=1e9, engine="compiled",
        callbacks=[lambda epoch: None],
    )  # fmt: skip
    assert done.engine == "compiled"
    print(json.dumps({"taken": held("VmHWM") - imported, "data": X.nbytes + Y.nbytes, "imported": imported}))


def main(threads: int) -> None:
    if not STATUS.exists():
        print("this system does not say what a process holds; nothing is measured")
        return
    results = {}
    print(
        f"{'MB':<30} {'imported':>9} {'data':>8} {'must be':>8} {'taken':>8} {'over':>7}   (at most {ROOM / 1e6:.0f})"
    )
    for title, (widths, batch, _) in CASES.items():
        for _ in range(2):  # the first fills the cache
            command = [sys.executable, __file__, "--case", title, "--threads", str(threads)]
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found = json.loads(done.stdout)
        parameters = 4 * sum(a * b + b for a, b in pairwise(widths))
        activations = 3 * 4 * batch * sum(widths)
        must = found["data"] + (6 + threads - 1) * parameters + activations
        over = found["taken"] - must
        row = [found["imported"], found["data"], must, found["taken"], over]
        print(f"{title:<30} " + " ".join(f"{n / 1e6:>8.1f}" for n in row) + ("" if over <= ROOM else "  !"))
        results[title] = {**found, "must_be": must, "over": over}
    print("kept in", keep("memory", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--case", help="one fit, in this process")
    arguments = parser.parse_args()
    if arguments.case:
        fit(arguments.case, arguments.threads)
    else:
        main(arguments.threads)
