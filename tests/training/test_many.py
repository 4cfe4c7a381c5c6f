"""Many networks at once: each has the bits that it has alone, and none ends another."""

import inspect
import sys
import threading
import time
from dataclasses import fields
from functools import partial
from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clearprop import Network, train, train_many
from clearprop.engines import choose
from clearprop.engines.compiled.host.plan import Plan
from clearprop.engines.cores import usable_cores
from clearprop.errors import DivergenceError, InputError, NotFiniteError, ShapeError, UnknownNameError
from clearprop.formulas import SGD, Adam, AdamW, Momentum, RMSProp
from clearprop.training.asked import Asked
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupted
from clearprop.training.side_by_side import NOT_BEGUN, side_by_side
from ctrl_c import with_ctrl_c

random = np.random.default_rng(0)
X = random.standard_normal((61, 3)).astype(np.float32)
Y = np.stack([np.tanh(X[:, 0] * X[:, 1]), X[:, 2] ** 2], axis=1)
HELD_OUT = (X[40:], Y[40:])
SMALL = Network.mlp([3, 4, 2])
ENDLESS = {"epochs": 10**7, "patience": np.inf}
DIVERGES = {"network": Network.mlp([3, 8, 2]), "optimizer": SGD(1e9), "epochs": 50}
OF_STEPS = ("dropout", "clip_norm", "learning_rate_schedule")  # not for lbfgs, which makes its own


@pytest.fixture(autouse=True)
def _long_ago(monkeypatch):
    """No Ctrl-C of another test came just now."""
    monkeypatch.setattr("clearprop.training.interrupts._last", -np.inf)


@pytest.fixture
def _cores(monkeypatch):
    """As many cores as are asked for, whatever machine this is."""
    monkeypatch.setattr("clearprop.training.many.threads_granted", lambda n_threads: n_threads)
    monkeypatch.setattr("clearprop.training.many.SECONDS_A_CALL", 0.0)


@st.composite
def asked(draw):
    """Anything that may be asked of a network, with the network."""
    widths = [3, *draw(st.lists(st.integers(1, 40), max_size=3)), 2]
    hidden = [draw(st.sampled_from(["relu", "tanh", "logistic", "silu"])) for _ in widths[1:-1]]
    rate = draw(st.sampled_from([1e-3, 0.05]))
    rules = [SGD(rate), Momentum(rate, momentum=0.9), Adam(rate), AdamW(rate), RMSProp(rate), "lbfgs"]
    told = {
        "network": Network.mlp(widths, hidden, loss=draw(st.sampled_from(["half_squared_error", "huber"]))),
        "optimizer": draw(st.sampled_from(rules)),
        "epochs": draw(st.integers(1, 12)),
        "batch_size": draw(st.sampled_from([1, 7, 32, 200])),
        "l2": draw(st.sampled_from([0.0, 0.1])),
        "seed": draw(st.integers(0, 9)),
        "patience": draw(st.sampled_from([1, 3, np.inf])),
        "validation": draw(st.sampled_from([None, HELD_OUT])),
        **draw(st.sampled_from([{}, {"dropout": 0.3}, {"clip_norm": 0.5}, {"learning_rate_schedule": "cosine"}])),
    }
    return {name: told[name] for name in told if told["optimizer"] != "lbfgs" or name not in OF_STEPS}


def alone(told):
    """What `train` returns, or says."""
    more = dict(told)
    network = more.pop("network")
    try:
        return train(network, network.initial(more.get("seed", 0), dtype=X.dtype), X, Y, n_threads=2, **more), None
    except DivergenceError as error:
        return None, str(error)


def without_time(history):
    return [(one.n, one.loss, one.gradient_norms, one.steps, dict(one.scores), one.complete) for one in history]


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(members=st.lists(asked(), min_size=1, max_size=6), n_threads=st.integers(1, 3))
def test_each_has_the_bits_that_it_has_alone(members, n_threads):
    with mock.patch("clearprop.training.many.SECONDS_A_CALL", 0.0):  # in several threads, however short they are
        found = train_many(members, X, Y, n_threads=n_threads)
    assert len(found) == len(members)
    for told, one in zip(members, found, strict=True):
        expected, error = alone(told)
        assert one.error == error
        if expected is None:
            continue
        assert one.parameters.theta.tobytes() == expected.parameters.theta.tobytes()
        assert without_time(one.history) == without_time(expected.history)
        assert (one.reason, one.network) == (expected.reason, told["network"])


def test_the_table_has_them_in_the_order_in_which_they_were_given():
    members = [{"network": Network.mlp([3, n, 2]), "epochs": 40 - n, "validation": HELD_OUT} for n in (1, 30, 2, 20)]
    found = train_many(members, X, Y, patience=np.inf)
    assert [row["widths"] for row in found.table()] == ["3-1-2", "3-30-2", "3-2-2", "3-20-2"]
    assert [row["epochs"] for row in found.table()] == [39, 10, 38, 20]
    for row, one in zip(found.table(), found, strict=True):
        losses = [epoch.scores["validation_loss"] for epoch in one.history]
        assert row["best_loss"] == one.value == min(losses)
        assert row["best_epoch"] == 1 + losses.index(min(losses))
    assert found.best.value == min(one.value for one in found)
    lines = str(found).splitlines()
    assert lines[0].split("  ")[0] == "network"
    assert [line.split()[1] for line in lines[1:]] == ["3-1-2", "3-30-2", "3-2-2", "3-20-2"]


