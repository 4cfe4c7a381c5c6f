"""Which epoch is the best, and the weights that are kept of it."""

import math

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import Job, TrainingState
from clearprop.job import Progress
from clearprop.training import Epoch, Stopping
from clearprop.training.stopping import see

NETWORK = Network.mlp([1, 1])


def best_of(values, *, higher_is_better, later_within):
    stopping = Stopping("score", higher_is_better, 0.0, math.inf, restore_best=True, later_within=later_within)
    states = [TrainingState.start(Job(NETWORK), np.zeros(2)) for _ in range(2)]
    progress = Progress()
    for n, value in enumerate(values, start=1):
        for k, state in enumerate(states):
            state.theta[:] = 10 * k + n
        see(stopping, progress, Epoch(n, 0.0, (), 0.1, 0.0, n, {"score": value}), states)
    best = progress.best.epoch.n
    assert [theta.tolist() for theta in progress.best.thetas] == [[best, best], [10 + best, 10 + best]]
    assert [epoch.n for epoch in progress.history] == list(range(1, len(values) + 1))
    return best


@pytest.mark.parametrize(
    ("accuracies", "first", "later"),
    [
        ([0.5, 0.9, 0.9, 0.8], 2, 3),
        ([0.9, 0.9 - 1e-9, 0.5], 1, 2),
        ([0.9, 0.9 - 1e-3], 1, 1),
        ([0.5, math.nan, 0.4], 1, 1),
    ],
)
def test_the_first_of_equally_good_epochs_is_the_best_or_the_later_one_where_that_is_asked_for(
    accuracies, first, later
):
    assert best_of(accuracies, higher_is_better=True, later_within=None) == first
    assert best_of(accuracies, higher_is_better=True, later_within=1e-6) == later


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_what_counts_as_equal_follows_the_unit(unit):
    errors = [3 * unit, 1 * unit, 1.001 * unit, 2 * unit]
    assert best_of(errors, higher_is_better=False, later_within=1e-6) == 2
