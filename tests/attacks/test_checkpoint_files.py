"""Spoilt checkpoint files: each is refused in a sentence, or is a snapshot; none ends in another library's words."""

import time
from collections import Counter

import numpy as np
import pytest
from fuzzed_readers import Held
from mutations import spoilt_model

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.errors import ModelFileError
from clearprop.files import checkpoint_file
from clearprop.formulas import SGD
from clearprop.training import OneNetwork, Stopping, fit
from clearprop.training.keeper import Keeper


@pytest.fixture(scope="module")
def whole():
    """The file of a fit that has diverged and gone on, so that all there can be is in it."""
    draw, taken = np.random.default_rng(0), []
    X = draw.standard_normal((60, 3))
    job = Job(Network.mlp([3, 4, 1], hidden="relu"), SGD(5.0), epochs=4, batch_size=10)
    source = OneNetwork(
        job, TrainingState.start(job, job.network.initial(1).theta), prepared(job, X, X[:, :1]), ReferenceEngine()
    )
    fit(source, Stopping(patience=9, on_divergence="retry"), keeper=Keeper(taken.append, 0.0))
    assert taken[-1].progress.retries
    return checkpoint_file.to_bytes(taken[-1], {"job": {"epochs": 4}}, {"seed": 1})


def attack(whole, folder, count, seed):
    """How spoilt files ended, a sentence for each that ended as it must not, and files a second."""
    held, outcomes, faults, began = Held(folder), Counter(), [], time.perf_counter()
    for number in range(count):
        path = held.of(spoilt_model(whole, np.random.default_rng([seed, number])))
        try:
            checkpoint_file.read(path).snapshot()
            outcomes["a snapshot"] += 1
        except ModelFileError as error:
            outcomes["refused"] += 1
            if len(str(error)) > 700 or not str(error).isprintable():
                faults.append(f"{number}: a message of {len(str(error))} characters")
        except Exception as error:
            faults.append(f"{number}: {type(error).__name__}: {str(error)[:100]}")
    return outcomes, faults, count / (time.perf_counter() - began)


def told(outcomes):
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))


def test_spoilt_checkpoints_are_refused_or_harmless(whole, tmp_path):
    outcomes, faults, _ = attack(whole, tmp_path, 300, seed=3)
    assert not faults, "\n".join(faults[:20])
    assert min(outcomes["refused"], outcomes["a snapshot"]) > 10


@pytest.mark.torture
def test_a_million_spoilt_checkpoints_are_refused_or_harmless(whole, tmp_path, figure):
    outcomes, faults, speed = attack(whole, tmp_path, 10**6, seed=4)
    figure("spoilt checkpoints", f"{told(outcomes)}, {len(faults)} faults, {speed:,.0f} a second")
    assert not faults, "\n".join(faults[:40])