def test_what_all_are_told_holds_for_each_unless_it_is_told_another_thing():
    found = train_many([SMALL, {"network": SMALL, "epochs": 2}], X, Y, epochs=3)
    assert [len(one.history) for one in found] == [3, 2]
    own = SMALL.initial(seed=5, dtype=np.float64)
    (one,) = train_many([{"network": SMALL, "params": own}], X, Y, epochs=1)
    assert one.parameters.theta.dtype == np.float64
    expected = train(SMALL, own, X, Y, epochs=1)
    assert one.parameters.theta.tobytes() == expected.parameters.theta.tobytes()


def test_networks_that_differ_in_their_seed_alone_are_prepared_once(monkeypatch):
    made, of_kind = [], []
    engine, members = sys.modules["clearprop.engines.compiled.engine"], sys.modules["clearprop.training.members"]
    monkeypatch.setattr(engine, "Plan", lambda *given, **more: made.append(1) or Plan(*given, **more))
    monkeypatch.setattr(members, "choose", lambda *given: of_kind.append(1) or choose(*given))
    told = {"network": SMALL, "optimizer": Adam(0.01)}
    found = train_many([{**told, "seed": seed} for seed in range(5)], X, Y, epochs=3, n_threads=1, engine="compiled")
    assert (len(made), len(of_kind)) == (1, 1)
    assert len({one.parameters.theta.tobytes() for one in found}) == 5
    assert found[3].parameters.theta.tobytes() == alone({**told, "seed": 3, "epochs": 3})[0].parameters.theta.tobytes()


def test_one_that_diverges_ends_no_other():
    found = train_many([SMALL, DIVERGES, {"network": SMALL, "seed": 1}], X, Y, epochs=5)
    assert [one.stopped_by for one in found] == ["epochs", "divergence", "epochs"]
    assert "epoch 1" in found[1].error or "not finite" in found[1].error
    assert np.isfinite(found[1].parameters.theta).all()
    assert found[1].error == found.table()[1]["reason"]
    assert found.best is not found[1]


def test_those_that_go_on_after_diverging_are_warned_of():
    told = {**DIVERGES, "optimizer": SGD(30.0), "on_divergence": "retry"}
    with pytest.warns(UserWarning, match="network 1: .*diverged") as said:
        found = train_many([SMALL, told], X, Y, epochs=5)
    assert len(said) == len(found[1].retries) > 0


def test_one_that_stops_leaves_its_thread_to_the_next():
    stops = {"network": SMALL, "patience": 1, "tolerance": 1e9, "epochs": 10**7}
    found = train_many([stops] * 5 + [SMALL], X, Y, epochs=3, n_threads=1)
    assert [one.stopped_by for one in found] == ["no_improvement"] * 5 + ["epochs"]


@pytest.mark.usefixtures("_cores")
def test_the_time_limit_keeps_the_best_of_each_that_has_begun():
    began = time.perf_counter()
    found = train_many([{"network": SMALL, **ENDLESS, "validation": HELD_OUT}] * 3, X, Y, time_limit=1.0, n_threads=2)
    assert time.perf_counter() - began < 10
    assert [one.stopped_by for one in found] == ["time"] * 3
    begun = [one for one in found if one.history]
    assert len(begun) == 2
    for one in begun:
        assert one.value == min(epoch.scores["validation_loss"] for epoch in one.history if epoch.complete)
        assert "1 s on all" in one.reason
    (other,) = [one for one in found if not one.history]
    assert other.reason == "not begun: the time limit of 1 s on all was reached"
    assert other.parameters.theta.tobytes() == SMALL.initial(0, dtype=np.float32).theta.tobytes()


@pytest.mark.usefixtures("_cores")
def test_ctrl_c_ends_all_and_keeps_what_each_has_learned():
    found = with_ctrl_c(lambda: train_many([{"network": SMALL, **ENDLESS}] * 4, X, Y, n_threads=2))
    assert [one.stopped_by for one in found] == ["interrupt"] * 4
    assert sorted(bool(one.history) for one in found) == [False, False, True, True]
    for one in found:
        if one.history:
            assert one.reason == f"interrupted after {len([e for e in one.history if e.complete])} whole epochs"
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop member"]


def test_a_second_ctrl_c_soon_after_is_raised():
    def both():
        train_many([{"network": SMALL, **ENDLESS}] * 2, X, Y)
        train_many([{"network": SMALL, **ENDLESS}] * 2, X, Y)

    with pytest.raises(Interrupted):
        with_ctrl_c(both, times=2)
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop member"]


