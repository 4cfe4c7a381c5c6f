"""A copy of the states that is taken while a fit is under way goes on as if it had never stopped, to the bit."""

import copy
import math
import pickle
from functools import partial

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, OneHot, ReferenceEngine, TrainingState, choose, prepared
from clearprop.formulas import LBFGS, SGD, Adam, AdamW, Cosine, Momentum, OneCycle, ReduceOnPlateau, RMSProp
from clearprop.tabular.together import Member, Together
from clearprop.training import OneNetwork, Stopping, fit
from clearprop.training.asked import loss_measure

random = np.random.default_rng(0)
X = random.standard_normal((60, 4))
Y = X[:, :1] * X[:, 1:2] + 0.1 * random.standard_normal((60, 1))
TRAINING, VALIDATION = slice(0, 40), slice(40, 60)
WATCHED = partial(Stopping, "validation_loss", False, 0.0, restore_best=True)
COPIES = {"copied": copy.deepcopy, "pickled": lambda states: pickle.loads(pickle.dumps(states))}


def one_network(states=None, *, hidden=(7, 5), engine="reference", dtype=np.float64, watches=False, **options):
    network = Network.mlp([4, *hidden, 1], hidden="tanh")
    job = Job(network, **{"epochs": 12, "batch_size": 7, "update_rule": Adam(0.01), **options})
    data = prepared(job, X[TRAINING], Y[TRAINING], dtype=dtype)
    found = choose(engine, job, data.layout).engine
    held_out = prepared(Job(network), X[VALIDATION], Y[VALIDATION], dtype=dtype)
    state = TrainingState.start(job, network.initial(seed=2, dtype=dtype).theta) if states is None else states[0]
    return OneNetwork(job, state, data, found, loss_measure(network, held_out, found) if watches else None)


def ensemble(states=None, *, n_threads=2, **options):
    """Three networks, each with its own seed, rows and masks."""
    classes = (Y[:, 0] > 0).astype(int)
    network = Network.mlp([4, 6, 2], hidden="tanh", loss="cross_entropy")
    members = []
    for k in range(3):
        job = Job(network, **{"epochs": 12, "batch_size": 7, "dropout": (0, 0.2), "seed": k, **options})
        learned = np.flatnonzero(np.arange(60) % 3 != k)
        data = prepared(job, X[learned], OneHot(classes[learned], 2, np.float32), dtype=np.float32)
        initial = network.initial(seed=k, dtype=np.float32).theta
        members.append(Member(job, data, ReferenceEngine(), X[k::3].astype(np.float32), initial))
    true = np.concatenate([classes[k::3] for k in range(3)])

    def validate(outputs):
        return {"validation_loss": float(-np.log(np.concatenate(outputs)[np.arange(60), true]).mean())}

    return Together(members, validate, n_threads, states)


def told(found):
    """What a fit says of itself, without its times."""
    epochs = [(epoch.n, epoch.loss, epoch.gradient_norms, epoch.steps, epoch.scores) for epoch in found.history]
    rates = [epoch.learning_rate for epoch in found.history if not math.isnan(epoch.learning_rate)]
    return epochs, rates, found.reason, found.stopped_by, None if found.best is None else found.best.n


def bits(source):
    return [
        (state.theta.tobytes(), [vector.tobytes() for vector in state.memory], state.epoch, state.step, state.samples)
        for state in source.states
    ]


def goes_on(make, stopping, copied):
    """Whether a fit continued from a copy after each of its epochs is the undisturbed one."""
    whole, kept = make(), []
    undisturbed = fit(whole, stopping, [lambda epoch: kept.append(copied(whole.states))])
    assert len(kept) == len(undisturbed.history) > 3
    for k, states in enumerate(kept[:-1], start=1):
        continued = make(states)
        found = fit(continued, stopping, resume=True)
        assert told(found) == told(undisturbed), f"continued after epoch {k}"
        assert bits(continued) == bits(whole), f"continued after epoch {k}"
        seconds = [epoch.seconds for epoch in found.history]
        assert seconds == sorted(seconds)
    return undisturbed


KINDS = {
    "sgd": {"update_rule": SGD(0.05)},
    "momentum": {"update_rule": Momentum(0.02)},
    "rmsprop": {"update_rule": RMSProp(0.01)},
    "adam": {},
    "adamw, dropout, float32": {"update_rule": AdamW(0.01, 0.1), "dropout": (0.1, 0.2, 0.3), "dtype": np.float32},
    "cosine": {"schedule": Cosine()},
    "one cycle": {"schedule": OneCycle(), "update_rule": Momentum(0.02)},
    "penalties and clipping": {"l1": 1e-3, "l2": 1e-2, "clip_norm": 0.5},
    "plateau": {"update_rule": SGD(0.5), "schedule": ReduceOnPlateau(gamma=0.3, patience=1, tolerance=0.01)},
    "l-bfgs": {"update_rule": LBFGS()},
    "l-bfgs, float32": {"update_rule": LBFGS(), "dtype": np.float32},
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_a_network_goes_on(options, copied):
    goes_on(partial(one_network, **options), Stopping(patience=math.inf), copied)


@pytest.mark.parametrize("rule", [Adam(0.1), LBFGS()], ids=["adam", "l-bfgs"])
def test_patience_and_the_best_weights_go_on(rule):
    make = partial(one_network, watches=True, update_rule=rule, epochs=60)
    undisturbed = goes_on(make, WATCHED(patience=4), copy.deepcopy)
    assert undisturbed.stopped_by == "no_improvement"
    assert undisturbed.best.n < len(undisturbed.history)


@pytest.mark.parametrize("hidden", [(4,), (40, 30)], ids=["unrolled", "blocks of rows"])
def test_the_compiled_engine_goes_on_with_the_same_losses_too(hidden):
    """Their sums are the same however an epoch is cut into stretches, of which time decides."""
    make = partial(one_network, engine="compiled", hidden=hidden, dropout=(0, *(0.2 for _ in hidden)), epochs=6)
    goes_on(make, Stopping(patience=math.inf), copy.deepcopy)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_an_ensemble_goes_on_on_another_number_of_threads(copied):
    threads = iter(range(1, 100))

    def make(states=None):
        return ensemble(states, n_threads=next(threads), update_rule=Adam(0.05), epochs=40)

    undisturbed = goes_on(make, WATCHED(patience=3, later_within=1e-6), copied)
    assert undisturbed.stopped_by == "no_improvement"


def test_the_rate_of_an_ensemble_falls_for_all_of_its_networks():
    schedule = ReduceOnPlateau(gamma=0.5, patience=1, tolerance=1e9)
    make = partial(ensemble, schedule=schedule, update_rule=SGD(0.1))
    undisturbed = goes_on(make, Stopping("validation_loss", patience=math.inf), copy.deepcopy)
    assert undisturbed.history[-1].learning_rate < 0.1
    source = make()
    fit(source, Stopping("validation_loss", patience=math.inf))
    assert len({state.rate_scale for state in source.states}) == 1


def test_a_new_fit_of_the_same_states_knows_nothing_of_the_one_before():
    source = one_network(watches=True)
    first = fit(source, WATCHED(patience=math.inf))
    assert all(state.progress is None for state in source.states)
    longer = one_network(source.states, watches=True, epochs=15)
    found = fit(longer, WATCHED(patience=math.inf))
    assert [epoch.n for epoch in first.history + found.history] == list(range(1, 16))
    assert found.best.n > 12
    assert found.reason.startswith("stopped at the preset number of 3 epochs")


def test_a_copy_in_the_middle_of_a_fit_begins_a_new_one_unless_it_is_told_to_go_on():
    source, kept = one_network(), []
    fit(source, Stopping(patience=math.inf), [lambda epoch: kept.append(copy.deepcopy(source.states))])
    found = fit(one_network(kept[4]), Stopping(patience=math.inf))
    assert [epoch.n for epoch in found.history] == [6, 7, 8, 9, 10, 11, 12]
    assert found.reason == "stopped at the preset number of 7 epochs"


def test_the_time_before_counts_where_a_fit_goes_on():
    source, kept = one_network(epochs=10**6), []

    def copies(epoch):
        kept.append(copy.deepcopy(source.states))
        return True

    fit(source, Stopping(patience=math.inf), [copies])
    kept[0][0].progress.seconds = 100.0
    found = fit(one_network(kept[0], epochs=10**6), Stopping(patience=math.inf, max_seconds=99.0), resume=True)
    assert (found.stopped_by, [epoch.n for epoch in found.history]) == ("time", [1])
