"""Whole fits through the estimators, beside scikit-learn's, and skorch's and Keras's where they are installed.

Twelve usual cases and one of sparse rows, with the same networks, rows, batches and numbers of epochs. *Warm*: the
median of several fits in a process that has fitted before, the contenders in turn. *Cold*: seconds from the start of a
new process to a fitted model, and to the first prediction, imports included; what is compiled once per machine has been
compiled before.

    python benchmarks/fits.py [--rounds 7] [--only iris] [--cold 3] [--data FOLDER]
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from answering import Answering
from machine import keep

LIBRARIES = {"clearprop": "clearprop", "scikit-learn": "sklearn", "skorch": "skorch", "keras": "keras"}
SECONDS = 1.0  # of fits in one turn, about, so that short ones are made often
FASHION = "/usr/share/datasets/fashion-mnist"


class Case(NamedTuple):
    """A table and a network. `epochs` is exact, but where training stops early or the optimizer counts iterations."""

    rows: str
    hidden: tuple[int, ...] = (100,)
    epochs: int = 100
    batch: int = 200
    kind: str = "classifier"
    stops_early: bool = False
    solver: str = "adam"


CASES = {
    "iris": Case("iris", epochs=200),
    "wine": Case("wine", epochs=200),
    "breast cancer": Case("breast_cancer"),
    "digits": Case("digits", epochs=50),
    "diabetes": Case("diabetes", epochs=200, kind="regressor"),
    "1,000 × 2,000": Case("1000x2000", epochs=20),
    "20,000 × 20": Case("20000x20", epochs=10),
    "Fashion-MNIST": Case("fashion_mnist", epochs=2),
    "one output": Case("2000x10x1", (50, 50), epochs=50, kind="regressor"),
    "ten outputs": Case("2000x10x10", (50, 50), epochs=50, kind="regressor"),
    "early stopping": Case("digits", epochs=200, stops_early=True),
    "L-BFGS": Case("diabetes", epochs=200, kind="regressor", solver="lbfgs"),
    "text as counts": Case("words", epochs=3),
}


def rows_of(case: Case, folder: str) -> tuple[Any, Any]:
    """X (float32, standardised; counts of words are a sparse matrix, 100 of 20,000 a row) and y."""
    import numpy as np
    import sklearn.datasets as sets

    random = np.random.default_rng(0)
    if case.rows == "fashion_mnist":
        from fashion_mnist import images

        return images(Path(folder), "train")
    if case.rows == "words":
        import scipy.sparse

        X = scipy.sparse.random_array((8000, 20_000), density=0.005, format="csr", rng=random, dtype=np.float32)
        score = X[:, :400].sum(axis=1)
        return X, (score > np.median(score)).astype(int)
    if "x" not in case.rows:
        X, y = getattr(sets, f"load_{case.rows}")(return_X_y=True)
    else:
        n, width, *outputs = (int(part) for part in case.rows.split("x"))
        X = random.standard_normal((n, width))
        y = np.tanh(X @ random.standard_normal((width, outputs[0] if outputs else 1))).squeeze()
        y = y if outputs else (y > 0).astype(int)
    spread = X.std(axis=0)
    X = ((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    return X, (y - y.mean(axis=0)) / y.std(axis=0) if case.kind == "regressor" else y


def settings(case: Case) -> dict[str, Any]:
    """Those of scikit-learn's estimators and of ours."""
    forever = {} if case.stops_early else {"tol": 0.0, "n_iter_no_change": 10**6}
    return {
        "hidden_layer_sizes": case.hidden, "max_iter": case.epochs, "solver": case.solver, "batch_size": case.batch,
        "early_stopping": case.stops_early, "random_state": 0, **forever,
    }  # fmt: skip


def clearprop(case: Case) -> Any:
    from clearprop import MLPClassifier, MLPRegressor

    return (MLPClassifier if case.kind == "classifier" else MLPRegressor)(**settings(case))


