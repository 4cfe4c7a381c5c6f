"""A column that alone says the target is named; no other is, in random tables and in real ones."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from clearprop import TabularClassifier, TabularRegressor
from clearprop.tables import ClassTarget, Reading, fit_encoder, fit_number_target
from clearprop.tables.streaming import stored
from clearprop.tabular import TableSettings, prepare
from clearprop.tabular.leaks import leaks
from clearprop.tabular.streamed_preparation import prepare_stream

N = 300
RANDOM = np.random.default_rng(5)
NOISE = RANDOM.normal(size=N)
CLASSES = RANDOM.integers(0, 3, N)
AMOUNTS = RANDOM.gamma(2, 100, N)


def said(columns, y, *, is_class):
    table = pa.table({"noise": np.resize(NOISE, len(y)), **columns})
    names = tuple("abcdefgh"[: int(y.max()) + 1]) if is_class else ()
    target = ClassTarget("y", names) if is_class else fit_number_target(y, "y", log=False)
    encoder = fit_encoder(table).encoder
    return leaks(table, encoder, target, encoder.encode(table).X, y)


def some_missing(values):
    return pa.array([None if k % 7 == 0 else value for k, value in enumerate(values)])


@pytest.mark.parametrize(
    "column",
    [
        pa.array(np.array(["low", "mid", "high"])[CLASSES]),
        pa.array([f"{'xyz'[c]}{k % 20}" for k, c in enumerate(CLASSES)]),
        pa.array(CLASSES * 10.0 + RANDOM.random(N)),
        pa.array(np.array([5, 1, 7])[CLASSES]),
        pa.array([None if c == 1 else "done" if c else "begun" for c in CLASSES]),
        pa.array(np.datetime64("2024-01-01") + CLASSES.astype("timedelta64[D]") * 400),
    ],
    ids=["category", "many categories", "ranges", "codes", "missing", "dates"],
)
def test_a_column_that_says_the_class_is_named(column):
    (sentence,) = said({"grade": column}, CLASSES, is_class=True)
    assert sentence.startswith("column 'grade' alone says the target 'y' in each of 300 rows")
    wrong = CLASSES.copy()
    wrong[17] = (wrong[17] + 1) % 3
    assert said({"grade": column}, wrong, is_class=True) == ()


@pytest.mark.parametrize(
    "column",
    [AMOUNTS * 1.19, np.log(AMOUNTS), 300 - AMOUNTS, np.round(AMOUNTS, 1), some_missing(AMOUNTS**2)],
    ids=["gross", "logarithm", "rest", "rounded", "some missing"],
)
def test_a_column_that_says_the_amount_is_named(column):
    assert len(said({"gross": pa.array(column)}, AMOUNTS, is_class=False)) == 1
    assert said({"gross": pa.array(column)}, AMOUNTS + NOISE, is_class=False) == ()


def test_a_category_that_says_the_amount_is_named():
    prices = np.array([10.0, 14.0, 2.5, 8.0])
    codes = RANDOM.integers(0, 4, N)
    assert len(said({"item": pa.array([f"item {k}" for k in codes])}, prices[codes], is_class=False)) == 1


def test_a_column_alone_may_say_it():
    table = pa.table({"x": AMOUNTS})
    encoder, target = fit_encoder(table).encoder, fit_number_target(AMOUNTS, "y", log=False)
    assert leaks(table, encoder, target, encoder.encode(table).X, AMOUNTS) == ()


def test_rows_that_are_repeated_say_nothing_again():
    twice = np.tile(np.arange(150), 2)
    columns = {"size": pa.array(AMOUNTS[twice]), "noise": NOISE[twice]}
    assert (
        said(columns, CLASSES[twice], is_class=True)
        == said(columns, NOISE[twice] + CLASSES[twice], is_class=False)
        == ()
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(5, 400), n_classes=st.integers(2, 4), rare=st.booleans())
def test_nothing_is_said_of_chance(seed, n, n_classes, rare):
    random = np.random.default_rng(seed)
    y = random.integers(0, n_classes, n)
    if rare:
        y = (np.arange(n) == random.integers(n)).astype(int)
    if len(np.unique(y)) < 2:
        return
    columns = {
        "x": pa.array(random.normal(size=n)),
        "k": pa.array(random.integers(0, 1 + n // 2, n)),
        "word": pa.array([f"w{v}" for v in random.integers(0, 1 + n // 3, n)]),
        "gap": pa.array([None if v else 1.5 for v in random.integers(0, 2, n)], pa.float64()),
    }
    assert said(columns, y, is_class=True) == ()
    assert said(columns, y + random.normal(size=n), is_class=False) == ()
    assert said(columns, random.poisson(1, n) + (np.arange(n) == 0) * 1.0, is_class=False) == ()


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_diabetes])
def test_nothing_is_said_of_real_tables(load):
    frame = load(as_frame=True).frame
    table = pa.Table.from_pandas(frame.drop(columns="target"))
    y = frame["target"].to_numpy()
    encoder = fit_encoder(table).encoder
    is_class = y.dtype.kind == "i"
    target = ClassTarget("y", tuple(range(int(y.max()) + 1))) if is_class else fit_number_target(y, "y", log=False)
    assert leaks(table, encoder, target, encoder.encode(table).X, y) == ()


def test_a_table_on_the_disk_is_judged_by_its_validation_rows(tmp_path):
    table = pa.table({"noise": NOISE, "gross": AMOUNTS * 1.19, "net": AMOUNTS})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    ready = prepare_stream(stored(tmp_path / "t.parquet"), TableSettings(target="net")).ready
    n_rows = len(ready.parts.validation)
    assert any(f"'gross' alone says the target 'net' in each of {n_rows} rows" in note for note in ready.notices)


def test_it_is_said_by_every_door():
    rows = pa.table({"noise": NOISE, "gross": AMOUNTS * 1.19, "net": AMOUNTS})
    assert any("'gross' alone" in note for note in prepare(Reading(rows), TableSettings(target="net")).notices)
    X = rows.drop_columns(["net"])
    for estimator, y in ((TabularRegressor, AMOUNTS), (TabularClassifier, AMOUNTS > 150)):
        (note,) = estimator(max_iter=1, ensemble=1, random_state=0).fit(X, y).notices_
        assert "'gross' alone says the target 'y'" in note
        assert "leave it out, or scores" in note
