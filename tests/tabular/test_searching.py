"""A search for the settings of a table: rounds, what is kept, what is cut short; its model is that of a training."""

import os
import signal
import threading
import time
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import DivergenceError, InputError
from clearprop.tables import Reading
from clearprop.tabular import TableSettings, prepare, train
from clearprop.tabular.searching import MOST_TRIALS, Watching, search

random = np.random.default_rng(0)
A, B = random.standard_normal((2, 240))
READING = Reading(pa.table({"a": A, "b": B, "y": np.sin(A) * B + 0.1 * random.standard_normal(240)}))
ASKED = {"target": "y", "task": "regression", "ensemble": 2, "epochs": 9, "test": 0.2}


@pytest.fixture(autouse=True)
def _long_ago(monkeypatch):
    """No Ctrl-C of another test came just now."""
    monkeypatch.setattr("clearprop.training.interrupts._last", -np.inf)


def ready(**more):
    return prepare(READING, TableSettings(**{**ASKED, **more}))


def test_the_best_third_of_each_round_goes_on_and_the_best_of_the_last_is_what_training_gives():
    rounds = []
    found = search(ready(), n_trials=9, watching=Watching(begins=rounds.append))
    assert [(one.n_trials, one.n_networks) for one in rounds] == [(9, 1), (3, 1), (1, 2)]
    by_round = [[each for each in found.tried if each.round == k] for k in (1, 2, 3)]
    assert [[each.plan.jobs[0].epochs for each in tried] for tried in by_round] == [[1] * 9, [3] * 3, [9]]
    for before, after in pairwise(by_round):
        best = sorted(before, key=lambda each: each.rank)[: len(after)]
        assert {each.trial.number for each in best} == {each.trial.number for each in after}
    alone = train(ready(**found.best.trial.asked))
    assert alone.model.thetas.tobytes() == found.learned.thetas.tobytes()
    assert found.ready.settings.hidden == found.best.trial.asked["hidden"]
    assert not found.is_interrupted


def test_the_time_limit_decides_how_many_are_tried_and_holds():
    began = time.perf_counter()
    found = search(ready(epochs=40), time_limit=1.5)
    assert time.perf_counter() - began < 6
    assert 1 <= len({each.trial.number for each in found.tried}) <= MOST_TRIALS
    assert found.learned.fit.history


def test_ctrl_c_keeps_the_best_so_far_as_it_is():
    def interrupt(tried, count):
        if count == 3:
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
            time.sleep(0.05)

    found = search(ready(epochs=600), n_trials=27, watching=Watching(ended=interrupt))
    assert found.is_interrupted
    assert "interrupted in round 1 of 3" in found.reason
    assert found.best.rank == min(each.rank for each in found.tried)
    assert found.learned is found.best.learned


def test_what_cannot_be_is_said():
    with pytest.raises(InputError, match="number of trials must be a whole number of at least 1, not 0"):
        search(ready(), n_trials=0)
    with pytest.raises(InputError, match="at most 243, not 1000"):
        search(ready(), n_trials=1000)
    with pytest.raises(InputError, match="time_limit must be a number of seconds above 0"):
        search(ready(), time_limit=0)
    with pytest.raises(InputError, match="the dropout must be at least 0 and below 1, not 1"):
        ready(dropout=1.0)
    with pytest.raises(InputError, match="the weight decay must be a number of at least 0"):
        ready(weight_decay=-1.0)


def test_trials_that_diverge_are_left_out(monkeypatch):
    from clearprop.tabular import searching

    real = searching.carry_out

    def spoilt(plan, *args, **options):
        if plan.settings.hidden != (128, 128, 128):
            raise DivergenceError("the loss is not finite", epoch=1, step=1, layer=None)
        return real(plan, *args, **options)

    monkeypatch.setattr(searching, "carry_out", spoilt)
    found = search(ready(), n_trials=3)
    assert found.best.trial.number == 1
    assert "not finite" in found.tried[1].error
    with pytest.raises(DivergenceError, match="all 3 trials diverged"):
        search(ready(hidden=(5,)), n_trials=3)
