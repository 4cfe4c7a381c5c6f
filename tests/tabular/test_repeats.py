"""Rows that judge and are learned from as well are counted; rows whose inputs are few are no repeats."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError
from clearprop.tables import Fold, Parts, Reading, fit_encoder
from clearprop.tabular import TableSettings, prepare
from clearprop.tabular.repeats import repeats

RANDOM = np.random.default_rng(3)


def flats(n):
    size = RANDOM.uniform(20, 120, n)
    district = RANDOM.choice(["north", "south"], n)
    return pa.table({"size": size, "district": district, "rent": 8 * size + RANDOM.normal(0, 10, n)})


def test_rows_that_are_repeated_are_counted_in_both_parts():
    table = flats(200)
    table = pa.concat_tables([table, table.slice(0, 100)])
    ready = prepare(Reading(table), TableSettings(target="rent"))
    (sentence,) = [note for note in ready.notices if "learned from as well" in note]
    first = np.arange(300)
    first[200:] -= 200  # the row of which each is a copy
    train, _, test = ready.parts
    n_test = np.isin(first[test], first[train]).sum()
    n_valid = sum(np.isin(first[fold.validation], first[fold.learn]).sum() for fold in ready.plan.folds)
    assert sentence.startswith(f"{n_test} of the 60 rows held out for the score and {n_valid} of the ")
    assert 0 < n_test < 60


def test_other_targets_are_no_repeats():
    table = flats(300)
    few = table.set_column(0, "size", pa.array(RANDOM.integers(1, 4, 300)))  # six different rows, any rent
    for rows in (table, few):
        assert not any("as well" in note for note in prepare(Reading(rows), TableSettings(target="rent")).notices)


def test_classes_that_few_inputs_do_not_decide_are_no_repeats():
    X, y = RANDOM.integers(0, 2, (400, 3)).astype(np.float32), RANDOM.integers(0, 2, 400)
    encoder = fit_encoder(pa.table({name: X[:, k] for k, name in enumerate("abc")})).encoder
    assert repeats(X, y, encoder, [Fold(np.arange(300), np.arange(300, 400))]) == ()


def test_a_row_that_differs_in_its_last_input_alone_is_another():
    x = np.arange(200.0)
    table = pa.table({"k": x % 2, "j": x})
    encoder = fit_encoder(table).encoder
    X = encoder.encode(table).X
    parts = Parts(np.arange(150), np.arange(0), np.arange(150, 200))
    fold = Fold(np.arange(100), np.arange(100, 150))
    assert repeats(X, X[:, 0], encoder, [fold], parts) == ()
    X[150:, :] = X[:50, :]
    assert repeats(X, X[:, 0], encoder, [fold], parts)[0].startswith("50 of the 50 rows held out for the score are")


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer, load_digits])
def test_nothing_is_said_of_real_tables(load):
    frame = load(as_frame=True).frame
    assert not any("as well" in note for note in prepare(Reading(pa.table(dict(frame))), _classes).notices)


_classes = TableSettings(target="target", task="classification")


def test_an_estimator_notes_them():
    table = flats(100)
    table = pa.concat_tables([table, table])
    model = TabularRegressor(max_iter=1, random_state=0).fit(table.drop_columns(["rent"]), table["rent"].to_numpy())
    assert "of the 160 rows that choose the best epoch are learned from as well" in model.notices_[0]


def test_an_estimator_refuses_a_class_for_each_row():
    y = np.array([f"c{k}" for k in range(10_001)] * 2)
    with pytest.raises(InputError, match="y has 10,001 different classes in 20,002 rows: too few rows of each"):
        TabularClassifier().fit(np.zeros((len(y), 1)), y)


def test_an_estimator_notes_classes_that_one_row_has():
    table = flats(60)
    model = TabularClassifier(max_iter=1, ensemble=1, random_state=0)
    with pytest.warns(UserWarning, match="No better than always saying the most frequent class"):
        model.fit(table, ["a"] * 59 + ["b"])
    assert model.notices_[0].startswith("a class has fewer than 5 rows, too few to be learned and scored: b (1)")
