import math

import numpy as np
import pytest

from clearprop.tabular.together import LastOfTheBest
from clearprop.training import Epoch, Stopping


def best_of(values, *, higher_is_better):
    watch = LastOfTheBest(Stopping("score", higher_is_better, 0.0, math.inf, restore_best=True), 0.0)
    for n, value in enumerate(values, start=1):
        watch.see(Epoch(n, 0.0, (), 0.1, 0.0, n, {"score": value}), np.array([n]))
    assert watch.best_theta.tolist() == [watch.best_epoch.n]
    return watch.best_epoch.n


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [([0.5, 0.9, 0.9, 0.8], 3), ([0.9, 0.9 - 1e-9, 0.5], 2), ([0.9, 0.9 - 1e-3], 1), ([0.5, math.nan, 0.4], 1)],
)
def test_the_later_of_equally_good_epochs_is_the_best(accuracies, best):
    assert best_of(accuracies, higher_is_better=True) == best


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_what_counts_as_equal_follows_the_unit(unit):
    errors = [3 * unit, 1 * unit, 1.001 * unit, 2 * unit]
    assert best_of(errors, higher_is_better=False) == 2
