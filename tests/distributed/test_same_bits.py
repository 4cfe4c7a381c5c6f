"""A training has the same bits with 1, 2, 4 and 8 processes, and is the training of one engine but for rounding."""

import hashlib
from contextlib import nullcontext

import numpy as np
import pytest

from clearprop import Network
from clearprop.distributed.shards import rows_of
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DivergenceError
from clearprop.formulas import SGD
from clearprop.training import OneNetwork, Stopping, fit
from clearprop.training.asked import loss_measure
from threads_as_processes import engine_of, played

RNG = np.random.default_rng(0)
X = RNG.normal(size=(103, 6)).astype(np.float32)  # no number of shards or rows divides it
Y = (X[:, :1] * X[:, 1:2] + X[:, 2:3]).astype(np.float32)
WEIGHT = RNG.integers(0, 3, size=103).astype(np.float32)
NETWORK = Network.mlp([6, 11, 1], hidden="tanh")
JOBS = {
    "plain": {"batch_size": 25},
    "dropout": {"batch_size": 25, "dropout": (0.1, 0.3)},
    "penalties and clipping": {"batch_size": 40, "l1": 0.01, "l2": 0.1, "clip_norm": 0.5},
    "batches smaller than the shards": {"batch_size": 5},
}


def trained(group, settings, engine=CompiledEngine, **stopping):
    """The state after a whole fit by one of the processes, and what the fit came to."""
    job = Job(NETWORK, epochs=4, seed=3, **settings)
    data = prepared(job, X, Y, WEIGHT, np.float32)
    state = TrainingState.start(job, NETWORK.initial(seed=1, dtype=np.float32).theta)
    mine = engine(1) if engine is CompiledEngine else engine()
    used = mine if group is None else engine_of(group, mine)
    measure = loss_measure(NETWORK, prepared(Job(NETWORK), X[:5], Y[:5], dtype=np.float32), used)
    with nullcontext() if group is None else used.team.over_fits():
        done = fit(OneNetwork(job, state, data, used, measure), Stopping(patience=99, **stopping), looks=False)
    return state, done


def digest(state):
    return hashlib.sha256(b"".join([state.theta.tobytes(), *(part.tobytes() for part in state.memory)])).hexdigest()


@pytest.mark.parametrize("name", JOBS)
def test_1_2_4_and_8_processes_come_to_the_same_bits(name):
    found = {n: played(n, lambda group: trained(group, JOBS[name])) for n in (1, 2, 4, 8)}
    digests = {digest(state) for states in found.values() for state, _ in states}
    assert len(digests) == 1
    losses = {(each.loss, each.scores["validation_loss"]) for each in found[8][7][1].history}
    assert losses == {(each.loss, each.scores["validation_loss"]) for each in found[1][0][1].history}


@pytest.mark.parametrize("name", [name for name in JOBS if name != "dropout"])
def test_it_is_the_training_of_one_engine_but_for_rounding(name):
    ((sharded, done),) = played(1, lambda group: trained(group, JOBS[name]))
    alone, expected = trained(None, JOBS[name])
    np.testing.assert_allclose(sharded.theta, alone.theta, rtol=0, atol=2e-5)
    for ours, theirs in zip(done.history, expected.history, strict=True):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)
        assert ours.scores["validation_loss"] == pytest.approx(theirs.scores["validation_loss"], rel=1e-5)


def test_dropout_draws_the_same_units_in_every_engine():
    found = [
        played(2, lambda group, engine=engine: trained(group, JOBS["dropout"], engine))[0][0].theta
        for engine in (CompiledEngine, ReferenceEngine)
    ]
    np.testing.assert_allclose(*found, rtol=0, atol=2e-5)


def test_other_numbers_of_processes_make_the_same_training_with_bits_of_their_own():
    states = [state for state, _ in played(3, lambda group: trained(group, JOBS["plain"]))]
    assert len({digest(state) for state in states}) == 1
    np.testing.assert_allclose(states[0].theta, trained(None, JOBS["plain"])[0].theta, rtol=0, atol=2e-5)


def test_all_end_with_the_same_error_where_the_training_diverges():
    def diverges(group):
        with pytest.raises(DivergenceError) as caught:
            trained(group, {"batch_size": 25, "update_rule": SGD(1e30), "dropout": (0.0, 0.1)})
        return str(caught.value), caught.value.thetas[0].tobytes()

    assert len(set(played(4, diverges))) == 1


def test_rows_are_dealt_out_to_all_shards():
    for n_rows in (0, 3, 8, 103):
        dealt = [place for shard in range(8) for place in range(n_rows)[rows_of(n_rows, 8, shard)]]
        assert dealt == list(range(n_rows))
