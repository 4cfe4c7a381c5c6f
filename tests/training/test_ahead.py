"""Several epochs made in one call, where nobody looks in between: what comes of them is what one at a time gives."""

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DivergenceError, InputError
from clearprop.formulas import LBFGS, SGD, Adam, Cosine, Momentum
from clearprop.job import Progress
from clearprop.job.records import Endings, Records
from clearprop.job.state import rates as rates_of
from clearprop.training import Fitting, OneNetwork, Stopping, epochs
from clearprop.training.loop import epoch_order
from clearprop.training.stopping import see, see_all

random = np.random.default_rng(0)
X = random.standard_normal((37, 3))
Y = (X[:, :1] ** 2 + X[:, 1:2]) / 2
SMALL, WIDE = Network.mlp([3, 2, 1]), Network.mlp([3, 40, 30, 1], hidden="tanh")  # straight lines, and products
WEIGHTS = {
    "equal": None,
    "some zero": np.where(np.arange(37) % 3, 1.5, 0.0),
    "whole batches zero": np.repeat([1.0, 0.0, 2.0, 0.0, 0.0], [5, 15, 5, 5, 7]),
}


def job_of(network=WIDE, **options):
    return Job(network, **{"epochs": 30, "batch_size": 5, "update_rule": Adam(0.01), **options})


def start(job, dtype=np.float32):
    return TrainingState.start(job, job.network.initial(seed=2, dtype=dtype).theta)


def bits(state):
    """Everything of a state, arrays as bytes."""
    fields = {field.name: getattr(state, field.name) for field in dataclasses.fields(state) if field.name != "progress"}
    arrays = [fields.pop("theta"), *fields.pop("memory"), fields.pop("gradient_norms")]
    return [array.tobytes() for array in arrays], fields


def without_time(records):
    return [dataclasses.replace(record, seconds=0.0) for record in records]


def one_at_a_time(job, state, data, engine):
    """The sums and norms of every epoch."""
    ended = []
    for epoch in range(job.epochs):
        order = epoch_order(job, epoch, data.n_samples, engine)
        engine.steps(job, state, data, order, rates_of(job, state, data.n_samples, job.steps_per_epoch(data.n_samples)))
        ended.append(state.end_epoch(data.n_samples))
    return ended


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("network", "options"), [
    (SMALL, {}), (SMALL, {"update_rule": SGD(0.1), "batch_size": 1}), (SMALL, {"batch_size": 37, "l2": 0.1}),
    (WIDE, {}), (WIDE, {"batch_size": 37}), (WIDE, {"dropout": (0.1, 0.3, 0.2), "shuffle": False}),
    (WIDE, {"update_rule": Momentum(0.05, 0.9), "clip_norm": 0.5, "batch_size": 12}),
])  # fmt: skip
def test_updates_over_the_ends_of_epochs_are_the_same_to_the_bit(network, options, weights):
    job, engine = job_of(network, epochs=4, **options), CompiledEngine()
    data = prepared(job, X, Y, WEIGHTS[weights], np.float32)
    expected, found = start(job), start(job)
    each = one_at_a_time(job, expected, data, engine)
    ended = Endings()
    order = np.concatenate([epoch_order(job, epoch, 37, engine) for epoch in range(4)])
    engine.steps(job, found, data, order, rates_of(job, found, 37, 4 * job.steps_per_epoch(37)), ended)
    assert bits(found) == bits(expected)
    (rows,) = ended.rows
    assert rows[:, :2].tolist() == [[one.loss_sum, one.weight_sum] for one in each]
    assert ended.gradient_norms.tolist() == [list(one.gradient_norms) for one in each]
    assert ended.losses.tolist() == [one.loss for one in each]


@settings(max_examples=30, deadline=None)
@given(cursor=st.integers(0, 7), steps=st.integers(1, 30), is_small=st.booleans())
def test_a_call_may_begin_and_end_within_an_epoch(cursor, steps, is_small):
    job, engine = job_of(SMALL if is_small else WIDE), CompiledEngine()
    data = prepared(job, X, Y, None, np.float32)
    expected, found = start(job), start(job)
    orders = [epoch_order(job, epoch, 37, engine) for epoch in range(6)]
    for state in (expected, found):
        engine.steps(job, state, data, orders[0], np.full(cursor, 0.01)) if cursor else None
    for _ in range(steps):
        engine.steps(job, expected, data, orders[expected.epoch], np.full(1, 0.01))
        if expected.cursor == 8:
            expected.end_epoch(37)
    ended = Endings()
    engine.steps(job, found, data, np.concatenate(orders), np.full(steps, 0.01), ended)
    assert bits(found) == bits(expected)
    assert len(ended) == found.epoch == (cursor + steps) // 8


