"""Held-out accuracy on scikit-learn's digits: MLPClassifier() of clearprop and of scikit-learn, all defaults.

For each seed the same stratified split (a quarter held out) and the same `random_state`, on pixels divided by 16. The
difference is judged by its own spread over the seeds.

    python benchmarks/digits.py [--seeds 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

from machine import keep
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as Theirs

from clearprop import MLPClassifier as Ours


def main(seeds: int) -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)  # 200 epochs are few for both, and the default of both
    X, y = load_digits(return_X_y=True)
    rows: list[dict[str, float]] = []
    print(f"{'seed':>4} {'clearprop':>10} {'scikit-learn':>13}   accuracy on 450 rows held out, and seconds")
    for seed in range(seeds):
        parts = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=seed)
        X_train, X_test, y_train, y_test = parts
        row: dict[str, float] = {"seed": seed}
        for name, kind in (("clearprop", Ours), ("scikit-learn", Theirs)):
            began = time.perf_counter()
            model = kind(random_state=seed).fit(X_train, y_train)
            row[f"{name} seconds"] = time.perf_counter() - began
            row[name] = float(model.score(X_test, y_test))
        rows.append(row)
        print(
            f"{seed:>4} {row['clearprop']:10.4f} {row['scikit-learn']:13.4f}   "
            f"{row['clearprop seconds']:.1f} s, {row['scikit-learn seconds']:.1f} s",
            flush=True,
        )
    differences = [row["clearprop"] - row["scikit-learn"] for row in rows]
    error = statistics.stdev(differences) / len(rows) ** 0.5
    means = {name: statistics.mean(row[name] for row in rows) for name in ("clearprop", "scikit-learn")}
    print(f"mean {means['clearprop']:10.4f} {means['scikit-learn']:13.4f}")
    print(f"difference {statistics.mean(differences):+.4f}, its standard error {error:.4f}")
    print("kept in", keep("digits", {"rows": rows, "mean": means, "standard_error_of_difference": error}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    main(parser.parse_args().seeds)
