"""The loop: what its records say, that it can be stopped anywhere, and that a continued run is the same run."""

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.formulas import Adam, Cosine
from clearprop.training import epochs
from clearprop.training.loop import epoch_order

random = np.random.default_rng(0)
X = random.standard_normal((37, 3))
Y = (X[:, :1] ** 2 + X[:, 1:2]) / 2
NETWORK = Network.mlp([3, 6, 1], hidden="tanh")
ENGINE = ReferenceEngine()


def job_of(**options):
    return Job(NETWORK, **{"epochs": 4, "batch_size": 5, "update_rule": Adam(0.01), "dropout": (0.1, 0.3), **options})


def start(job):
    return TrainingState.start(job, NETWORK.initial(seed=2).theta)


def test_records_count_epochs_and_updates():
    job = job_of(schedule=Cosine())
    records = list(epochs(job, start(job), prepared(job, X, Y), ENGINE, measure=lambda theta: {"size": theta.size}))
    assert [record.n for record in records] == [1, 2, 3, 4]
    assert [record.steps for record in records] == [8, 16, 24, 32]
    assert all(
        record.complete and record.scores == {"size": 31} and len(record.gradient_norms) == 2 for record in records
    )
    assert [record.seconds for record in records] == sorted(record.seconds for record in records)
    rates = [record.learning_rate for record in records]
    assert rates == sorted(rates, reverse=True)


def test_the_loss_of_an_epoch_is_the_mean_over_its_batches():
    job = job_of(update_rule=Adam(1e-30), dropout=(), epochs=1)  # weights that do not move: the mean is the loss
    data = prepared(job, X, Y)
    record = next(epochs(job, start(job), data, ENGINE))
    assert record.loss == pytest.approx(ENGINE.loss(NETWORK, NETWORK.initial(seed=2), data), rel=1e-9)


def test_every_row_is_seen_once_in_an_epoch_and_the_order_is_the_seeds():
    job = job_of(seed=7)
    orders = [epoch_order(job, epoch, 37, ENGINE) for epoch in range(3)]
    assert all(sorted(order) == list(range(37)) for order in orders)
    assert not any((one == other).all() for one, other in itertools.combinations(orders, 2))
    np.testing.assert_array_equal(epoch_order(job, 1, 37, ENGINE), orders[1])
    assert not (epoch_order(job_of(seed=8), 1, 37, ENGINE) == orders[1]).all()
    np.testing.assert_array_equal(epoch_order(job_of(shuffle=False), 1, 37, ENGINE), np.arange(37))


def test_the_same_seed_gives_the_same_bits():
    job = job_of()
    states = [start(job) for _ in range(3)]
    for state in states:
        list(epochs(job, state, prepared(job, X, Y), ENGINE))
    assert len({state.theta.tobytes() for state in states}) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 31), st.integers(0, 2**32))
def test_a_run_continued_from_any_update_makes_the_same_bits(stop_at, seed):
    job = job_of(seed=seed)
    data = prepared(job, X, Y)
    whole = start(job)
    list(epochs(job, whole, data, ENGINE))

    stopped = start(job)
    list(epochs(job, stopped, data, OneStepAtATime(), is_over=lambda: stopped.step >= stop_at))
    assert stopped.step == stop_at
    continued = copy.deepcopy(stopped)
    list(epochs(job, continued, data, ENGINE))
    assert continued.theta.tobytes() == whole.theta.tobytes()
    assert all(one.tobytes() == other.tobytes() for one, other in zip(continued.memory, whole.memory, strict=True))


class OneStepAtATime(ReferenceEngine):
    """Makes one update and lets the loop look around, so that it can be stopped after any."""

    def steps(self, job, state, data, order, rates):
        super().steps(job, state, data, order, rates[:1])


class Counting(ReferenceEngine):
    """Notes how many updates it was asked for each time."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def steps(self, job, state, data, order, rates):
        self.asked.append(len(rates))
        super().steps(job, state, data, order, rates)


def test_quick_epochs_are_asked_for_in_one_piece(monkeypatch):
    monkeypatch.setattr("clearprop.training.loop.SECONDS_PER_STRETCH", 60.0)  # however busy the machine is
    job, engine = job_of(epochs=20, batch_size=5), Counting()
    list(epochs(job, start(job), prepared(job, X, Y), engine))
    assert engine.asked[:4] == [1, 2, 4, 1]  # eight updates, feeling the way
    assert engine.asked[4:] == [8] * 19


def test_a_pass_cut_short_is_recorded_as_incomplete():
    job = job_of()
    state = start(job)
    records = list(epochs(job, state, prepared(job, X, Y), OneStepAtATime(), is_over=lambda: state.step >= 11))
    assert [(record.n, record.steps, record.complete) for record in records] == [(1, 8, True), (2, 11, False)]


def test_a_reader_that_stops_asking_stops_the_training():
    job = job_of()
    state = start(job)
    for record in epochs(job, state, prepared(job, X, Y), ENGINE):
        if record.n == 2:
            break
    assert (state.epoch, state.step) == (2, 16)


def test_records_cannot_be_changed():
    job = job_of(epochs=1)
    record = next(epochs(job, start(job), prepared(job, X, Y), ENGINE))
    with pytest.raises(AttributeError):
        record.loss = 0.0
