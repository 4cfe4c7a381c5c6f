"""A training that diverges: what is kept of it, and going on from its best weights with half the rate."""

import sys
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from clearprop import MLPRegressor, Network, TabularRegressor, train
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DivergenceError, InputError
from clearprop.files import checkpoint_file
from clearprop.formulas import SGD, Adam, ConstantSchedule, ReduceOnPlateau
from clearprop.tabular import recipe
from clearprop.tabular.together import Member, Together
from clearprop.training import Fitting, OneNetwork, Stopping, divergence, fit, keeper, loop
from clearprop.training.keeper import Keeper

DRAW = np.random.default_rng(0)
X = DRAW.standard_normal((120, 3))
Y = X @ [[1.0], [2.0], [3.0]] + DRAW.standard_normal((120, 1))
NET = Network.mlp([3, 8, 1], hidden="relu")
RETRY = Stopping(patience=np.inf, on_divergence="retry")
VALIDATED = replace(RETRY, watch="size", restore_best=True)
ENGINES = pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])


def one(rate=3.0, engine=ReferenceEngine, state=None, **options):
    job = Job(NET, options.pop("rule", SGD(rate)), **{"epochs": 12, "batch_size": 20, "seed": 4, **options})
    state = TrainingState.start(job, NET.initial(1).theta) if state is None else state
    measure = lambda theta: {"size": float(np.abs(theta).sum())}  # noqa: E731
    return OneNetwork(job, state, prepared(job, X, Y), engine(), measure)


def together(n_threads=1, snapshot=None):
    """Three networks, of which the last diverges later than the others."""
    members = []
    for k in range(3):
        job = Job(NET, SGD(1.5), epochs=10, batch_size=[16, 25, 9][k], seed=k)
        rows = slice(20 * k, 20 * k + 60)
        members.append(Member(job, prepared(job, X[rows], Y[rows]), ReferenceEngine(), X[:9], NET.initial(k).theta))

    def validate(outputs):
        return {"size": float(np.abs(np.concatenate(outputs)).mean())}

    before = () if snapshot is None else (snapshot.restored(), snapshot.unread)
    return Together(members, validate, n_threads, *before)


def bits(source):
    return [state.theta.tobytes() for state in source.states]


def of_record(done):
    return (
        [(epoch.n, epoch.loss, epoch.learning_rate, epoch.steps) for epoch in done.history],
        done.retries,
        done.reason,
    )


@ENGINES
@pytest.mark.parametrize("options", [{}, {"rule": Adam(1e52)}, {"schedule": ReduceOnPlateau(0.5, patience=1)}])
def test_a_fit_that_diverges_goes_on_with_lower_rates_to_the_same_bits_at_every_repeat(engine, options):
    sources = [one(engine=engine, **options) for _ in range(2)]
    first, second = (fit(source, RETRY) for source in sources)
    assert first.retries
    assert of_record(first) == of_record(second)
    assert bits(sources[0]) == bits(sources[1])
    assert [epoch.n for epoch in first.history] == list(range(1, 13))
    assert np.isfinite(sources[0].state.theta).all()
    assert [retry.rate_scale for retry in first.retries] == sorted((r.rate_scale for r in first.retries), reverse=True)
    assert f"{first.retries[-1].rate_scale:g} times the learning rate" in first.reason


