"""Threads that only wait for each other part: on busy cores an update could take milliseconds, not microseconds."""

import threading
import time

import numpy as np
import pytest

from clearprop.engines import Data, Job, TrainingState
from clearprop.engines.compiled import engine as module
from clearprop.engines.compiled.codegen.addresses import CLOCK, address_of
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.compiled.kernels.barrier import LONG
from clearprop.job.state import rates as rates_of
from clearprop.network import Network

NETWORK = Network.mlp([8, 30, 3], loss="cross_entropy")


def trained(n_threads):
    job = Job(NETWORK, epochs=1, batch_size=10, l2=0.1)
    random = np.random.default_rng(0)
    X, Y = random.standard_normal((400, 8)), np.eye(3)[random.integers(0, 3, 400)]
    state = TrainingState.start(job, NETWORK.initial(1).theta)
    CompiledEngine(n_threads).steps(job, state, Data(X, Y), np.arange(400), rates_of(job, state, 400, 40))
    return state


class LateCrew:
    """The helper of each call comes long after it was called."""

    def __init__(self, seconds):
        self.seconds, self.calls = seconds, []

    def help(self, work, threads):
        self.calls.append(threads)
        work.have(threads)
        helpers = [threading.Thread(target=self.come, args=(work, n)) for n in range(1, threads)]
        for helper in helpers:
            helper.start()
        work.run(0, work.address)
        for helper in helpers:
            helper.join()

    def come(self, work, number):
        time.sleep(self.seconds)
        work.run(number, work.address)


@pytest.fixture
def forced(monkeypatch):
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.CALL_SECONDS", 0.0)
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.OPERATIONS_PER_THREAD", 1.0)


@pytest.mark.skipif(address_of(CLOCK) == 0, reason="this system has no clock_gettime")
def test_threads_that_only_wait_for_each_other_part_and_one_goes_on(forced, monkeypatch):
    alone = trained(1)
    crew = LateCrew(5 * LONG / 1e9)
    monkeypatch.setattr(module, "CREW", crew)
    state = trained(2)
    assert crew.calls == [2, 1]
    assert state.step == state.cursor == 40
    assert (state.theta == alone.theta).all()
    assert state.loss_sum == pytest.approx(alone.loss_sum, rel=1e-12)
    assert (state.gradient_norms == alone.gradient_norms).all()
