"""Where the interpreter ends while a daemon thread fits, it is not cut through where that would abort the process."""

import sys
import threading
import warnings

import numpy as np
import pytest

import processes
from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor, ending

X = np.random.default_rng(0).standard_normal((120, 3))
Y = (X[:, 0] > 0).astype(int)
NAMES = np.array(["no", "yes"])[Y]
WEIGHTS = np.ones(len(X))
SHORT = {"max_iter": 3, "random_state": 0}
TABLE = {"max_iter": 2, "hidden_layer_sizes": (8,), "random_state": 0}
FITS = {
    "classes": lambda: MLPClassifier((4,), **SHORT).fit(X, Y),
    "names of classes": lambda: MLPClassifier((4,), **SHORT).fit(X, NAMES),
    "early stopping": lambda: MLPClassifier((4,), early_stopping=True, **SHORT).fit(X, Y),
    "balanced": lambda: MLPClassifier((4,), class_weight="balanced", **SHORT).fit(X, Y),
    "labels": lambda: MLPClassifier((4,), **SHORT).fit(X, np.stack([Y, 1 - Y], axis=1)),
    "parts": lambda: (
        MLPClassifier((4,), random_state=0).partial_fit(X, NAMES, classes=["no", "yes"]).partial_fit(X, NAMES)
    ),
    "numbers": lambda: MLPRegressor(hidden_layer_sizes=(4,), early_stopping=True, **SHORT).fit(X, X[:, 0]),
    "lbfgs": lambda: MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", **SHORT).fit(X, X[:, 0]),
    "table": lambda: TabularClassifier(ensemble=2, **TABLE).fit(X, NAMES),
    "table in groups": lambda: TabularClassifier(ensemble=2, **TABLE).fit(X, Y, groups=np.arange(120) // 10),
    "quantiles": lambda: TabularRegressor(quantiles=(0.1, 0.9), **TABLE).fit(X, X[:, 0], sample_weight=WEIGHTS),
}


@pytest.mark.parametrize("fit", FITS)
def test_no_fit_can_be_cut_where_it_would_abort(fit, monkeypatch):
    """NumPy 2.4.6 under Python 3.11.7: `numpy.unique` by hashing cannot be taken apart where its thread is."""
    sets = pytest.importorskip("numpy.lib._arraysetops_impl")
    if not hasattr(sets, "_unique_hash"):
        pytest.skip("this NumPy does not find different values by hashing")
    own, open_to_it, failed = sets._unique_hash, [], []

    def watched(*args, **options):
        if not ending._inside._is_owned():
            frame = sys._getframe(1)
            while "clearprop" not in frame.f_globals["__name__"]:
                frame = frame.f_back
            open_to_it.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return own(*args, **options)

    def fitted():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                FITS[fit]()
            except BaseException as error:
                failed.append(error)

    monkeypatch.setattr(sets, "_unique_hash", watched)
    thread = threading.Thread(target=fitted, daemon=True)
    thread.start()
    thread.join()
    assert (failed, open_to_it) == ([], [])


ENDS = """
import sys, threading, time
from clearprop.ending import not_cut_by_the_end
inside = threading.Event()
def first():
    with not_cut_by_the_end():
        inside.set()
        time.sleep(0.2)
        sys.stdout.write("whole ")
        sys.stdout.flush()
    time.sleep(0.2)
    with not_cut_by_the_end():
        sys.stdout.write("too late ")
threading.Thread(target=first, daemon=True).start()
inside.wait()
"""


def test_the_end_waits_for_what_has_begun_and_lets_nothing_begin():
    done = processes.run([sys.executable, "-c", ENDS])
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole ", "")


def test_other_threads_do_not_wait_for_each_other():
    both = threading.Barrier(2, timeout=20)

    def at_once():
        with ending.not_cut_by_the_end():
            both.wait()

    threads = [threading.Thread(target=at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken
