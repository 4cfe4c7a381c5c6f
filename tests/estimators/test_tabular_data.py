"""What the estimators for tables take and refuse: targets, positions, names, columns that can be read in two ways."""

import datetime
import json
import pickle
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError, TableError, UnknownNameError
from clearprop.estimators.tabular_data import labels, numbers

QUICK = {"hidden_layer_sizes": (), "max_iter": 2, "ensemble": 1, "random_state": 0, "engine": "reference"}
DATA = Path(__file__).parents[1] / "tables" / "data"
pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning")


def regressor(X, y=None, **given):
    return TabularRegressor(**QUICK, **given).fit(X, np.arange(len(X)) % 7 if y is None else y)


@pytest.mark.parametrize(
    "y",
    [["a", None, "b"], ["a", float("nan"), "b"], ["a", pd.NA, "b"], pd.Series(["a", None, "b"], dtype="string"),
     pl.Series(["a", None, "b"]), pd.Series([1, None, 0], dtype="Int64"), np.array([1.0, np.nan, 0.0]),
     pd.Series([True, None, False], dtype="boolean"), pd.Series(pd.Categorical(["a", None, "b"]))],
    ids=lambda y: str(type(y)) + str(list(y)),
)  # fmt: skip
def test_missing_labels_are_refused_with_their_row(y):
    with pytest.raises(InputError, match="The target is missing in row 2; leave such rows out"):
        labels(y if not isinstance(y, list) else np.array(y, dtype=object))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.array(["2024-01-01", "2024-01-02"], "M8[ns]"), InputError, "y holds dates; classes must be"),
        (np.array([1, 2], "m8[s]"), InputError, "y holds lengths of time"),
        ([{1}, {2}], TypeError, "row 1: argument must be a string or a number"),
        (["a", object()], TypeError, "in row 2: argument must be a string or a number"),
        ([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], TypeError, "row 1"),
        (["a", 1], InputError, "y holds 'a' in row 1 and 1 in row 2: classes must be all text or all numbers"),
        ([0.5, 1.25], ValueError, "continuous"),
    ],
)
def test_what_is_no_class_is_refused_with_its_row(y, error, message):
    given = y
    if isinstance(y, list):
        given = np.empty(len(y), dtype=object)
        given[:] = y
    if message == "continuous":
        given = np.array(y)
    with pytest.raises(error, match=message):
        labels(given)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (pd.date_range("2024-01-01", periods=3), "y holds dates, where numbers are expected"),
        (pd.Series([pd.Timestamp("2024-01-01"), pd.NaT, pd.NaT]), "y holds dates"),
        (pd.Series(pd.to_timedelta([1, 2, None], unit="s")), "y holds lengths of time, .*total_seconds"),
        (
            np.array([1.0, np.nan, np.nan]),
            "Input y contains NaN. The target is missing in 2 rows, the first of them row 2",
        ),
        (np.array([1, pd.Timestamp("2024-01-01"), 3], dtype=object), "in row 2, where a number is expected"),
        (np.array([1, None, 3], dtype=object), "missing in row 2"),
        (np.array([1, {2}, 3], dtype=object), r"y holds \{2\} in row 2"),
        (np.array(["1", "x", "3"]), "y holds .*'x'.* in row 2"),
        (np.array([1.0, np.inf]), "infinity"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_row(y, message):
    with pytest.raises(ValueError, match=message):
        numbers(y)


def test_amounts_of_any_type_are_numbers():
    for y in ([1, 2], ["1", "2.0"], np.array([1, 2], ">i4"), [Decimal(1), Decimal(2)], pl.Series([1, 2]), [True, 2]):
        np.testing.assert_array_equal(numbers(y), [1, 2])


class TestPositions:
    X = np.random.default_rng(0).normal(size=(30, 3))

    def test_an_array_for_a_frame_with_numbered_columns(self):
        model = regressor(pd.DataFrame(self.X))
        np.testing.assert_array_equal(model.predict(self.X), model.predict(pd.DataFrame(self.X)))

    def test_a_frame_for_an_array(self):
        model = regressor(self.X)
        with pytest.warns(UserWarning, match="was fitted without feature names"):
            named = model.predict(pd.DataFrame(self.X, columns=["a", "b", "c"]))
        np.testing.assert_array_equal(named, model.predict(self.X))

    def test_an_array_for_a_frame_with_names(self):
        model = regressor(pd.DataFrame(self.X, columns=["a", "b", "c"]))
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            plain = model.predict(self.X)
        np.testing.assert_array_equal(plain, model.predict(pd.DataFrame(self.X, columns=["a", "b", "c"])))

    def test_a_loaded_one(self, tmp_path):
        model = regressor(pd.DataFrame(self.X))
        model.save(tmp_path / "m")
        np.testing.assert_array_equal(TabularRegressor.load(tmp_path / "m").predict(self.X), model.predict(self.X))

    @pytest.mark.parametrize("dtype", [">f8", ">f4", ">i4", np.float16, np.longdouble])
    def test_arrays_of_any_type_of_numbers(self, dtype):
        given = (10 * self.X).astype(dtype)
        same = given.astype(np.float64)
        np.testing.assert_array_equal(regressor(given).predict(given), regressor(same).predict(same))

    @pytest.mark.parametrize("dtype", ["M8[ns]", "M8[h]", "m8[ms]", "m8[m]", "S5", "U5"])
    def test_arrays_of_times_and_texts(self, dtype):
        given = np.arange(30).astype(dtype)[:, None] if dtype[0] in "Mm" else np.array(["a", "bc"] * 15, dtype)[:, None]
        assert np.isfinite(regressor(given).predict(given)).all()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.cut(np.arange(40.0), 4)),
        pd.Series(pd.arrays.IntervalArray.from_breaks(range(41))).iloc[[0, 1] * 20],
        pd.Series(pd.period_range("2020-01", periods=40, freq="M")),
        pd.Series([Decimal("1.5"), 2.5] * 20, dtype=object),
        pd.Series([pd.Timestamp("2024-01-01"), datetime.date(2024, 1, 5)] * 20, dtype=object),
        pd.Series([pd.NA, "a", 1.0, None] * 10, dtype=object), pd.Series([[1, 2], [3, 4]] * 19 + [None, [5, 6]]),
    ],
    ids=range(7),
)  # fmt: skip
def test_columns_that_were_refused_or_left_out(column):
    X = pd.DataFrame({"a": column.to_numpy() if column.dtype == object else column.reset_index(drop=True)})
    model = regressor(X)
    assert [step.column for step in model.model_.encoder.steps] == ["a"]
    batch = model.predict(X)
    alone = [model.predict(X.iloc[[row]])[0] for row in range(4)]
    np.testing.assert_allclose(alone, batch[:4], rtol=1e-6)


