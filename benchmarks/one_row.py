"""Predicting one row, and millions of rows, through the estimators of clearprop and of scikit-learn.

One row: the time of `predict_proba`, both estimators in turn in one process, in short bursts, so that a change in the
machine's speed meets both. Millions of rows: time, and how much memory a prediction takes beside its rows and its
answer, in a process of its own.

    python benchmarks/one_row.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings
from typing import Any

from machine import keep

MOST = 0.5  # of scikit-learn's time
SHAPES = {"20-100-1": (20, (100,)), "784-128-64-1": (784, (128, 64)), "4-32-16-1": (4, (32, 16))}
BURST = 50  # predictions
MANY = 2_000_000  # rows
PEAK = """
import json, resource, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from {module} import MLPClassifier
random = np.random.default_rng(0)
X = random.standard_normal(({rows}, 20), dtype=np.float32)
model = MLPClassifier((100,), max_iter=2, random_state=0).fit(X[:1000], X[:1000, 0] > 0)
model.predict_proba(X[:1000])
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, began = peak(), time.perf_counter()
found = model.predict_proba(X)
print(json.dumps({{"seconds": time.perf_counter() - began, "bytes": peak() - before - found.nbytes}}))
"""


def fitted(n_features: int, hidden: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Both estimators, trained on the same rows, and a row."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier as Theirs

    from clearprop import MLPClassifier as Ours

    X = np.random.default_rng(0).standard_normal((500, n_features))
    settings: dict[str, Any] = {"hidden_layer_sizes": hidden, "max_iter": 2, "random_state": 0}
    return Ours(**settings).fit(X, X[:, 0] > 0), Theirs(**settings).fit(X, X[:, 0] > 0), X[:1]


def microseconds(model: Any, row: Any) -> float:
    """Of one prediction, in a burst."""
    began = time.perf_counter()
    for _ in range(BURST):
        model.predict_proba(row)
    return (time.perf_counter() - began) / BURST * 1e6


def one_row(rounds: int) -> dict[str, Any]:
    results = {}
    print(f"{'one row':<14} {'clearprop':>10} {'scikit-learn':>13}   µs; ours ÷ theirs (at most {MOST})")
    for title, (n_features, hidden) in SHAPES.items():
        ours, theirs, row = fitted(n_features, hidden)
        microseconds(ours, row), microseconds(theirs, row)
        pairs = [(microseconds(ours, row), microseconds(theirs, row)) for _ in range(rounds)]
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(x / y for x, y in pairs)
        print(f"{title:<14} {a:>10.1f} {b:>13.1f}   {ratio:.2f}{'' if ratio <= MOST else ' !'}")
        results[title] = {"clearprop": a, "scikit-learn": b, "ratio": ratio}
    return results


def many_rows() -> dict[str, Any]:
    results: dict[str, Any] = {}
    print(f"{'rows':<14} {'seconds':>10} {'MB':>13}   memory beside the rows and the answer")
    for module in ("clearprop", "sklearn.neural_network"):
        for rows in (MANY // 10, MANY):
            code = PEAK.format(module=module, rows=rows)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            print(f"{rows:<14,} {found['seconds']:>10.2f} {found['bytes'] / 1e6:>13.1f}   {module}")
            results[f"{module} {rows}"] = found
    return results


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")  # two epochs are few, and it is not the training that is timed
    print("kept in", keep("one_row", {"microseconds": one_row(rounds), "many_rows": many_rows()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    main(parser.parse_args().rounds)
