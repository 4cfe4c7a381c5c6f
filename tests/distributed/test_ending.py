"""All processes end in the same step, whichever of them has the reason."""

import os
import signal

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DistributedError
from clearprop.training import Epoch, Fitting, OneNetwork, Stopping
from clearprop.training.halting import Halt
from clearprop.training.joining import _answered_by
from threads_as_processes import engine_of, played

X = np.random.default_rng(0).normal(size=(40, 3))
NETWORK = Network.mlp([3, 4, 1])


def fitted(group, *, X=X, max_seconds=None, callbacks=(), halt=None):
    job = Job(NETWORK, epochs=2000, batch_size=8)
    data = prepared(job, X, X[:, :1])
    state = TrainingState.start(job, NETWORK.initial(seed=0).theta)
    engine = engine_of(group, CompiledEngine(1))
    with (halt or Halt()).over_fits(), engine.team.over_fits():
        stopping = Stopping(patience=10**6, max_seconds=max_seconds)
        fitting = Fitting(OneNetwork(job, state, data, engine), stopping, callbacks)
    return fitting.to_the_end(), state


def same(found):
    """What every process came to, which is the same."""
    assert len({(done.reason, state.step, state.theta.tobytes()) for done, state in found}) == 1
    return found[0]


def test_a_callback_of_one_process_ends_all():
    def one(group):
        return fitted(group, callbacks=[lambda epoch: group.rank == 2 and epoch.n == 7])

    done, state = same(played(4, one))
    assert done.reason == "stopped after epoch 7: a callback asked for it"
    assert state.step == 7 * 5


def test_a_time_limit_is_heard_within_an_epoch_by_those_that_have_none():
    many = np.tile(X, (400, 1))  # an epoch of 2,000 steps

    def one(group):
        return fitted(group, X=many, max_seconds=0.05 if group.rank == 1 else None)

    done, state = same(played(2, one))
    assert done.reason == "stopped in epoch 1: the time limit of 0.05 s was reached"
    assert 0 < state.step < 2000
    assert not done.history[0].complete


def test_ctrl_c_of_one_process_ends_all():
    def one(group):
        halt = Halt()

        def interrupted(epoch: Epoch) -> None:
            if group.rank == 1 and epoch.n == 3:
                halt.interrupt()

        return fitted(group, callbacks=[interrupted], halt=halt)

    done, _ = same(played(2, one))
    assert done.reason == "interrupted after 3 whole epochs"


def test_weights_that_a_callback_has_changed_in_one_process_are_noticed():
    def one(group):
        def spoils(state):
            state.theta[0] += group.rank == 1

        job = Job(NETWORK, epochs=9, batch_size=8)
        state = TrainingState.start(job, NETWORK.initial(seed=0).theta)
        engine = engine_of(group, CompiledEngine(1))
        with engine.team.over_fits():
            source = OneNetwork(job, state, prepared(job, X, X[:, :1]), engine)
            Fitting(source, Stopping(), [lambda epoch: spoils(state)]).to_the_end()

    with pytest.raises(DistributedError, match="process 1 holds other weights than process 0 after the same steps"):
        played(2, one)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_the_end_and_is_still_seen_by_who_answered_before(number):
    seen, asked = [], []

    def noted(number, frame):
        seen.append(number)
        raise KeyboardInterrupt

    before = signal.signal(number, noted)
    try:
        with _answered_by(lambda: asked.append(number)):
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is noted
    finally:
        signal.signal(number, before)
    assert seen == asked == [number]
