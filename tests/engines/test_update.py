"""The update rule alone, by a gradient from elsewhere: the same in both engines, and the one that `steps` makes."""

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import UPDATE_RULES
from clearprop.network.rates import at_rates

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 5)), RNG.normal(size=(20, 2))
NETWORK = Network.mlp([5, 7, 2], hidden="tanh")


@pytest.mark.parametrize("name", UPDATE_RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_update_by_a_given_gradient_is_that_of_a_step(name, dtype):
    job = Job(NETWORK, UPDATE_RULES[name](weight_decay=0.1), batch_size=20, shuffle=False)
    data = prepared(job, X, Y, dtype=dtype)
    states = [TrainingState.start(job, NETWORK.initial(seed=1, dtype=dtype).theta) for _ in range(3)]
    engines, stepping = (CompiledEngine(1), ReferenceEngine()), states[2]
    for _ in range(3):
        for engine, state in zip(engines, states[:2], strict=True):
            _, gradient = engine.loss_and_gradient(job, state.theta, data)
            engine.update(job, state, gradient, 0.01)
            state.step += 1
        engines[0].steps(job, stepping, data, np.arange(20), np.array([0.01]))
        stepping.cursor = 0
    closeness = {"rtol": 0, "atol": 1e-6 if dtype == "float32" else 1e-13}
    for state in states[:2]:
        for ours, theirs in zip([state.theta, *state.memory], [stepping.theta, *stepping.memory], strict=True):
            np.testing.assert_allclose(ours, theirs, **closeness)


def test_layers_move_at_their_own_rates():
    network = at_rates(Network.mlp([5, 7, 2], hidden="tanh"), [0.0, 2.0])
    job = Job(network)
    state, gradient = TrainingState.start(job, network.initial(seed=1).theta), RNG.normal(size=network.n_parameters)
    other = state.copy()
    before = network.views(state.theta.copy())
    CompiledEngine(1).update(job, state, gradient, 0.01)
    ReferenceEngine().update(job, other, gradient, 0.01)
    np.testing.assert_allclose(state.theta, other.theta, rtol=1e-14)
    assert (network.views(state.theta).W[1] == before.W[1]).all()
    assert not (network.views(state.theta).W[2] == before.W[2]).any()