def scikit_learn(case: Case) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    return (MLPClassifier if case.kind == "classifier" else MLPRegressor)(**settings(case))


class Skorch:
    """Its estimators with a module of PyTorch's."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def fit(self, X: Any, y: Any) -> Skorch:
        import numpy as np
        import torch
        from skorch import NeuralNetClassifier, NeuralNetRegressor
        from skorch.callbacks import EarlyStopping
        from skorch.dataset import ValidSplit

        is_class = self.case.kind == "classifier"
        y = y.astype(np.int64) if is_class else y.astype(np.float32).reshape(len(y), -1)
        widths = [X.shape[1], *self.case.hidden, len(np.unique(y)) if is_class else y.shape[1]]
        layers: list[Any] = []
        for before, after in itertools.pairwise(widths):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        stops = self.case.stops_early
        self.model = (NeuralNetClassifier if is_class else NeuralNetRegressor)(
            torch.nn.Sequential(*layers[:-1]), optimizer=torch.optim.Adam, lr=0.001, max_epochs=self.case.epochs,
            batch_size=min(self.case.batch, len(X)), iterator_train__shuffle=True, verbose=0,
            train_split=ValidSplit(0.1, stratified=is_class) if stops else None,
            callbacks=[EarlyStopping(patience=10)] if stops else None,
            **({"criterion": torch.nn.CrossEntropyLoss} if is_class else {}),
        )  # fmt: skip
        self.model.fit(X, y)
        self.n_iter_ = len(self.model.history)
        return self

    def predict(self, X: Any) -> Any:
        return self.model.predict(X)


class Keras:
    """A Sequential model, on the backend that the environment names, or the first that is installed."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def fit(self, X: Any, y: Any) -> Keras:
        import keras
        import numpy as np

        is_class = self.case.kind == "classifier"
        outputs = len(np.unique(y)) if is_class else y.reshape(len(y), -1).shape[1]
        self.model = keras.Sequential(
            [keras.layers.Dense(width, activation="relu") for width in self.case.hidden]
            + [keras.layers.Dense(outputs, activation="softmax" if is_class else None)]
        )
        loss = "sparse_categorical_crossentropy" if is_class else "mse"
        self.model.compile(optimizer=keras.optimizers.Adam(0.001), loss=loss)
        early = {"validation_split": 0.1, "callbacks": [keras.callbacks.EarlyStopping(patience=10)]}
        found = self.model.fit(
            X, y.reshape(len(y), -1), batch_size=self.case.batch, epochs=self.case.epochs, verbose=0,
            **(early if self.case.stops_early else {}),
        )  # fmt: skip
        self.n_iter_ = len(found.history["loss"])
        return self

    def predict(self, X: Any) -> Any:
        return self.model.predict(X, verbose=0)


MAKE: dict[str, Callable[[Case], Any]] = {
    "clearprop": clearprop, "scikit-learn": scikit_learn, "skorch": Skorch, "keras": Keras,
}  # fmt: skip


def contend(name: str, title: str, folder: str) -> None:
    """A contender's process: a first fit and prediction, then as many fits as it is told to, one line of JSON each."""
    warnings.simplefilter("ignore")
    case = CASES[title]
    X, y = rows_of(case, folder)
    ready = time.time()
    model = MAKE[name](case).fit(X, y)
    fitted = time.time()
    model.predict(X[:1])
    answer = {"rows": ready, "fitted": fitted, "predicted": time.time(), "epochs": int(model.n_iter_)}
    print(json.dumps(answer), flush=True)
    for _ in sys.stdin:
        began, count = time.perf_counter(), 0
        while count == 0 or time.perf_counter() - began < SECONDS / 2:
            model = MAKE[name](case).fit(X, y)
            count += 1
        print(json.dumps({"seconds": (time.perf_counter() - began) / count}), flush=True)


