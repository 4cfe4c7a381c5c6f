"""Rows that come in parts give the same bits as rows that are all there, and the thread that reads ahead ends."""

import threading
import time

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Data, Job, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import Adam, Cosine
from clearprop.job import OneHot, Place
from clearprop.training import epochs, loop
from clearprop.training.parts import Part
from clearprop.training.read_ahead import ReadAhead

RANDOM = np.random.default_rng(11)
X = RANDOM.standard_normal((203, 5)).astype(np.float32)
CODES = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
WEIGHT = RANDOM.random(203).astype(np.float32)
NETS = {
    "large": Network.mlp([5, 24, 16, 2], hidden="silu", loss="cross_entropy"),
    "tiny": Network.mlp([5, 3, 2], hidden="tanh", loss="cross_entropy"),
}
ENGINES = {"reference": ReferenceEngine, "compiled": lambda: CompiledEngine(1)}


class InParts:
    """All rows, handed out in parts in an order that is given for each epoch."""

    def __init__(self, data, orders, rows):
        self.data, self.orders, self.rows = data, orders, rows
        self.n_samples, self.layout = data.n_samples, data.layout
        self.asked = []

    def parts(self, job, epoch, cursor, engine, is_over):
        self.asked.append((epoch, cursor))
        order, n = self.orders[epoch], self.n_samples
        ends = [*range(self.rows, n - job.batch_size + 1, self.rows), n]
        for start, stop in zip([0, *ends], ends, strict=False):
            if stop // job.batch_size > cursor or stop == n:
                rows = np.sort(order[start:stop])  # some other order of their own
                place = {row: k for k, row in enumerate(rows)}
                data = Data(X[rows], self.data.Y[rows], None if self.data.weight is None else self.data.weight[rows])
                yield Part(data, np.array([place[row] for row in order[start:stop]]), Place(start // job.batch_size, n))


def job_of(net):
    dropout = (0.1,) + (0.2,) * (net.depth - 1) if net is NETS["large"] else ()
    return Job(net, Adam(), Cosine(), epochs=3, batch_size=16, dropout=dropout, seed=4)


def trained(job, rows, engine, state=None):
    state = TrainingState.start(job, job.network.initial(0, dtype=np.float32).theta) if state is None else state
    records = list(epochs(job, state, rows, engine))
    return state, [(record.n, record.loss, record.gradient_norms, record.steps) for record in records]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_the_same_rows_in_the_same_order_give_the_same_bits(monkeypatch, engine, net, weight):
    orders = [np.random.default_rng(epoch).permutation(203) for epoch in range(3)]
    job, made = job_of(NETS[net]), ENGINES[engine]()
    data = prepared(job, X, OneHot(CODES, 2, np.float32), weight, np.float32)
    in_parts = trained(job, InParts(data, orders, 64), made)
    monkeypatch.setattr(loop, "epoch_order", lambda job, epoch, n_samples, engine: orders[epoch])
    whole = trained(job, data, made)
    assert in_parts[1] == whole[1]
    assert in_parts[0].theta.tobytes() == whole[0].theta.tobytes()
    for mine, other in zip(in_parts[0].memory, whole[0].memory, strict=True):
        assert mine.tobytes() == other.tobytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_training_goes_on_in_the_middle_of_a_part(monkeypatch, engine):
    monkeypatch.setattr(loop, "SECONDS_PER_STRETCH", 1e-7)
    orders = [np.random.default_rng(epoch).permutation(203) for epoch in range(3)]
    job, made = job_of(NETS["large"]), ENGINES[engine]()
    data = prepared(job, X, OneHot(CODES, 2, np.float32), None, np.float32)
    undisturbed, _ = trained(job, InParts(data, orders, 64), made)
    state = TrainingState.start(job, job.network.initial(0, dtype=np.float32).theta)
    stops = iter([False] * 12 + [True])
    list(epochs(job, state, InParts(data, orders, 64), made, is_over=lambda: next(stops, True)))
    assert state.cursor > 0
    rows = InParts(data, orders, 64)
    state, _ = trained(job, rows, made, state)
    assert rows.asked[0][1] > 0
    assert state.theta.tobytes() == undisturbed.theta.tobytes()


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "clearprop reads ahead"]


def test_what_is_made_ahead_comes_in_order_and_no_further_than_the_slots():
    made = []

    def make(item, slot, check):
        made.append((item, slot))
        return item * 10

    ahead = ReadAhead(range(6), make, 2)
    assert [ahead.next(lambda: False).made for _ in range(3)] == [0, 10, 20]
    time.sleep(0.1)
    assert made == [(0, 0), (1, 1), (2, 0), (3, 1)]  # what is held keeps its slot
    assert [ahead.next(lambda: False).made for _ in range(3)] == [30, 40, 50]
    assert ahead.next(lambda: False) is None
    assert ahead.next(lambda: False) is None
    ahead.close()
    assert not threads()


def test_an_error_of_the_thread_is_raised_where_it_is_waited_for():
    def make(item, slot, check):
        raise ValueError("torn")

    ahead = ReadAhead(range(3), make, 2)
    for _ in range(2):
        with pytest.raises(ValueError, match="torn"):
            ahead.next(lambda: False)
    ahead.close()


def test_whoever_waits_is_let_go_and_the_thread_ends_at_once():
    ended = []

    def make(item, slot, check):
        while True:
            check()
            time.sleep(0.001)

    ahead = ReadAhead(range(3), make, 2, lambda: ended.append(True))
    asked = iter([False, False, True])
    began = time.monotonic()
    assert ahead.next(lambda: next(asked)) is None
    ahead.close()
    ahead.close()
    assert time.monotonic() - began < 2
    assert ended == [True]
    assert not threads()
