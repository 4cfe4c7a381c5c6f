import datetime
import json

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import InputError, ModelFileError, TableError
from clearprop.tables import (
    ClassTarget,
    NumberTarget,
    decide_task,
    fit_class_target,
    fit_number_target,
    missing_rows,
    target_from_json,
    target_numbers,
)


def column(values, type=None):
    return pa.chunked_array([pa.array(values, type)])


@pytest.mark.parametrize(
    ("values", "task", "reason"),
    [
        (["a", "b"], "classification", "'t' is text, with 2 different values"),
        ([True, False], "classification", "'t' is true or false"),
        ([0, 1] * 10, "classification", "'t' holds whole numbers, only 2 different values (--task regression"),
        ([0.0, 1.0] * 10, "classification", "'t' holds whole numbers, only 2 different values (--task regression"),
        (list(range(40)), "regression", "'t' is a number, with 40 different values"),
        ([1, 2, 3], "regression", "'t' is a number, with 3 different values"),
        ([0.5, 1.5] * 10, "regression", "'t' is a number, with 2 different values"),
    ],
)
def test_the_task_and_why(values, task, reason):
    found = decide_task(column(values), "t")
    assert found.name == task
    assert found.reason.startswith(reason)


def test_the_task_that_is_asked_for():
    assert decide_task(column([1, 2] * 50), "t", "regression") == ("regression", "it was asked for")
    assert decide_task(column([1.5, 2]), "t", "classification") == ("classification", "it was asked for")
    assert decide_task(column([1, 2] * 50), "t", log=True).name == "regression"


def test_classes_have_no_logarithm():
    for values, asked in ((["a", "b"], None), ([1, 2], "classification")):
        with pytest.raises(TableError, match="cannot be learned as a logarithm"):
            decide_task(column(values), "t", asked, log=True)


@pytest.mark.parametrize(
    "values", [[datetime.date(2020, 1, 1)], [[1, 2]], [b"\xff"], [datetime.timedelta(1)], [datetime.time(1)]]
)
def test_types_that_are_no_target(values):
    with pytest.raises(TableError, match="choose a column of classes or numbers"):
        decide_task(column(values), "t")


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([True, False], (False, True)),
        ([3, 1, 3], (1, 3)),
        ([1.0, 0.0], (0, 1)),
        ([0.5, 1.0], (0.5, 1.0)),
    ],
)
def test_classes_of_any_type_come_back_as_they_were(values, classes):
    target = fit_class_target(column(values), "t")
    assert target.classes == classes
    assert target.decode(target.encode(target.y_of([column(values)])).dense()) == values
    assert target_from_json(json.loads(json.dumps(target.to_json()))) == target


def test_a_class_that_training_did_not_have_has_no_number():
    target = ClassTarget("t", ("a", "b"))
    assert target.codes(column(["b", "c", None])).tolist() == [1, -1, -1]
    assert ClassTarget("t", (0, 1)).codes(column([1.0, 0.0, None])).tolist() == [1, 0, -1]
    assert ClassTarget("t", (0, 1)).codes(column(["1", "0"])).tolist() == [1, 0]


def test_one_class_is_nothing_to_learn():
    with pytest.raises(TableError, match="only one class, 'a': there is nothing to tell apart"):
        fit_class_target(column(["a"] * 20), "t")


def test_a_class_for_every_row_is_nothing_to_learn():
    with pytest.raises(TableError, match="100 different classes in 100 rows"):
        fit_class_target(column([str(i) for i in range(100)]), "t")


def test_a_number_is_standardised_and_kept_within_the_range_of_training():
    values = np.array([1.0, 3.0, 5.0])
    target = fit_number_target(values, "t", log=False)
    made = target.encode(values)
    assert made.dtype == np.float32
    np.testing.assert_allclose((made.mean(), made.std()), (0, 1), atol=1e-6)
    np.testing.assert_allclose(target.decode(made), values, rtol=1e-6)
    np.testing.assert_array_equal(target.decode(np.array([[-99.0], [99.0]])), [1, 5])


def test_a_logarithm_is_learned_and_taken_back():
    values = np.array([1.0, 10.0, 100.0])
    target = fit_number_target(target_numbers(column(values), "t", log=True), "t", log=True)
    np.testing.assert_allclose(
        target.in_unit(target.decode(target.encode(target.y_of([column(values)])))), values, rtol=1e-5
    )
    assert target_from_json(json.loads(json.dumps(target.to_json()))) == target


@pytest.mark.parametrize("bad", [0, -5])
def test_what_has_no_logarithm_is_named_with_its_row(bad):
    with pytest.raises(TableError, match=f"the target 't' is {bad} in row 3, and only numbers above 0"):
        target_numbers(column([1, 2, bad, bad]), "t", log=True)


def test_a_target_that_does_not_vary_is_nothing_to_learn():
    with pytest.raises(TableError, match="the target 't' is 7 in every training row"):
        fit_number_target(np.full(5, np.log(7.0)), "t", log=True)


def test_numbers_that_are_no_target():
    with pytest.raises(TableError, match="the target 't' is missing in row 2"):
        target_numbers(column([1.0, None]), "t", log=False)
    with pytest.raises(TableError, match="'t' holds 'x' in row 1"):
        target_numbers(column(["x"]), "t", log=False)


@pytest.mark.parametrize(
    "values", [[None, 1.0, 2.0], [float("nan"), 1.0, 2.0], [None, "a", "b"], [" ", "a", "b"], [None, True, False]]
)
def test_missing_rows(values):
    assert missing_rows(column(values)).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {},
        {"task": "classification", "column": "t", "classes": ["a"]},
        {"task": "classification", "column": "t", "classes": [["a"], ["b"]]},
        {"task": "classification", "column": 5, "classes": ["a", "b"]},
        {"task": "regression", "column": "t", "log": False},
        {"task": "regression", "column": "t", "log": False, "centre": 0, "scale": 0, "low": 0, "high": 1},
        {"task": "regression", "column": "t", "log": False, "centre": "x", "scale": 1, "low": 0, "high": 1},
        {"task": "regression", "column": "t", "log": False, "centre": [0], "scale": 1, "low": 0, "high": 1},
        {"task": "regression", "column": "t", "log": 1, "centre": 0, "scale": 1, "low": 0, "high": 1},
    ],
)
def test_a_damaged_description_is_refused(spec):
    with pytest.raises(ModelFileError, match="description of the target is damaged"):
        target_from_json(spec)


def test_numbers_that_cannot_be_a_target():
    with pytest.raises(InputError):
        NumberTarget("t", False, 0.0, 1.0, 2.0, 1.0)
