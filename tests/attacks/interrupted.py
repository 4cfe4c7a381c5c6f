"""A process that fits one estimator after the other and is sent Ctrl-C; it tells what came of each on standard output.

Run as ``python interrupted.py KIND SECONDS…``: one number a fit, when the first Ctrl-C comes after its beginning;
a second follows a moment later where the number is negative.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress

import numpy as np
from watching import Watch

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor

OWN = ("clearprop helper", "clearprop member", "clearprop-lbfgs")
LONG = {"max_iter": 10**6, "tol": 0.0, "n_iter_no_change": 10**9}
MAKERS = {
    "adam": lambda: MLPClassifier((64, 64), **LONG),
    "small": lambda: MLPClassifier((4,), batch_size=10, **LONG),
    "sgd": lambda: MLPRegressor("squared_error", (64,), solver="sgd", learning_rate_init=1e-4, **LONG),
    "lbfgs": lambda: MLPClassifier((64, 64), solver="lbfgs", alpha=0.1, max_iter=10**6, max_fun=10**9, tol=0.0),
    "early stopping": lambda: MLPClassifier((64,), early_stopping=True, **LONG),
    "reference": lambda: MLPClassifier((64,), engine="reference", **LONG),
    "table": lambda: TabularClassifier(max_iter=100_000, ensemble=2, hidden_layer_sizes=(64, 64)),
    "quantiles": lambda: TabularRegressor(max_iter=100_000, ensemble=2, hidden_layer_sizes=(32,), quantiles=(0.1, 0.9)),
}


def rows():
    random = np.random.default_rng(0)
    X = random.standard_normal((2000, 20))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def send(seconds, over):
    """Ctrl-C after so many seconds, and again a moment later for a negative number; none once the fit is over."""
    if over.wait(abs(seconds)):
        return
    os.kill(os.getpid(), signal.SIGINT)
    if seconds < 0 and not over.wait(0.004):
        os.kill(os.getpid(), signal.SIGINT)


def fitted(kind, seconds, X, y):
    """What became of one fit."""
    model, over, ended = MAKERS[kind](), threading.Event(), None
    sender = threading.Thread(target=send, args=(seconds, over), daemon=True)
    watch = Watch()
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            sender.start()
            model.fit(X, y)
        ended = "returned" if any("interrupted" in str(warning.message) for warning in said) else "returned unsaid"
    except KeyboardInterrupt:
        ended = "raised"
    except BaseException as error:
        ended = f"{type(error).__name__}: {error}"
    while sender.is_alive():
        try:
            over.set()
            sender.join()
        except KeyboardInterrupt:  # the second one came just now
            continue
    try:
        usable = bool(np.isfinite(model.predict(X[:5])).all())
    except Exception as error:
        usable = type(error).__name__
    took = watch.seconds() - abs(seconds)
    return {"kind": kind, "seconds": seconds, "ended": ended, "took": took, "usable": usable}


def state_of_process():
    """How many threads of ours there are, how many files are open, how much memory is taken."""
    deadline = time.monotonic() + 5
    while [thread for thread in threading.enumerate() if thread.name in OWN] and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [thread.name for thread in threading.enumerate() if thread.name in OWN]
    files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    return {"threads": left, "files": files, "all": threading.active_count()}


def tell(found):
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def resident():
    """Bytes of memory that the process holds, without what the C library keeps of what was given back to it."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def many(kind, count, interrupts):
    """Fits in a row, one epoch each or interrupted: memory after the first fifty and at the end, and what stays."""
    X, y = rows()
    y = X[:, 0] * X[:, 1] if kind == "quantiles" else y
    MAKERS[kind]().set_params(max_iter=1).fit(X, y)
    before, after_fifty = state_of_process(), 0
    for n in range(count):
        if interrupts:
            fitted(kind, 0.02, X, y)
        else:
            MAKERS[kind]().set_params(max_iter=1).fit(X, y)
        if n == min(50, count // 2):
            after_fifty = resident()
    tell({"before": before, "after": state_of_process(), "grown": resident() / after_fifty})


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
    if sys.argv[2] in ("fits", "interrupted"):
        warnings.simplefilter("ignore")
        many(sys.argv[1], int(sys.argv[3]), sys.argv[2] == "interrupted")
        return
    kind, *times = sys.argv[1:]
    X, y = rows()
    if kind == "quantiles":
        y = X[:, 0] * X[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MAKERS[kind]().set_params(max_iter=1).fit(X, y)
    before = state_of_process()
    for seconds in times:
        tell(fitted(kind, float(seconds), X, y))
    gc.collect()
    tell({"before": before, "after": state_of_process()})


if __name__ == "__main__":
    main()
