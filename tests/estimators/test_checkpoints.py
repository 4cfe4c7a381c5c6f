"""Checkpoints of estimators: which have none, and those that drew their seeds."""

import warnings

import numpy as np
import pytest

from clearprop import MLPClassifier, TabularClassifier
from clearprop.errors import InputError

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((80, 3))
Y = (X[:, :1] > 0).astype(float)


class Stopped(Exception):
    pass


def test_an_estimator_that_goes_on_from_another_fit_has_none(tmp_path):
    model = MLPClassifier((4,), max_iter=3, random_state=0, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, Y[:, 0])
    with pytest.raises(InputError, match="warm_start=True"):
        model.fit(X, Y[:, 0], checkpoint=tmp_path / "run")


def test_an_unseeded_estimator_goes_on_with_the_seeds_that_it_drew(tmp_path):
    def at(epoch):
        if epoch.n == 7:
            raise Stopped

    given = {"hidden_layer_sizes": (4,), "max_iter": 12, "early_stopping": True, "n_iter_no_change": 12}
    model = MLPClassifier(**given, callbacks=[at])
    with pytest.raises(Stopped):
        model.fit(X, Y[:, 0], checkpoint=tmp_path / "run", checkpoint_seconds=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = (MLPClassifier(**given).fit(X, Y[:, 0], checkpoint=tmp_path / "run", resume=True) for _ in "ab")
    assert first.loss_curve_ == second.loss_curve_
    assert first.n_iter_ == 12
    np.testing.assert_array_equal(first.coefs_[0], second.coefs_[0])


def test_a_table_without_a_seed_goes_on_with_the_one_that_it_drew(tmp_path):
    given = {"hidden_layer_sizes": (4,), "max_iter": 4, "ensemble": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so short a training is of no use
        first = TabularClassifier(**given).fit(X, Y[:, 0], checkpoint=tmp_path / "run")
        second = TabularClassifier(**given).fit(X, Y[:, 0], checkpoint=tmp_path / "run", resume=True)
    np.testing.assert_array_equal(first.model_.thetas, second.model_.thetas)
