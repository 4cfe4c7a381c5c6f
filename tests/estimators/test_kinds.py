"""Text, dates and gaps in what an MLP is given: refused with their place, as ValueError, before anything is learned."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import InputError

X = np.random.default_rng(0).standard_normal((6, 2))
TIMES = pd.to_datetime(["2024-01-01", None, "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06"])
TEXT = pd.DataFrame({"size": [1.0, 2, 3, 4, 5, 6], "city": ["1", "2", "York", "4", "5", "6"]})
LABELS = np.arange(6) % 2


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("rows", [pd.DataFrame({"a": range(6), "t": TIMES}), pd.DataFrame({"t": TIMES - TIMES[0]})])
def test_a_missing_date_is_refused_with_its_place(kind, rows):
    with pytest.raises(
        InputError, match=r"X has no value in row 1, column 't' \(counted from 0\), among (dates|lengths)"
    ):
        kind().fit(rows, LABELS)
    with pytest.raises(InputError, match=r"X has no value in row 1, column \d"):
        kind().fit(rows[["t"]].to_numpy(), LABELS)


@pytest.mark.parametrize("y", [TIMES.to_numpy(), pd.Series(TIMES), (TIMES - TIMES[0]).to_numpy()])
def test_dates_and_lengths_of_time_are_no_numbers_to_learn(y):
    with pytest.raises(InputError, match=r"y holds (dates|lengths of time), where numbers are expected"):
        MLPRegressor().fit(X, y)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("rows", [TEXT, pl.from_pandas(TEXT), TEXT.to_numpy(), TEXT.to_numpy().tolist()])
def test_text_is_refused_with_its_place_and_a_way_out(kind, rows):
    said = r"X holds the text 'York' in row 2, column ('city'|1) .* take Tabular(Classifier|Regressor)"
    with pytest.raises(ValueError, match=said):
        kind().fit(rows, LABELS)


def test_text_as_a_target_of_numbers_is_refused_with_its_row():
    y = np.array(["1", "2", "v", "4", "5", "6"], dtype=object)
    with pytest.raises(InputError, match=r"y holds the text 'v' in row 2 .* MLPClassifier, .* TabularRegressor"):
        MLPRegressor().fit(X, y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=repr)
@pytest.mark.parametrize("frame", [list, np.array, pd.Series])
def test_a_missing_class_is_refused_with_its_row(missing, frame):
    y = ["a", "b", "a", missing, "b", "a"]
    y = np.array(y, dtype=object) if frame is np.array else frame(y)
    with pytest.raises(
        InputError, match=r"Input y contains NaN. The target is missing in row 3 \(counted from 0\); leave"
    ):
        MLPClassifier().fit(X, y)


def test_a_missing_class_in_a_nullable_or_polars_column_too():
    for y in (pd.Series(["a", "b", None] * 2, dtype="string"), pl.Series(["a", "b", None] * 2)):
        with pytest.raises(InputError, match="The target is missing in 2 rows, the first of them row 2"):
            MLPClassifier().fit(X, y)


def test_a_stream_of_parts_does_not_grow_an_estimator():
    model = MLPRegressor(hidden_layer_sizes=(4,), random_state=0)
    sizes = []
    for n in range(301):
        model.partial_fit(X[:1], LABELS[:1])
        if n in (150, 300):
            sizes.append(len(pickle.dumps(model)))
    assert sizes[1] <= sizes[0] * 1.01
    assert model.t_ == 301
    assert len(model.history_) <= 101


def equal_names(library):
    if library == "arrow":
        return pa.table([[1.0, 2.0] * 10, [3.0, 4.0] * 10], names=["a", "a"])
    return pd.DataFrame(np.ones((20, 3)), columns=["a", "b", "a"])


@pytest.mark.parametrize("library", ["pandas", "arrow"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor])
def test_two_columns_of_one_name_are_refused_with_it(kind, library):
    X, y = equal_names(library), np.arange(20) % 2
    with pytest.raises(ValueError, match="has two columns named 'a'; rename one of them"):
        kind(max_iter=1).fit(X, y)
    model = kind(max_iter=1, random_state=0, hidden_layer_sizes=(2,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(pd.DataFrame({"a": y * 1.0, "b": y * 2.0, "c": 1.0 - y}), y)
    with pytest.raises(ValueError, match="has two columns named 'a'; rename one of them"):
        model.predict(X)


@pytest.mark.parametrize("gap", [pd.NaT, pd.NA, np.datetime64("NaT")])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_gap_of_another_library_among_objects_is_refused_with_its_place(kind, gap):
    rows = pd.DataFrame({"a": pd.Series([1.0, 2, gap, 4, 5, 6], dtype=object), "b": range(6)})
    for given in (rows, rows.to_numpy(), rows.to_numpy().tolist()):
        with pytest.raises(InputError, match=r"X has no value in row 2, column ('a'|0) \(counted from 0\); fill"):
            kind().fit(given, LABELS)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_sparse_columns_may_leave_out_any_number(kind):
    dense = pd.DataFrame({"a": [1.0, 1, 1, 2, 1, 1], "b": [0.0, 0, 3, 0, 0, 0]})
    sparse = dense.astype({"a": pd.SparseDtype(float, 1.0), "b": pd.SparseDtype(float, 0.0)})
    found, wanted = (
        kind(hidden_layer_sizes=(2,), random_state=0, max_iter=20, tol=10.0).fit(each, LABELS)
        for each in (sparse, dense)
    )
    np.testing.assert_array_equal(found.predict(sparse), wanted.predict(dense))
    with pytest.raises(InputError, match="Input X contains NaN in row 0"):
        kind().fit(pd.DataFrame({"a": pd.arrays.SparseArray([np.nan, 1, 2, 3, 4, 5])}), LABELS)
