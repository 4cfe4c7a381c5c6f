"""The scores by which the best epoch can be chosen, each one number over the validation rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from clearprop.tabular.calibration import log_loss


class Metric(NamedTuple):
    """One of the `METRICS`.

    Attributes
    ----------
    task : {"classification", "regression"}
    higher_is_better : bool
    compute : callable
        From outputs, what is true, and weights or None, to the score. Outputs are probabilities (n_rows, n_classes)
        beside class numbers, or numbers beside numbers, on the scale that is learned.
    """

    task: str
    higher_is_better: bool
    compute: Callable[[Any, Any, Any], float]


def accuracy(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """Share of the rows whose most probable class is the true one."""
    return float(np.average(probabilities.argmax(axis=1) == codes, weights=weight))


def balanced_accuracy(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """Mean over the classes, of those that there are, of the share of their rows that were found."""
    return balanced_accuracy_of(codes, probabilities.argmax(axis=1), weight, probabilities.shape[1])


def balanced_accuracy_of(codes: Any, predicted: Any, weight: Any, n: int) -> float:
    """The same, from the numbers of the true and of the predicted classes, of which there are n."""
    weight = np.ones(len(codes)) if weight is None else weight
    there = np.bincount(codes, weights=weight, minlength=n)
    found = np.bincount(codes, weights=weight * (predicted == codes), minlength=n)
    return float(np.mean(found[there > 0] / there[there > 0]))


def roc_auc(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """How probable it is that a row of a class has a larger probability of it than a row of another class.

    With more than two classes the mean of each against the others (Hand & Till, 2001, call it one against the rest).
    """
    return _over_classes(_area, probabilities, codes, weight)


def average_precision(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """Precision at every probability of a row of the class, averaged; with more than two classes, their mean."""
    return _over_classes(_precision, probabilities, codes, weight)


def f1(probabilities: Any, codes: Any, weight: Any = None) -> float:
    """Mean over the classes of `f1_of_classes`, of those that are true or predicted anywhere."""
    n, predicted = probabilities.shape[1], probabilities.argmax(axis=1)
    weight = np.ones(len(codes)) if weight is None else weight
    there = np.bincount(codes, weights=weight, minlength=n) + np.bincount(predicted, weights=weight, minlength=n)
    return float(np.mean(f1_of_classes(codes, predicted, weight, n)[there > 0]))


def f1_of_classes(codes: Any, predicted: Any, weight: Any, n: int) -> Any:
    """2·precision·recall/(precision + recall) of each of n classes; 0 for those that there are none of.

    Parameters
    ----------
    codes, predicted : int array of shape (n_rows,)
        The numbers of the true and of the predicted classes.
    weight : array of shape (n_rows,)
    n : int

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.metrics import f1_of_classes
    >>> true, predicted = np.array([0] * 4 + [1] * 6), np.array([0, 0, 0, 1, 0, 0, 1, 1, 1, 1])
    >>> f1_of_classes(true, predicted, np.ones(10), 2).round(3)
    array([0.667, 0.727])
    """
    either = np.bincount(codes, weights=weight, minlength=n) + np.bincount(predicted, weights=weight, minlength=n)
    right = np.bincount(codes, weights=weight * (codes == predicted), minlength=n)
    return 2 * right / np.where(either > 0, either, 1)


def rmse(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.average((predicted - actual) ** 2, weights=weight)))


def mae(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Mean absolute error."""
    return float(np.average(np.abs(predicted - actual), weights=weight))


def r2(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Share of the variance that the predictions explain; 0 where the target does not vary."""
    variance = np.average((actual - np.average(actual, weights=weight)) ** 2, weights=weight)
    return float(1 - rmse(predicted, actual, weight) ** 2 / variance) if variance > 0 else 0.0


def poisson_deviance(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Mean of 2(y log(y/μ) − y + μ), McCullagh & Nelder (1989), table 2.1: 0 for predictions μ that are exact.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.metrics import poisson_deviance
    >>> round(poisson_deviance(np.array([1.0, 2.0]), np.array([0.0, 2.0])), 3)
    1.0
    """
    return float(np.average(2 * deviances(predicted, actual), weights=weight))


def deviances(predicted: Any, actual: Any) -> Any:
    """Half the Poisson deviance of each row; NaN where something is below 0."""
    predicted = np.maximum(predicted, np.finfo(np.float32).tiny)  # what has come to 0 in rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(actual == 0, 0.0, actual * np.log(actual / predicted)) - actual + predicted


def _over_classes(one: Callable[[Any, Any, Any], float], probabilities: Any, codes: Any, weight: Any) -> float:
    """The mean of a score of one class against the others; of two classes, that of the second. NaN for one class."""
    weight = np.ones(len(codes)) if weight is None else weight
    chosen = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    found = [
        one(probabilities[:, k], codes == k, weight) for k in chosen if 0 < weight[codes == k].sum() < weight.sum()
    ]
    return float(np.mean(found)) if found else float("nan")


def _steps(score: Any, is_in: Any, weight: Any) -> tuple[Any, Any]:
    """The weight of rows in the class, and of others, at each different score, rising."""
    _, place = np.unique(score, return_inverse=True)
    return np.bincount(place, weights=weight * is_in), np.bincount(place, weights=weight * ~is_in)


def _area(score: Any, is_in: Any, weight: Any) -> float:
    return area_of_steps(*_steps(score, is_in, weight))


def area_of_steps(inside: Any, others: Any) -> float:
    """The area under the ROC curve, from the weight of rows in the class and of others at each score, rising."""
    return float(np.sum(inside * (np.cumsum(others) - others / 2)) / (inside.sum() * others.sum()))


def _precision(score: Any, is_in: Any, weight: Any) -> float:
    return precision_of_steps(*_steps(score, is_in, weight))


def precision_of_steps(inside: Any, others: Any) -> float:
    """The average precision, from the weight of rows in the class and of others at each score, rising."""
    inside, others = inside[::-1], others[::-1]
    found = np.cumsum(inside)
    return float(np.sum(inside * found / np.maximum(found + np.cumsum(others), 1e-300)) / inside.sum())


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("classification", True, accuracy),
    "balanced_accuracy": Metric("classification", True, balanced_accuracy),
    "log_loss": Metric("classification", False, log_loss),
    "roc_auc": Metric("classification", True, roc_auc),
    "average_precision": Metric("classification", True, average_precision),
    "f1": Metric("classification", True, f1),
    "rmse": Metric("regression", False, rmse),
    "mae": Metric("regression", False, mae),
    "r2": Metric("regression", True, r2),
    "poisson_deviance": Metric("regression", False, poisson_deviance),
}
