"""Time of one update beside scikit-learn, PyTorch and JAX, on six networks from tiny to large; and of predictions.

Every contender is a process of its own; they run in turn, a quarter of a second at a time, so that a change in the
machine's speed meets all of them. Each has the same rows, initial weights and loss, in float32. Libraries whose speed
depends on the number of threads run with one and with all, and the better counts. `limit` is the rate of a large
single-precision matrix product of NumPy's BLAS on all cores, in the same run. With `--isa avx2` every contender keeps
to AVX2, each by its own means, and says so (isa.py).

    python benchmarks/peers.py [--rounds 9] [--only 784-128] [--threads 2] [--isa avx2]
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import between_cores
from answering import Answering
from isa import SETS, environment
from machine import keep
from predictions import PREDICTIONS
from workloads import WORKLOADS, Workload

LIBRARIES = {"scikit-learn": "sklearn", "torch": "torch", "torch.compile": "torch", "jax": "jax"}
HERE = Path(__file__).parent
REST = 0.2  # seconds


class Process(Answering):
    """A contender in a process of its own, of another checkout of this repository if one is given."""

    def __init__(self, contender: str, workload: str, threads: int, isa: str, checkout: Path | None = None) -> None:
        folder = HERE if checkout is None else checkout / "benchmarks"
        command = [sys.executable, str(folder / "contenders.py"), contender, workload, str(threads)]
        elsewhere = {} if checkout is None else {"PYTHONPATH": str(checkout / "src")}
        super().__init__(contender, command, environment(isa) | elsewhere)
        self.threads, self.first, self.isa = threads, self.ready["seconds_to_first_update"], self.ready["isa"]
        if isa == "avx2" and self.isa != "AVX2":
            raise RuntimeError(f"{contender} was to keep to AVX2 and uses {self.isa}")

    def run(self) -> None:
        """One burst, after a rest: threads of the process before may look for work for a tenth of a second more."""
        time.sleep(REST)
        self.ask("seconds_per_update")


def installed() -> list[str]:
    """The peers that are there; the others are named."""
    found = [name for name, module in LIBRARIES.items() if importlib.util.find_spec(module) is not None]
    for name in LIBRARIES:
        if name not in found:
            print(f"{name} is not installed and is skipped")
    return found


def contest(title: str, work: Workload, peers: list[str], rounds: int, threads: int, isa: str) -> dict[str, Any]:
    """All contenders on one workload: medians, quartiles and ratios."""
    entries = [("clearprop", threads), ("limit", threads)]
    for peer in peers:
        if peer == "torch.compile" and work.flops < 1e9:
            continue  # slower than eager on all but the large networks: compiling takes a minute each
        entries += [(peer, n) for n in sorted({1, threads})] if peer != "jax" else [(peer, threads)]
    processes = [Process(name, title, n, isa) for name, n in entries]
    distances = []
    for number in range(rounds):
        distances.append(between_cores.nanoseconds())
        for process in processes if number % 2 else reversed(processes):
            process.run()
    for process in processes:
        process.end()
    found = {"contenders": [summary(p) for p in processes], "nanoseconds_between_cores": distances}
    return {**found, **ratios(work, processes)}


def summary(process: Process) -> dict[str, Any]:
    low, middle, high = statistics.quantiles(process.seconds, n=4)
    return {
        "name": process.name, "threads": process.threads, "isa": process.isa, "median": middle,
        "quartiles": [low, high], "least": min(process.seconds), "seconds_to_first_update": process.first,
    }  # fmt: skip


def ratios(work: Workload, processes: list[Process]) -> dict[str, Any]:
    """Peer's time ÷ ours, by the medians, each peer at its best number of threads; and our share of the limit."""
    ours = statistics.median(processes[0].seconds)
    rate = 2 * 2048**3 / statistics.median(processes[1].seconds)
    best: dict[str, float] = {}
    for process in processes[2:]:
        name = process.name.removesuffix(".compile")
        best[name] = min(best.get(name, float("inf")), statistics.median(process.seconds))
    return {
        "microseconds": ours * 1e6,
        "limit_gflops": rate / 1e9,
        "ratios": {name: seconds / ours for name, seconds in best.items()} | {"limit": work.flops / ours / rate},
        "floors": work.floors,
    }


def apart(found: dict[str, Any]) -> str:
    """How far the two cores were from each other in the rounds of a contest."""
    measured = sorted(n for n in found["nanoseconds_between_cores"] if n is not None)
    return f"{measured[0]:.0f}–{measured[-1]:.0f} ns between cores" if measured else ""


def main(rounds: int, only: str, threads: int, isa: str) -> None:
    peers = installed()
    results = {}
    print(f"{'':<42} {'µs/update':>10}   peer's time ÷ ours (floor), and share of the sgemm limit")
    for title, work in {**WORKLOADS, **PREDICTIONS}.items():
        if only not in title:
            continue
        results[title] = found = contest(title, work, peers, rounds, threads, isa)
        cells = [
            f"{name} {value:.3g} ({work.floors.get(name, '–')})" + ("" if value >= work.floors.get(name, 0) else " !")
            for name, value in found["ratios"].items()
        ]
        print(f"{title:<42} {found['microseconds']:>10.2f}   {'   '.join(cells)}   {apart(found)}", flush=True)
    name = "_".join(["peers", *([] if isa == "native" else [isa]), *([only] if only else [])])
    print("kept in", keep(name, results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--isa", choices=SETS, default="native", help="hold every contender to this instruction set")
    arguments = parser.parse_args()
    main(arguments.rounds, arguments.only, arguments.threads, arguments.isa)
