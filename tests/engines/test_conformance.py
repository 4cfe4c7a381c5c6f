"""The one conformance suite: every engine and type against the reference engine in float64.

Whatever an engine does inside, its outputs, losses, gradients and updates are those of the formulas. A float64 engine
agrees to 1e-10 and a float32 engine to 2e-4 after ten epochs, relative to the largest number of the array.
"""

from importlib.util import find_spec

import numpy as np
import pytest

from clearprop.engines import Job, ReferenceEngine, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.compiled.host.partition import cut
from clearprop.engines.torch.engine import TorchEngine
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
    ExponentialSchedule,
    InverseScaling,
    LeakyRelu,
    Loss,
    Momentum,
    OneCycle,
    StepSchedule,
    UpdateRule,
    absolute,
    cos,
    exp,
    floor,
    log,
    maximum,
    minimum,
    row_max,
    row_sum,
    sign,
    sin,
    sqrt,
    where,
)
from clearprop.network import Dense, Network
from conforming import TOLERANCES, agrees, evaluations_agree, go_on, rows, typed


def replayed():
    """The torch engine as it trains on a GPU, on a CPU: by whole steps that look up their own numbers."""
    import torch

    from clearprop.engines.torch.devices import Device

    engine = TorchEngine()
    engine._local.device = Device(torch.device("cpu"), "float32", replays=True)
    return engine


ENGINES = {"reference": ReferenceEngine, "compiled": CompiledEngine, "torch": TorchEngine, "torch, replayed": replayed}
IS_THERE = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
CONTENDERS = [
    pytest.param(engine, dtype, id=f"{name}-{dtype.__name__}", marks=IS_THERE if "torch" in name else ())
    for name, engine in ENGINES.items()
    for dtype in TOLERANCES
]
ACTIVATION_NAMES = [name for name, cls in ACTIVATIONS.items() if name == cls.name]
PAIRS = [(output, name) for name, cls in LOSSES.items() for output in ACTIVATION_NAMES if cls.fits(ACTIVATIONS[output])]

each_engine = pytest.mark.parametrize(("make", "dtype"), CONTENDERS)


@each_engine
@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_outputs_loss_and_gradient_with_every_hidden_activation(make, dtype, name):
    network = Network.mlp([5, 7, 19, 3], hidden=name)
    evaluations_agree(make(), dtype, network, rows(network, 61))


@each_engine
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_outputs_loss_and_gradient_with_every_output_and_loss(make, dtype, output, loss):
    network = Network.mlp([4, 6, 3], hidden="tanh", output=output, loss=loss)
    evaluations_agree(make(), dtype, network, rows(network, 33, weights=True))


# Around every edge that a kernel can have: below, at and above a vector, a tile, a panel, a chunk, a shard.
@each_engine
@pytest.mark.parametrize("widths", [(1, 1), (1, 2, 1), (3, 16, 2), (17, 33, 15, 1), (64, 65, 31), (130, 12, 13, 128)])
@pytest.mark.parametrize("n", [1, 2, 15, 97, 1003])
def test_every_edge_of_a_kernel(make, dtype, widths, n):
    network = Network.mlp(list(widths), hidden="tanh")
    evaluations_agree(make(), dtype, network, rows(network, n), l2=0.1)


@each_engine
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("penalties", [{}, {"l1": 0.02, "l2": 0.3, "label_smoothing": 0.1}])
def test_the_objective_with_weights_and_penalties(make, dtype, weights, penalties):
    network = Network.mlp([4, 8, 3], loss="cross_entropy")
    evaluations_agree(make(), dtype, network, rows(network, 300, weights=weights), **penalties)


@each_engine
@pytest.mark.parametrize("name", UPDATE_RULES)
def test_ten_epochs_of_every_update_rule(make, dtype, name):
    network = Network.mlp([4, 9, 5, 2], hidden="tanh", loss="cross_entropy")
    agrees(make, dtype, Job(network, UPDATE_RULES[name](0.01), epochs=10, batch_size=16), rows(network, 75))


