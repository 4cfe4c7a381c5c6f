"""Jobs of every kind, each a call whose weights must have the same bits whatever goes on around it.

Run as ``python determined.py FOLDER`` it tells, as JSON, the digest of each job in this process and in one that is
forked off after a fit.
"""

import hashlib
import json
import os
import sys
import threading
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet

from clearprop import MLPClassifier, MLPRegressor, Network, TabularClassifier, TabularRegressor, train
from clearprop.files.checkpoints import Checkpoints
from clearprop.training import keeper, loop
from sample_tables import flats, pets

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((900, 6))
Y = ((X[:, :1] * [1.0, 2.0, -1.0] + X[:, 1:2]) > 0.5).astype(float)
NETWORK = Network.mlp([6, 9, 5, 3], hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
WEIGHTS = np.linspace(0.25, 2, len(X))
EVERYTHING = {
    "sample_weight": WEIGHTS, "l1": 1e-3, "l2": 1e-2, "label_smoothing": 0.1, "clip_norm": 0.5,
    "learning_rate_schedule": "cosine", "dropout": [0.1, 0.3, 0.2],
}  # fmt: skip
ARRAYS = {"random_state": 3, "max_iter": 6}
TABLES = {"random_state": 3, "max_iter": 4, "hidden_layer_sizes": (9,), "batch_size": 32}


def trained(n_threads, kept, dtype="float64", **options):
    """The weights that `train` comes to."""
    options = {"epochs": 4, "batch_size": 100, "patience": 99, **options}
    start = NETWORK.initial(seed=1, dtype=dtype)
    done = train(NETWORK, start, X.astype(dtype), Y.astype(dtype), n_threads=n_threads, **options, **kept)
    return [done.parameters.theta]


def fitted(n_threads, kept, make, y, **options):
    """The weights of an estimator of arrays."""
    return [make(**ARRAYS, **options, n_threads=n_threads).fit(X, y, **kept).parameters_.theta]


def of_model(estimator):
    """The weights of all networks of an estimator of tables."""
    return [*estimator.model_.thetas, *(theta for each in estimator.model_.quantiles for theta in each.thetas)]


def of_table(n_threads, kept, make, table, target, **options):
    inputs, y = table.drop_columns([target]), table[target].to_pylist()
    return of_model(make(**TABLES, **options, n_threads=n_threads).fit(inputs, y, **kept))


def of_stream(n_threads, kept, folder):
    path = folder / "flats.parquet"
    if not path.exists():
        pyarrow.parquet.write_table(flats(n=900), folder / "part", row_group_size=120)
        os.replace(folder / "part", path)
    model = TabularRegressor(**TABLES, ensemble=2, n_threads=n_threads)
    return of_model(model.fit(str(path), target="rent", stream=True, **kept))


def jobs(folder):
    """Every job by its name: a call of the number of threads and of what is said of checkpoints."""
    labels, number = Y[:, 0].astype(int), X[:, 0] * X[:, 1]
    return {
        "one network": trained,
        "one network, float32": partial(trained, dtype="float32"),
        "one batch on all threads": partial(trained, batch_size=900, epochs=8),
        "dropout, weights, penalties": partial(trained, **EVERYTHING),
        "the reference engine": partial(trained, engine="reference", **EVERYTHING),
        "l-bfgs": partial(trained, optimizer="lbfgs", epochs=8),
        "early stopping": partial(fitted, make=MLPClassifier, y=labels, early_stopping=True, n_iter_no_change=2),
        "regressor with l-bfgs": partial(fitted, make=MLPRegressor, y=number, solver="lbfgs", alpha=0.1),
        "a table": partial(of_table, make=TabularClassifier, table=pets(), target="kind", ensemble=1),
        "an ensemble": partial(of_table, make=TabularClassifier, table=pets(), target="kind", ensemble=3),
        "quantiles": partial(
            of_table, make=TabularRegressor, table=flats(), target="rent", ensemble=2, quantiles=(0.1, 0.9)
        ),
        "a table on the disk": partial(of_stream, folder=folder),
    }


def digest(job, n_threads=2, kept=None):
    """SHA-256 of all weights that a job comes to."""
    return hashlib.sha256(b"".join(theta.tobytes() for theta in job(n_threads, kept or {}))).hexdigest()


@contextmanager
def folders_seen():
    """Every state that the folder of checkpoints has after a file is put there: a list of mappings of name to bytes."""
    seen, actual, lock = [], Checkpoints._write, threading.Lock()
    stretch, share = loop.SECONDS_PER_STRETCH, keeper.SHARE

    def write(self, *given):
        with lock:
            actual(self, *given)
            seen.append({path.name: path.read_bytes() for path in sorted(self.folder.iterdir())})

    loop.SECONDS_PER_STRETCH, keeper.SHARE, Checkpoints._write = 1e-7, 1e9, write  # one after nearly every update
    try:
        yield seen
    finally:
        loop.SECONDS_PER_STRETCH, keeper.SHARE, Checkpoints._write = stretch, share, actual


def in_a_child(job):
    """The digest of a job in a forked process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, digest(job).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        found = told.read()
    os.waitpid(child, 0)
    return found


def main():
    warnings.simplefilter("ignore")  # a few epochs are too short for any use
    every = jobs(Path(sys.argv[1]))
    print(json.dumps({name: [digest(job), in_a_child(job)] for name, job in every.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
