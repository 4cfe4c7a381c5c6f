"""Ctrl-C at every call of Python that a fit makes: nothing that was learned is lost, and no thread stays.

Python looks for signals where a function begins, so that these are the places where one can come. Where an exception is
thrown into a generator, as by `close`, it does not look; an error of a tracer there would end the generator without its
``finally``, as no signal does.
"""

import dis
import sys
import threading
import time
import warnings
from itertools import count

import interrupted
import numpy as np
import pytest

from clearprop import MLPClassifier, TabularClassifier, TabularRegressor
from clearprop.engines.blas_threads import BLAS
from clearprop.training import interrupts

# Python itself loses one that comes where a weak reference is cleared away.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
READER = sys.modules["clearprop.training.fit"]
X = np.random.default_rng(0).standard_normal((120, 4))
Y = X[:, 0] * X[:, 1]
QUICK = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}
KINDS = {
    "adam": lambda: MLPClassifier(**QUICK),
    "early stopping": lambda: MLPClassifier(**QUICK, early_stopping=True),
    "reference": lambda: MLPClassifier(**QUICK, engine="reference"),
    "lbfgs": lambda: MLPClassifier(**QUICK, solver="lbfgs"),
    "table": lambda: TabularClassifier(**QUICK, ensemble=2),
    "quantiles": lambda: TabularRegressor(**QUICK, ensemble=2, quantiles=(0.1, 0.9)),
}


def is_thrown(frame):
    """Whether this is a call of a generator into which an exception is thrown: it goes on behind its ``yield``."""
    return frame.f_lasti >= 0 and dis.opname[frame.f_code.co_code[frame.f_lasti]] == "YIELD_VALUE"


class AtCall:
    """Raises KeyboardInterrupt at the n-th call after this epoch was seen, and a second one so many calls later."""

    def __init__(self, monkeypatch, epoch, n, later=None):
        self.epoch, self.n, self.later, self.n_calls, self.came = epoch, n, later, 0, 0
        see = READER.see

        def watched(stopping, progress, epoch, states, **options):
            see(stopping, progress, epoch, states, **options)
            if epoch.n == self.epoch and not self.came:
                sys.setprofile(self.profiled)

        see_all = READER.see_all

        def watched_together(stopping, progress, records):
            see_all(stopping, progress, records)
            if records.first <= self.epoch <= records[-1].n and not self.came:
                sys.setprofile(self.profiled)

        monkeypatch.setattr(READER, "see", watched)
        monkeypatch.setattr(READER, "see_all", watched_together)
        monkeypatch.setattr(interrupts, "_last", float("-inf"))
        monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)  # pytest's own makes calls

    def profiled(self, frame, event, _):
        is_call = event == "call" and not is_thrown(frame)
        self.n_calls += is_call
        if is_call and self.n_calls == self.n:
            self.came, self.n_calls = 1, 0
            if self.later is not None:
                sys.settrace(self.traced)  # whoever raises from one of the two has that one taken away
            raise KeyboardInterrupt

    def traced(self, frame, event, _):
        self.n_calls += not is_thrown(frame)
        if self.n_calls == self.later:
            self.came = 2
            raise KeyboardInterrupt


def interrupted_at(kind, epoch, n, later=None):
    """How a fit went on that was interrupted there: how often it was, and whether it raised it."""
    model, raised = KINDS[kind](), False
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        at = AtCall(monkeypatch, epoch, n, later)
        try:
            model.fit(X, Y if kind == "quantiles" else (Y > 0).astype(int))
        except KeyboardInterrupt:
            raised = True
        finally:
            sys.setprofile(None)
            sys.settrace(None)
    return model, at.came, raised


def attack(kind, epoch, stride=1, later=None):
    """Interrupt at every so many calls after an epoch, to the end of the fit; how many fits, and how many raised it."""
    n_raised, came, numbers = 0, 1, count(1, stride)
    while came:
        n = next(numbers)
        model, came, raised = interrupted_at(kind, epoch, n, later)
        assert np.isfinite(model.predict(X)).all(), n
        assert model.n_iter_ >= epoch, n
        if hasattr(model, "_run"):
            assert model._run.state.progress is None, n  # the fit has let go of it
        assert not BLAS._wanted, n  # and of the BLAS's threads
        n_raised += raised and came == 1
    return n // stride, n_raised


def threads():
    deadline, left = time.monotonic() + 5, True
    while left and time.monotonic() < deadline:
        left = [thread.name for thread in threading.enumerate() if thread.name in interrupted.OWN]
        time.sleep(0.02)
    return left


@pytest.mark.parametrize(
    ("kind", "stride"), [("adam", 1), ("reference", 3), ("lbfgs", 2), ("table", 61), ("quantiles", 199)]
)
def test_ctrl_c_at_any_call_after_the_last_epoch_loses_nothing(kind, stride):
    n_fits, n_raised = attack(kind, QUICK["max_iter"], stride)
    print(kind, n_fits, n_raised)  # noqa: T201
    assert n_fits > 20
    assert n_raised <= 14  # it came when all was done but to warn: then it is raised, with everything kept
    assert not threads()


@pytest.mark.parametrize("kind", ["adam", "table"])
def test_ctrl_c_twice_at_once_loses_nothing(kind):
    attack(kind, QUICK["max_iter"], 7 if kind == "adam" else 101, later=2)
    assert not threads()


@pytest.mark.torture
@pytest.mark.parametrize("later", [None, 1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_at_every_call_after_the_first_epoch(kind, later, figure):
    n_fits, _ = attack(kind, 1, 1 if later is None else 5, later)
    second = "" if later is None else f", a second one {later} calls later"
    figure(f"Ctrl-C at every call: {kind}{second}", f"{n_fits:,} fits, nothing lost")
    assert not threads()


def kept_and_interrupted(folder, n, epoch=1):
    """A fit with checkpoints that is interrupted there, then the same call again in what it left; whether one came."""
    kept = {"checkpoint": folder, "checkpoint_seconds": 0, "resume": True}
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        at = AtCall(monkeypatch, epoch, n)
        try:
            MLPClassifier(**LONGER).fit(X, Y > 0, **kept)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        assert not [path.name for path in folder.iterdir() if path.suffix == ".part"], n
        return at.came, MLPClassifier(**LONGER).fit(X, Y > 0, **kept)


LONGER = QUICK | {"max_iter": 6, "batch_size": 30}


def attack_kept(folder, stride):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        undisturbed = MLPClassifier(**LONGER).fit(X, Y > 0)
    came, numbers = 1, count(1, stride)
    while came:
        n = next(numbers)
        (folder / str(n)).mkdir()
        came, model = kept_and_interrupted(folder / str(n), n)
        assert model.loss_curve_ == undisturbed.loss_curve_, n
        np.testing.assert_array_equal(model.coefs_[0], undisturbed.coefs_[0])
    return n // stride


def test_ctrl_c_at_any_call_leaves_a_checkpoint_to_go_on_from(tmp_path):
    assert attack_kept(tmp_path, 61) > 5


@pytest.mark.torture
def test_ctrl_c_at_every_call_leaves_a_checkpoint_to_go_on_from(tmp_path, figure):
    figure("Ctrl-C at every call with checkpoints", f"{attack_kept(tmp_path, 1):,} fits, all went on to the same bits")
