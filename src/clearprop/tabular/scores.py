"""How good predictions are, beside what the trivial predictor gets: the most frequent class, or the mean."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np

from clearprop.errors import ModelFileError
from clearprop.tables import ClassTarget, NumberTarget
from clearprop.tabular.calibration import expected_calibration_error, log_loss


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
        Rows with true class i (row) and predicted class j (column).
    n_unknown : int
        Rows of a class that training did not have; they count as wrong.
    calibration_error : float or None
        The expected calibration error: how far the probability of the predicted class is from how often it is right.
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

    @property
    def is_useless(self) -> bool:
        """Whether it is no better than always saying the most frequent class, or how frequent each of them is."""
        of_class = np.sum(self.confusion, axis=1)
        shares = of_class[of_class > 0] / max(1, of_class.sum())
        return self.accuracy <= self.trivial_accuracy and self.log_loss >= -float(np.sum(shares * np.log(shares)))

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, **asdict(self)}


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

    @property
    def is_useless(self) -> bool:
        """Whether it is no better than always saying the mean; the mean logarithm, where the logarithm was learned."""
        if self.rmse_log is not None and self.trivial_rmse_log is not None:
            return self.rmse_log >= self.trivial_rmse_log
        return self.rmse >= self.trivial_rmse

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, **asdict(self)}


Scores = ClassScores | NumberScores


def class_scores(target: ClassTarget, probabilities: Any, codes: Any, trivial: Any) -> ClassScores:
    """Scores of class probabilities (n_rows, n_classes) against true class numbers, −1 for an unknown class."""
    known = codes >= 0
    predicted = probabilities.argmax(axis=1)
    n = target.n_outputs
    confusion = np.bincount(codes[known] * n + predicted[known], minlength=n * n).reshape(n, n)
    of_class = confusion.sum(axis=1)
    present = of_class > 0
    return ClassScores(
        n_rows=len(codes),
        accuracy=float(np.mean(predicted == codes)),
        balanced_accuracy=float(np.mean(np.diag(confusion)[present] / of_class[present])) if present.any() else 0.0,
        log_loss=log_loss(probabilities[known], codes[known]) if known.any() else 0.0,
        trivial_accuracy=float(np.mean(codes == target.classes.index(trivial))),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        n_unknown=int((~known).sum()),
        calibration_error=expected_calibration_error(probabilities, codes),
    )


def number_scores(target: NumberTarget, predicted: Any, actual: Any, mean: float) -> NumberScores:
    """Scores of predictions, both (n_rows,) on the scale that the network learned; `mean` in the target's unit."""
    own, true = target.in_unit(predicted), target.in_unit(actual)
    variance = float(np.var(true))
    in_log: dict[str, float] = {}
    if target.log:
        in_log = {
            "rmse_log": rmse(predicted, actual),
            "mae_log": mae(predicted, actual),
            "trivial_rmse_log": rmse(target.centre, actual),
            "trivial_mae_log": mae(target.centre, actual),
        }
    return NumberScores(
        n_rows=len(true),
        rmse=rmse(own, true),
        mae=mae(own, true),
        r2=1 - rmse(own, true) ** 2 / variance if variance > 0 else 0.0,
        trivial_rmse=rmse(mean, true),
        trivial_mae=mae(mean, true),
        **in_log,
    )


def rmse(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.average((predicted - actual) ** 2, weights=weight)))


def mae(predicted: Any, actual: Any, weight: Any = None) -> float:
    """Mean absolute error."""
    return float(np.average(np.abs(predicted - actual), weights=weight))


def scores_from_json(spec: object) -> Scores:
    """The scores that `to_json` wrote; raises ModelFileError for anything else."""
    kinds: dict[str, Any] = {cls.task: cls for cls in (ClassScores, NumberScores)}
    if not isinstance(spec, dict) or not isinstance(spec.get("task"), str) or spec["task"] not in kinds:
        raise ModelFileError("the description of the scores is damaged")
    cls = kinds[spec["task"]]
    given = {name: value for name, value in spec.items() if name != "task"}
    needed = {field.name for field in fields(cls) if field.default is MISSING}
    if not needed <= set(given) <= {field.name for field in fields(cls)}:
        raise ModelFileError("the description of the scores is damaged")
    for name, value in given.items():
        if name == "confusion":
            square = isinstance(value, list) and all(isinstance(row, list) and len(row) == len(value) for row in value)
            if not square or not all(isinstance(n, int) for row in value for n in row):
                raise ModelFileError("the confusion matrix is damaged")
            given[name] = tuple(map(tuple, value))
        elif not isinstance(value, int | float) and not (value is None and name.endswith(("_log", "_error"))):
            raise ModelFileError(f"the score {name!r} is damaged")
    return cls(**given)  # type: ignore[no-any-return]
