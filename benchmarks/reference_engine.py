"""Time of one update: the reference engine beside scikit-learn's MLP, 784-128-10, relu, adam, batches of 128, float32.

Both train the same rows with the same parameters, one after the other in turn (ours first in every second round), so
that a change in the machine's speed meets both. What is compared is a whole `fit`, checks of the input included,
divided by its updates; the ratio is taken within each round.

    python benchmarks/reference_engine.py [--rounds 21] [--threads 1]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from typing import Any

from machine import keep, set_threads

ROWS, EPOCHS, BATCH = 12_800, 4, 128


def main(rounds: int, threads: int) -> None:
    set_threads(threads)
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier as Theirs

    from clearprop import MLPClassifier as Ours

    warnings.simplefilter("ignore", ConvergenceWarning)
    random = np.random.default_rng(0)
    X, y = random.random((ROWS, 784), dtype=np.float32), random.integers(0, 10, ROWS)
    common: dict[str, Any] = {
        "hidden_layer_sizes": (128,), "activation": "relu", "solver": "adam", "batch_size": BATCH,
        "max_iter": EPOCHS, "n_iter_no_change": EPOCHS + 1, "random_state": 0,
    }  # fmt: skip
    models = {"clearprop": Ours(**common, engine="reference"), "scikit-learn": Theirs(**common)}

    def microseconds(name: str) -> float:
        began = time.perf_counter()
        models[name].fit(X, y)
        return (time.perf_counter() - began) / (EPOCHS * ROWS / BATCH) * 1e6

    for name in models:
        microseconds(name)  # the first fit warms the caches
    pairs: list[dict[str, float]] = []
    for number in range(rounds):
        names = list(models) if number % 2 else list(reversed(models))
        pairs.append({name: microseconds(name) for name in names})
    ratios = [pair["clearprop"] / pair["scikit-learn"] for pair in pairs]

    print(f"784-128-10, relu, adam, batch {BATCH}, float32; {rounds} rounds in turn, BLAS threads: {threads}")
    print(f"{'µs per update':<14} {'median':>8} {'quartiles':>17} {'least':>8}")
    for name in models:
        row = [pair[name] for pair in pairs]
        low, middle, high = statistics.quantiles(row, n=4)
        print(f"{name:<14} {middle:8.0f} {low:8.0f} {high:8.0f} {min(row):8.0f}")
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"clearprop / scikit-learn within a round: median {middle:.3f}, quartiles {low:.3f} {high:.3f}")
    print("kept in", keep(f"reference_engine_{threads}_threads", {"microseconds_per_update": pairs, "ratio": middle}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    main(arguments.rounds, arguments.threads)
