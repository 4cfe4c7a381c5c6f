"""Code printed for a tiny network: it does what the formulas say, for all that a job can ask of it."""

import numpy as np
import pytest

from clearprop.engines import Data, Job, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.compiled.host import partition
from clearprop.engines.compiled.host.partition import is_tiny
from clearprop.engines.compiled.host.tiny_plan import TinyPlan
from clearprop.errors import DivergenceError
from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    SGD,
    UPDATE_RULES,
    Activation,
    Adam,
    AdamW,
    Cosine,
    LeakyRelu,
    Momentum,
    UpdateRule,
    exp,
    row_max,
    row_sum,
    sqrt,
)
from clearprop.network import Dense, Network
from conforming import agrees, go_on, rows, train, typed

ACTIVATION_NAMES = [name for name, cls in ACTIVATIONS.items() if name == cls.name]
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(autouse=True)
def printed(monkeypatch):
    """However few updates are planned, the code is printed; and that it was is seen."""
    made = []
    original = TinyPlan.__init__

    def noted(self, *arguments, **settings):
        made.append(self)
        original(self, *arguments, **settings)

    monkeypatch.setattr(partition, "TINY_FROM_UPDATES", 0)
    monkeypatch.setattr(partition, "TINY_PRODUCTS", 10**6)
    monkeypatch.setattr(TinyPlan, "__init__", noted)
    return made


@each_type
@pytest.mark.parametrize("n", range(0, len(ACTIVATION_NAMES), 4))
def test_every_hidden_activation(dtype, n, printed):
    hidden = ACTIVATION_NAMES[n : n + 4]
    network = Network.mlp([2, *[2] * len(hidden), 1], hidden)
    agrees(CompiledEngine, dtype, Job(network, SGD(0.05), epochs=2, batch_size=3), rows(network, 11))
    assert printed


@each_type
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_with_weights(dtype, name, printed):
    network = Network.mlp([2, 3, 2], "tanh", loss=name)
    agrees(CompiledEngine, dtype, Job(network, Adam(0.02), epochs=2, batch_size=4), rows(network, 14, weights=True))
    assert printed


@each_type
@pytest.mark.parametrize("name", UPDATE_RULES)
def test_every_update_rule(dtype, name, printed):
    network = Network.mlp([2, 2, 1], "sigmoid", "sigmoid")
    agrees(
        CompiledEngine,
        dtype,
        Job(network, UPDATE_RULES[name](0.01), Cosine(), epochs=10, batch_size=1),
        rows(network, 30),
    )
    assert printed


SETTINGS = {
    "batch of one": {"batch_size": 1, "l2": 0.01},
    "drop_last": {"drop_last": True, "shuffle": False},
    "all at once": {"l1": 0.01, "l2": 0.1, "clip_norm": 0.3, "label_smoothing": 0.1},
}


@each_type
@pytest.mark.parametrize("what", SETTINGS)
def test_every_setting_of_a_job(dtype, what, printed):
    network = Network.mlp([2, 3, 3], loss="cross_entropy")
    data = rows(network, 23, weights=what == "all at once")
    agrees(
        CompiledEngine, dtype, Job(network, Adam(0.01), epochs=3, seed=5, **{"batch_size": 5, **SETTINGS[what]}), data
    )
    assert printed


@each_type
def test_rates_and_decays_of_blocks_of_their_own(dtype, printed):
    layers = (
        Dense(2, 3, LeakyRelu(0.2), weight_rate=0.5, bias_rate=2.0, bias_decay=0.5),
        Dense(3, 2, LeakyRelu(0.1), weight_decay=0.0),
    )
    network = Network(layers, LOSSES["half_squared_error"]())
    agrees(
        CompiledEngine,
        dtype,
        Job(network, AdamW(0.02, weight_decay=0.2), epochs=3, batch_size=10, l2=0.1),
        rows(network, 64),
    )
    assert printed


class Crowded(Activation):
    """Couples the neurons of a layer, by two sums one of which needs the other, with a parameter."""

    u: float = 0.7

    def value(z, u):
        e = exp(z - row_max(z))
        return u * e / row_sum(e * sqrt(1 + z**2)) + z


class Sluggish(UpdateRule):
    """Remembers vectors with names that generated code might want for itself."""

    memory = ("u", "t0", "like", "select")
    learning_rate: float = 0.05

    def update(theta, g, u, t0, like, select, rate, t):
        u, t0, like, select = u + g, t0 * 0.9 + u, like + t0 / t, select + like**2
        return theta - rate * t0 / sqrt(1 + select), u, t0, like, select


