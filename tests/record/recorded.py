"""What is on record: fits of every kind, every explanation, and what the commands print as JSON.

A change that is meant to move code and nothing else leaves all of it as it is. After one that is meant to change it,
``CLEARPROP_RECORD=1 pytest tests/record`` writes the record anew, and the difference of record.json says what changed.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import llvmlite.binding
import numpy as np
import scipy
from sklearn.exceptions import ConvergenceWarning

from clearprop import MLPClassifier, MLPRegressor, Network, TabularClassifier, TabularRegressor, train
from clearprop.cli.app import exit_code
from clearprop.explain import CASES, Explanation, case
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.notation import NOTATIONS
from sample_tables import flats, pets, write

RULES = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs")
MEDIA: Mapping[str, Callable[[Explanation], str]] = {
    "text": Explanation.text,
    "markdown": Explanation.markdown,
    "latex": Explanation.latex,
    "html": Explanation.html,
    "json": Explanation.json,
    "svg": Explanation.svg,
}


def digest(text: str | bytes) -> str:
    """The start of a SHA-256, long enough that no two of a thousand are the same by chance."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def rows(n: int, inputs: int, outputs: int, dtype: str) -> tuple[Any, Any]:
    """Inputs and targets between 0 and 1, the same on every machine."""
    numbers = np.random.default_rng(7)
    X = numbers.integers(-64, 64, (n, inputs)).astype(dtype) / 32
    return X, ((X[:, :1] * np.arange(1, outputs + 1, dtype=dtype) + X[:, 1:2]) > 0.5).astype(dtype)


def one_fit(widths: list[int], engine: str, dtype: str, rule: str, **settings: Any) -> Any:
    """θ after three epochs."""
    network = Network.mlp(widths, hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    X, Y = rows(50, widths[0], widths[-1], dtype)
    found = train(
        network, network.initial(seed=1, dtype=dtype), X, Y, optimizer=rule, epochs=3, batch_size=16, engine=engine,
        n_threads=1, patience=float("inf"), **settings,
    )  # fmt: skip
    return found.parameters.theta


def fits() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Fits of every kind, each a call that returns its weights."""
    everything = {
        "sample_weight": np.linspace(0.25, 2, 50), "l1": 1e-3, "l2": 1e-2, "label_smoothing": 0.1, "clip_norm": 0.5,
        "learning_rate_schedule": "cosine",
    }  # fmt: skip
    for engine in ("reference", "compiled"):
        for dtype in ("float32", "float64"):
            for rule in RULES:
                each = {"all": everything, "dropout": {"dropout": [0.1, 0.3, 0.2]}, "plain": {}}
                for kind, settings in each.items() if rule != "lbfgs" else [("plain", {})]:
                    yield (
                        f"{engine} {dtype} {rule} {kind}",
                        partial(one_fit, [6, 9, 5, 3], engine, dtype, rule, **settings),
                    )
            yield f"{engine} {dtype} tiny", partial(one_fit, [2, 2, 1], engine, dtype, "adam")
    yield (
        "classifier that stops early",
        partial(of_arrays, MLPClassifier((8,), max_iter=20, early_stopping=True, random_state=0, n_threads=1)),
    )
    yield (
        "regressor with lbfgs",
        partial(of_arrays, MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=9, random_state=0)),
    )
    yield (
        "table of classes",
        partial(of_table, TabularClassifier(max_iter=3, ensemble=2, random_state=0, n_threads=1), pets(), "kind"),
    )
    yield (
        "table of numbers",
        partial(of_table, TabularRegressor(max_iter=3, ensemble=2, random_state=0, n_threads=1), flats(), "rent"),
    )


def of_arrays(model: Any) -> Any:
    """The weights of an estimator fitted to arrays."""
    X, y = rows(90, 5, 1, "float64")
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # a few epochs are enough here
        return model.fit(X, y[:, 0]).parameters_.theta


def of_table(model: Any, table: Any, target: str) -> Any:
    """The weights of the networks of an estimator fitted to a table."""
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return model.fit(table.drop_columns([target]), table[target].to_pylist()).model_.thetas


def explanations() -> Iterator[tuple[str, Callable[[], str]]]:
    """Every case in every notation, language and medium."""
    for name in CASES:
        for notation in NOTATIONS:
            for language in LANGUAGES:
                sections = ("step", "ideas")
                page = Explanation(case(name).trace(), notation, language, sections=sections, networks=2)
                for medium, written in MEDIA.items():
                    yield f"{name} {notation} {language} {medium}", partial(written, page)


def commands(folder: Path) -> Iterator[tuple[str, str]]:
    """What the commands print as JSON about a model of flats, without what differs from run to run."""
    table, model = str(write(folder / "flats.csv", flats())), str(folder / "flats.clearprop")
    lines = {
        "train": ["train", table, "--target", "rent", "--epochs", "2", "--output", model, "--json", "--threads", "1"],
        "predict": ["predict", model, table, "--json", "--rows", "5"],
        "evaluate": ["evaluate", model, table, "--json"],
        "inspect": ["inspect", model, "--json"],
        "explain": ["explain", model, table, "--row", "2", "--format", "json"],
    }
    for name, line in lines.items():
        with redirect_stdout(io.StringIO()) as printed:
            assert exit_code(line) == 0, line
        yield name, re.sub(r'"seconds": [0-9.e+-]+', '"seconds": 0', printed.getvalue()).replace(str(folder), ".")


def machine() -> str:
    """What decides the last bits: the processor and the libraries that multiply matrices."""
    return f"{llvmlite.binding.get_host_cpu_name()}, NumPy {np.__version__}, SciPy {scipy.__version__}"


def sums(theta: Any) -> list[float]:
    """Three numbers that another processor, whose bits may differ, comes near to as well."""
    flat = np.asarray(theta, dtype=float).ravel()
    return [round(float(value), 7) for value in (flat.sum(), np.abs(flat).sum(), flat @ np.cos(np.arange(len(flat))))]
