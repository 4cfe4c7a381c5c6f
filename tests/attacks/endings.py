"""Processes that fit where a process ends or divides: ``python endings.py HOW COUNT SEED``.

Each case is a child that is forked off from this process, which has imported all but the engine; so the first fit of a
process, with its late imports, is met every time. What became of each is told on standard output, a line for each.
"""

import atexit
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings

import numpy as np

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor

SOON = 60.0  # seconds, after which a child is taken to hang; it takes under one where the machine is not busy
SHORT = {"max_iter": 3, "random_state": 0}
TABLE = {"max_iter": 2, "ensemble": 2, "hidden_layer_sizes": (8,), "random_state": 0}
MAKERS = {
    "adam": lambda: MLPClassifier((64,), **SHORT),
    "lbfgs": lambda: MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", **SHORT),
    "table": lambda: TabularClassifier(**TABLE),
    "quantiles": lambda: TabularRegressor(**TABLE, quantiles=(0.1, 0.9)),
}
X = np.random.default_rng(0).standard_normal((600, 20))
Y = (X[:, 0] > 0).astype(int)


def fit(kind):
    """Fit and predict; `fitted` is written at once, since the process may be about to end."""
    model = MAKERS[kind]().fit(X, Y)
    os.write(1, b"fitted " if np.isfinite(model.predict(X[:5])).all() else b"not finite ")


def at_exit(kind, chance):
    """The first fit of the process is made as it ends; sometimes there was one before."""
    if chance.random() < 0.3:
        MAKERS[kind]().fit(X, Y)
    atexit.register(fit, kind)


def in_daemon(kind, chance):
    """A daemon thread fits one after the other while the process ends."""

    def for_ever():
        while True:
            MAKERS[kind]().fit(X, Y)

    threading.Thread(target=for_ever, daemon=True).start()
    time.sleep(chance.uniform(0.0, 0.8))
    os.write(1, b"fitted ")


def forked(kind, chance):
    """A fork while another thread makes the first fit of the process; both sides fit."""
    other = threading.Thread(target=MAKERS[kind]().fit, args=(X, Y))
    other.start()
    time.sleep(chance.uniform(0.0, 0.8))
    child = os.fork()
    if child == 0:
        fit(kind)
        os._exit(0)
    fit(kind)
    other.join()
    if ended(child) != 0:
        os.write(1, b"its child did not end ")


def ended(child):
    """The exit code of a child, or None for one that had to be killed."""
    deadline = time.monotonic() + SOON
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.005)


def main():
    """In a child return, and so let the interpreter end in its own way; in the parent tell what became of all."""
    how, count, seed = sys.argv[1:]
    warnings.simplefilter("ignore")
    for number in range(int(count)):
        kind = list(MAKERS)[number % len(MAKERS)]
        said = tempfile.TemporaryFile()  # noqa: SIM115
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            {"exit": at_exit, "daemon": in_daemon, "fork": forked}[how](kind, random.Random(f"{seed} {number}"))
            return
        code = ended(child)
        said.seek(0)
        found = {"number": number, "kind": kind, "code": code, "said": said.read().decode(errors="replace")}
        print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
