"""A stream of parts goes on with the job and the engine of the last one, and sees every change of a parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop import MLPClassifier

CHANGES: list[dict[str, Any]] = [
    {"alpha": 0.1},
    {"learning_rate_init": 0.1},
    {"solver": "sgd"},
    {"shuffle": False},
    {"batch_size": 2},
    {"engine": "reference"},
    {"n_threads": 1},
]


def parts(change: dict[str, Any], sizes: list[int], *, anew: bool) -> bytes:
    """θ after parts of these sizes, a parameter changed after half of them; `anew` makes job and engine each time."""
    random = np.random.default_rng(0)
    model = MLPClassifier((5,), random_state=0)
    for n, size in enumerate(sizes):
        if n == len(sizes) // 2:
            model.set_params(**change)
        X, y = random.standard_normal((size, 3)).astype(np.float32), random.integers(0, 2, size)
        y[0] = n % 2
        model.partial_fit(X, y, classes=[0, 1])
        if anew:
            model._run.made_for = None
    return model.parameters_.theta.tobytes()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
@pytest.mark.parametrize("sizes", [[4] * 6, [4, 3, 3, 4, 4, 5]], ids=["alike", "uneven"])
@pytest.mark.filterwarnings("ignore:Got `batch_size`")
def test_a_change_between_parts_counts(change: dict[str, Any], sizes: list[int]) -> None:
    assert parts(change, sizes, anew=False) == parts(change, sizes, anew=True)


def test_equal_parts_have_one_engine_and_one_engine_only() -> None:
    random = np.random.default_rng(0)
    model = MLPClassifier((5,), random_state=0)
    X, y = random.standard_normal((4, 3)), np.array([0, 1, 0, 1])
    engines, epochs = set(), []
    for _ in range(4):
        model.partial_fit(X, y, classes=[0, 1])
        engines.add(id(model._run.engine))
        epochs.append(model._run.job.epochs)
    assert len(engines) == 1
    assert epochs == [1, 2, 3, 4]
    model.set_params(engine="reference").partial_fit(X, y)
    assert model.engine_ == "reference"


def test_a_whole_fit_chooses_anew() -> None:
    X, y = np.zeros((4, 3)), np.array([0, 1, 0, 1])
    model = MLPClassifier((5,), random_state=0, max_iter=1).partial_fit(X, y, classes=[0, 1])
    assert model._run.goes_on_as(model._settings())
    with pytest.warns(UserWarning, match="max_iter"):
        model.fit(X, y)
    assert not model._run.goes_on_as(model._settings())
