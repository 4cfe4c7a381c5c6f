"""The trials of a search: drawn from the seed, around the recipe."""

import numpy as np
import pyarrow as pa

from clearprop.tables import Reading
from clearprop.tabular import TableSettings, prepare
from clearprop.tabular.trials import drawn

A, B = np.random.default_rng(0).standard_normal((2, 240))
READING = Reading(pa.table({"a": A, "b": B, "y": np.sin(A) * B}))


def ready(**more):
    return prepare(READING, TableSettings(target="y", task="regression", ensemble=2, epochs=9, **more))


def test_trials_are_those_of_the_seed_around_the_recipe_and_keep_what_was_asked_for():
    first, again, other = drawn(ready(), 9), drawn(ready(), 20), drawn(ready(seed=1), 9)
    assert first == again[:9]
    assert first[1:] != other[1:]
    assert first[0].asked == {
        "hidden": (128, 128, 128), "learning_rate": 0.003, "batch_size": 64, "dropout": 0.15, "weight_decay": 0.02,
    }  # fmt: skip
    kept = drawn(ready(hidden=(7,), dropout=0.0), 9)
    assert all(each.asked["hidden"] == (7,) and each.asked["dropout"] == 0 for each in kept)
    assert len({each.asked["learning_rate"] for each in kept}) == 9