def test_sets_are_refused_with_their_row():
    for X in (pd.DataFrame({"a": [{1}, {2}]}), pl.DataFrame({"a": pl.Series([{1}, {2}], dtype=pl.Object)})):
        with pytest.raises(TableError, match="column 'a' holds a set in row 1, where a number"):
            regressor(X, [1, 2])


def test_two_columns_of_one_name_are_refused_in_words():
    with pytest.raises(TableError, match="two columns named 'a'"):
        regressor(pd.DataFrame(np.zeros((4, 2)), columns=["a", "a"]))


def test_dates_that_can_be_read_in_two_ways_are_text_with_a_warning_and_an_option():
    X = pd.DataFrame({"when": [f"{1 + k % 12:02d}/{1 + k % 7:02d}/2024" for k in range(60)]})
    few = pd.DataFrame({"when": ["02/01/2024", "03/04/2024", "05/01/2024"] * 20})
    with pytest.warns(UserWarning, match=r"may be 2024-01-02 \(read=\{'dates': 'dmy'\}\).*it is taken as text"):
        model = regressor(few)
    assert model.model_.encoder.steps[0].kind == "category"
    with pytest.raises(TableError, match=r"looks like an identifier; '[0-9/]+' may be .*read=\{'dates': 'mdy'\}"):
        regressor(X.assign(when=[f"{1 + k % 12:02d}/{1 + k % 11:02d}/{2000 + k % 5}" for k in range(60)]))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*may be")
        model = regressor(X, read={"dates": "mdy"})
    assert model.model_.encoder.steps[0].order == "mdy"
    with pytest.raises(UnknownNameError, match="did you mean 'dates'"):
        regressor(X, read={"date": "dmy"})


def test_read_is_kept_in_the_file(tmp_path):
    X = pd.DataFrame({"when": [f"{1 + k % 12:02d}/{1 + k % 7:02d}/2024" for k in range(60)]})
    model = regressor(X, read={"dates": "mdy", "missing": ["gone"]})
    model.save(tmp_path / "m")
    again = TabularRegressor.load(tmp_path / "m")
    assert again.get_params() == model.get_params()
    assert again.model_.encoder.read.missing == ("gone",)


