import numpy as np
import pyarrow as pa
import pytest

from clearprop.tables import Reading
from clearprop.tabular import importance
from clearprop.tabular.fit import train
from clearprop.tabular.preparation import prepare
from clearprop.tabular.settings import TableSettings


def learned(n=200, n_columns=2, **settings):
    random = np.random.default_rng(0)
    columns = {f"c{k}": random.normal(size=n) for k in range(n_columns)}
    table = pa.table({**columns, "y": 3 * columns["c0"]})
    asked = TableSettings(**{"target": "y", "hidden": (8,), "epochs": 30, "engine": "reference", **settings})
    return train(prepare(Reading(table), asked)).model.settings["importances"]


@pytest.mark.parametrize("ensemble", [1, 3])
def test_the_column_that_matters_is_found_whatever_the_ensemble(ensemble):
    found = learned(ensemble=ensemble)
    assert found["columns"]["c0"] > 0.3 > 3 * abs(found["columns"]["c1"])
    assert found["rows"] == {1: 32, 3: 96}[ensemble]  # all rows that judge, each by one network


def test_the_same_seed_gives_the_same():
    assert learned(epochs=3) == learned(epochs=3)


def test_the_work_is_bounded_by_that_of_training(monkeypatch):
    real, rows = importance.Shuffling.loss, []

    def counted(self, *shuffled):
        rows.append(len(self.actual))
        return real(self, *shuffled)

    monkeypatch.setattr(importance.Shuffling, "loss", counted)
    found = learned(n=800, n_columns=60, epochs=60, ensemble=1)
    trained = 512 * 60 * 3  # rows learned from, each three times the work of predicting it
    assert sum(rows) <= importance.SHARE * trained + found["rows"]
    assert 20 <= found["rows"] < 64


def test_nothing_depends_on_the_number_of_threads():
    """The networks predict side by side."""
    assert learned(ensemble=3, n_threads=1) == learned(ensemble=3, n_threads=2)


def test_nothing_is_said_where_it_would_take_too_long_or_say_nothing():
    assert learned(n_columns=60, epochs=1, ensemble=1) is None
    assert learned(n_columns=1) is None