@pytest.mark.parametrize("options", [{}, {"batch_size": 37}, {"schedule": Cosine()}, {"shuffle": False}])
@pytest.mark.parametrize("network", [SMALL, WIDE], ids=["straight lines", "products"])
def test_records_are_those_of_one_epoch_at_a_time(network, options):
    job, engine = job_of(network, **options), CompiledEngine()
    data, states = prepared(job, X, Y, None, np.float32), [start(job), start(job)]
    expected = list(epochs(job, states[0], data, engine))
    found = list(epochs(job, states[1], data, engine, ahead=lambda: 1000))
    assert without_time(found) == without_time(expected)
    assert bits(states[0]) == bits(states[1])
    seconds = [record.seconds for record in found]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


class Calls(CompiledEngine):
    """Notes how many epochs ended in each call."""

    def __init__(self):
        super().__init__()
        self.ended = []

    def steps(self, job, state, data, order, rates, ended=None):
        try:
            super().steps(job, state, data, order, rates, ended)
        finally:
            self.ended.append(0 if ended is None else len(ended))


def fitted(stopping, *, looks, callbacks=(), **options):
    job, engine = job_of(SMALL, **options), Calls()
    data, state = prepared(job, X, Y, None, np.float32), start(job)
    fitting = Fitting(OneNetwork(job, state, data, engine), stopping, callbacks, looks=looks)
    return fitting.to_the_end(), state, engine


@pytest.mark.parametrize("patience", [1, 2.5, 7, np.inf])
@pytest.mark.parametrize("tolerance", [0.0, 1e-3, 1e9])
def test_a_fit_ends_at_the_same_epoch_with_the_same_weights(patience, tolerance):
    stopping = Stopping(tolerance=tolerance, patience=patience)
    (expected, one, _), (found, other, engine) = (fitted(stopping, looks=looks, epochs=200) for looks in (True, False))
    assert without_time(found.history) == without_time(expected.history)
    assert (found.reason, bits(one)) == (expected.reason, bits(other))
    assert max(engine.ended) > 1
    assert max(engine.ended) <= patience + 1


@pytest.mark.parametrize("stopping", [Stopping(restore_best=True), Stopping()])
def test_whoever_looks_at_the_weights_has_them_after_every_epoch(stopping):
    looks = stopping == Stopping()
    found, state, engine = fitted(stopping, looks=looks)
    assert set(engine.ended) == {0}
    assert found.history[-1].n == state.epoch


def test_a_time_limit_ends_at_the_epoch_that_the_states_hold():
    found, state, engine = fitted(Stopping(patience=np.inf, max_seconds=0.3), looks=False, batch_size=37, epochs=10**7)
    assert found.stopped_by == "time"
    assert found.history[-1].n == len(found.history) == state.epoch
    assert max(engine.ended) > 1


def test_epochs_before_one_that_diverges_have_their_records():
    stopping, options = Stopping(patience=np.inf), {"update_rule": SGD(6.0), "l2": 1.0, "epochs": 400}
    kept = []
    for looks in (True, False):
        job, engine = job_of(SMALL, **options), Calls()
        state = start(job)
        fitting = Fitting(OneNetwork(job, state, prepared(job, X, Y, None, np.float32), engine), stopping, looks=looks)
        with pytest.raises(DivergenceError) as caught:
            fitting.to_the_end()
        kept.append((without_time(fitting.result.history)[:-1], str(caught.value), bits(state)))
    assert kept[0] == kept[1]
    assert len(kept[0][0]) > 2
    assert max(engine.ended) > 1


class CutOff(CompiledEngine):
    """Ctrl-C comes while its second call is under way."""

    calls = 0

    def _run(self, plan, operations, steps):
        super()._run(plan, operations, steps)
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("options", [{"epochs": 1000}, {"epochs": 30, "schedule": Cosine()}])
def test_ctrl_c_within_a_call_loses_no_record_and_no_update(options):
    job = job_of(SMALL, **options)
    data, state = prepared(job, X, Y, None, np.float32), start(job)
    fitting = Fitting(OneNetwork(job, state, data, CutOff()), Stopping(patience=np.inf), looks=False)
    found = fitting.to_the_end()
    assert found.stopped_by == "interrupt"
    assert len(found.history) == state.epoch
    assert state.step == 8 * state.epoch + state.cursor > 1
    for _ in epochs(job, state, data, CompiledEngine()):
        pass
    whole = start(job)
    for _ in epochs(job, whole, data, CompiledEngine()):
        pass
    assert bits(state) == bits(whole)


