"""How predictions of each kind of target are scored: at every epoch, after training, and on rows held out.

A `Scoring` knows one target; `scoring_of` finds the one for it. `outputs` are the network's, and what is `actual` are
class numbers, or numbers on the scale that is learned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from clearprop.ending import not_cut_by_the_end
from clearprop.formulas import Loss, Quantile
from clearprop.tables import ClassTarget, CountTarget, LabelTargets, NumberTarget, NumberTargets, Target
from clearprop.tabular.calibration import at_temperature, expected_calibration_error, fit_temperature, log_loss
from clearprop.tabular.conformal import Conformity
from clearprop.tabular.metrics import METRICS, accuracy, mae, poisson_deviance, r2, rmse
from clearprop.tabular.scores import Scores, class_scores, number_scores, several_scores
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.usefulness import OF_COUNTS, main_metric

BY_CHANCE = 3.84  # n times the share of the variance that one correlation explains by chance in 95 of 100 cases


class Watched(NamedTuple):
    """The score by which the best epoch is chosen."""

    name: str
    higher_is_better: bool
    comes_late: bool  # whether it gets better when the learning rate is low: there is no early end then


class Finished(NamedTuple):
    """What the validation rows say once training is over; see `clearprop.tabular.learning.Learned`."""

    temperature: float = 1.0
    shift: float = 0.0
    calibration_error: float | None = None
    useless: tuple[str, ...] = ()
    conformity: Conformity | None = None


class Scoring(ABC):
    """How predictions of a target are scored."""

    importance: ClassVar[str]  # what a shuffled column changes, in words

    @property
    @abstractmethod
    def loss(self) -> str | Loss:
        """What training lowers."""

    @abstractmethod
    def watched(self, settings: TableSettings) -> Watched:
        """By which score the best epoch is chosen."""

    @abstractmethod
    def of_epoch(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Mapping[str, float]:
        """The scores of an epoch on the validation rows, by name."""

    @abstractmethod
    def finished(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Finished:
        """What follows from the validation rows after the last epoch."""

    @abstractmethod
    def unexplained(self, outputs: Any, temperature: float, actual: Any, weight: Any) -> float:
        """What is not predicted of these rows; how much it rises is the importance of what was shuffled."""

    @abstractmethod
    def held_out(self, outputs: Any, actual: Any, trivial: Any, weight: Any) -> Scores:
        """The scores of rows held out, beside those of the trivial predictor."""

    def at(self, outputs: Any, temperature: float) -> Any:
        """The outputs as they are predicted: probabilities at their temperature."""
        return outputs


class ClassScoring(Scoring):
    """Of class probabilities."""

    importance = "the log loss rises"
    loss = "cross_entropy"

    def __init__(self, target: ClassTarget) -> None:
        self.target = target

    def watched(self, settings: TableSettings) -> Watched:
        metric = main_metric(self.target, settings)
        name = "loss" if settings.metric is None and settings.probabilities else metric
        return Watched(f"validation_{name}", METRICS[metric].higher_is_better, metric != "log_loss")

    def of_epoch(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Mapping[str, float]:
        return {
            "validation_loss": log_loss(outputs, actual, weight),
            "validation_accuracy": accuracy(outputs, actual, weight),
            **_asked(metric, outputs, actual, weight),
        }

    def finished(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Finished:
        temperature = fit_temperature(outputs, actual, weight)
        outputs = at_temperature(outputs, temperature)
        error = expected_calibration_error(outputs, actual)
        useless = self._useless(outputs, actual, weight, metric or "accuracy")
        return Finished(temperature, 0.0, error, useless, Conformity.of(outputs, actual))

    def _useless(self, outputs: Any, actual: Any, weight: Any, metric: str) -> tuple[str, ...]:
        """What is no better than always giving each class its share, by more than chance gives.

        Twice the gain in log likelihood is below `BY_CHANCE` (Wilks, 1938); the accuracy is within a standard error.
        """
        shares = np.bincount(actual, weights=weight, minlength=outputs.shape[1])
        always = np.broadcast_to(shares / shares.sum(), outputs.shape)
        error = np.sqrt(always[0].max() * (1 - always[0].max()) / len(actual)) if metric == "accuracy" else 0.0
        margins = {metric: error, "log_loss": BY_CHANCE / (2 * len(actual))}
        found = {name: _gain(name, outputs, always, actual, weight) <= margin for name, margin in margins.items()}
        return tuple(name for name, no_better in found.items() if no_better)

    def unexplained(self, outputs: Any, temperature: float, actual: Any, weight: Any) -> float:
        return log_loss(at_temperature(outputs, temperature), actual, weight)

    def held_out(self, outputs: Any, actual: Any, trivial: Any, weight: Any) -> Scores:
        return class_scores(self.target, outputs, actual, trivial, weight)

    def at(self, outputs: Any, temperature: float) -> Any:
        return at_temperature(outputs, temperature)


class NumberScoring(Scoring):
    """Of the mean of a number; of several at once, each standardised."""

    importance = "R² falls"
    loss = "half_squared_error"

    def __init__(self, target: NumberTarget | NumberTargets) -> None:
        self.target = target

    def watched(self, settings: TableSettings) -> Watched:
        metric = main_metric(self.target, settings)
        return Watched(f"validation_{metric}", METRICS[metric].higher_is_better, False)

    def of_epoch(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Mapping[str, float]:
        found = self.target.comparable(self.target.decode(outputs), actual, weight)
        return {"validation_rmse": rmse(*found), "validation_mae": mae(*found), **_asked(metric, *found)}

    def finished(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Finished:
        found, true, weights = self.target.comparable(self.target.decode(outputs), actual, weight)
        if metric == "mae":
            always = np.broadcast_to(np.average(true, weights=weights), true.shape)
            no_better = _gain(metric, found, always, true, weights) <= 0
        else:
            no_better = r2(found, true, weights) <= BY_CHANCE / len(true)
        return Finished(useless=(metric or "rmse",) if no_better and np.ptp(true) > 0 else ())

    def unexplained(self, outputs: Any, temperature: float, actual: Any, weight: Any) -> float:
        found, true, weights = self.target.comparable(self.target.decode(outputs), actual, weight)
        spread = np.average((true - np.average(true, weights=weights)) ** 2, weights=weights)
        return rmse(found, true, weights) ** 2 / (float(spread) or 1.0)

    def held_out(self, outputs: Any, actual: Any, trivial: Any, weight: Any) -> Scores:
        assert isinstance(self.target, NumberTarget)
        return number_scores(self.target, self.target.decode(outputs), actual, float(trivial), weight)


class CountScoring(NumberScoring):
    """Of the mean of a count, or of another amount of at least 0."""

    loss = "poisson"

    def of_epoch(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Mapping[str, float]:
        deviance = poisson_deviance(self.target.decode(outputs), actual, weight)
        return {"validation_poisson_deviance": deviance, **super().of_epoch(outputs, actual, weight, metric)}

    def finished(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Finished:
        if metric not in (None, OF_COUNTS):
            return super().finished(outputs, actual, weight, metric)
        found = self.target.decode(outputs)
        always = np.broadcast_to(np.average(actual, weights=weight), actual.shape)
        deviance, before = (poisson_deviance(each, actual, weight) for each in (found, always))
        # Their difference, times n, over the deviance itself: amounts may be in any unit, and vary more than counts do.
        no_better = (before - deviance) * len(actual) <= BY_CHANCE * deviance
        return Finished(useless=(OF_COUNTS,) if no_better and np.ptp(actual) > 0 else ())

    def held_out(self, outputs: Any, actual: Any, trivial: Any, weight: Any) -> Scores:
        assert isinstance(self.target, CountTarget)
        found, always = self.target.decode(outputs), np.full(len(actual), float(trivial))
        return replace(
            number_scores(self.target, found, actual, float(trivial), weight),
            poisson_deviance=poisson_deviance(found, actual, weight),
            trivial_poisson_deviance=poisson_deviance(always, actual, weight),
        )


class SeveralScoring(NumberScoring):
    """Of several numbers, held out each by itself."""

    def held_out(self, outputs: Any, actual: Any, trivial: Any, weight: Any) -> Scores:
        assert isinstance(self.target, NumberTargets)
        return several_scores(self.target, self.target.decode(outputs), actual, trivial, weight)


class QuantileScoring(NumberScoring):
    """Of a quantile of a number."""

    def __init__(self, target: NumberTarget, quantile: float) -> None:
        super().__init__(target)
        self.quantile = quantile

    @property
    def loss(self) -> Quantile:  # type: ignore[override]
        return Quantile(self.quantile)

    def watched(self, settings: TableSettings) -> Watched:
        return Watched("validation_loss", False, False)

    def of_epoch(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Mapping[str, float]:
        each = self.loss.forward(self.target.decode(outputs), actual)
        return {"validation_loss": float(np.average(each, weights=weight))}

    @not_cut_by_the_end()
    def finished(self, outputs: Any, actual: Any, weight: Any, metric: str | None) -> Finished:
        missed = actual - self.target.decode(outputs)
        if weight is None:
            return Finished(shift=float(np.quantile(missed, self.quantile)))
        return Finished(shift=float(np.quantile(missed, self.quantile, weights=weight, method="inverted_cdf")))


SCORINGS: Mapping[type, type[ClassScoring] | type[NumberScoring]] = {
    ClassTarget: ClassScoring,
    NumberTarget: NumberScoring,
    CountTarget: CountScoring,
    NumberTargets: SeveralScoring,
    LabelTargets: SeveralScoring,
}


def scoring_of(target: Target, quantile: float | None = None) -> Scoring:
    """How predictions of this target, or of a quantile of it, are scored.

    Examples
    --------
    >>> from clearprop.tables import ClassTarget
    >>> from clearprop.tabular.scoring import scoring_of
    >>> scoring_of(ClassTarget("pet", ("cat", "dog"))).loss
    'cross_entropy'
    """
    if quantile is None:
        return SCORINGS[type(target)](target)  # type: ignore[arg-type]
    assert isinstance(target, NumberTarget)
    return QuantileScoring(target, quantile)


def _asked(metric: str | None, found: Any, actual: Any, weight: Any) -> dict[str, float]:
    """The score that was asked for."""
    return {} if metric is None else {f"validation_{metric}": METRICS[metric].compute(found, actual, weight)}


def _gain(metric: str, found: Any, always: Any, actual: Any, weight: Any) -> float:
    """By how much predictions are better than always the same one."""
    compute, sign = METRICS[metric].compute, 1 if METRICS[metric].higher_is_better else -1
    return sign * (compute(found, actual, weight) - compute(always, actual, weight))