@each_engine
@pytest.mark.parametrize(
    "schedule",
    [
        StepSchedule(step_size=2, gamma=0.5),
        ExponentialSchedule(),
        InverseScaling(),
        Cosine(),
        OneCycle(),
        Cosine(warmup=7),
    ],
    ids=lambda schedule: schedule.name,
)
def test_every_schedule(make, dtype, schedule):
    network = Network.mlp([3, 6, 1], hidden="softplus")
    agrees(make, dtype, Job(network, SGD(0.2), schedule, epochs=5, batch_size=8), rows(network, 50))


SETTINGS = {
    "dropout": {"dropout": (0.1, 0.5, 0.3)},
    "weights": {},
    "l1": {"l1": 0.05},
    "l2": {"l2": 0.5},
    "clip": {"clip_norm": 0.05},
    "label smoothing": {"label_smoothing": 0.2},
    "drop_last": {"drop_last": True},
    "no shuffle": {"shuffle": False},
    "whole batch": {"batch_size": 10_000},
    "batch of one": {"batch_size": 1},
    "all at once": {"dropout": (0.0, 0.2, 0.0), "l1": 0.01, "l2": 0.1, "clip_norm": 0.3, "label_smoothing": 0.1},
}


@each_engine
@pytest.mark.parametrize("what", SETTINGS)
def test_every_setting_of_a_job(make, dtype, what):
    network = Network.mlp([6, 20, 11, 4], loss="cross_entropy")
    settings = {"batch_size": 25, **SETTINGS[what]}
    data = rows(network, 230, weights=what in ("weights", "all at once", "no shuffle"))
    agrees(make, dtype, Job(network, Adam(0.01), epochs=3, seed=5, **settings), data)


@each_engine
def test_rates_and_decays_of_blocks_of_their_own(make, dtype):
    layers = (
        Dense(3, 70, ACTIVATIONS["relu"](), weight_rate=0.5, bias_rate=2.0, bias_decay=0.5),
        Dense(70, 2, ACTIVATIONS["identity"](), weight_decay=0.0),
    )
    network = Network(layers, LOSSES["half_squared_error"]())
    for rule in (AdamW(0.02, weight_decay=0.2), Momentum(0.05)):
        agrees(make, dtype, Job(network, rule, epochs=3, batch_size=10, l2=0.1, l1=0.03), rows(network, 64))


@each_engine
def test_long_batches_of_small_networks(make, dtype):
    network = Network.mlp([4, 32, 16, 4], hidden="tanh")
    agrees(make, dtype, Job(network, Adam(0.01), epochs=4, batch_size=2_000), rows(network, 5_100, weights=True))


@each_engine
@pytest.mark.parametrize("what", ["nothing", *SETTINGS])
def test_short_batches_that_are_cut_in_two(make, dtype, what):
    """The last batch has no rows for the second half."""
    network = Network.mlp([6, 20, 11, 4], loss="cross_entropy")
    assert cut(network.widths, network.n_parameters, 41, dtype(0).itemsize) == (42, 21, 2)
    settings = {"batch_size": 41, **SETTINGS.get(what, {})}
    data = rows(network, 130 if what == "drop_last" else 97, weights=what in ("weights", "all at once"))
    agrees(make, dtype, Job(network, Adam(0.01), epochs=3, seed=5, **settings), data)


@each_engine
@pytest.mark.parametrize("what", ["nothing", *SETTINGS])
@pytest.mark.parametrize("n_inputs", [256, 275])
def test_many_inputs_whose_sums_are_cut_in_two(make, dtype, n_inputs, what):
    network = Network.mlp([n_inputs, 17, 4], hidden="tanh", loss="cross_entropy")
    settings = {"batch_size": 11, **SETTINGS.get(what, {})}
    if "dropout" in settings:
        settings["dropout"] = settings["dropout"][:2]  # with and without dropout of inputs
    data = rows(network, 90, weights=what in ("weights", "all at once"))
    agrees(make, dtype, Job(network, Adam(0.001), epochs=3, seed=5, **settings), data)


@each_engine
def test_many_inputs_and_one_neuron(make, dtype):
    network = Network.mlp([300, 1])
    agrees(make, dtype, Job(network, SGD(0.01), epochs=3, batch_size=16), rows(network, 100))