@pytest.mark.usefixtures("_cores")
def test_callbacks_see_each_and_can_end_all():
    seen = []
    train_many([SMALL, {"network": SMALL, "epochs": 2}], X, Y, epochs=1, callbacks=[seen.append])
    assert sorted(len(one.history) for one in seen) == [1, 2]
    members = [{"network": SMALL, "epochs": 1}, *[{"network": SMALL, **ENDLESS}] * 2]
    found = train_many(members, X, Y, n_threads=3, callbacks=[lambda one: True])
    assert found[0].stopped_by == "epochs"
    assert [one.stopped_by for one in found[1:]] == ["callback"] * 2


@pytest.mark.usefixtures("_cores")
def test_what_a_callback_raises_ends_all_and_is_raised():
    def fail(one):
        raise KeyError("of the callback")

    with pytest.raises(KeyError, match="of the callback"):
        train_many(
            [{"network": SMALL, "epochs": 1}, {"network": SMALL, **ENDLESS}], X, Y, n_threads=2, callbacks=[fail]
        )
    assert not [thread for thread in threading.enumerate() if thread.name == "clearprop member"]


def test_it_says_how_far_it_is(capsys):
    train_many([SMALL] * 3, X, Y, epochs=2, verbose=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if " of 3: " in line]
    assert [line.split(" of ")[0] for line in lines] == ["1", "2", "3"]
    assert "3-4-2, loss " in lines[0]
    assert lines[-1].endswith("s in all")


WRONG = Network.mlp([5, 2])


@pytest.mark.parametrize(("members", "told", "error", "says"), [
    ([SMALL, WRONG], {}, ShapeError, r"network 1 of 2 \(from 0\): X must have shape"),
    ([SMALL, {"optimizer": "adam"}], {}, InputError, "network 1 of 2 .*must have a Network under 'network'"),
    ([SMALL, "4-8-3"], {}, InputError, "network 1 of 2 .*must be a Network, or a mapping"),
    ([{"network": SMALL, "batchsize": 3}], {}, UnknownNameError, "network 0 of 1 .*did you mean 'batch_size'"),
    ([SMALL], {"epoch": 3}, UnknownNameError, "^there is no argument of train_many 'epoch'; did you mean 'epochs'"),
    ([{"network": SMALL, "epochs": 0}], {}, InputError, "network 0 of 1 .*epochs must be"),
    ([SMALL, {"network": SMALL, "seed": -1}], {}, InputError, "network 1 of 2 .*seed must be a whole number from 0"),
    ([{"network": SMALL, "dropout": 1.5}], {}, InputError, "network 0 of 1 .*dropout fraction"),
    ([{"network": SMALL, "params": WRONG.initial()}], {}, InputError, "network 0 of 1 "),
    ([SMALL], {"time_limit": 0}, InputError, "time_limit must be a number of seconds above 0"),
    ([SMALL], {"n_threads": 0}, InputError, "n_threads must be"),
    ([SMALL], {"callbacks": print}, InputError, "callbacks must be a sequence of functions that take a TrainedOne"),
    ([SMALL], {"engine": "torhc"}, UnknownNameError, "network 0 of 1 .*engine 'torhc'"),
    (SMALL, {}, InputError, "networks must be a sequence of networks"),
])  # fmt: skip
def test_what_cannot_be_is_said_before_anything_is_trained(members, told, error, says):
    with pytest.raises(error, match=says):
        train_many(members, X, Y, **told)


def test_rows_that_cannot_be_learned_are_refused():
    spoilt = np.where(np.arange(3) == 1, np.nan, X)
    with pytest.raises(NotFiniteError, match="X is nan at row 0, column 1"):
        train_many([SMALL], spoilt, Y)


def test_no_networks_are_no_work():
    assert len(train_many([], X, Y)) == 0


def test_all_that_train_is_told_of_one_network_can_be_told():
    told = inspect.signature(train).parameters
    for field in fields(Asked):
        assert told[field.name].default == field.default
    of_all = {"network", "params", "X", "Y", "n_threads", "callbacks", "verbose"}
    of_one_alone = {"state", "checkpoint", "checkpoint_seconds", "resume"}
    assert set(told) == {field.name for field in fields(Asked)} | of_all | of_one_alone


def test_pieces_of_work_share_the_cores_and_the_longest_begin_first():
    begun, seen = [], []

    def work(k):
        begun.append(k)
        return usable_cores()

    side_by_side([partial(work, k) for k in range(4)], seen.append, n_threads=1, costs=[1, 3, 2, 3])
    assert begun == [1, 3, 2, 0]
    assert {done.result for done in seen} == {1}
    assert sorted(done.k for done in seen) == [0, 1, 2, 3]
    halt = Halt()
    halt.interrupt()
    side_by_side([partial(work, 0)], seen.append, n_threads=1, halt=halt)
    assert seen[-1].result is NOT_BEGUN


def test_ctrl_c_as_one_is_seen_shows_none_twice_and_loses_none():
    seen = []

    def see(done):
        seen.append(done.k)
        if len(seen) == 2:
            raise KeyboardInterrupt

    found = side_by_side([partial(int, k) for k in range(4)], see, n_threads=1)
    assert found == [0, 1, NOT_BEGUN, NOT_BEGUN] or found == [0, 1, 2, 3]
    assert sorted(seen) == [0, 1, 2, 3]
