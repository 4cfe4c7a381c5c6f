"""Local steps between averages, batches that grow with the processes, and what is said before the first step."""

import numpy as np
import pytest

from clearprop import Network, train
from clearprop.distributed import settings
from clearprop.distributed.launch import grown
from clearprop.distributed.link import Measured, report
from clearprop.distributed.local_steps import LocalEngine
from clearprop.distributed.team import Team
from clearprop.engines import Job, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DivergenceError, InputError
from clearprop.formulas import SGD, Adam, Momentum
from clearprop.training import OneNetwork, Stopping, fit
from threads_as_processes import engine_of, played

RNG = np.random.default_rng(0)
X = RNG.normal(size=(203, 6)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2] + X[:, 2:3]).astype(np.float32)
NETWORK = Network.mlp([6, 11, 1], hidden="tanh")


def trained(group, every, **asked):
    job = Job(NETWORK, seed=3, **{"epochs": 4, "batch_size": 24, **asked})
    data = prepared(job, X, Y, None, np.float32)
    state = TrainingState.start(job, NETWORK.initial(seed=1, dtype=np.float32).theta)
    engine = engine_of(group, CompiledEngine(1))
    if every:
        engine = LocalEngine(CompiledEngine(1), Team(group), True, None, every=every)
    with engine.team.over_fits():
        done = fit(OneNetwork(job, state, data, engine), Stopping(), looks=False)
    return state, done


def same(found):
    """The state that every process has."""
    whole = [[state.theta, *state.memory, state.gradient_norms] for state, _ in found]
    assert len({b"".join(each.tobytes() for each in vectors) for vectors in whole}) == 1
    assert len({(state.step, state.epoch, tuple(r.loss for r in done.history)) for state, done in found}) == 1
    return found[0][0]


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize("asked", [{}, {"dropout": (0.0, 0.2)}, {"batch_size": 5}], ids=str)
def test_all_have_one_state_and_the_same_bits_from_run_to_run(n, asked):
    first, again = (same(played(n, lambda group: trained(group, 4, **asked))) for _ in range(2))
    assert first.theta.tobytes() == again.theta.tobytes()
    assert first.step == 4 * -(-203 // asked.get("batch_size", 24))


@pytest.mark.parametrize("n", [1, 2, 4])
def test_an_average_after_each_step_of_sgd_is_the_sum_of_gradients(n):
    asked = {"update_rule": Momentum(0.05)}
    local, summed = (same(played(n, lambda group, every=every: trained(group, every, **asked))) for every in (1, 0))
    np.testing.assert_allclose(local.theta, summed.theta, rtol=0, atol=2e-6)
    np.testing.assert_allclose(local.memory[0], summed.memory[0], rtol=0, atol=2e-6)
    assert local.loss_sum == summed.loss_sum == 0


def test_more_local_steps_are_another_training_that_learns_as_well():
    few, many = (
        played(2, lambda group, every=every: trained(group, every, epochs=60, update_rule=Adam(0.02)))
        for every in (1, 16)
    )
    assert same(few).theta.tobytes() != same(many).theta.tobytes()
    first, last = many[0][1].history[0].loss, many[0][1].history[-1].loss
    assert last < 0.3 * first
    assert last < 2 * few[0][1].history[-1].loss


def test_one_that_diverges_ends_all_with_the_weights_of_the_last_average():
    def diverges(group):
        with pytest.raises(DivergenceError) as caught:
            trained(group, 4, update_rule=SGD(1e30))
        return str(caught.value), caught.value.thetas[0].tobytes()

    assert len(set(played(2, diverges))) == 1


def test_batches_and_the_rate_grow_with_the_processes_where_that_is_asked_for(monkeypatch):
    for name, value in {"RANK": 0, "WORLD_SIZE": 4, "MASTER_ADDR": "localhost", "MASTER_PORT": 29400}.items():
        monkeypatch.setenv(name, str(value))
    job = Job(NETWORK, batch_size=32, update_rule=Adam(0.01))
    assert grown(job) is job
    for rule, rate in {"linear": 0.04, "sqrt": 0.02}.items():
        with settings(batch_grows=rule):
            assert (grown(job).batch_size, grown(job).update_rule.learning_rate) == (128, rate)
    monkeypatch.setenv("CLEARPROP_BATCH_GROWS", "sqrt")
    assert grown(job).batch_size == 128


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"sync_every": 0}, "whole number from 1 on, not 0"), ({"batch_grows": "cubic"}, "linear or sqrt, not 'cubic'")],
)
def test_what_cannot_be_is_refused(asked, said, monkeypatch):
    with pytest.raises(InputError, match=said), settings(**asked):
        pass
    ((name, value),) = asked.items()
    monkeypatch.setenv(f"CLEARPROP_{name.upper()}", str(value))
    for place, its in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "localhost", "MASTER_PORT": 29400}.items():
        monkeypatch.setenv(place, str(its))
    with pytest.raises(InputError, match=rf"CLEARPROP_{name.upper()}.*not "):
        train(NETWORK, NETWORK.initial(seed=0), X, Y, epochs=1)


def test_the_plan_names_each_way_and_what_it_gains():
    job = Job(NETWORK, batch_size=64)
    data = prepared(job, X, Y, None, np.float32)
    state = TrainingState.start(job, NETWORK.initial(seed=1, dtype=np.float32).theta)
    said = set(played(2, lambda group: report(engine_of(group, CompiledEngine(1)), job, state, data, 1)))
    assert len(said) == 1
    text = said.pop()
    assert text.startswith("2 processes: the gradient of a batch takes ")
    for part in ("summing gradients", "sync_every=", "batch_grows", "shared out (ensembles, searches) 2"):
        assert part in text


def test_as_many_local_steps_are_proposed_as_hide_the_link():
    def gains(**given):
        return Measured(**{"n": 2, "whole": 1e-3, "part": 5e-4, "shards": 6e-4, "grown": 1.1e-3, **given})

    quick, slow = gains(link=1e-5, more=2e-5), gains(link=2e-3, more=6e-3)
    assert (quick.every, slow.every) == (2, 64)
    assert quick.gains["summing gradients"] > 1 > slow.gains["summing gradients"]
    assert max(slow.gains, key=slow.gains.get).startswith("local steps")
