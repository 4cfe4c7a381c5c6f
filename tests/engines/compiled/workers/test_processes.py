"""Fits at the same time, in threads and in processes, and after a fork: the same bits as one fit alone.

And no more threads than were asked for: the engine starts its own for one call, and takes none of a BLAS.
"""

import enum
import os
import threading
import time

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info

import parallel_fits
import processes
from clearprop import MLPClassifier
from clearprop.engines.compiled import engine as module
from clearprop.engines.compiled.workers.crew import CREW
from parallel_fits import SHAPES, fitted, trained


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


@pytest.fixture
def alone(shape):
    return trained(shape, 1)


@pytest.mark.parametrize("n_threads", [1, 2, None])
def test_fits_in_threads_are_the_fit_alone(shape, alone, n_threads):
    found = joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(trained)(shape, n_threads) for _ in range(8))
    assert set(found) == {alone}


def test_fits_in_processes_are_the_fit_alone(shape, alone):
    calls = [joblib.delayed(trained)(shape, n_threads) for n_threads in (1, 2)]
    assert set(joblib.Parallel(n_jobs=2, backend="loky")(calls)) == {alone}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_fit_after_a_fork_is_the_fit_alone(shape, alone, n_threads):
    """The parent has trained, with two threads; its child trains on, and both come to the same."""
    assert trained(shape, 2) == alone
    assert in_child(lambda: trained(shape, n_threads)) == alone
    assert trained(shape, n_threads) == alone


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_trains_leaves_the_child_free(shape, alone):
    stop = threading.Event()

    def keep_training():
        while not stop.is_set():
            trained(shape, 2, epochs=1)

    other = threading.Thread(target=keep_training)
    other.start()
    try:
        for _ in range(3):
            assert in_child(lambda: trained(shape, 2)) == alone
    finally:
        stop.set()
        other.join()


def in_child(work):
    """What `work` returns in a process that is forked off, or a failure if it does not end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, work().encode())
        finally:
            os._exit(0)
    os.close(write)
    deadline = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pytest.fail("the child did not end")
        time.sleep(0.01)
    with os.fdopen(read, "rb") as pipe:
        return pipe.read().decode()


@pytest.fixture
def started(monkeypatch):
    """How many threads each call ran on."""
    counts = []
    run_on = module._run_on

    def counted(plan, threads):
        counts.append(threads)
        run_on(plan, threads)

    monkeypatch.setattr(module, "_run_on", counted)
    return counts


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_no_call_has_more_threads_than_were_asked_for(started, shape, n_threads):
    CREW.stop_idle()
    before = threading.active_count()
    trained(shape, n_threads)
    assert max(started) <= n_threads
    assert threading.active_count() <= before + n_threads - 1
    CREW.stop_idle()
    assert threading.active_count() == before


def test_fits_at_the_same_time_share_the_threads(started, shape):
    """Four at once, two threads each: a call gets a second thread only while it is alone."""
    in_calls, most, lock = [0], [0], threading.Lock()
    counted = module._run_on

    def watched(plan, threads):
        with lock:
            in_calls[0] += threads
            most[0] = max(most[0], in_calls[0])
        counted(plan, threads)
        with lock:
            in_calls[0] -= threads

    module._run_on, back = watched, module._run_on
    try:
        joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(trained)(shape, 2) for _ in range(8))
    finally:
        module._run_on = back
    assert most[0] <= 4 + 1  # one each, and the second of a call that was alone when it began


def test_a_fit_leaves_the_threads_of_the_blas_alone(shape):
    before = [(found["filepath"], found["num_threads"]) for found in threadpool_info()]
    trained(shape, 2)
    assert [(found["filepath"], found["num_threads"]) for found in threadpool_info()] == before


def test_a_process_with_one_thread_asked_for_has_one(shape):
    """As the operating system counts them, in a process of its own, with NumPy's BLAS held to one."""
    code = f"""
import os, sys, threading, time
sys.path[:0] = {[os.path.dirname(parallel_fits.__file__)]!r}
from parallel_fits import trained
before = len(os.listdir("/proc/self/task"))  # with those that libraries start when they are imported
most, over = [0], threading.Event()
def watch():
    while not over.is_set():
        most[0] = max(most[0], len(os.listdir("/proc/self/task")))
        time.sleep(0.0005)
watcher = threading.Thread(target=watch); watcher.start()
trained({shape!r}, 1, epochs=20)
over.set(); watcher.join()
print(most[0] - before)
"""
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("this system does not list the threads of a process")
    done = processes.python(code, environment={"OMP_NUM_THREADS": "1"})
    assert done.stdout.split() == ["1"], done.stderr  # the watcher


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_estimators_in_parallel_are_the_estimator_alone(backend):
    X = np.random.default_rng(0).standard_normal((300, 5))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)

    # A change in the loss below 1 counts as none, so all of them stop after 20 epochs, having converged.
    model = MLPClassifier((16,), random_state=0, tol=1.0, n_iter_no_change=20, engine="compiled")
    alone = fitted(model, X, y)
    found = joblib.Parallel(n_jobs=3, backend=backend)(joblib.delayed(fitted)(model, X, y) for _ in range(6))
    assert set(found) == {alone}


@pytest.mark.skipif(not hasattr(enum.EnumType, "__getattr__"), reason="this Python asks no enumeration for attributes")
def test_numpy_asks_no_enumeration_whether_it_is_an_array(shape, monkeypatch):
    """It would swallow a Ctrl-C that comes while it asks, and the fit would go on for ever."""
    asked, ask = [], enum.EnumType.__getattr__
    monkeypatch.setattr(enum.EnumType, "__getattr__", lambda cls, name: (asked.append(name), ask(cls, name))[1])
    trained(shape, 1)
    assert [name for name in asked if name.startswith("__array")] == []
