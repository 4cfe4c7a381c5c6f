"""How long the first fit of a process takes: beyond the reference engine's, and from a wheel on a machine never seen.

With the kernels in the cache (by default): each fit in a process of its own, the two engines in turn, so that a change
in the machine's speed meets both. Two ways in: `train` on arrays, and the estimator of scikit-learn's interface. The
time is that of the fit alone; what `import clearprop` and NumPy take is the same for both.

With ``--wheel FILE``: the wheel (`make wheel`) and scikit-learn are installed into a new environment. Processes that
import clearprop and fit 8-16-1 on 500 rows, with an empty cache of kernels each time, in turn with processes that
import scikit-learn's classifier alone; what the first take longer is what counts.

    python benchmarks/first_fit.py [--rounds 15] [--wheel dist/clearprop-….whl]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import keep

MOST = 0.6  # seconds over the reference engine
MOST_OF_WHEEL = 0.3  # seconds of import and fit over the import of scikit-learn's classifier
SKLEARN = "from sklearn.neural_network import MLPClassifier"
FROM_WHEEL = f"""
{SKLEARN}
import numpy as np
from clearprop import MLPRegressor
X = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
assert MLPRegressor(hidden_layer_sizes=(16,), max_iter=2, tol=0).fit(X, X[:, 0] * 2).engine_ == "compiled"
"""
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


def from_wheel(wheel: Path, rounds: int) -> None:
    """Install, time, print and keep."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel.resolve()], check=True)

        def took(code: str, turn: int) -> float:
            environment = {"PATH": "/usr/bin:/bin", "CLEARPROP_CACHE_DIR": f"{folder}/cache{turn}"}
            began = time.perf_counter()
            subprocess.run([python, "-W", "ignore", "-c", code], check=True, env=environment, cwd=folder)
            return time.perf_counter() - began

        took(FROM_WHEEL, 0)  # reads the disk
        over, least = [], []
        for turn in range(1, rounds + 1):
            first, second = (SKLEARN, FROM_WHEEL) if turn % 2 else (FROM_WHEEL, SKLEARN)
            times = {first: took(first, turn), second: took(second, turn)}
            over.append(times[FROM_WHEEL] - times[SKLEARN])
            least.append(times[SKLEARN])
    middle = statistics.median(over)
    print(f"import and first fit over scikit-learn's import ({statistics.median(least):.2f} s): median {middle:.3f} s, "
          f"least {min(over):.3f}, most {max(over):.3f} (at most {MOST_OF_WHEEL})")  # fmt: skip
    print("kept in", keep("first_fit_from_wheel", {"over": middle, "least": min(over), "most": max(over)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--wheel", type=Path)
    asked = parser.parse_args()
    main(asked.rounds) if asked.wheel is None else from_wheel(asked.wheel, asked.rounds)
