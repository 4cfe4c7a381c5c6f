"""The same bits with any number of threads, however a training is cut into calls, and after going on from a copy."""

import copy

import numpy as np
import pytest

from clearprop.engines import Job, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.compiled.host.plan_base import PlanBase
from clearprop.errors import DivergenceError
from clearprop.formulas import Adam, AdamW
from clearprop.job.state import rates as rates_of
from clearprop.network import Network
from clearprop.training.loop import epoch_order
from conforming import TOLERANCES, go_on, rows, train, typed

JOBS = {
    "tiny": (Network.mlp([2, 2, 1], "sigmoid"), {"batch_size": 1}),
    "small": (Network.mlp([16, 64, 64, 1]), {"batch_size": 64, "dropout": (0.0, 0.3, 0.1)}),
    "halves": (Network.mlp([9, 40, 30, 2], "tanh"), {"batch_size": 45, "l2": 0.1, "clip_norm": 0.1}),
    "wide": (Network.mlp([60, 300, 10], loss="cross_entropy"), {"batch_size": 150, "l2": 0.1, "clip_norm": 0.1}),
    "wide, plain": (Network.mlp([60, 300, 10], loss="cross_entropy"), {"batch_size": 150}),
    "many inputs": (Network.mlp([270, 30, 10], "sigmoid", loss="cross_entropy"), {"batch_size": 10, "l2": 0.1}),
    "many inputs, plain": (Network.mlp([270, 30, 10], "sigmoid", loss="cross_entropy"), {"batch_size": 10}),
    "many inputs, dropped": (Network.mlp([270, 20, 6, 3]), {"batch_size": 7, "dropout": (0.0, 0.3, 0.1)}),
    "many inputs, weighted": (Network.mlp([270, 30, 2]), {"batch_size": 9, "clip_norm": 0.1}),
    "many inputs, long": (Network.mlp([270, 2, 3]), {"batch_size": 700}),
    "long": (Network.mlp([4, 32, 16, 4], "tanh"), {"batch_size": 1500}),
    "large": (Network.mlp([530, 512, 600, 2]), {"batch_size": 400, "dropout": (0.1, 0.2, 0.0)}),
}


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_the_same_bits_whatever_the_stretch_and_the_number_of_threads(name, dtype, monkeypatch):
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.CALL_SECONDS", 0.0)
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.OPERATIONS_PER_THREAD", 1.0)
    network, settings = JOBS[name]
    job = Job(network, AdamW(0.01), epochs=2, seed=3, **settings)
    data = typed(rows(network, 1501, weights=name in ("long", "halves", "many inputs, weighted")), dtype)
    theta = network.initial(1, dtype=dtype).theta
    states = [
        train(CompiledEngine(n), job, data, theta, stretch=k)[0] for n, k in ((1, None), (1, 7), (2, 50), (3, None))
    ]
    for state in states[1:]:
        assert (state.theta == states[0].theta).all()
        assert (state.gradient_norms == states[0].gradient_norms).all()
        assert all((one == other).all() for one, other in zip(state.memory, states[0].memory, strict=True))


def test_the_same_bits_after_going_on_from_a_copy_inside_an_epoch():
    network = Network.mlp([5, 17, 3], loss="cross_entropy")
    job = Job(network, Adam(0.01), epochs=1, batch_size=8, dropout=(0.1, 0.2))
    data = rows(network, 90)
    whole, _ = train(CompiledEngine(), job, data, network.initial(0).theta)
    state = TrainingState.start(job, network.initial(0).theta)
    order = epoch_order(job, 0, 90, CompiledEngine())
    CompiledEngine().steps(job, state, data, order, rates_of(job, state, 90, 5))
    go_on(CompiledEngine(), job, data, copy.deepcopy(state), 0)
    go_on(CompiledEngine(), job, data, state, 0)
    assert (state.theta == whole.theta).all()


APART = {
    "halves": (Network.mlp([16, 64, 64, 1]), 64),
    "a first layer cut in two": (Network.mlp([270, 30, 10], "sigmoid", loss="cross_entropy"), 10),
}


@pytest.fixture
def always_two(monkeypatch):
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.CALL_SECONDS", 0.0)
    monkeypatch.setattr("clearprop.engines.compiled.host.partition.OPERATIONS_PER_THREAD", 1.0)
    monkeypatch.setattr("clearprop.engines.compiled.workers.thread_tuning.Pace.threads", lambda pace, most: most)
    have, seen = PlanBase.have, []

    def had(plan, threads):
        have(plan, threads)
        seen.append((threads, plan.job.owners))

    monkeypatch.setattr(PlanBase, "have", had)
    return seen


@pytest.mark.parametrize("name", APART)
def test_two_threads_have_a_theta_each_where_a_network_is_small(name, always_two):
    network, size = APART[name]
    job, data = Job(network, Adam(0.01), epochs=3, batch_size=size), typed(rows(network, 1000), np.float32)
    theta = network.initial(0, dtype=np.float32).theta
    states = [train(CompiledEngine(n), job, data, theta)[0] for n in (1, 2)]
    assert (2, 1) in always_two
    assert (states[0].theta == states[1].theta).all()
    assert (states[0].gradient_norms == states[1].gradient_norms).all()


def with_one_large(name, large):
    """An input that no weight has felt yet makes the square of its own gradient overflow, and nothing else."""
    network, size = APART[name]
    job, data = Job(network, Adam(0.01), epochs=1, batch_size=size), typed(rows(network, 1000), np.float32)
    data.X[:, 0] = 0
    data.X[533, 0] = large
    theta = network.initial(0, dtype=np.float32).theta
    theta[: network.widths[1]] = 0
    return job, data, theta


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("large", [1e25, np.inf])
def test_two_threads_with_a_theta_each_stop_where_one_does(name, large, always_two):
    job, data, theta = with_one_large(name, large)
    left = []
    for threads in (1, 2):
        state = TrainingState.start(job, theta)
        with pytest.raises(DivergenceError) as error:
            go_on(CompiledEngine(threads), job, data, state, 0)
        left.append((str(error.value), state.step, state.theta.tobytes(), state.loss_sum))
    assert left[0] == left[1]
    assert 0 < left[0][1] < 1000 // job.batch_size


@pytest.mark.parametrize("name", APART)
def test_an_engine_that_has_seen_a_divergence_goes_on_with_other_rows(name, always_two):
    job, data, theta = with_one_large(name, 1e25)
    engine = CompiledEngine(2)
    with pytest.raises(DivergenceError):
        go_on(engine, job, data, TrainingState.start(job, theta), 0)
    data.X[533, 0] = 1
    found, _ = train(engine, job, data, theta)
    expected, _ = train(CompiledEngine(1), job, data, theta)
    assert (found.theta == expected.theta).all()
    assert always_two.count((2, 1)) >= 2


def test_two_threads_with_a_theta_each_pass_over_a_batch_without_weight(always_two):
    network, size = APART["a first layer cut in two"]
    job, data = Job(network, Adam(0.01), epochs=2, batch_size=size), typed(rows(network, 1000), np.float32)
    order = epoch_order(job, 0, 1000, CompiledEngine(1))
    weight = np.ones(1000, dtype=np.float32)
    weight[order[30:70]] = weight[order[990:]] = 0  # whole batches of the first epoch, its last one among them
    states = [
        train(CompiledEngine(n), job, data._replace(weight=weight), network.initial(0, dtype=np.float32).theta)[0]
        for n in (1, 2)
    ]
    assert (states[0].theta == states[1].theta).all()
    assert (states[0].gradient_norms == states[1].gradient_norms).all()
