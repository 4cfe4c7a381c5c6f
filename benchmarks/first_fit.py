"""How long the first fit of a process takes beyond that of the reference engine, with the kernels in the cache.

Each fit in a process of its own, the two engines in turn, so that a change in the machine's speed meets both. Two ways
in: `train` on arrays, and the estimator of scikit-learn's interface. The time is that of the fit alone; what `import
clearprop` and NumPy take is the same for both.

    python benchmarks/first_fit.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from machine import keep

MOST = 0.6  # seconds over the reference engine
COMMON = """
import sys, time, warnings
import numpy as np
import clearprop
warnings.simplefilter("ignore")
X = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
y = X[:, :1] * 2
"""
WAYS = {
    "train": """
network = clearprop.Network.mlp([8, 16, 1], hidden="relu")
start = network.initial(0, dtype=np.float32)
began = time.perf_counter()
clearprop.train(network, start, X, y, epochs=2, engine=ENGINE)
""",
    "MLPRegressor": """
from clearprop import MLPRegressor
model = MLPRegressor(hidden_layer_sizes=(16,), max_iter=2, engine=ENGINE)
began = time.perf_counter()
model.fit(X, y.ravel())
""",
}


def seconds(way: str, engine: str) -> float:
    """Time of the first fit in a new process."""
    code = f"ENGINE = {engine!r}{COMMON}{WAYS[way]}print(time.perf_counter() - began)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main(rounds: int) -> None:
    results = {}
    print(f"{'first fit':<14} {'reference':>10} {'compiled':>10}   seconds over the reference engine (at most {MOST})")
    for way in WAYS:
        seconds(way, "compiled"), seconds(way, "reference")  # the first fills the cache
        pairs = [(seconds(way, "reference"), seconds(way, "compiled")) for _ in range(rounds)]
        over = statistics.median(ours - reference for reference, ours in pairs)
        least, most = (f(ours - reference for reference, ours in pairs) for f in (min, max))
        middle = [statistics.median(column) for column in zip(*pairs, strict=True)]
        print(
            f"{way:<14} {middle[0]:>10.3f} {middle[1]:>10.3f}   median {over:.3f}, least {least:.3f}, most {most:.3f}"
        )
        results[way] = {"reference": middle[0], "compiled": middle[1], "over": over, "least": least, "most": most}
    print("kept in", keep("first_fit", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    main(parser.parse_args().rounds)
