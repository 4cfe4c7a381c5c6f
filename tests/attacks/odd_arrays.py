"""Odd arrays by number, and a process that gives them to estimators: ``python odd_arrays.py NUMBER…``.

Each is a layout or a type of a small table, an extreme of its values or of the targets. They are made here, harmless,
and cross no library below but through the doors that everybody uses.
"""

import itertools
import json
import sys
import tempfile
import warnings

import numpy as np
import scipy.sparse
from watching import Watch, ended_at_last

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import ClearpropError

FINE = ("fitted", "ClearpropError", "ValueError", "TypeError")
BASE = np.random.default_rng(0).standard_normal((40, 3))
LABELS = np.arange(40) % 3


def unaligned(X):
    room = np.zeros(X.nbytes + 1, np.uint8)[1:]
    found = room.view(X.dtype).reshape(X.shape)
    found[...] = X
    return found


def mapped(X):
    with tempfile.TemporaryFile() as file:
        found = np.memmap(file, dtype=X.dtype, mode="w+", shape=X.shape)
        found[...] = X
        return found


def read_only(X):
    found = X.copy()
    found.setflags(write=False)
    return found


LAYOUTS = {
    "plain": lambda X: X,
    "fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "columns apart": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "unaligned": unaligned,
    "mapped": mapped,
    "read-only": read_only,
    "one row seen often": lambda X: np.broadcast_to(X[:1], X.shape),
    "list": lambda X: X.tolist(),
    "objects": lambda X: X.astype(object),
    "matrix of scipy": scipy.sparse.csr_array,
    "coo": scipy.sparse.coo_array,
}
TYPES = ["f8", "f4", "f2", ">f8", ">f4", "i8", "u1", "bool", "longdouble", "c16"]
VALUES = {
    "usual": lambda X: X,
    "huge": lambda X: X * 1e300,
    "tiny": lambda X: X * 1e-310,
    "one infinite": lambda X: np.where(np.arange(X.size).reshape(X.shape) == 7, np.inf, X),
    "one nan": lambda X: np.where(np.arange(X.size).reshape(X.shape) == 7, np.nan, X),
    "all the same": np.ones_like,
    "no columns": lambda X: X[:, :0],
    "no rows": lambda X: X[:0],
    "one row": lambda X: X[:1],
    "a vector": lambda X: X[:, 0],
    "three dimensions": lambda X: X[:, :, None],
}
TARGETS = {
    "usual": lambda y: y,
    "negative zero": lambda y: -0.0 * y,
    "huge": lambda y: y * 1e307,
    "one nan": lambda y: np.where(np.arange(len(y)) == 3, np.nan, y),
    "a column": lambda y: y[:, None],
    "two columns": lambda y: np.stack([y, y], axis=1) % 2,
    "text": lambda y: y.astype(str),
    "dates": lambda y: y.astype("M8[s]"),
    "lengths": lambda y: y.astype("m8[s]"),
    "none among them": lambda y: np.array([None, *y[1:]], dtype=object),
    "too short": lambda y: y[:-1],
    "bytes": lambda y: y.astype("S"),
    "records": lambda y: np.array([(v,) for v in y], dtype=[("a", "i8")]),
}
MAKERS = {
    "MLPClassifier": lambda: MLPClassifier((3,), max_iter=2, random_state=0),
    "MLPRegressor": lambda: MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0),
    "lbfgs": lambda: MLPClassifier((3,), solver="lbfgs", max_iter=2, random_state=0),
    "TabularClassifier": lambda: TabularClassifier(max_iter=1, ensemble=1, hidden_layer_sizes=(3,), random_state=0),
    "TabularRegressor": lambda: TabularRegressor(max_iter=1, ensemble=1, hidden_layer_sizes=(3,), random_state=0),
}
CASES = [
    *itertools.product(MAKERS, LAYOUTS, TYPES[:5], ["usual"], ["usual"]),
    *itertools.product(MAKERS, ["plain"], TYPES, VALUES, ["usual"]),
    *itertools.product(MAKERS, ["plain"], ["f8"], ["usual"], TARGETS),
]
COUNT = len(CASES)


def rows(layout, kind, values, target):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X = LAYOUTS[layout](VALUES[values](BASE).astype(np.dtype(kind)))
        y = TARGETS[target](LABELS)
    return X, y[: X.shape[0]] if hasattr(X, "shape") and X.shape[0] < len(y) and target == "usual" else y


def came_of(maker, *case):
    """A word for what came of a fit and a prediction."""
    try:
        X, y = rows(*case)
    except (TypeError, ValueError):
        return "fitted"  # such an array cannot be made
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            MAKERS[maker]().fit(X, y).predict(X)
    except ClearpropError:
        return "ClearpropError"
    except Exception as error:
        return type(error).__name__
    return "fitted"


if __name__ == "__main__":
    for maker in MAKERS:  # what is compiled once is compiled before anything is timed
        came_of(maker, "plain", "f4", "usual", "usual")
        came_of(maker, "plain", "f8", "usual", "usual")
    for number in map(int, sys.argv[1:]):
        watch, case = Watch(), CASES[number]
        with ended_at_last():
            found = {"name": " · ".join(case), "came": came_of(*case), "seconds": watch.seconds()}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
