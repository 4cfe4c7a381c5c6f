"""This checkout beside another revision, in turns, each in a process of its own: is anything slower than it was?

``python benchmarks/before_after.py REF``, ``--rounds 15`` for more turns. First whole fits, then updates alone: the
workloads of `peers`. A ratio below 1 means that today's code takes longer; the median over the turns counts, as both
see the same disturbance of a busy machine. Where a process's memory happens to lie makes several percent of the time of
an update, so updates are measured in several pairs of processes, and the median over all their turns counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from peers import Process
from workloads import WORKLOADS as PEERS

HERE = Path(__file__).resolve().parents[1]
PAIRS = 7
WORKLOADS = {
    "first fit": "first_fit()",
    "one row": "one_row()",
    "small batches": "fit(MLPClassifier((32,), batch_size=10, max_iter=10, random_state=0), 2000, 20)",
    "digits": "fit(MLPClassifier((100,), max_iter=10, random_state=0), 1800, 64)",
    "wide": "fit(MLPClassifier((256, 256), batch_size=128, max_iter=5, random_state=0), 6000, 784)",
    "lbfgs": "fit(MLPClassifier((50,), solver='lbfgs', max_iter=30, random_state=0), 2000, 20)",
    "partial fit": "parts()",
    "table": "fit(TabularClassifier(max_iter=8, ensemble=2, random_state=0), 3000, 10)",
}
CODE = """
import gc, time, warnings
warnings.simplefilter("ignore")
import numpy as np, sklearn.neural_network
gc.collect()  # or a collection of all that scikit-learn brought (0.15 s) falls into one side and not into the other
began = time.perf_counter()
from clearprop import MLPClassifier, TabularClassifier
random = np.random.default_rng(0)
def rows(n, width):
    X = random.standard_normal((n, width)).astype(np.float32)
    return X, (X @ random.standard_normal((width, 10))).argmax(axis=1)
def fit(model, n, width):
    X, y = rows(n, width)
    began = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - began
def first_fit():
    fit(MLPClassifier((64,), max_iter=5, random_state=0), 2000, 20)
    return time.perf_counter() - began
def repeated(call):
    for n in range(100):
        call(n)
    began = time.perf_counter()
    for n in range(400):
        call(n)
    return time.perf_counter() - began
def one_row():
    X, y = rows(500, 20)
    model = MLPClassifier((64,), max_iter=2, random_state=0).fit(X, y)
    return repeated(lambda n: [model.predict(X[:1]) for _ in range(5)])
def parts():
    X, y = rows(500, 20)
    model = MLPClassifier((50,), random_state=0).partial_fit(X[:1], y[:1], classes=np.arange(10))
    return repeated(lambda n: model.partial_fit(X[n : n + 1], y[n : n + 1]))
"""


def seconds(checkout: Path, name: str) -> float:
    """One run of a workload with a checkout, after one that does not count; the "first fit" counts the import too."""
    runs = WORKLOADS[name] if name == "first fit" else f"({WORKLOADS[name]}, {WORKLOADS[name]})[1]"
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", f"{CODE}print({runs})"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout.split()[-1])


def turns(before: Path, now: Path, rounds: int, measure: Callable[[Path], float]) -> list[float]:
    """Before ÷ after, turn by turn."""
    found = []
    for turn in range(rounds):
        took = {side: measure(side) for side in ((before, now) if turn % 2 else (now, before))}
        found.append(took[before] / took[now])
    return found


def fits(before: Path, now: Path, name: str, rounds: int) -> list[float]:
    """Of a whole fit."""
    seconds(before, name), seconds(now, name)  # what has to be compiled is compiled before it counts
    return turns(before, now, rounds, lambda side: seconds(side, name))


def updates(before: Path, now: Path, name: str, rounds: int) -> list[float]:
    """Of an update, in several pairs of processes."""
    found = []
    for _ in range(PAIRS):
        sides = {side: Process("clearprop", name, os.cpu_count() or 1, "native", side) for side in (before, now)}

        def burst(side: Path, sides: dict[Path, Process] = sides) -> float:
            sides[side].run()
            return sides[side].seconds[-1]

        found += turns(before, now, rounds, burst)
        for side in sides.values():
            side.end()
    return found


def main() -> None:
    """Compare, and print a line for each workload."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ref", help="a revision of this repository")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "archive", asked.ref, "src", "benchmarks"]
        archive = subprocess.run(command, cwd=HERE, check=True, capture_output=True).stdout
        subprocess.run(["tar", "x", "-C", folder], input=archive, check=True)
        before, now = Path(folder), HERE
        for compared, names in ((fits, WORKLOADS), (updates, PEERS)):
            for name in names:
                if asked.only in name:
                    ratios = compared(before, now, name, asked.rounds)
                    spread = f"({min(ratios):.3f} … {max(ratios):.3f})"
                    print(f"{name:40}  before ÷ after {statistics.median(ratios):.3f}  {spread}", flush=True)


if __name__ == "__main__":
    main()
