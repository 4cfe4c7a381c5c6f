"""When a fit ends, what it says of it, and which weights it leaves behind."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.errors import DivergenceError, InputError
from clearprop.formulas import LBFGS, SGD, Adam, ReduceOnPlateau
from clearprop.training import Fitting, OneNetwork, Stopping, fit

random = np.random.default_rng(0)
X = random.standard_normal((40, 3))
Y = X[:, :1] - X[:, 1:2]
NETWORK = Network.mlp([3, 5, 1], hidden="tanh")
ENGINE = ReferenceEngine()


def run(stopping=None, *, measure=None, callbacks=(), **options):
    job = Job(NETWORK, **{"epochs": 20, "batch_size": 10, "update_rule": Adam(0.01), **options})
    state = TrainingState.start(job, NETWORK.initial(seed=2).theta)
    source = OneNetwork(job, state, prepared(job, X, Y), ENGINE, measure)
    return fit(source, stopping or Stopping(patience=np.inf), callbacks), state


def test_the_preset_number_of_epochs():
    found, _ = run()
    assert (found.stopped_by, found.converged, len(found.history)) == ("epochs", False, 20)
    assert found.reason == "stopped at the preset number of 20 epochs"


def test_a_loss_that_gets_no_better():
    found, _ = run(Stopping(tolerance=1e9, patience=3))
    assert (found.stopped_by, found.converged) == ("no_improvement", True)
    assert found.reason == "stopped after epoch 5: the training loss was no better by 1e+09 for 3 epochs (converged)"


def test_a_score_that_gets_no_better_at_all():
    values = iter([3.0, 1.0, 2.0, 2.0, 2.0])
    stopping = Stopping("score", False, tolerance=0.0, patience=2)
    found, _ = run(stopping, measure=lambda theta: {"score": next(values)})
    assert found.reason == "stopped after epoch 5: the score was no better for 2 epochs (converged)"


def scores(values):
    """A measure that gives these scores one after the other."""
    left = iter(values)
    return lambda theta: {"score": next(left)}


def test_the_best_weights_are_put_back():
    kept = []

    def measure(theta):
        kept.append(theta.copy())
        return {"score": [0.1, 0.5, 0.9, 0.4, 0.3, 0.2][len(kept) - 1]}

    found, state = run(Stopping("score", True, 1e-4, patience=2, restore_best=True), measure=measure)
    assert found.best.n == 3
    assert found.reason.endswith("for 2 epochs (converged); the weights of epoch 3, the best, were put back")
    np.testing.assert_array_equal(state.theta, kept[2])


def test_a_score_that_is_nan_is_never_the_best():
    found, _ = run(Stopping("score", True, 0, 5, restore_best=True), measure=scores([0.2, np.nan, 0.1] * 10))
    assert found.best.n == 1


def test_only_nan_scores_keep_the_first_weights_and_end():
    found, _ = run(Stopping("score", True, 0, 3, restore_best=True), measure=scores([np.nan] * 20))
    assert found.stopped_by == "no_improvement"


def test_a_callback_that_returns_true_ends_training_and_every_callback_sees_every_epoch():
    seen = []
    found, _ = run(callbacks=[lambda epoch: epoch.n == 4, lambda epoch: seen.append(epoch.n)])
    assert (found.stopped_by, seen) == ("callback", [1, 2, 3, 4])


@pytest.mark.parametrize(("answer", "epochs"), [(np.True_, 1), (np.False_, 20), (1, 20), (None, 20)], ids=str)
def test_only_true_ends_training_numpys_too(answer, epochs):
    found, _ = run(callbacks=[lambda epoch: answer])
    assert len(found.history) == epochs


def test_the_time_limit_holds_inside_an_epoch_too():
    found, state = run(Stopping(patience=np.inf, max_seconds=0.2), epochs=10**6)
    assert found.stopped_by == "time"
    assert found.history[-1].seconds < 1
    assert "time limit of 0.2 s" in found.reason
    assert state.step == found.history[-1].steps


def test_a_time_limit_ends_lbfgs_too():
    found, _ = run(Stopping(max_seconds=1e-9), update_rule=LBFGS())
    assert (found.stopped_by, len(found.history)) == ("time", 1)


def test_a_plateau_lowers_the_rate_and_ends_at_the_least_rate():
    schedule = ReduceOnPlateau(gamma=0.1, patience=1, tolerance=1e9, minimum=0.002)
    found, _ = run(Stopping(patience=np.inf), update_rule=SGD(0.1), schedule=schedule)
    rates = [epoch.learning_rate for epoch in found.history]
    assert found.stopped_by == "rate"
    assert rates == pytest.approx([0.1] * 3 + [0.01] * 2 + [0.001] * 2)
    assert "the learning rate fell to 0.001" in found.reason


def test_a_plateau_and_stopping_each_keep_their_own_patience():
    schedule = ReduceOnPlateau(gamma=0.1, patience=1, tolerance=1e9)
    found, _ = run(Stopping(tolerance=1e9, patience=3), update_rule=SGD(0.1), schedule=schedule)
    assert (found.stopped_by, len(found.history)) == ("no_improvement", 5)
    assert found.history[-1].learning_rate == pytest.approx(0.01)


def test_the_count_of_a_plateau_goes_on_where_training_goes_on():
    schedule = ReduceOnPlateau(gamma=0.1, patience=1, tolerance=1e9, minimum=0.002)
    whole, _ = run(update_rule=SGD(0.1), schedule=schedule, epochs=7)
    state, rates = None, []
    for epoch in range(7):
        job = Job(NETWORK, update_rule=SGD(0.1), schedule=schedule, epochs=epoch + 1, batch_size=10)
        state = state or TrainingState.start(job, NETWORK.initial(seed=2).theta)
        part = fit(OneNetwork(job, state, prepared(job, X, Y), ENGINE), Stopping(patience=np.inf))
        rates += [record.learning_rate for record in part.history]
    assert rates == [record.learning_rate for record in whole.history]
    assert part.stopped_by == "rate"


def test_a_fit_that_goes_on_speaks_of_its_own_epochs():
    first = Job(NETWORK, epochs=3, batch_size=10)
    state = TrainingState.start(first, NETWORK.initial(seed=2).theta)
    for job in (first, replace(first, epochs=8)):
        found = fit(OneNetwork(job, state, prepared(job, X, Y), ENGINE), Stopping(patience=np.inf))
    assert found.reason == "stopped at the preset number of 5 epochs"
    assert [epoch.n for epoch in found.history] == [4, 5, 6, 7, 8]


def test_lbfgs_stops_at_the_preset_number_of_evaluations():
    found, _ = run(update_rule=LBFGS(max_evaluations=5), epochs=500)
    assert (found.stopped_by, found.converged) == ("evaluations", False)
    assert "5 evaluations" in found.reason


def test_lbfgs_that_starts_at_the_minimum_makes_no_iteration():
    network = Network.mlp([3, 1])
    job = Job(network, update_rule=LBFGS())
    state = TrainingState.start(job, network.parameters([[1, -1, 0]], [0]).theta)
    found = fit(OneNetwork(job, state, prepared(job, X, Y), ENGINE), Stopping())
    assert (found.stopped_by, found.history) == ("minimum", ())


def test_lbfgs_finds_the_minimum_and_says_so():
    found, state = run(update_rule=LBFGS(tolerance=1e-8), epochs=500)
    assert found.stopped_by == "minimum"
    assert found.history[-1].loss < 1e-4
    losses = [epoch.loss for epoch in found.history]
    assert losses == sorted(losses, reverse=True)
    assert ENGINE.loss(NETWORK, NETWORK.views(state.theta), prepared(Job(NETWORK), X, Y)) == pytest.approx(losses[-1])


def test_lbfgs_stops_at_the_preset_number_of_iterations():
    found, _ = run(update_rule=LBFGS(), epochs=3)
    assert found.reason == "stopped at the preset number of 3 iterations"


def test_lbfgs_that_diverges_is_an_error_in_the_callers_thread():
    network = Network.mlp([3, 1], loss="squared_error")
    job = Job(network, update_rule=LBFGS())
    state = TrainingState.start(job, network.parameters([np.full(3, 1e200)], [0]).theta)
    with pytest.raises(DivergenceError, match="scale the columns"):
        fit(OneNetwork(job, state, prepared(job, X, Y), ENGINE), Stopping())


class Interrupted(ReferenceEngine):
    """Is interrupted after some updates, as if by Ctrl-C."""

    def steps(self, job, state, data, order, rates):
        for rate in rates:
            if state.step == 13:
                raise KeyboardInterrupt
            super().steps(job, state, data, order, [rate])


def test_an_interrupt_keeps_the_best_weights():
    job = Job(NETWORK, epochs=20, batch_size=10)
    state = TrainingState.start(job, NETWORK.initial(seed=2).theta)
    stopping = Stopping("score", True, restore_best=True)
    measure = scores([0.9, 0.1, 0.1, 0.1])
    found = fit(OneNetwork(job, state, prepared(job, X, Y), Interrupted(), measure), stopping)
    assert (found.stopped_by, found.best.n) == ("interrupt", 1)
    assert found.reason.startswith("interrupted after 3 whole epochs; the weights of epoch 1")


def test_divergence_leaves_the_best_weights_in_the_state():
    kept = []

    def measure(theta):
        kept.append(theta.copy())
        return {"score": 1.0 / len(kept)}

    network = Network.mlp([3, 5, 1], hidden="identity", loss="squared_error")
    job = Job(network, update_rule=SGD(3.0), epochs=100)
    state = TrainingState.start(job, network.initial(seed=2).theta)
    source = OneNetwork(job, state, prepared(job, X, Y), ENGINE, measure)
    with pytest.raises(DivergenceError):
        fit(source, Stopping("score", True, 0, np.inf, True))
    np.testing.assert_array_equal(state.theta, kept[0])


@pytest.mark.parametrize(
    "options", [{"tolerance": -1}, {"patience": 0}, {"max_seconds": 0}, {"tolerance": float("nan")}]
)
def test_stopping_out_of_range_is_refused(options):
    with pytest.raises(InputError, match=next(iter(options))):
        Stopping(**options)


def test_a_time_limit_that_is_over_before_the_first_update():
    found, _ = run(Stopping(max_seconds=1e-9))
    assert (found.stopped_by, found.history) == ("time", ())
    assert found.reason == "stopped in epoch 1: the time limit of 1e-09 s was reached"


def under_way(stopping=None, *, measure=None, **options):
    job = Job(NETWORK, **{"epochs": 20, "batch_size": 10, "update_rule": Adam(0.01), **options})
    state = TrainingState.start(job, NETWORK.initial(seed=2).theta)
    stopping = stopping or Stopping(patience=np.inf)
    return Fitting(OneNetwork(job, state, prepared(job, X, Y), ENGINE, measure), stopping)


@pytest.mark.parametrize("rule", [Adam(0.01), LBFGS()], ids=["adam", "lbfgs"])
def test_a_fit_that_its_reader_leaves(rule):
    fitting = under_way(update_rule=rule)
    for epoch in fitting:
        if epoch.n == 3:
            break
    fitting.close()
    three, state = run(update_rule=rule, epochs=3)
    np.testing.assert_array_equal(fitting.source.state.theta, state.theta)
    assert (fitting.result.stopped_by, fitting.result.converged) == ("reader", False)
    assert [epoch.loss for epoch in fitting.result.history] == [epoch.loss for epoch in three.history]
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop-lbfgs"]


def test_the_weights_of_the_last_epoch_handed_out_are_those_that_stay():
    fitting = under_way(Stopping("score", True, 0.0, 2, restore_best=True), measure=scores([0.1, 0.9, 0.3, 0.2, 0.1]))
    seen = [fitting.source.state.theta.copy() for _ in fitting]
    np.testing.assert_array_equal(seen[-1], seen[1])
    np.testing.assert_array_equal(fitting.source.state.theta, seen[1])
    assert fitting.result.best.n == 2


def test_the_epoch_that_diverged_is_in_the_history():
    network = Network.mlp([3, 5, 1], hidden="identity", loss="squared_error")
    job = Job(network, update_rule=SGD(3.0), epochs=100)
    state = TrainingState.start(job, network.initial(seed=2).theta)
    fitting = Fitting(OneNetwork(job, state, prepared(job, X, Y), ENGINE, lambda theta: {"score": 1.0}), Stopping())
    with pytest.raises(DivergenceError) as raised:
        list(fitting)
    last = fitting.result.history[-1]
    assert (last.n, last.complete, len(last.gradient_norms)) == (raised.value.epoch, False, 2)
    assert np.isnan([last.loss, last.scores["score"]]).all()
    assert fitting.result.stopped_by == "divergence"
    assert str(raised.value) in fitting.result.reason


def test_only_an_engine_that_uses_a_blas_has_its_threads_held(monkeypatch):
    held = []

    @contextmanager
    def watched(job, n_samples, n_threads):
        held.append(n_threads)
        yield

    monkeypatch.setattr("clearprop.training.source.suited_to", watched)
    job = Job(NETWORK, epochs=2)
    for engine, uses_blas in ((ReferenceEngine(), True), (Quiet(), False)):
        held.clear()
        state = TrainingState.start(job, NETWORK.initial(seed=2).theta)
        fit(OneNetwork(job, state, prepared(job, X, Y), engine, n_threads=3), Stopping())
        assert set(held) == ({3} if uses_blas else set())


class Quiet(ReferenceEngine):
    """Says that it multiplies without a BLAS."""

    uses_blas = False
