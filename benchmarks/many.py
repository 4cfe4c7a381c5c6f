"""Many networks at once, beside each trained alone and joblib with scikit-learn; a search beside joblib's threads.

Three figures, one table:

- 64 different networks of 1 to 3 layers of 128 neurons on the diamonds, 24 epochs each, on all cores; some of them are
  trained alone as well, and must have the same bits. In turns with them the same networks one after the other, each on
  all cores, of which a few are made and the rest reckoned by their share of the work.
- 1,000 networks 4-8-3 on iris, 200 epochs; beside joblib's processes with scikit-learn, of which 40 networks are made
  and 1,000 reckoned, and beside JAX's vmap where it is installed (compiling apart and included).
- A grid of 24 settings over digits, 3 folds: `SearchCV` beside `GridSearchCV` in two threads of joblib.

    python benchmarks/many.py [--quick] [--rounds 3] [--only diamonds tiny grid]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import describe, keep

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; OMP_NUM_THREADS would leave us one core as well

import numpy as np
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as Theirs

from clearprop import MLPClassifier, Network, adamw, train, train_many
from clearprop.engines.cores import usable_cores
from clearprop.search import SearchCV

DIAMONDS = Path(__file__).parents[1] / "examples" / "data" / "diamonds.parquet"
GOALS = {"diamonds": 120.0, "tiny / joblib": 60.0, "tiny / vmap": 5.0, "grid": 1.8}
REAL_TINY, MEASURED_TINY = 1000, 40


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def diamonds() -> tuple[Any, Any]:
    """Inputs and standardised logarithm of the price, float32."""
    from clearprop.tables import read
    from clearprop.tabular import TableSettings, prepare

    ready = prepare(read(DIAMONDS), TableSettings(target="price", log_target=True, test=0.0))
    return ready.X, ready.target.encode(ready.y)


def different(n_inputs: int, count: int, epochs: int) -> list[dict[str, Any]]:
    """So many networks, with what each is asked for."""
    random, found = np.random.default_rng(0), []
    for seed in range(count):
        depth, drop = int(random.integers(1, 4)), float(random.choice([0.0, 0.1, 0.3]))
        rate, decay = float(10 ** random.uniform(-4, -2)), float(10 ** random.uniform(-3, -1))
        found.append(
            {
                "network": Network.mlp([n_inputs, *[128] * depth, 1], str(random.choice(["relu", "tanh", "silu"]))),
                "optimizer": adamw(rate, weight_decay=decay),
                "dropout": drop, "batch_size": int(random.choice([64, 128, 256, 512])), "seed": seed,
                "epochs": epochs, "patience": np.inf,
            }
        )  # fmt: skip
    return found


def alone(told: dict[str, Any], X: Any, Y: Any) -> Any:
    told = dict(told)
    network = told.pop("network")
    return train(network, network.initial(told["seed"], dtype=X.dtype), X, Y, **told)


def of_diamonds(quick: bool, rounds: int) -> dict[str, Any]:
    X, Y = diamonds()
    X, Y = (X[:8000], Y[:8000]) if quick else (X, Y)
    members = different(X.shape[1], 8 if quick else 64, 3 if quick else 24)
    train_many([{**told, "epochs": 1} for told in members], X[:2000], Y[:2000])  # compiles, once on a machine
    times, lone = [], []
    chosen = members[:: max(1, len(members) // 8)]
    for _ in range(1 if quick else rounds):
        took, found = seconds(lambda: train_many(members, X, Y))
        times.append(took)
        by_network = {told["seed"]: one for told, one in zip(members, found, strict=True)}
        spent = 0.0
        for told in chosen:
            took, one = seconds(lambda told=told: alone(told, X, Y))
            spent += took
            same = one.parameters.theta.tobytes() == by_network[told["seed"]].parameters.theta.tobytes()
            assert same, f"network {told['seed']} has other bits than alone"
        weight = sum(by_network[told["seed"]].seconds for told in chosen) / sum(one.seconds for one in found)
        lone.append(spent / weight)
    many, one_by_one = statistics.median(times), statistics.median(lone)
    return {
        "what": f"{len(members)} networks, {len(X):,} diamonds, {members[0]['epochs']} epochs",
        "seconds": many, "beside": {"one after the other, each on all cores": one_by_one}, "same bits": len(chosen),
    }  # fmt: skip


def of_iris(quick: bool, rounds: int) -> dict[str, Any]:
    X, y = load_iris(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    Y = np.eye(3, dtype=np.float32)[y]
    count = 100 if quick else REAL_TINY
    network = Network.mlp([4, 8, 3], loss="cross_entropy")
    members = [{"network": network, "seed": seed} for seed in range(count)]
    told = {"epochs": 200, "l2": 1e-4, "patience": np.inf}
    measured = 8 if quick else MEASURED_TINY

    def fit(seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Theirs((8,), max_iter=200, n_iter_no_change=10**6, random_state=seed).fit(X, y)

    def joblib() -> None:
        Parallel(usable_cores())(delayed(fit)(seed) for seed in range(measured))

    ours, theirs = [], []
    train_many(members[:2], X, Y, **told)
    joblib()  # its processes start once
    for _ in range(1 if quick else rounds):
        ours.append(seconds(lambda: train_many(members, X, Y, **told))[0])
        theirs.append(seconds(joblib)[0] * count / measured)
    beside = {f"joblib with scikit-learn, reckoned from {measured}": statistics.median(theirs), **vmapped(X, Y, count)}
    return {"what": f"{count:,} networks 4-8-3, iris, 200 epochs", "seconds": statistics.median(ours), "beside": beside}


def vmapped(X: Any, Y: Any, count: int) -> dict[str, float]:
    """JAX's vmap over so many networks of one shape, all epochs in one scan; nothing where it is not installed."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return {}

    def loss(theta: Any) -> Any:
        hidden = jax.nn.relu(X @ theta[0] + theta[1])
        logits = hidden @ theta[2] + theta[3]
        cost = -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(logits), axis=1))
        return cost + 0.5e-4 / len(X) * (jnp.sum(theta[0] ** 2) + jnp.sum(theta[2] ** 2))

    def step(state: Any, k: Any) -> Any:
        theta, m, v = state
        value, g = jax.value_and_grad(loss)(theta)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate = 0.001 * jnp.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        theta = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), theta, m, v)
        return (theta, m, v), value

    def one(theta: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, theta)
        return jax.lax.scan(step, (theta, zeros, zeros), jnp.arange(1, 201, dtype=jnp.float32))

    network = Network.mlp([4, 8, 3], loss="cross_entropy")
    first = [network.initial(seed, dtype=np.float32) for seed in range(count)]
    theta = [np.stack([part(p) for p in first]) for part in (
        lambda p: p.W[1], lambda p: p.b[1], lambda p: p.W[2], lambda p: p.b[2],
    )]  # fmt: skip
    whole, _ = seconds(lambda: jax.block_until_ready(compiled := jax.jit(jax.vmap(one))(theta)) or compiled)
    run = jax.jit(jax.vmap(one))
    jax.block_until_ready(run(theta))
    took = statistics.median(seconds(lambda: jax.block_until_ready(run(theta)))[0] for _ in range(3))
    return {"JAX's vmap": took, "JAX's vmap with its compiling": whole}


