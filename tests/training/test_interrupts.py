"""Ctrl-C in a fit: the first keeps the best weights and returns, a second soon after is raised, with them kept, too."""

import threading
import time

import numpy as np
import pytest

from clearprop import MLPClassifier, MLPRegressor, Network, TabularClassifier, TabularRegressor, train
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.formulas import LBFGS
from clearprop.tabular import learning, planning, scoring
from clearprop.training import Fitting, OneNetwork, Stopping, fit, interrupts
from clearprop.training.interrupts import Interrupts
from clearprop.training.lbfgs import lbfgs_epochs

NETWORK = Network.mlp([3, 4, 1])
X = np.random.default_rng(0).standard_normal((60, 3))
Y = X[:, :1] * X[:, 1:2]
LABELS = (Y[:, 0] > 0).astype(int)
QUICK = {"ensemble": 2, "hidden_layer_sizes": (4,), "max_iter": 6, "random_state": 0}


def interrupt_at(n, times=1):
    """A callback that is interrupted in an epoch, and a number of times after that whenever it is called."""
    left = [times]

    def callback(epoch):
        if epoch.n >= n and left[0]:
            left[0] -= 1
            raise KeyboardInterrupt

    return callback


def test_a_second_interrupt_counts_only_if_it_comes_soon(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now[0])
    for seconds, again in ((0.0, False), (1.9, True), (2.1, False)):
        now[0] += seconds
        seen = Interrupts()
        seen.note()
        assert (seen.came, seen.again) == (True, again)


def test_the_first_interrupt_ends_a_fit_and_the_second_one_the_next_as_well():
    """As in a search over parameters: one Ctrl-C ends a fit, another the search."""
    state = TrainingState.start(Job(NETWORK), NETWORK.initial().theta)
    job, data = Job(NETWORK, epochs=9), prepared(Job(NETWORK), X, Y)
    source = OneNetwork(job, state, data, ReferenceEngine())
    found = fit(source, Stopping(), [interrupt_at(3)])
    assert (found.stopped_by, len(found.history)) == ("interrupt", 3)
    with pytest.raises(KeyboardInterrupt):
        fit(source, Stopping(), [interrupt_at(5)])
    assert state.epoch == 5


def test_a_reader_that_is_interrupted_ends_the_fit():
    state = TrainingState.start(Job(NETWORK), NETWORK.initial().theta)
    data, job = prepared(Job(NETWORK), X, Y), Job(NETWORK, epochs=9)
    source = OneNetwork(job, state, data, ReferenceEngine(), lambda theta: {"score": float(state.epoch != 1)})
    under_way = Fitting(source, Stopping("score", restore_best=True))
    for epoch in under_way:
        if epoch.n == 4:
            break
    under_way.interrupted()
    found = under_way.result
    assert (found.stopped_by, found.best.n) == ("interrupt", 2)
    assert found.reason.startswith("interrupted after 4 whole epochs; the weights of epoch 2")


MAKERS = {
    "adam": lambda **k: MLPClassifier((4,), random_state=0, max_iter=9, **k),
    "lbfgs": lambda **k: MLPClassifier((4,), solver="lbfgs", random_state=0, max_iter=9, **k),
    "early stopping": lambda **k: MLPRegressor(
        "squared_error", (4,), early_stopping=True, random_state=0, max_iter=9, **k
    ),
}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:No better than always saying"),  # after so few epochs
]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_an_estimator_keeps_what_it_learned_whatever_comes(make):
    before = threading.active_count()
    model = make(callbacks=[interrupt_at(3)])
    with pytest.warns(UserWarning, match=r"Training interrupted by user\."):
        model.fit(X, LABELS)
    assert model.n_iter_ == 3
    model = make(callbacks=[interrupt_at(4)]).set_params(max_iter=8)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, LABELS)
    assert model.n_iter_ == 4
    assert model.stopping_reason_.startswith("interrupted after 4 whole")
    assert np.isfinite(model.predict(X)).all()
    assert threading.active_count() <= before


def test_an_interrupt_while_a_fit_is_wound_up_loses_nothing(monkeypatch):
    finish, left = MLPClassifier._finish, [2]

    def disturbed(self, run):
        if left[0]:
            left[0] -= 1
            raise KeyboardInterrupt
        finish(self, run)

    monkeypatch.setattr(MLPClassifier, "_finish", disturbed)
    model = MLPClassifier((4,), random_state=0, max_iter=5, callbacks=[lambda epoch: epoch.n == 3])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, LABELS)
    assert (model.n_iter_, model.stopping_reason_) == (3, "stopped after epoch 3: a callback asked for it")


def test_a_fit_that_ended_by_itself_says_that_ctrl_c_came(monkeypatch):
    finish, left = MLPClassifier._finish, [1]

    def disturbed(self, run):
        if left[0]:
            left[0] -= 1
            raise KeyboardInterrupt
        finish(self, run)

    monkeypatch.setattr(MLPClassifier, "_finish", disturbed)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model = MLPClassifier((4,), random_state=0, max_iter=3).fit(X, LABELS)
    assert model.n_iter_ == 3