def test_the_epoch_that_diverged_begins_again_from_the_best_weights_with_half_the_rate():
    """By hand: the state of the best epoch, half the rate, the place of the epoch that diverged."""
    rises, kept = ConstantSchedule(warmup=60), {}
    source = one(3.0, schedule=rises)
    found = fit(source, RETRY, [lambda epoch: kept.update({epoch.n: source.state.copy()})])
    retry = found.retries[0]
    assert (retry.is_start, retry.rate_scale, retry.epoch > retry.from_epoch) == (False, 0.5, True)
    assert [other.epoch for other in found.retries].count(retry.epoch) == 1, "and its epoch came to an end"
    again = replace(kept[retry.from_epoch].copy(), epoch=retry.epoch - 1, rate_scale=0.5)
    by_hand = one(3.0, state=again, schedule=rises)
    next(iter(Fitting(by_hand, Stopping(patience=np.inf))))
    assert again.theta.tobytes() == kept[retry.epoch].theta.tobytes()


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_an_ensemble_goes_on_together_whatever_its_threads(n_threads):
    expected, found = together(), together(n_threads)
    first, second = fit(expected, VALIDATED), fit(found, VALIDATED)
    assert first.retries
    assert of_record(first) == of_record(second)
    assert bits(expected) == bits(found)
    assert [state.samples for state in found.states] == [600] * 3