def of_digits(quick: bool, rounds: int) -> dict[str, Any]:
    X, y = load_digits(return_X_y=True)
    space = {
        "hidden_layer_sizes": [(32,), (64,), (128, 64)], "alpha": [1e-4, 1e-2],
        "learning_rate_init": [0.001, 0.003, 0.01, 0.03],
    }  # fmt: skip
    space = {**space, "alpha": [1e-4], "learning_rate_init": [0.003]} if quick else space
    model = MLPClassifier(max_iter=10 if quick else 50, n_iter_no_change=10**6, random_state=0)
    times: dict[str, list[float]] = {"SearchCV": [], "GridSearchCV": []}

    def theirs() -> Any:
        with parallel_config("threading", n_jobs=usable_cores()):
            return GridSearchCV(model, space, cv=3, refit=False, n_jobs=usable_cores()).fit(X / 16, y)

    def ours() -> Any:
        return SearchCV(model, space, cv=3, refit=False).fit(X / 16, y)

    theirs()
    for _ in range(1 if quick else rounds):
        took, found = seconds(ours)
        times["SearchCV"].append(took)
        took, expected = seconds(theirs)
        times["GridSearchCV"].append(took)
        for name in ("mean_test_score", "std_test_score"):
            np.testing.assert_array_equal(found.cv_results_[name], expected.cv_results_[name])
    one, two = (statistics.median(times[name]) for name in ("SearchCV", "GridSearchCV"))
    return {
        "what": f"a grid of {len(found.cv_results_['params'])}, digits, 3 folds",
        "seconds": one, "beside": {"GridSearchCV in joblib's threads": two},
    }  # fmt: skip


FIGURES = {"diamonds": of_diamonds, "tiny": of_iris, "grid": of_digits}


def main(quick: bool, rounds: int, only: list[str]) -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the plan
    found = {name: FIGURES[name](quick, rounds) for name in only}
    print(
        f"{describe()['processor']}, {usable_cores()} cores; medians{', quick: no goal is measured' if quick else ''}"
    )
    print(f"{'':58} {'seconds':>9} {'ratio':>8}")
    for row in found.values():
        print(f"{row['what']:58} {row['seconds']:9.2f}")
        for name, took in row["beside"].items():
            print(f"  {name:56} {took:9.2f} {took / row['seconds']:8.2f}")
    if not quick:
        print("goals:", ", ".join(f"{name} {goal:g}" for name, goal in GOALS.items()))
        print("kept in", keep("many", found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=list(FIGURES))
    given = parser.parse_args()
    main(given.quick, given.rounds, given.only)
