"""The loss that L-BFGS reaches, and the time it takes, beside scikit-learn's: diabetes, 10-100-1, 200 iterations.

From the same initial weights (ours, handed to scikit-learn) both minimise the same sum by the same routine of SciPy's;
they part after some twenty iterations, as rounding differs, and then end here or there by chance. So the median over
the seeds counts. `own` is each estimator with the initial weights that it draws itself.

    python benchmarks/lbfgs.py [--seeds 50]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from typing import Any

from machine import keep
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPRegressor as Theirs

from clearprop import MLPRegressor as Ours

SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (100,), "solver": "lbfgs", "max_iter": 200}


def fitted(model: Any, X: Any, y: Any) -> tuple[float, float]:
    """The loss at the end, and milliseconds an iteration."""
    began = time.perf_counter()
    model.fit(X, y)
    return float(model.loss_), 1e3 * (time.perf_counter() - began) / model.n_iter_


def from_weights(coefs: Any, intercepts: Any, X: Any, y: Any) -> Any:
    """scikit-learn's estimator, to go on from these weights."""
    model = Theirs(**{**SETTINGS, "max_iter": 1}, warm_start=True).fit(X, y)
    model.coefs_, model.intercepts_ = [W.copy() for W in coefs], [b.copy() for b in intercepts]
    return model.set_params(max_iter=SETTINGS["max_iter"])


def main(seeds: int) -> None:
    warnings.simplefilter("ignore")
    X, y = load_diabetes(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    found: dict[str, list[tuple[float, float]]] = {"clearprop": [], "scikit-learn": [], "scikit-learn, own": []}
    for seed in range(seeds):
        ours = Ours(**SETTINGS, random_state=seed).initialize(X, y)
        coefs, intercepts = [W.copy() for W in ours.coefs_], [b.copy() for b in ours.intercepts_]
        ours.set_params(warm_start=True)
        found["clearprop"].append(fitted(ours, X, y))
        found["scikit-learn"].append(fitted(from_weights(coefs, intercepts, X, y), X, y))
        found["scikit-learn, own"].append(fitted(Theirs(**SETTINGS, random_state=seed), X, y))
    results = {}
    for name, pairs in found.items():
        losses, times = zip(*pairs, strict=True)
        low, middle, high = statistics.quantiles(losses, n=4)
        results[name] = {"losses": losses, "milliseconds": statistics.median(times)}
        print(f"{name:<18} loss: median {middle:.1f}, quartiles {low:.1f} and {high:.1f}; "
              f"{statistics.median(times):.2f} ms an iteration")  # fmt: skip
    print("kept in", keep("lbfgs", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    main(parser.parse_args().seeds)