@pytest.mark.parametrize("make", [one, together])
def test_a_fit_that_has_diverged_goes_on_from_any_checkpoint(make, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "SECONDS_PER_STRETCH", 1e-7)
    monkeypatch.setattr(keeper, "SHARE", 1e9)
    taken, source = [], make()
    done = fit(source, VALIDATED, keeper=Keeper(lambda snapshot: taken.append(deepcopy(snapshot)), 0.0))
    assert done.retries
    for snapshot in taken[:: max(1, len(taken) // 12)]:
        (tmp_path / "c").write_bytes(checkpoint_file.to_bytes(snapshot, {}, {}))
        back = checkpoint_file.read(tmp_path / "c").snapshot()
        again = together(2, back) if make is together else one(state=back.restored()[0])
        found = fit(again, VALIDATED, resume=True, keeper=Keeper(lambda _: None, 1e9))
        assert of_record(found) == of_record(done)
        assert bits(again) == bits(source)


def test_where_a_lower_rate_changes_nothing_or_was_tried_often_enough_it_is_an_error():
    with pytest.raises(DivergenceError, match=r"step 1: .*too large") as caught:
        fit(OneNetwork(*spoilt(1e200)), RETRY)
    assert "gone on" not in str(caught.value)
    with pytest.raises(DivergenceError, match=r"gone on 10 times with a lower rate, at last 0\.000976562 times"):
        fit(one(1e30), RETRY)


def spoilt(size):
    job = Job(NET, SGD(0.1), epochs=3)
    return job, TrainingState.start(job, NET.initial(1).theta), prepared(job, X * size, Y), ReferenceEngine()


@ENGINES
def test_the_error_has_the_best_weights(engine):
    kept = {}
    source = one(2.0, engine)
    with pytest.raises(DivergenceError) as caught:
        fit(
            source,
            Stopping(patience=np.inf),
            [lambda epoch: kept.update({epoch.n: (epoch, source.state.theta.copy())})],
        )
    best = min(kept, key=lambda n: kept[n][0].loss)
    assert caught.value.best_epoch == best
    np.testing.assert_array_equal(caught.value.thetas, [kept[best][1]])
    early = one(1e30, engine)
    with pytest.raises(DivergenceError) as caught:
        fit(early, Stopping())
    assert caught.value.best_epoch is None
    np.testing.assert_array_equal(caught.value.thetas, [early.state.theta])


def test_a_checkpoint_of_a_fit_that_diverges_has_the_best_weights(monkeypatch):
    monkeypatch.setattr(sys.modules["clearprop.training.keeper"], "SHARE", 1e9)  # a copy wherever there could be one
    taken, source = [], one(2.0)
    with pytest.raises(DivergenceError) as caught:
        fit(source, Stopping(patience=np.inf), keeper=Keeper(taken.append, 0.0), looks=False)
    np.testing.assert_array_equal(taken[-1].progress.best.thetas, caught.value.thetas)


def test_ctrl_c_as_it_goes_back_leaves_it_where_it_was_to_go_on_from(monkeypatch):
    actual, calls = divergence.go_back, []

    def interrupted(progress, states, retry):
        calls.append(retry)
        actual(progress, states, retry)
        states[0].memory, states[0].cursor = [], 3
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["clearprop.training.fit"], "go_back", interrupted)
    source = one(2.0)
    fitting = Fitting(source, RETRY)
    done = fitting.to_the_end()
    assert (done.stopped_by, len(calls), calls[0]) == ("interrupt", 2, calls[1])
    assert done.retries == tuple(calls[:1])
    best = fitting.progress.best
    kept = fitting.progress.start if best is None or calls[0].is_start else best.states
    np.testing.assert_array_equal(source.state.theta, kept[0].theta)


def test_the_doors_say_what_a_retry_did():
    with pytest.warns(UserWarning, match=r"training diverged in epoch \d+, step \d+: .* times the learning rate"):
        trained = train(NET, NET.initial(1), X, Y, optimizer=SGD(3.0), epochs=12, on_divergence="retry")
    assert trained.retries
    ends = {"tol": 1e9, "n_iter_no_change": 12}  # by itself, which is not warned of
    model = MLPRegressor(hidden_layer_sizes=8, solver="sgd", learning_rate_init=5.0, random_state=1, **ends)
    model.set_params(on_divergence="retry")
    with pytest.warns(UserWarning, match="sgd: training diverged in epoch"):
        model.fit(X, Y[:, 0])
    assert model.retries_
    assert model.history_[-1].learning_rate < 5.0


@pytest.mark.parametrize("on_divergence", ["raise", "retry"])
def test_a_table_that_diverges_is_an_error_or_goes_on(on_divergence, monkeypatch):
    monkeypatch.setattr(recipe, "AdamW", lambda learning_rate, weight_decay: SGD(5.0))
    model = TabularRegressor(hidden_layer_sizes=4, max_iter=6, ensemble=2, random_state=0, activation="relu")
    model.set_params(on_divergence=on_divergence)
    if on_divergence == "raise":
        with pytest.raises(DivergenceError, match="training diverged in epoch"):
            model.fit(X, Y[:, 0])
        assert not hasattr(model, "model_")
        return
    with pytest.warns(UserWarning, match="training diverged in epoch .* times the learning rate"):
        model.fit(X, Y[:, 0])
    assert model.retries_
    assert "had diverged in epoch" in model.model_.settings["ended"]
    assert np.isfinite(model.predict(X)).all()


def test_an_error_leaves_the_estimator_as_it_was():
    model = MLPRegressor(hidden_layer_sizes=(8,), solver="sgd", max_iter=3, batch_size=20, random_state=1)
    with pytest.warns(UserWarning, match="hasn't converged"):
        model.fit(X, Y[:, 0])
    before = model.coefs_[0].copy(), model.history_, model.stopping_reason_
    model.set_params(learning_rate_init=1e30)
    with pytest.raises(DivergenceError):
        model.fit(X, Y[:, 0])
    np.testing.assert_array_equal(model.coefs_[0], before[0])
    assert (model.history_, model.stopping_reason_) == before[1:]


def test_what_it_may_be_is_said():
    for refused in ("ignore", None, True):
        with pytest.raises(InputError, match=r"no on_divergence .*Known: raise, retry"):
            Stopping(on_divergence=refused)
        with pytest.raises(InputError, match="no on_divergence"):
            TabularRegressor(on_divergence=refused).fit(X, Y[:, 0])
        with pytest.raises(InputError, match="no on_divergence"):
            MLPRegressor(on_divergence=refused).fit(X, Y[:, 0])
    with pytest.raises(InputError, match="'retry' does not go with lbfgs: it has no learning rate to lower") as one:
        MLPRegressor(solver="lbfgs", on_divergence="retry").fit(X, Y[:, 0])
    with pytest.raises(InputError, match="'retry' does not go with lbfgs") as two:
        train(NET, NET.initial(1), X, Y, optimizer="lbfgs", on_divergence="retry")
    assert str(one.value) == str(two.value)
