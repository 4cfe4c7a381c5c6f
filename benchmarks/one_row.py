"""Predicting one row, learning one row, and predicting millions, through clearprop's estimators and scikit-learn's.

One row: the time of `predict_proba` and of `partial_fit`, both estimators in turn in one process, in short bursts, so
that a change in the machine's speed meets both. Millions of rows: time, and how much memory a prediction takes beside
its rows and its answer, in a process of its own.

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
MOST_TO_LEARN = 1.0
SHAPES = {"20-100-1": (20, (100,)), "784-128-64-1": (784, (128, 64)), "4-32-16-1": (4, (32, 16))}
BURST = 50  # predictions
FEW = 20  # rows to learn
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


def learning(kind: str, module: Any) -> Any:
    """A function that learns one row, in a burst: microseconds of each."""
    import numpy as np

    X = np.random.default_rng(0).standard_normal((FEW, 20))
    is_classifier = kind == "MLPClassifier"
    y = (X[:, 0] > 0).astype(int) if is_classifier else X[:, 0]
    model = getattr(module, kind)(hidden_layer_sizes=(100,), random_state=0)
    model.partial_fit(X[:1], y[:1], **({"classes": [0, 1]} if is_classifier else {}))

    def burst() -> float:
        began = time.perf_counter()
        for n in range(FEW):
            model.partial_fit(X[n : n + 1], y[n : n + 1])
        return (time.perf_counter() - began) / FEW * 1e6

    return burst


def learn_one_row(rounds: int) -> dict[str, Any]:
    import sklearn.neural_network

    import clearprop

    results = {}
    print(f"{'learn one row':<14} {'clearprop':>10} {'scikit-learn':>13}   µs; ours ÷ theirs (at most {MOST_TO_LEARN})")
    for kind in ("MLPClassifier", "MLPRegressor"):
        ours, theirs = learning(kind, clearprop), learning(kind, sklearn.neural_network)
        ours(), theirs()
        pairs = [(ours(), theirs()) for _ in range(rounds)]
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(x / y for x, y in pairs)
        print(f"{kind:<14} {a:>10.1f} {b:>13.1f}   {ratio:.2f}{'' if ratio <= MOST_TO_LEARN else ' !'}")
        results[kind] = {"clearprop": a, "scikit-learn": b, "ratio": ratio}
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
    found = {"microseconds": one_row(rounds), "learning_microseconds": learn_one_row(rounds), "many_rows": many_rows()}
    print("kept in", keep("one_row", found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    main(parser.parse_args().rounds)
