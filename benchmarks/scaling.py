"""Time against threads, processes and networks at once: what to do at which size, for docs/scaling.md and its picture.

    python benchmarks/scaling.py [--rounds 3] [--draw]

Each figure is the time of an epoch, the median of all but the first, in a process of its own or in two that torchrun
starts (PyTorch must be there), in turns. `--draw` makes the picture of the results that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from machine import RESULTS, describe, keep

PICTURE = Path(__file__).parents[1] / "docs" / "scaling.svg"
NETWORKS = {  # widths, rows, batch size, epochs
    "784-1024-1024-10, batches of 1,024": ([784, 1024, 1024, 10], 4096, 1024, 4),
    "784-1024-1024-10, batches of 128": ([784, 1024, 1024, 10], 1024, 128, 4),
    "784-128-10, batches of 128": ([784, 128, 10], 8192, 128, 8),
    "6-16-1, batches of 50": ([6, 16, 1], 5000, 50, 30),
}
WAYS: dict[str, tuple[int, int, dict[str, str]]] = {  # processes, threads of each, what else is in the environment
    "1 process, 1 thread": (1, 1, {}),
    "1 process, 2 threads": (1, 2, {}),
    "2 processes, gradients summed": (2, 1, {}),
    "2 processes, averaged every 16 updates": (2, 1, {"CLEARPROP_SYNC_EVERY": "16"}),
    "2 processes, batches twice as large": (2, 1, {"CLEARPROP_BATCH_GROWS": "linear"}),
}
AT_ONCE = (1, 2, 4, 16, 64)  # networks 8-32-1


def one_network(widths: list[int], n_rows: int, batch_size: int, n_epochs: int, threads: int) -> float:
    """Seconds of an epoch."""
    import numpy as np

    from clearprop import Network, train

    rng, network = np.random.default_rng(0), Network.mlp(widths, "relu")
    X = rng.normal(size=(n_rows, widths[0])).astype(np.float32)
    Y = rng.normal(size=(n_rows, widths[-1])).astype(np.float32)
    done = train(
        network, network.initial(seed=0, dtype=np.float32), X, Y, epochs=n_epochs, batch_size=batch_size, tolerance=0.0,
        n_threads=threads, engine="compiled", callbacks=[lambda epoch: None],
    )  # fmt: skip
    ends = [epoch.seconds for epoch in done.history]
    return median(b - a for a, b in pairwise(ends))


def at_once(threads: int) -> dict[str, float]:
    """Seconds for so many small networks, 40 epochs each."""
    import time

    import numpy as np

    from clearprop import Network, train_many

    rng, network = np.random.default_rng(0), Network.mlp([8, 32, 1], "tanh")
    X, Y = rng.normal(size=(2000, 8)).astype(np.float32), rng.normal(size=(2000, 1)).astype(np.float32)

    def taken(n: int) -> float:
        began = time.perf_counter()
        train_many(
            [{"network": network, "seed": k} for k in range(n)], X, Y, epochs=40, batch_size=64, n_threads=threads
        )
        return time.perf_counter() - began

    taken(2)
    return {str(n): taken(n) for n in AT_ONCE}


def measured(work: str, way: str = "1 process, 1 thread", threads: int | None = None) -> Any:
    """What a process says, or the first of two."""
    n_processes, n_threads, more = WAYS[way]
    command = [sys.executable, *([] if n_processes == 1 else ["-m", "torch.distributed.run", "--standalone"])]
    command += [] if n_processes == 1 else [f"--nproc-per-node={n_processes}"]
    environment = {**os.environ, **more, "OMP_NUM_THREADS": str(n_threads), "OPENBLAS_NUM_THREADS": "1"}
    command += [__file__, "--work", work, "--threads", str(threads or n_threads)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}, {work}: {done.stderr[-2000:]}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])["found"]


def all_of_them(rounds: int) -> dict[str, Any]:
    """Every figure, in turns; the median of the rounds."""
    every: dict[str, dict[str, list[float]]] = {name: {way: [] for way in WAYS} for name in NETWORKS}
    many: dict[str, list[dict[str, float]]] = {"1": [], "2": []}
    for _ in range(rounds):
        for name, ways in every.items():
            for way, found in ways.items():
                found.append(measured(name, way))
        for threads, seen in many.items():
            seen.append(measured("at once", threads=int(threads)))
    epochs = {name: {way: median(found) for way, found in ways.items()} for name, ways in every.items()}
    networks = {t: {n: median(each[n] for each in seen) for n in seen[0]} for t, seen in many.items()}
    return {"rounds": rounds, "seconds of an epoch": epochs, "seconds of networks at once": networks}


def draw(kept: dict[str, Any], path: Path) -> None:
    """A panel for each network, with the time of each way, and one of the time of many networks."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "clearprop"
    from matplotlib import pyplot as plt

    results = kept["results"]
    figure, panels = plt.subplots(1, len(NETWORKS) + 1, figsize=(19, 3.6), layout="constrained")
    for panel, (name, ways) in zip(panels, results["seconds of an epoch"].items(), strict=False):
        one = ways["1 process, 1 thread"]
        bars = panel.barh(list(ways), [seconds / one for seconds in ways.values()], color="#4477aa")
        panel.bar_label(bars, [f"{1e3 * seconds:.3g} ms" for seconds in ways.values()], padding=2, fontsize=7)
        panel.set(title=name, xlabel="time of an epoch, one thread = 1")
        panel.title.set_fontsize(9)
        panel.invert_yaxis()
        panel.margins(x=0.3)
        if panel is not panels[0]:
            panel.set_yticks([])
    for (threads, seen), marker in zip(results["seconds of networks at once"].items(), "os", strict=True):
        each = [seconds / int(n) for n, seconds in seen.items()]
        panels[-1].plot(list(map(int, seen)), each, marker=marker, label=f"{threads} thread{'s' * (threads != '1')}")
    panels[-1].set(xscale="log", yscale="log", xlabel="networks 8-32-1 at once", ylabel="seconds for each")
    panels[-1].legend()
    machine = kept["machine"]
    figure.suptitle(
        f"{machine['processor']} (Zen 3), {machine['cores']} virtual cores, busy (load {machine['load']:.0f})",
        fontsize=9,
    )
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    if asked.work:
        works: dict[str, Callable[[], Any]] = {"at once": lambda: at_once(asked.threads)}
        found = works.get(asked.work, lambda: one_network(*NETWORKS[asked.work], asked.threads))()
        if os.environ.get("RANK", "0") == "0":
            print(json.dumps({"found": found}))
        return
    if not asked.draw:
        print(describe())
        print(keep("scaling", all_of_them(asked.rounds)))
    draw(json.loads((RESULTS / "scaling.json").read_text()), PICTURE)


if __name__ == "__main__":
    main()
