"""Snapshots of fits under way: whichever one a fit goes on from, it ends with the same bits and the same records."""

from copy import deepcopy

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import LBFGS, SGD, Adam, ReduceOnPlateau
from clearprop.job import Progress
from clearprop.tabular.together import Member, Together
from clearprop.training import Fitting, OneNetwork, Stopping, keeper, loop
from clearprop.training.asked import loss_measure
from clearprop.training.keeper import Keeper

RANDOM = np.random.default_rng(3)
X = RANDOM.standard_normal((90, 5))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
NET = Network.mlp([5, 8, 1], hidden="tanh", loss="binary_cross_entropy")
JOBS = {
    "adam with dropout": Job(NET, Adam(), epochs=9, batch_size=7, dropout=(0.1, 0.2), seed=5),
    "sgd on plateaus": Job(NET, SGD(0.5), ReduceOnPlateau(0.5, patience=1), epochs=9, batch_size=20),
    "lbfgs": Job(NET, LBFGS(), epochs=12),
}


@pytest.fixture(autouse=True)
def every_place(monkeypatch):
    """Short stretches, and a copy wherever there could be one."""
    monkeypatch.setattr(loop, "SECONDS_PER_STRETCH", 1e-7)
    monkeypatch.setattr(keeper, "SHARE", 1e9)


def one(job, engine, state=None):
    state = TrainingState.start(job, NET.initial(1).theta) if state is None else state
    measure = loss_measure(NET, prepared(Job(NET), X[60:], Y[60:]), engine)
    return OneNetwork(job, state, prepared(job, X[:60], Y[:60]), engine, measure)


def together(snapshot=None, epochs=4):
    members = []
    for k in range(3):
        job = Job(NET, Adam(), epochs=epochs, batch_size=16 + 9 * k, dropout=(0.0, 0.1), seed=k)
        data = prepared(job, X[30 * k : 30 * k + 45], Y[30 * k : 30 * k + 45])
        members.append(Member(job, data, CompiledEngine(1), X[:10], NET.initial(k).theta))

    def validate(outputs):
        return {"validation_score": float(np.mean(outputs))}

    before = () if snapshot is None else (snapshot.restored(), snapshot.unread)
    return Together(members, validate, 3, *before)


STOPPING = Stopping("validation_loss", tolerance=0.0, patience=4, restore_best=True)


def all_of(source, stopping, looks=True):
    """A fit, and all snapshots of it."""
    taken = []
    kept = Keeper(lambda snapshot: taken.append(deepcopy(snapshot)), 0.0)
    done = Fitting(source, stopping, keeper=kept, looks=looks).to_the_end()
    return done, taken


def same(done, before):
    return (done.stopped_by, [(e.n, e.loss, e.steps, e.scores, e.gradient_norms) for e in done.history]) == (
        before.stopped_by,
        [(e.n, e.loss, e.steps, e.scores, e.gradient_norms) for e in before.history],
    )


@pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])
@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_fit_goes_on_from_any_snapshot_of_it(job, engine):
    source = one(job, engine())
    done, taken = all_of(source, STOPPING)
    assert len(taken) > len(done.history), "inside epochs, too"
    assert sum(snapshot.states[0].cursor > 0 for snapshot in taken) > len(done.history) or isinstance(
        job.update_rule, LBFGS
    )
    assert taken[-1].progress.ended == (done.stopped_by, taken[-1].progress.ended[1])
    for snapshot in (*taken[::4], taken[-1]):
        again = one(job, engine(), deepcopy(snapshot).restored()[0])
        found = Fitting(again, STOPPING, resume=True, keeper=Keeper(lambda _: None, 1e9)).to_the_end()
        np.testing.assert_array_equal(again.state.theta, source.state.theta)
        assert same(found, done)


def test_a_fit_of_many_epochs_in_one_call_goes_on_from_any_snapshot(monkeypatch):
    """Where nobody looks, the state is ahead of the records; no snapshot is taken there."""
    monkeypatch.undo()
    monkeypatch.setattr(keeper, "SHARE", 1e9)
    job, stopping = Job(NET, SGD(0.1), epochs=4000, batch_size=60), Stopping(patience=4000)
    start = TrainingState.start(job, NET.initial(1).theta)

    def plain(state):
        return OneNetwork(job, state, prepared(job, X[:60], Y[:60]), CompiledEngine(1))

    source = plain(deepcopy(start))
    done, taken = all_of(source, stopping, looks=False)
    assert 3 < len(taken) < 200
    for snapshot in taken[:: max(1, len(taken) // 10)]:
        again = plain(deepcopy(snapshot).restored()[0])
        found = Fitting(again, stopping, resume=True, keeper=Keeper(lambda _: None, 1e9), looks=False).to_the_end()
        np.testing.assert_array_equal(again.state.theta, source.state.theta)
        assert same(found, done)


def test_an_ensemble_goes_on_from_any_snapshot_also_where_members_wait_for_others():
    stopping = Stopping("validation_score", True, 0.0, 50, True)
    for _ in range(20):  # whether a snapshot comes while one waits is a matter of time
        source = together()
        done, taken = all_of(source, stopping)
        if some_waited := any(any(s.unread) and not all(s.unread) for s in taken):
            break
    assert some_waited
    assert any(state.cursor > 0 for snapshot in taken for state in snapshot.states)
    for snapshot in (*taken[::4], taken[-1]):
        again = together(deepcopy(snapshot))
        found = Fitting(again, stopping, resume=True, keeper=Keeper(lambda _: None, 1e9)).to_the_end()
        np.testing.assert_array_equal(again.thetas, source.thetas)
        assert same(found, done)


def test_nothing_is_written_before_its_time_but_the_end():
    written = []
    job = JOBS["adam with dropout"]
    Fitting(one(job, CompiledEngine()), STOPPING, keeper=Keeper(written.append, 1e9)).to_the_end()
    assert [snapshot.progress.ended is not None for snapshot in written] == [True]


def test_a_fit_that_is_left_is_written_where_it_was_last_whole():
    written = []
    job = JOBS["adam with dropout"]
    fitting = Fitting(one(job, CompiledEngine()), STOPPING, keeper=Keeper(written.append, 1e9))
    for epoch in fitting:
        if epoch.n == 4:
            break
    fitting.close()
    (snapshot,) = written
    assert snapshot.progress.ended is None
    assert snapshot.states[0].epoch in (3, 4)
    again = one(job, CompiledEngine(), snapshot.restored()[0])
    whole = one(job, CompiledEngine())
    Fitting(again, STOPPING, resume=True).to_the_end()
    Fitting(whole, STOPPING).to_the_end()
    np.testing.assert_array_equal(again.state.theta, whole.state.theta)


def test_copies_take_a_small_share_of_the_time(monkeypatch):
    monkeypatch.undo()
    clock = [0.0]

    class Slow(TrainingState):
        def copy(self):
            clock[0] += 1.0
            return super().copy()

    monkeypatch.setattr(keeper.time, "monotonic", lambda: clock[0])
    job = JOBS["adam with dropout"]
    kept, state = Keeper(lambda _: None, 0.0), Slow.start(job, NET.initial(1).theta)
    kept.begin([state], Progress())
    copies = 0
    for _ in range(1000):
        before = clock[0]
        kept.at(0)
        copies += clock[0] > before
        clock[0] += 1.0
    assert copies <= 1000 * keeper.SHARE + 2
