"""Parts of training that a whole fit hardly shows: defaults, estimates of time, what processes say to each other."""

import inspect
import math
import signal
import time
from types import SimpleNamespace

import numpy as np
import pytest

from clearprop import Network, sgd, train
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.formulas import SGD
from clearprop.job import Progress
from clearprop.training import OneNetwork, Stopping, joining, keeper, many, range_test
from clearprop.training.keeper import Keeper
from clearprop.training.loop import epoch_order

X = np.linspace(-1, 1, 60)[:, None]
Y = np.sin(3 * X)
NET = Network.mlp([1, 8, 1], "tanh")


def defaults(function):
    return {name: p.default for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty}


def test_what_train_does_where_it_is_not_told():
    told = defaults(train)
    assert told | {} == {**told, "optimizer": "adam", "epochs": 200, "batch_size": 200, "shuffle": True, "seed": 0} | {
        "l1": 0.0, "l2": 0.0, "dropout": 0.0, "label_smoothing": 0.0, "clip_norm": None, "tolerance": 1e-4,
        "patience": 10, "max_seconds": None, "on_divergence": "raise", "engine": "auto", "validation": None,
    }  # fmt: skip
    assert Stopping() == Stopping("loss", False, 1e-4, 10, False, None, None, "raise")


def test_the_range_test_starts_from_the_first_order_and_takes_whole_batches_only():
    plain = range_test(NET, NET.initial(seed=1), X, Y, engine="reference")
    told = range_test(
        NET, NET.initial(seed=1), X, Y, optimizer="sgd", low=1e-6, high=10.0, n_steps=100, batch_size=32, seed=0,
        engine="reference",
    )  # fmt: skip
    assert plain == told
    job, params = Job(NET, SGD(), batch_size=32, drop_last=True), NET.initial(seed=1)
    for epoch, (rate, loss) in enumerate(zip(plain.rates, plain.losses, strict=True)):
        rows = epoch_order(job, epoch, 60, ReferenceEngine())[:32]  # of 60: one whole batch in each epoch
        trained = train(NET, params, X[rows], Y[rows], optimizer=sgd(rate), epochs=1, batch_size=32, engine="reference")
        assert trained.history[0].loss == pytest.approx(loss, rel=1e-9)
        params = trained.parameters


def of_losses(losses):
    """What is suggested where the running means are these."""
    rates = np.geomspace(1e-4, 1.0, len(losses))
    return rates, range_test.__globals__["_found"](rates, list(losses), list(losses))


def test_the_suggestion_is_the_middle_of_the_eight_steps_of_the_steepest_fall():
    losses = [1.0] * 30 + [1.0 - 0.1 * k for k in range(1, 9)] + [0.2 - 0.001 * k for k in range(1, 13)]
    rates, made = of_losses(losses)
    assert made.suggested == rates[30 + 3]  # the fall is from the step with number 29 to that with number 37
    assert made.rises_from is None
    _, rising = of_losses([*losses, 0.5])
    assert rising.rises_from == pytest.approx(np.geomspace(1e-4, 1.0, len(losses) + 1)[len(losses) - 1])


def test_it_goes_on_until_the_loss_is_four_times_the_lowest():
    made = range_test(NET, NET.initial(seed=1), X, Y, high=1e6, engine="reference")
    smoothed = np.array(made.smoothed)
    ratio = smoothed / np.minimum.accumulate(smoothed)
    assert ratio[-1] > 4.0
    assert (ratio[:-1] <= 4.0).all()


class Clock:
    """Time that passes by a second at each look."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1.0
        return self.now


class Part(SimpleNamespace):
    """A network's state."""

    def copy(self):
        return Part(epoch=self.epoch)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(keeper, "time", made)
    return made


def begun(seconds):
    taken, states = [], [Part(epoch=0), Part(epoch=0)]
    kept = Keeper(taken.append, seconds)
    kept.begin(states, Progress())
    return kept, states, taken


def test_networks_that_rest_are_copied_as_they_rest(clock):
    kept, states, taken = begun(0.0)
    for k in range(2):
        states[k].epoch = 1
        kept.rests(k, f"record {k}")
    assert [snapshot.unread for snapshot in taken] == [("record 0", "record 1")]


def test_who_rested_in_an_earlier_round_is_not_taken_to_rest_now(clock):
    kept, states, taken = begun(0.0)
    kept.at(0)
    kept.at(1)
    assert len(taken) == 1  # and the copies took seconds, so that the next one waits
    for k in range(2):
        states[k].epoch = 1
        kept.rests(k, f"record {k}")
    kept.goes_on()
    kept._progress.history.append(SimpleNamespace(n=1))
    clock.now += 1e6
    kept.at(1)
    assert len(taken) == 1  # network 0 is between two updates as well
    kept.at(0)
    assert [snapshot.unread for snapshot in taken[1:]] == [(None, None)]


def test_snapshots_are_written_so_many_seconds_apart(clock):
    kept, _, taken = begun(1000.0)

    def whole():
        kept.at(0)
        kept.at(1)

    whole()
    assert taken == []
    clock.now += 1000
    whole()
    assert len(taken) == 1
    clock.now += 500
    whole()
    assert len(taken) == 1
    clock.now += 500
    whole()
    assert len(taken) == 2


def test_what_a_process_that_is_not_the_first_keeps():
    told = (True, "a snapshot")
    group = SimpleNamespace(rank=1, from_first=lambda value: told)
    kept = joining.Joint(ReferenceEngine(), SimpleNamespace(group=group)).kept(None)
    assert (kept.seconds, kept.snapshot) == (math.inf, "a snapshot")


def test_ctrl_c_and_sigterm_are_answered_and_handed_back():
    came = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with joining._answered_by(lambda: came.append("asked to end")):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)  # ignored, as before
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        assert came == ["asked to end"]
        assert signal.getsignal(signal.SIGINT) is before[signal.SIGINT]
    finally:
        signal.signal(signal.SIGTERM, before[signal.SIGTERM])


def network_of(epochs, n_samples=60):
    job = Job(NET, SGD(), epochs=epochs, batch_size=10)
    state = TrainingState.start(job, NET.initial(1).theta)
    return OneNetwork(job, state, prepared(job, X[:n_samples], Y[:n_samples]), ReferenceEngine())


def test_the_time_that_a_network_is_thought_to_take():
    """It grows with the updates and with the operations: six for each parameter and row."""
    one, twice, half = (many._seconds(network_of(*told)) for told in ((10,), (20,), (10, 30)))
    operations = 6.0 * NET.n_parameters * 60 * 10 / many.OPERATIONS_A_SECOND
    assert one == pytest.approx(60 * many.SECONDS_AN_UPDATE + operations)
    assert twice == pytest.approx(2 * one)
    assert half == pytest.approx(one / 2)


def test_the_time_that_is_thought_to_be_pythons():
    source = network_of(100)
    for goes_ahead, calls in ((True, 2 + 100 / 11), (False, 2 + 100)):
        looked_at = SimpleNamespace(job=source.job, goes_ahead=goes_ahead)
        member = SimpleNamespace(begun=(looked_at, Stopping(), None))
        assert many._seconds_in_python(member) == pytest.approx(calls * many.SECONDS_A_CALL)


def test_the_epochs_of_one_call_share_its_seconds():
    began = time.perf_counter()
    trained = train(NET, NET.initial(seed=1), X, Y, epochs=50, engine="compiled")
    whole = time.perf_counter() - began
    seconds = [epoch.seconds for epoch in trained.history]
    assert seconds[0] > 0
    assert seconds == sorted(seconds)
    assert seconds[-1] <= whole
