"""How good predictions are, beside what the trivial predictor gets: the most frequent class, or the mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from clearprop.ending import not_cut_by_the_end
from clearprop.tables import ClassTarget, NumberTarget, NumberTargets
from clearprop.tabular import metrics
from clearprop.tabular.calibration import expected_calibration_error, log_loss
from clearprop.tabular.metrics import mae, rmse

MOST_IN_CONFUSION = 100  # classes; a matrix of more can be read by nobody, and would be most of the model file
MOST_MISTAKES = 20


@dataclass(frozen=True)
class ClassScores:
    """Scores of a classification.

    Attributes
    ----------
    n_rows : int
    accuracy : float
        Share of the rows whose most probable class is the true one.
    balanced_accuracy : float
        Mean over the classes of the share of their rows that were found.
    log_loss : float
        Mean of −log(probability of the true class), over rows of known classes.
    trivial_accuracy : float
        Accuracy of always saying the most frequent class of training.
    confusion : tuple of tuples of int
        Rows with true class i (row) and predicted class j (column); () for more than 100 classes.
    n_unknown : int
        Rows of a class that training did not have; they count as wrong.
    calibration_error : float or None
        The expected calibration error: how far the probability of the predicted class is from how often it is right.
    roc_auc, average_precision : float or None
        Of the second of two classes; of more, the mean of each against the others. None where rows have but one class.
    f1 : tuple of float
        Of each class.
    trivial_log_loss, trivial_average_precision : float or None
        Those of always giving each class the share that it has in these rows.
    trivial_f1 : tuple of float
        Of each class, of always saying the most frequent class of training.
    trivial_balanced_accuracy : float or None
        The same: one divided by the number of classes that these rows have.
    mistakes : tuple of tuples (true class, predicted class, rows)
        For more than 100 classes, in place of the confusion matrix: the 20 most frequent mistakes.
    weighted : bool
        Whether each row counts as much as its weight says; the confusion matrix always counts rows.
    """

    task: ClassVar[str] = "classification"
    n_rows: int
    accuracy: float
    balanced_accuracy: float
    log_loss: float
    trivial_accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    n_unknown: int = 0
    calibration_error: float | None = None
    roc_auc: float | None = None
    average_precision: float | None = None
    f1: tuple[float, ...] = ()
    trivial_log_loss: float | None = None
    trivial_average_precision: float | None = None
    trivial_f1: tuple[float, ...] = ()
    trivial_balanced_accuracy: float | None = None
    mistakes: tuple[tuple[int, int, int], ...] = ()
    weighted: bool = False

    def to_json(self) -> dict[str, Any]:
        found = {"task": self.task, **asdict(self)}
        return found if self.mistakes else {name: value for name, value in found.items() if name != "mistakes"}


class QuantileScores(NamedTuple):
    """How good a predicted quantile is.

    Attributes
    ----------
    quantile : float
    share_below : float
        Of the rows whose target is at most the prediction; near the quantile, if it is a good one.
    pinball_loss, trivial_pinball_loss : float
        Mean, in the target's unit, and that of always saying the quantile of these very rows.
    """

    quantile: float
    share_below: float
    pinball_loss: float
    trivial_pinball_loss: float

    def named(self) -> dict[str, float]:
        """The scores by name, beside those of always saying the quantile."""
        of = f"of the quantile {self.quantile:g}"
        return {
            f"share_below {of}": self.share_below,
            f"trivial_share_below {of}": self.quantile,
            f"pinball_loss {of}": self.pinball_loss,
            f"trivial_pinball_loss {of}": self.trivial_pinball_loss,
        }


@dataclass(frozen=True)
class NumberScores:
    """Scores of a regression, in the target's own unit and, where the logarithm was learned, in that too.

    Attributes
    ----------
    n_rows : int
    rmse, mae : float
        Root of the mean squared error and mean absolute error.
    r2 : float
        Share of the variance that the predictions explain; 0 where the target does not vary.
    trivial_rmse, trivial_mae : float
        Those of always saying the mean of training.
    rmse_log, mae_log, trivial_rmse_log, trivial_mae_log : float or None
        The same for natural logarithms; the trivial predictor then says the mean logarithm.
    trivial_r2 : float or None
        Of always saying the mean of training: 0, or a little below.
    weighted : bool
        Whether each row counts as much as its weight says.
    quantiles : tuple of QuantileScores
    poisson_deviance, trivial_poisson_deviance : float or None
        Where the Poisson loss was learned: see `clearprop.tabular.metrics.poisson_deviance`.
    """

    task: ClassVar[str] = "regression"
    n_rows: int
    rmse: float
    mae: float
    r2: float
    trivial_rmse: float
    trivial_mae: float
    rmse_log: float | None = None
    mae_log: float | None = None
    trivial_rmse_log: float | None = None
    trivial_mae_log: float | None = None
    trivial_r2: float | None = None
    weighted: bool = False
    quantiles: tuple[QuantileScores, ...] = ()
    poisson_deviance: float | None = None
    trivial_poisson_deviance: float | None = None

    def to_json(self) -> dict[str, Any]:
        kept = {name: value for name, value in asdict(self).items() if value is not None or "deviance" not in name}
        return {"task": self.task, **kept}


@dataclass(frozen=True)
class SeveralScores:
    """Scores of several targets.

    Attributes
    ----------
    n_rows : int
    targets : mapping of str to NumberScores
        By column.
    """

    task: ClassVar[str] = "regression of several targets"
    n_rows: int
    targets: Mapping[str, NumberScores]

    def to_json(self) -> dict[str, Any]:
        each = {column: scores.to_json() for column, scores in self.targets.items()}
        return {"task": self.task, "n_rows": self.n_rows, "targets": each}


Scores = ClassScores | NumberScores | SeveralScores


def class_scores(target: ClassTarget, probabilities: Any, codes: Any, trivial: Any, weight: Any = None) -> ClassScores:
    """Scores of class probabilities (n_rows, n_classes) against true class numbers, −1 for an unknown class."""
    known = codes >= 0
    predicted = target.chosen(probabilities)
    n, frequent = target.n_outputs, target.classes.index(trivial)
    pairs = codes[known] * n + predicted[known]
    of_known = None if weight is None else weight[known]
    of_these = probabilities if known.all() else probabilities[known]
    more = _of_known(of_these, codes[known], predicted[known], of_known, frequent) if _counts(known, weight) else {}
    return ClassScores(
        n_rows=len(codes),
        accuracy=float(np.average(predicted == codes, weights=weight)),
        trivial_accuracy=float(np.average(codes == frequent, weights=weight)),
        confusion=_confusion(pairs, n) if n <= MOST_IN_CONFUSION else (),
        mistakes=() if n <= MOST_IN_CONFUSION else _mistakes(pairs, n),
        n_unknown=int((~known).sum()),
        calibration_error=expected_calibration_error(probabilities, codes),
        weighted=weight is not None,
        **{"balanced_accuracy": 0.0, "log_loss": 0.0, **more},
    )


def _confusion(pairs: Any, n: int) -> tuple[tuple[int, ...], ...]:
    """How many rows have true class i and predicted class j, from the numbers i·n + j of the rows."""
    return tuple(map(tuple, np.bincount(pairs, minlength=n * n).reshape(n, n).tolist()))


def _mistakes(pairs: Any, n: int) -> tuple[tuple[int, int, int], ...]:
    """The most frequent of the pairs of different classes, with the number of rows."""
    each, counts = np.unique(pairs, return_counts=True)
    wrong = each // n != each % n
    each, counts = each[wrong], counts[wrong]
    first = np.argsort(-counts, kind="stable")[:MOST_MISTAKES]
    return tuple(
        (int(pair) // n, int(pair) % n, int(count)) for pair, count in zip(each[first], counts[first], strict=True)
    )


def _counts(known: Any, weight: Any) -> bool:
    return bool(known.any() if weight is None else weight[known].any())


def _of_known(probabilities: Any, codes: Any, predicted: Any, weight: Any, frequent: int) -> dict[str, Any]:
    """The scores over rows of known classes, and those of the trivial predictor."""
    n = probabilities.shape[1]
    each = np.ones(len(codes)) if weight is None else weight
    there = np.bincount(codes, weights=each, minlength=n)
    constant = np.broadcast_to(probabilities.dtype.type(0), probabilities.shape)
    return {
        "balanced_accuracy": metrics.balanced_accuracy_of(codes, predicted, weight, n),
        "log_loss": log_loss(probabilities, codes, weight),
        "roc_auc": or_none(metrics.roc_auc(probabilities, codes, weight)),
        "average_precision": or_none(metrics.average_precision(probabilities, codes, weight)),
        "f1": tuple(metrics.f1_of_classes(codes, predicted, each, n).tolist()),
        "trivial_balanced_accuracy": 1 / int(np.count_nonzero(there)),
        "trivial_log_loss": entropy(there),
        "trivial_average_precision": or_none(metrics.average_precision(constant, codes, weight)),
        "trivial_f1": tuple(metrics.f1_of_classes(codes, np.full_like(codes, frequent), each, n).tolist()),
    }


def or_none(value: float) -> float | None:
    """The score, or None for NaN."""
    return None if np.isnan(value) else value


def entropy(of_class: Any) -> float:
    """The log loss of always giving each class its share."""
    shares = of_class[of_class > 0] / max(1e-300, of_class.sum())
    return -float(np.sum(shares * np.log(shares)))


def number_scores(target: NumberTarget, predicted: Any, actual: Any, mean: float, weight: Any = None) -> NumberScores:
    """Scores of predictions, both (n_rows,) on the scale that the network learned; `mean` in the target's unit."""
    own, true = target.in_unit(predicted), target.in_unit(actual)
    in_log: dict[str, Any] = {}
    if target.log:
        in_log = {
            "rmse_log": rmse(predicted, actual, weight),
            "mae_log": mae(predicted, actual, weight),
            "trivial_rmse_log": rmse(target.centre, actual, weight),
            "trivial_mae_log": mae(target.centre, actual, weight),
        }
    return NumberScores(
        n_rows=len(true),
        rmse=rmse(own, true, weight),
        mae=mae(own, true, weight),
        r2=metrics.r2(own, true, weight),
        trivial_rmse=rmse(mean, true, weight),
        trivial_mae=mae(mean, true, weight),
        trivial_r2=metrics.r2(mean, true, weight),
        weighted=weight is not None,
        **in_log,
    )


def several_scores(target: NumberTargets, predicted: Any, actual: Any, means: Any, weight: Any = None) -> SeveralScores:
    """Scores of each target; `predicted` and `actual` are (n_rows, n_targets), `means` one for each."""
    found = {
        one.column: number_scores(one, predicted[:, k], actual[:, k], float(means[k]), weight)
        for k, one in enumerate(target.each)
    }
    return SeveralScores(len(actual), found)


@not_cut_by_the_end()
def quantile_scores(quantile: float, predicted: Any, true: Any, weight: Any = None) -> QuantileScores:
    """Scores of one quantile, (n_rows,) each, in the target's unit."""
    always = np.quantile(true, quantile, weights=weight, method="inverted_cdf")

    def pinball(value: Any) -> float:
        missed = true - value
        return float(np.average(np.maximum(quantile * missed, (quantile - 1) * missed), weights=weight))

    below = float(np.average(true <= predicted, weights=weight))
    return QuantileScores(quantile, below, pinball(predicted), pinball(always))