def test_a_column_of_which_no_value_is_known_is_warned_of():
    X = pd.DataFrame({"a": ["x", "y"] * 20, "n": np.arange(40.0)})
    model = regressor(X)
    with pytest.warns(UserWarning, match="column 'a': 40 values that training did not have, which is all of them"):
        model.predict(X.assign(a=X["a"] + "!"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X.assign(a="x"))
        model.predict(X[:1].assign(a="z"))


@pytest.mark.filterwarnings("default:No better than always saying:UserWarning")
def test_networks_that_are_of_no_use_say_so():
    random = np.random.default_rng(0)
    X = pd.DataFrame({"a": random.normal(size=200)})
    with pytest.warns(UserWarning, match="No better than always saying the mean: do not use it."):
        TabularRegressor(random_state=0, ensemble=2, max_iter=20).fit(X, random.normal(size=200))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TabularRegressor(random_state=0, ensemble=2, max_iter=30).fit(X, X["a"])
        TabularClassifier(random_state=0, ensemble=2, max_iter=30).fit(X, X["a"] > 0)


def test_times_of_one_length_are_one_value_in_every_unit():
    seconds = np.random.default_rng(0).integers(0, 7200, 60)
    X = pd.DataFrame({"d": pd.to_timedelta(seconds, unit="s").astype("timedelta64[ns]")})
    model = regressor(X, seconds / 60)
    expected = model.predict(X)
    for unit in ("s", "ms", "us"):
        np.testing.assert_array_equal(model.predict(X.astype(f"timedelta64[{unit}]")), expected)
        np.testing.assert_array_equal(
            model.predict(pa.table({"d": pa.array(X["d"]).cast(pa.duration(unit))})), expected
        )
    with pytest.raises(TableError, match="column 'd' should hold times of day or lengths of time"):
        model.predict(pd.DataFrame({"d": seconds}))
    with pytest.raises(TableError, match="column 'd' should hold numbers but holds lengths of time"):
        regressor(pd.DataFrame({"d": seconds}), seconds).predict(X)


def test_a_file_of_the_version_before_predicts_as_it_did_or_says_why_not():
    model = TabularRegressor.load(DATA / "version1.clearprop")
    kept = json.loads((DATA / "version1.json").read_text())
    rows = pd.DataFrame({name: list(column.values()) for name, column in kept["rows"].items()})
    rows["day"] = pd.to_datetime(rows["day"])
    seconds = rows.assign(took=pd.to_timedelta(rows["took"], unit="s").astype("timedelta64[s]"))
    np.testing.assert_allclose(model.predict(seconds), kept["predicted"], rtol=1e-5)
    np.testing.assert_allclose(model.predict(rows), kept["predicted"], rtol=1e-5)
    with pytest.raises(TableError, match="did not keep the unit of such columns: train it again"):
        model.predict(seconds.astype({"took": "timedelta64[us]"}))
    odd = {step.column: step for step in model.model_.encoder.steps}["odd"]
    assert odd.exact
    assert odd.categories == ("JA", "ja", "ja ")


def test_a_column_that_holds_something_and_is_left_out_is_warned_of():
    rows = pd.DataFrame({"x": np.arange(40) % 9, "name": [f"n{k}" for k in range(40)], "same": 1})
    with pytest.warns(
        UserWarning, match="column 'name' is left out: .* looks like an identifier; what it tells"
    ) as told:
        regressor(rows)
    assert not any("'same'" in str(each.message) for each in told)


def test_predicting_often_does_not_grow_an_estimator():
    rows = pd.DataFrame({"x": np.arange(40.0), "kind": list("abcd") * 10})
    model = regressor(rows)
    before = len(pickle.dumps(model))
    for place in range(60):
        model.predict(rows.iloc[[place % 40]])
        model.score(rows[:9], np.arange(9))
    assert len(pickle.dumps(model)) == before


@pytest.mark.parametrize("read", [{"separator": ";"}, {"header": False}, {"encoding": "cp1252", "decimal": ","}])
def test_what_is_about_files_is_no_way_to_read_a_frame(read):
    with pytest.raises(InputError, match=r"read\['\w+'\] is about text files, and an estimator takes a data frame"):
        TabularRegressor(read=read).fit(pd.DataFrame({"a": range(20)}), range(20))


def test_numbers_that_are_all_infinite_are_left_out_with_a_warning():
    X = pd.DataFrame({"a": range(40), "b": [np.inf] * 40})
    with pytest.warns(UserWarning, match="column 'b' is left out: none of its values can be computed with"):
        TabularRegressor(max_iter=1, ensemble=1, random_state=0).fit(X, np.arange(40.0))


def test_a_target_of_the_other_task_says_where_to_go():
    X = pd.DataFrame({"a": range(20)})
    with pytest.raises(InputError, match=r"Unknown label type: continuous.* TabularRegressor learns amounts"):
        TabularClassifier().fit(X, np.arange(20) / 7)
    with pytest.raises(InputError, match="the text 'x' in row 1, where a number is expected; for classes take Tabular"):
        TabularRegressor().fit(X, ["x"] * 20)
