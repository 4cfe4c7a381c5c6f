"""How long the lab takes to answer: a state, a step, a derivation, up to 64-32-10; and what a watched training costs.

``python benchmarks/lab.py`` prints a table. Times are those of the application itself, in this process, without a
network between; the least of several, so that what else the machine does counts little.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from asking import Asking
from clearprop import Network, train
from clearprop.formulas import SGD, Adam
from clearprop.job import Job
from clearprop.lab import Watch
from clearprop.lab.making import of_classes
from clearprop.lab.project import Project

WIDTHS = ([2, 2, 2], [4, 5, 3], [2, 8, 8, 3], [64, 32, 10], [784, 128, 10])
TIMES, BATCH = 7, 16
LIMITS = {"state": 50, "step": 50, "derivation": 100}  # ms


def project(widths: list[int]) -> Project:
    """Random rows for a network of these widths."""
    random = np.random.default_rng(0)
    n = max(200, widths[-1] * 3)
    rows = of_classes("drawn", "random", random.random((n, widths[0])), np.arange(n) % max(3, widths[-1]), 0.0, {})
    network = Network.mlp([widths[0], *widths[1:-1], rows.Y.shape[1]], "relu", loss="cross_entropy")
    return Project.of(rows, network, network.initial(0).theta, Job(network, Adam(0.001), batch_size=BATCH))


def least(call) -> float:
    """The least of several times, in milliseconds."""
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        call()
        found.append(1000 * (time.perf_counter() - began))
    return min(found)


def answers() -> None:
    """State, steps and derivations."""
    print(f"{'network':>12} {'state':>8} {'neuron':>8} {'batch':>8} {'dW1':>8} {'delta1':>8}   (ms, batch of {BATCH})")
    for widths in WIDTHS:
        asking = Asking(project(widths))
        asking.get("state")
        times = [
            least(lambda asking=asking: asking.get("state")),
            least(lambda asking=asking: asking.post("step", grain="neuron")),
            least(lambda asking=asking: asking.post("step", grain="batch")),
            least(lambda asking=asking: asking.get("derivation", of="W1[0,0]")),
            least(lambda asking=asking: asking.get("derivation", of="delta1[0]")),
        ]
        print(f"{'-'.join(map(str, widths)):>12} " + " ".join(f"{ms:8.1f}" for ms in times))


def watching() -> None:
    """A training with a page that nobody looks at, beside one without, in turns."""
    random = np.random.default_rng(0)
    X, y = random.random((2_000, 10)), random.random((2_000, 1))
    network = Network.mlp([10, 32, 1], "relu")
    params = network.initial(0, dtype=np.float32)

    def fit(callbacks) -> float:
        began = time.perf_counter()
        train(network, params, X, y, optimizer=SGD(0.01), epochs=60, tolerance=0, callbacks=callbacks)
        return time.perf_counter() - began

    fit([])
    ratios = []
    for _ in range(TIMES):
        plain = fit([])
        with Watch(browser=False) as watch:
            ratios.append(plain / fit([watch]))
    kept = 100 * sorted(ratios)[len(ratios) // 2]
    print(f"a watched training keeps {kept:.1f} % of its speed (median of {TIMES} turns)")


if __name__ == "__main__":
    answers()
    watching()