@pytest.mark.parametrize("is_read", [True, False])
def test_ctrl_c_between_two_records_loses_none(monkeypatch, is_read):
    module, came = sys.modules["clearprop.training.fit"], []

    def disturbed(name):
        actual = getattr(module, name)

        def saw(stopping, progress, *given, **options):
            is_now = len(progress.history) >= 8 and not came
            if is_now and not is_read:  # before a record of those that were made is taken into account
                came.append(True)
                raise KeyboardInterrupt
            actual(stopping, progress, *given, **options)
            if is_now:
                came.append(True)
                raise KeyboardInterrupt

        monkeypatch.setattr(module, name, saw)

    disturbed("see" if is_read else "see_all")
    job, state = job_of(SMALL, epochs=200), start(job_of(SMALL))
    source = OneNetwork(job, state, prepared(job, X, Y, None, np.float32), CompiledEngine())
    fitting = Fitting(source, Stopping(patience=np.inf), looks=False)
    if is_read:
        for _ in fitting:
            pass
    else:
        fitting.to_the_end()
    found = fitting.result
    assert came
    assert [record.n for record in found.history] == list(range(1, state.epoch + 1))
    assert found.reason == f"interrupted after {state.epoch} whole epochs"


def test_where_nobody_reads_them_hardly_a_record_is_made(monkeypatch):
    made, actual = [], Records.__getitem__
    monkeypatch.setattr(Records, "__getitem__", lambda self, place: made.append(place) or actual(self, place))
    found, _, engine = fitted(Stopping(patience=np.inf), looks=False, epochs=200)
    assert len(made) <= 4 * len(engine.ended)
    assert (len(found.history), found.history[-1].n) == (200, 200)


NUMBERS = st.one_of(st.sampled_from([0.0, 1.0, 0.999, np.inf, np.nan, -np.inf]), st.floats(-2, 2))


@given(
    parts=st.lists(st.lists(NUMBERS, min_size=1, max_size=9), min_size=1, max_size=4),
    tolerance=st.sampled_from([0.0, 1e-3, 1.0]), later=st.sampled_from([None, None, 0.1]), higher=st.booleans(),
)  # fmt: skip
def test_epochs_seen_together_count_as_those_seen_one_by_one(parts, tolerance, later, higher):
    stopping = Stopping(tolerance=tolerance, later_within=later, higher_is_better=higher)
    together, singly, n = Progress(), Progress(), 0
    for losses in parts:
        made = Records(np.array(losses), np.ones((len(losses), 2)), 0.1, (n, 0.5 * n, 3 * n), (0.5, 3))
        n += len(losses)
        see_all(stopping, together, made)
        for record in made:
            see(stopping, singly, record, ())
    said = [(p.stale, p.seconds, str(p.best), str(p.history)) for p in (together, singly)]
    assert said[0] == said[1]


def test_iterations_of_lbfgs_ahead_of_their_reader_are_the_same():
    job = job_of(WIDE, update_rule=LBFGS(), batch_size=37, epochs=25)
    data, kept = prepared(job, X, Y, None, np.float64), []
    for ahead in (1, 7, 10**9):
        state = start(job, np.float64)
        fitting = Fitting(OneNetwork(job, state, data, ReferenceEngine()), Stopping(), looks=False)
        fitting._ahead = lambda ahead=ahead: ahead
        kept.append((without_time(fitting.to_the_end().history), bits(state)))
    assert str(kept[0]) == str(kept[1]) == str(kept[2])  # rates are NaN


def test_a_reader_of_lbfgs_may_leave_while_the_search_is_ahead():
    job = job_of(WIDE, update_rule=LBFGS(), batch_size=37, epochs=200)
    state = start(job, np.float64)
    fitting = Fitting(OneNetwork(job, state, prepared(job, X, Y), ReferenceEngine()), Stopping(), looks=False)
    for record in fitting:
        if record.n == 3:
            break
    fitting.close()
    assert (state.epoch, fitting.result.stopped_by) == (3, "reader")


def test_the_reference_engine_makes_one_epoch_at_a_time():
    job = job_of()
    with pytest.raises(InputError, match="one epoch at a time"):
        ReferenceEngine().steps(job, start(job), prepared(job, X, Y), np.arange(74), np.full(16, 0.1), [])
