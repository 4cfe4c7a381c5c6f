import datetime
import json

import numpy as np
import pyarrow as pa
import pytest

from clearprop.tables import Reading
from clearprop.tabular.fit import train
from clearprop.tabular.model import TableModel
from clearprop.tabular.preparation import prepare
from clearprop.tabular.seen import Outside
from clearprop.tabular.settings import TableSettings


@pytest.fixture(scope="module")
def model():
    """Learned from a between 0 and 10, days of 2024, and whole numbers with gaps."""
    random = np.random.default_rng(0)
    n = 200
    a = random.uniform(0, 10, n)
    a[:2] = 0, 10
    day = np.datetime64("2024-01-01") + random.integers(0, 366, n)
    day[0], day[1] = np.datetime64("2024-01-01"), np.datetime64("2024-12-31")
    count = [None if i % 5 == 0 else int(i % 7) for i in range(n)]
    table = pa.table({"a": a, "day": pa.array(day.astype("datetime64[D]")), "count": pa.array(count), "y": 2 * a})
    ready = prepare(Reading(table), TableSettings(target="y", hidden=(4,), epochs=2, test=0.0, engine="reference"))
    return train(ready).model


def remarks(model, **columns):
    given = {"a": [5.0], "day": [datetime.date(2024, 6, 1)], "count": [3], **columns}
    n = max(map(len, given.values()))
    table = pa.table({name: pa.array(values * n if len(values) == 1 else values) for name, values in given.items()})
    return [remark for remark in model.predict(table).remarks if isinstance(remark, Outside)]


def test_what_training_saw_is_not_remarked_upon(model):
    assert remarks(model, a=[0.0, 10.0, 5.0, None]) == []
    assert remarks(model, a=[-0.5, 10.9]) == []  # hardly beyond
    assert remarks(model, count=[None, 0, 6]) == []


@pytest.mark.parametrize("value", [1e9, -1e9, 12.0, -1.5, 1e15])
def test_a_number_far_outside_is(model, value):
    (found,) = remarks(model, a=[5.0, value, value])
    assert (found.column, found.n_values, found.first_row) == ("a", 2, 2)
    assert "far outside 0 to 10, which training saw" in str(found)


def test_the_value_is_named_as_it_was(model):
    (found,) = remarks(model, a=[25.0])
    assert "the first is 25 in row 1" in str(found)
    (found,) = remarks(model, a=[1e9])
    assert found.example == "1e+09"


def test_dates_are_named_as_dates(model):
    (found,) = remarks(model, day=[datetime.date(2027, 3, 4)])
    assert (found.low, found.high, found.example) == ("2024-01-01", "2024-12-31", "2027-03-04")
    assert remarks(model, day=[datetime.date(2025, 1, 10)]) == []


def test_a_file_keeps_it_and_one_without_it_is_silent(model, tmp_path):
    model.save(tmp_path / "m")
    again = TableModel.load(tmp_path / "m")
    assert len(remarks(again, a=[1e9])) == 1
    again.settings.pop("seen")
    assert remarks(again, a=[1e9]) == []
    for spoilt in (
        [],
        {"a": [1.0]},
        {"a": ["x", "y"]},
        {"a": [2.0, 1.0]},
        {"a": [float("nan"), 1.0]},
        {"a": [-9.0, 9.0]},
    ):
        again.settings["seen"] = spoilt
        assert remarks(again, a=[1e9]) == []
    assert json.dumps(dict(model.settings["seen"]))


def test_a_moment_beyond_the_years_of_python_is_told(model):
    far = pa.array([400_000_000_000_000], pa.timestamp("s"))
    table = pa.table({"a": [5.0], "day": far, "count": [3]})
    (found,) = (remark for remark in model.predict(table).remarks if isinstance(remark, Outside))
    assert "column 'day'" in str(found)