class Bump(Activation):
    """Uses every function of the vocabulary, and a parameter."""

    u: float = 0.7

    def value(z, u):
        e = exp(-absolute(z)) + u
        waves = sin(z) * cos(z / u) + floor(z) * 0 + sign(z) * log(e) - minimum(maximum(z, -u), 2) ** 3
        return where(z <= u, waves / sqrt(1 + z**2), e ** (u + 0.1)) + 1 / (1 + z**-2 * 0 + z**2)


class Centred(Activation):
    """Couples the outputs of a row, twice, and leaves its derivative to the tree."""

    def value(z):
        return (z - row_sum(z) / 3) / (1 + exp(row_max(z) * 0.1))


class LogCosh(Loss):
    """A loss without a slope."""

    def value(a, y):
        return absolute(y - a) + log(1 + exp(-2 * absolute(y - a))) - 0.6931471805599453


class Sluggish(UpdateRule):
    """Remembers four vectors, with names that generated code might want for itself."""

    memory = ("u", "lanes", "x0", "select")
    learning_rate: float = 0.05

    def update(theta, g, u, lanes, x0, select, rate, t):
        u, lanes = 0.5 * u + g, lanes + g**2
        x0, select = x0 + u / t, 0.9 * select - rate * u
        return theta - rate * u / (1 + sqrt(lanes)) + 0.1 * select - 0.001 * x0, u, lanes, x0, select


@each_engine
@pytest.mark.parametrize("n", [9, 700])
def test_formulas_of_ones_own(make, dtype, n):
    network = Network.mlp([3, 5, 4, 3], hidden=[Bump(0.8), Centred], loss=LogCosh)
    agrees(make, dtype, Job(network, Sluggish(), epochs=3, batch_size=n), rows(network, n), seed=4)


@each_engine
@pytest.mark.parametrize("dropout", [(), (0.1, 0.2, 0.1)])
@pytest.mark.parametrize("hidden", ["sigmoid", ["relu", "softmax"]], ids=str)
def test_rows_that_are_longer_than_their_layer_is_wide(make, dtype, hidden, dropout):
    network = Network.mlp([520, 512, 600, 2], hidden=hidden)
    agrees(make, dtype, Job(network, SGD(0.1), epochs=2, batch_size=50, dropout=dropout), rows(network, 120), seed=2)


@each_engine
def test_parameters_of_a_formula_do_not_need_another_kernel_but_count(make, dtype):
    for slope in (0.01, 0.4):
        network = Network.mlp([3, 5, 2], hidden=LeakyRelu(slope), loss=LOSSES["quantile"](0.2 + slope))
        evaluations_agree(make(), dtype, network, rows(network, 20))


@each_engine
def test_a_batch_whose_weights_are_all_zero_changes_nothing(make, dtype):
    network = Network.mlp([2, 3, 1])
    data = typed(rows(network, 12), dtype)._replace(weight=np.zeros(12, dtype=dtype))
    job = Job(network, Adam(), batch_size=4, l2=1.0)
    theta = network.initial(0, dtype=dtype).theta
    state = TrainingState.start(job, theta)
    go_on(make(), job, data, state, 0)
    assert (state.theta == theta).all()
    assert (state.step, state.cursor, state.weight_sum, state.loss_sum) == (3, 3, 0.0, 0.0)
    assert (state.gradient_norms == 0).all()


@each_engine
@pytest.mark.parametrize("width", [8, 200])
@pytest.mark.parametrize("stretch", [None, 1, 3])
def test_divergence_is_named_and_leaves_the_last_good_parameters(make, dtype, stretch, width):
    network = Network.mlp([2, width, width, 1], hidden="relu")
    data = typed(rows(network, 40), dtype)
    job = Job(network, SGD(1e8), batch_size=4, shuffle=False)
    theta = network.initial(0, dtype=dtype).theta
    states = []
    for engine in (ReferenceEngine(), make()):
        state = TrainingState.start(job, theta)
        with pytest.raises(DivergenceError, match="diverged in epoch 1") as caught:
            go_on(engine, job, data, state, 0, stretch)
        states.append((state, caught.value))
    (expected, error), (found, found_error) = states
    assert (found_error.step, found_error.layer) == (error.step, error.layer)
    assert (found.step, found.cursor) == (expected.step, expected.cursor)
    assert np.isfinite(found.theta).all()
    assert np.allclose(found.theta, expected.theta, rtol=1e-3)
