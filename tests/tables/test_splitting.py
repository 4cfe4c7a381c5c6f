import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import InputError, TableError
from clearprop.tables import folds, split


@given(st.integers(40, 500), st.floats(0.1, 0.5), st.integers(0, 2**31), st.integers(1, 6))
def test_three_parts_make_the_whole_and_each_class_has_training_rows(n, test, seed, n_classes):
    labels = np.random.default_rng(seed).integers(0, n_classes, n)
    parts = split(n, test, seed, labels)
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert abs(len(parts.test) - test * n) <= 1 + n_classes
    assert set(labels[parts.train]) == set(labels)


@given(st.integers(100, 500), st.integers(0, 2**31))
def test_each_class_gives_its_share(n, seed):
    labels = np.sort(np.random.default_rng(seed).integers(0, 3, n))
    parts = split(n, 0.25, seed, labels)
    for label in range(3):
        assert abs((labels[parts.test] == label).sum() - 0.25 * (labels == label).sum()) <= 1


def test_the_split_is_a_function_of_the_seed():
    first, again, other = (split(1000, 0.2, seed) for seed in (3, 3, 4))
    for part in range(3):
        np.testing.assert_array_equal(first[part], again[part])
    assert not np.array_equal(first.test, other.test)


def test_small_tables_keep_more_rows_to_choose_the_best_epoch_by():
    assert [len(part) for part in split(1000, 0.2, 0)] == [640, 160, 200]
    assert [len(part) for part in split(10_000, 0.2, 0)] == [7200, 800, 2000]


def test_rows_are_drawn_evenly():
    counts = np.zeros(50)
    for seed in range(400):
        counts[split(50, 0.2, seed).test] += 1
    assert counts.min() > 45  # 80 expected, standard deviation 8
    assert counts.max() < 115


def test_too_few_rows():
    with pytest.raises(TableError, match="3 rows are too few"):
        split(3, 0.2, 0)


@pytest.mark.parametrize("share", [1, -0.1, float("nan")])
def test_a_share_that_is_none(share):
    with pytest.raises(InputError, match="between 0 and 1"):
        split(100, share, 0)


@given(n_rows=st.integers(2, 200), n_folds=st.integers(2, 12), n_classes=st.integers(1, 5), seed=st.integers(0, 2**31))
def test_folds_share_the_rows_out(n_rows, n_folds, n_classes, seed):
    rows = np.arange(10, 10 + n_rows)
    labels = np.random.default_rng(seed).integers(0, n_classes, 10 + n_rows)
    found = folds(rows, n_folds, seed, labels)
    assert len(found) == min(n_folds, n_rows)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.validation for fold in found])), rows)
    for fold in found:
        np.testing.assert_array_equal(np.union1d(fold.learn, fold.validation), rows)
        assert len(fold.learn) + len(fold.validation) == n_rows
        for label in range(n_classes):  # each class in proportion, to within a row
            share = np.sum(labels[rows] == label) / len(found)
            assert abs(np.sum(labels[fold.validation] == label) - share) <= 1


def test_one_row_cannot_be_shared_out():
    with pytest.raises(TableError, match="at least 2 rows"):
        folds(np.arange(1), 5, seed=0)