def backend() -> str:
    """The first of Keras's backends that is installed."""
    known = ("jax", "torch", "tensorflow")
    return next((name for name in known if importlib.util.find_spec(name) is not None), "numpy")


class Contender(Answering):
    """A process that fits."""

    def __init__(self, name: str, title: str, folder: str) -> None:
        began = time.time()
        command = [sys.executable, __file__, "--contender", name, "--only", title, "--data", folder]
        super().__init__(name, command, {"KERAS_BACKEND": backend(), **os.environ})
        self.cold = {key: self.ready[key] - began for key in ("fitted", "predicted")}
        self.epochs = self.ready["epochs"]

    def run(self) -> None:
        """One turn."""
        self.ask("seconds")


def cold(names: list[str], title: str, folder: str, rounds: int) -> dict[str, Any]:
    """Seconds from the start of a new process, median over the rounds; the first is not counted."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        for name in names if turn % 2 else reversed(names):
            contender = Contender(name, title, folder)
            contender.end()
            found[name] += [contender.cold] if turn else []
    return {
        name: {key: statistics.median(one[key] for one in times) for key in ("fitted", "predicted")}
        for name, times in found.items()
    }


def warm(names: list[str], title: str, folder: str, rounds: int) -> dict[str, Any]:
    """Seconds of a fit in a process that has fitted before: median, and of our ratio to each the quartiles too."""
    contenders = [Contender(name, title, folder) for name in names]
    for turn in range(rounds):
        for contender in contenders if turn % 2 else reversed(contenders):
            contender.run()
    for contender in contenders:
        contender.end()
    ours = contenders[0]
    return {
        one.name: {
            "seconds": statistics.median(one.seconds),
            "epochs": one.epochs,
            "ratio": statistics.median(theirs / mine for theirs, mine in zip(one.seconds, ours.seconds, strict=True)),
        }
        for one in contenders
    }


def main(rounds: int, colds: int, only: str, folder: str) -> None:
    names = [name for name, module in LIBRARIES.items() if importlib.util.find_spec(module) is not None]
    for name in LIBRARIES.keys() - set(names):
        print(f"{name} is not installed and is skipped")
    results = {}
    for title, case in CASES.items():
        if only not in title:
            continue
        if case.rows == "fashion_mnist" and not Path(folder).is_dir():
            print(f"{title}: skipped, {folder} is not there (Debian's package dataset-fashion-mnist)")
            continue
        rivals = ["clearprop", "scikit-learn"] if case.solver == "lbfgs" or case.rows == "words" else names
        found = {"warm": warm(rivals, title, folder, rounds)}
        if colds:
            found["cold"] = cold(rivals, title, folder, colds)
        results[title] = found
        print(line(title, found), flush=True)
    print("kept in", keep("_".join(["fits", *([only.replace(" ", "_")] if only else [])]), results))


def line(title: str, found: dict[str, Any]) -> str:
    """Our time and epochs, and by what factor the others take longer: warm, and to a first prediction when cold."""
    ours = found["warm"]["clearprop"]
    each = 1e6 * ours["seconds"] / ours["epochs"]
    cells = [f"{name} × {one['ratio']:.3g}" for name, one in found["warm"].items() if one is not ours]
    if "cold" in found:
        first = found["cold"]["clearprop"]["predicted"]
        cells.append(f"cold {first:.2f} s")
        cells += [
            f"{name} × {one['predicted'] / first:.3g}" for name, one in found["cold"].items() if name != "clearprop"
        ]
    return f"{title:<16} {1e3 * ours['seconds']:>9.1f} ms {each:>8.0f} µs an epoch   " + "   ".join(cells)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cold", type=int, default=3, help="new processes for the cold figures; 0 leaves them out")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--data", default=FASHION, help="the folder of Fashion-MNIST")
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.contender:
        contend(asked.contender, asked.only, asked.data)
    else:
        main(asked.rounds, asked.cold, asked.only, asked.data)