def test_train_returns_at_the_first_and_raises_at_the_second():
    trained = train(NETWORK, NETWORK.initial(), X, Y, epochs=9, callbacks=[interrupt_at(2)])
    assert (len(trained.history), trained.reason) == (2, "interrupted after 2 whole epochs")
    with pytest.raises(KeyboardInterrupt):
        train(NETWORK, NETWORK.initial(), X, Y, epochs=9, callbacks=[interrupt_at(2)])


@pytest.fixture
def epochs_interrupted(monkeypatch):
    """Has the trainings of ensembles interrupted: in which epoch, one number a training; 0 for not at all."""

    def have(*when):
        carry_out, left = learning.carry_out, list(when)

        def disturbed(plan, callbacks=(), *more):
            n = left.pop(0) if left else 0
            return carry_out(plan, [*callbacks, *([interrupt_at(n)] if n else [])], *more)

        monkeypatch.setattr("clearprop.tabular.quantiles.carry_out", disturbed)

    return have


QUANTILES = (0.1, 0.5, 0.9)


@pytest.mark.parametrize(
    ("when", "missing"),
    [((3,), "0.1, 0.5, 0.9"), ((0, 3), "0.5, 0.9"), ((0, 0, 2), "0.9"), ((0, 0, 0, 3), None)],
)
def test_quantiles_are_ended_too_and_it_is_said_which_are_missing(epochs_interrupted, when, missing):
    epochs_interrupted(*when)
    model = TabularRegressor(**QUICK, quantiles=QUANTILES)
    said = "Training interrupted by user" + (f"; the quantiles {missing} are not learned" if missing else r"\.")
    with pytest.warns(UserWarning, match=said):
        model.fit(X, Y[:, 0])
    assert np.isfinite(model.predict(X)).all()
    if missing is None:
        assert model.predict_quantiles(X).shape == (60, 3)
        return
    with pytest.raises(ValueError, match=r"were learned, and .0.1, 0.5, 0.9. are asked for; fit anew"):
        model.predict_quantiles(X)


def test_an_interrupt_between_two_trainings_keeps_what_is_there(monkeypatch):
    make, left = planning.plan, [1]

    def disturbed(*given, **options):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return make(*given, **options)

    monkeypatch.setattr("clearprop.tabular.quantiles.plan", disturbed)
    model = TabularRegressor(**QUICK, quantiles=QUANTILES)
    with pytest.warns(UserWarning, match="the quantiles 0.1, 0.5, 0.9 are not learned"):
        model.fit(X, Y[:, 0])
    assert np.isfinite(model.predict(X)).all()


def test_a_calibration_that_is_interrupted_is_said_and_the_networks_kept(monkeypatch):
    def disturbed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(scoring, "fit_temperature", disturbed)
    model = TabularClassifier(**QUICK)
    with pytest.warns(UserWarning, match="the probabilities are not calibrated"):
        model.fit(X, LABELS)
    assert model.n_iter_ == 6
    assert not hasattr(model, "calibration_error_")
    again = TabularClassifier(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        again.fit(X, LABELS)
    assert np.isfinite(again.predict_proba(X)).all()


def test_threads_of_an_ensemble_are_gone_after_an_interrupt(epochs_interrupted):
    before = threading.active_count()
    epochs_interrupted(2)
    with pytest.warns(UserWarning, match="interrupted"):
        TabularClassifier(**QUICK).fit(X, LABELS)
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop member"]
    assert threading.active_count() <= before + 2  # helpers of the engine, which go home by themselves


def test_a_worker_of_lbfgs_that_nobody_reads_any_more_ends(monkeypatch):
    """Ctrl-C may come while the thread starts, or while it is waited for."""
    job = Job(NETWORK, update_rule=LBFGS(), epochs=50, batch_size=10**6, shuffle=False)
    join = threading.Thread.join

    def disturbed(self, timeout=None):
        if self.name == "clearprop-lbfgs":
            raise KeyboardInterrupt
        join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", disturbed)
    state = TrainingState.start(job, NETWORK.initial().theta)
    records = lbfgs_epochs(job, state, prepared(job, X, Y), ReferenceEngine())
    next(records)
    with pytest.raises(KeyboardInterrupt):
        records.close()
    monkeypatch.undo()
    deadline = time.monotonic() + 5
    while (left := lbfgs_threads()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left


def lbfgs_threads():
    return [thread for thread in threading.enumerate() if thread.name == "clearprop-lbfgs"]


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_where_no_thread_can_be_had_a_fit_has_the_same_bits(monkeypatch, solver):
    """As when the interpreter ends, or a limit is reached."""
    options = {"solver": solver, "max_iter": 5, "random_state": 0}
    expected = MLPClassifier((4,), **options).fit(X, LABELS).parameters_.theta
    tabular = TabularClassifier(**QUICK).fit(X, LABELS).predict_proba(X)

    def none(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    found = MLPClassifier((4,), **options).fit(X, LABELS).parameters_.theta
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(TabularClassifier(**QUICK).fit(X, LABELS).predict_proba(X), tabular)
