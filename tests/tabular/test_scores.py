import json
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics

from clearprop.errors import ModelFileError
from clearprop.tables import ClassTarget, NumberTarget
from clearprop.tabular.metrics import METRICS
from clearprop.tabular.scores import class_scores, number_scores
from clearprop.tabular.scores_json import scores_from_json
from clearprop.tabular.usefulness import no_better


def test_class_scores_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(3), 200)
    codes = random.integers(0, 3, 200)
    predicted = probabilities.argmax(axis=1)
    scores = class_scores(ClassTarget("t", ("a", "b", "c")), probabilities, codes, "b")
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(codes, predicted))
    assert scores.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(codes, predicted))
    assert scores.log_loss == pytest.approx(metrics.log_loss(codes, probabilities))
    assert scores.trivial_accuracy == np.mean(codes == 1)
    np.testing.assert_array_equal(scores.confusion, metrics.confusion_matrix(codes, predicted))


def test_a_certain_mistake_costs_a_finite_loss():
    scores = class_scores(ClassTarget("t", ("a", "b")), np.array([[1.0, 0.0]]), np.array([1]), "a")
    assert scores.log_loss == pytest.approx(-np.log(1e-7))


def test_only_unknown_classes():
    scores = class_scores(ClassTarget("t", ("a", "b")), np.array([[1.0, 0.0]]), np.array([-1]), "a")
    assert (scores.accuracy, scores.n_unknown, scores.log_loss) == (0, 1, 0)


@pytest.mark.parametrize("n", [100, 101])
def test_many_classes_have_their_most_frequent_mistakes_in_place_of_a_matrix(n):
    codes = np.arange(3 * n) % n
    probabilities = np.eye(n)[np.where(codes < 2, codes + 1, codes)]
    scores = class_scores(ClassTarget("t", tuple(map(str, range(n)))), probabilities, codes, "0")
    assert len(scores.confusion) == (n if n == 100 else 0)
    assert scores.mistakes == (() if n == 100 else ((0, 1, 3), (1, 2, 3)))
    assert scores.trivial_balanced_accuracy == pytest.approx(1 / n)
    assert scores.accuracy == pytest.approx(1 - 2 / n)
    assert no_better(scores.to_json(), ["accuracy"]) == ()
    assert ("mistakes" in scores.to_json()) == (n == 101)
    assert scores_from_json(json.loads(json.dumps(scores.to_json()))) == scores


def test_scores_of_a_hundred_thousand_classes_take_the_memory_of_their_probabilities():
    """A confusion matrix of them would take 80 GB, and the probabilities of these rows take 8 MB."""
    n, rows = 100_000, np.arange(20)
    probabilities = np.full((20, n), 1e-6, dtype=np.float32)
    target = ClassTarget("t", tuple(range(n)))
    tracemalloc.start()
    try:
        scores = class_scores(target, probabilities, rows, 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * probabilities.nbytes
    assert scores.mistakes == tuple((k, 0, 1) for k in range(1, 20))
    assert METRICS["f1"].compute(probabilities, rows, None) == pytest.approx(2 / 21 / 20)


@pytest.mark.parametrize("log", [False, True])
def test_number_scores_are_those_of_scikit_learn(log):
    random = np.random.default_rng(0)
    actual, predicted = random.normal(size=100), random.normal(size=100)
    target = NumberTarget("t", log, 0.1, 1.0, -10.0, 10.0)
    scores = number_scores(target, predicted, actual, 0.2)
    own, true = (np.exp(predicted), np.exp(actual)) if log else (predicted, actual)
    assert scores.rmse == pytest.approx(metrics.root_mean_squared_error(true, own))
    assert scores.mae == pytest.approx(metrics.mean_absolute_error(true, own))
    assert scores.r2 == pytest.approx(metrics.r2_score(true, own))
    assert scores.trivial_rmse == pytest.approx(metrics.root_mean_squared_error(true, np.full(100, 0.2)))
    if log:
        assert scores.rmse_log == pytest.approx(metrics.root_mean_squared_error(actual, predicted))
        assert scores.trivial_mae_log == pytest.approx(metrics.mean_absolute_error(actual, np.full(100, 0.1)))
    else:
        assert scores.rmse_log is None
    assert scores_from_json(json.loads(json.dumps(scores.to_json()))) == scores


def test_damaged_scores_are_refused():
    good = class_scores(ClassTarget("t", ("a", "b")), np.eye(2), np.array([0, 1]), "a").to_json()
    assert scores_from_json(json.loads(json.dumps(good))).accuracy == 1
    for name in good:
        for wrong in (None, [[1]], [[1, 2], [3]], [["1", 2], [3, 4]], "x", {}):
            if name == "confusion" and wrong == [[1]]:
                continue  # a confusion matrix, though of one class
            with pytest.raises(ModelFileError):
                scores_from_json({**good, name: wrong})
        with pytest.raises(ModelFileError):
            scores_from_json({key: value for key, value in good.items() if key != name})