@each_type
def test_formulas_of_a_users_own(dtype, printed):
    network = Network.mlp([2, 3, 2], [Crowded(0.3)], loss="huber")
    agrees(CompiledEngine, dtype, Job(network, Sluggish(), epochs=3, batch_size=3), rows(network, 20))
    assert printed


@each_type
def test_parameters_of_a_formula_do_not_need_other_code(dtype, printed):
    for slope in (0.1, 0.4):
        network = Network.mlp([2, 2, 1], LeakyRelu(slope))
        agrees(
            CompiledEngine, dtype, Job(network, Momentum(0.01 + slope / 10), epochs=2, batch_size=2), rows(network, 9)
        )
    assert printed[0].run.__module__ == printed[1].run.__module__


@each_type
@pytest.mark.parametrize("stretch", [None, 1, 3])
def test_divergence_is_named_and_leaves_the_last_good_parameters(dtype, stretch):
    network = Network.mlp([2, 2, 1], "relu")
    data = typed(rows(network, 40), dtype)
    job = Job(network, SGD(1e9), batch_size=1, shuffle=False)
    state = TrainingState.start(job, network.initial(0, dtype=dtype).theta)
    with pytest.raises(DivergenceError, match="diverged in epoch 1") as caught:
        go_on(CompiledEngine(), job, data, state, 0, stretch)
    assert state.step == state.cursor == caught.value.step - 1
    assert np.isfinite(state.theta).all()


def test_a_batch_whose_weights_are_all_zero_changes_nothing():
    network = Network.mlp([2, 2, 1])
    data = rows(network, 12)._replace(weight=np.zeros(12))
    job = Job(network, Adam(), batch_size=4, l2=1.0)
    state = TrainingState.start(job, network.initial(0).theta)
    before = state.theta.copy()
    go_on(CompiledEngine(), job, data, state, 0)
    assert (state.theta == before).all()
    assert (state.step, state.cursor, state.weight_sum, state.loss_sum) == (3, 3, 0.0, 0.0)
    assert (state.gradient_norms == 0).all()


@each_type
def test_the_same_bits_whatever_the_stretch_and_the_number_of_threads(dtype):
    network = Network.mlp([2, 2, 1], "sigmoid", "sigmoid")
    job, data = Job(network, Adam(0.1), epochs=3, batch_size=2), typed(rows(network, 31), dtype)
    theta = network.initial(1, dtype=dtype).theta
    states = [train(CompiledEngine(n), job, data, theta, stretch=k)[0] for n, k in ((1, None), (2, 7), (3, 1))]
    for state in states[1:]:
        assert (state.theta == states[0].theta).all()
        assert (state.gradient_norms == states[0].gradient_norms).all()


def test_only_small_networks_with_many_updates_and_without_dropout_are_tiny(monkeypatch):
    monkeypatch.undo()
    network = Network.mlp([2, 2, 1])
    assert is_tiny(Job(network, batch_size=1, epochs=2000), 1000)
    assert not is_tiny(Job(network, batch_size=1, epochs=1999), 1000)
    assert not is_tiny(Job(network, batch_size=100, epochs=10**6), 1000)
    assert not is_tiny(Job(network, batch_size=1, epochs=2000, dropout=(0, 0.5)), 1000)
    assert not is_tiny(Job(Network.mlp([20, 20, 1]), batch_size=1, epochs=2000), 1000)


def test_dropout_is_left_to_the_general_code(printed):
    network = Network.mlp([2, 2, 1])
    job = Job(network, SGD(0.1), batch_size=2, epochs=1, dropout=(0.0, 0.5))
    agrees(CompiledEngine, np.float64, job, rows(network, 8))
    assert not printed


def test_weights_may_come_and_go():
    network = Network.mlp([2, 2, 1])
    job, data = Job(network, SGD(0.1), batch_size=2, epochs=1), rows(network, 8)
    engine, theta = CompiledEngine(), network.initial(0).theta
    given = [Data(data.X, data.Y, weight) for weight in (None, np.ones(8), None)]
    found = [train(engine, job, one, theta)[0].theta for one in given]
    assert (found[0] == found[2]).all()
    assert np.allclose(found[0], found[1], rtol=1e-14)
