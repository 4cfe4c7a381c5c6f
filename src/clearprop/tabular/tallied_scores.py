"""Scores of rows that come in parts and are not kept: the numbers that `clearprop.tabular.scores` has of all at once.

Exact but for rounding, with two exceptions. ROC-AUC and average precision are computed from `STEPS` steps of the log
odds: rows on one step count as equally probable. What a trivial quantile costs is taken from a sample of the rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.tables import ClassTarget, CountTarget, NumberTarget, NumberTargets
from clearprop.tables.tally import Tally
from clearprop.tabular import metrics
from clearprop.tabular.calibration import BINS, SMALLEST_PROBABILITY
from clearprop.tabular.metrics import deviances
from clearprop.tabular.scores import (
    MOST_IN_CONFUSION,
    MOST_MISTAKES,
    ClassScores,
    NumberScores,
    QuantileScores,
    Scores,
    SeveralScores,
    entropy,
    or_none,
)

STEPS = 65_536  # of the log odds, for two classes
MOST_STEPS = 2**22  # in all, for many classes
FARTHEST = 17.0  # log odds: float32 knows no probability nearer to 1
SAMPLE = 131_072  # rows, of a table of any size


class ClassTally:
    """Of class probabilities.

    Parameters
    ----------
    target : ClassTarget
    trivial : class label
    weighted : bool
    """

    def __init__(self, target: ClassTarget, trivial: Any, *, weighted: bool) -> None:
        self.target, self.weighted = target, weighted
        self.frequent, n = target.classes.index(trivial), target.n_outputs
        self.n_rows = self.n_unknown = 0
        self.total = self.right = self.trivial_right = self.log_loss = 0.0
        self.gaps = np.zeros(BINS)
        self.there, self.found, self.predicted = np.zeros(n), np.zeros(n), np.zeros(n)
        self.confusion = np.zeros(n * n, dtype=np.int64) if n <= MOST_IN_CONFUSION else None
        self.wrong = Tally(1)
        self.shown = [1] if n == 2 else list(range(n))
        self.n_steps = max(2, min(STEPS, MOST_STEPS // len(self.shown)))
        self.inside, self.all = (np.zeros((len(self.shown), self.n_steps)) for _ in range(2))

    def add(self, probabilities: Any, codes: Any, weight: Any = None) -> None:
        """Some rows: probabilities (n_rows, n_classes), class numbers, −1 for an unknown class, and weights."""
        each = np.ones(len(codes)) if weight is None else weight.astype(np.float64)
        predicted, known = self.target.chosen(probabilities), codes >= 0
        self.n_rows, self.n_unknown = self.n_rows + len(codes), self.n_unknown + int((~known).sum())
        self.total += float(each.sum())
        self.right += float(each[predicted == codes].sum())
        self.trivial_right += float(each[codes == self.frequent].sum())
        sure = probabilities.max(axis=1).astype(np.float64)
        place = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
        right = probabilities.argmax(axis=1) == codes
        self.gaps += np.bincount(place, weights=sure - right, minlength=BINS)
        self._add_known(probabilities[known], codes[known], predicted[known], each[known])

    def _add_known(self, probabilities: Any, codes: Any, predicted: Any, each: Any) -> None:
        n = self.target.n_outputs
        own = probabilities[np.arange(len(codes)), codes].astype(np.float64)
        self.log_loss -= float((each * np.log(np.maximum(own, SMALLEST_PROBABILITY))).sum())
        self.there += np.bincount(codes, weights=each, minlength=n)
        self.found += np.bincount(codes, weights=each * (predicted == codes), minlength=n)
        self.predicted += np.bincount(predicted, weights=each, minlength=n)
        if self.confusion is not None:
            self.confusion += np.bincount(codes * n + predicted, minlength=n * n)
        else:
            wrong = predicted != codes
            for pair, count in zip(*np.unique(codes[wrong] * n + predicted[wrong], return_counts=True), strict=True):
                self.wrong.put(int(pair), [float(count)])
        for k, label in enumerate(self.shown):
            steps = self._steps(probabilities[:, label])
            self.all[k] += np.bincount(steps, weights=each, minlength=self.n_steps)
            self.inside[k] += np.bincount(steps, weights=each * (codes == label), minlength=self.n_steps)

    def _steps(self, p: Any) -> Any:
        """The step of each probability."""
        p = np.clip(p.astype(np.float64), 1e-12, 1 - 1e-12)
        odds = np.clip(np.log(p) - np.log1p(-p), -FARTHEST, FARTHEST)
        return ((odds + FARTHEST) / (2 * FARTHEST) * (self.n_steps - 1)).astype(np.int64)

    def scores(self) -> Scores:
        """The scores of all rows so far."""
        n = self.target.n_outputs
        more = self._of_known() if self.there.sum() > 0 else {"balanced_accuracy": 0.0, "log_loss": 0.0}
        confusion: tuple[tuple[int, ...], ...] = ()
        if self.confusion is not None:
            confusion = tuple(map(tuple, self.confusion.reshape(n, n).tolist()))
        return ClassScores(
            n_rows=self.n_rows,
            accuracy=self.right / self.total,
            trivial_accuracy=self.trivial_right / self.total,
            confusion=confusion,
            mistakes=self._mistakes(n),
            n_unknown=self.n_unknown,
            calibration_error=float(np.abs(self.gaps).sum() / self.n_rows),
            weighted=self.weighted,
            **more,
        )

    def _mistakes(self, n: int) -> tuple[tuple[int, int, int], ...]:
        frequent = sorted(self.wrong.counts.items(), key=lambda item: (-item[1][0], item[0]))[:MOST_MISTAKES]
        return tuple((pair // n, pair % n, int(counts[0])) for pair, counts in frequent)

    def _of_known(self) -> dict[str, Any]:
        present, total = self.there > 0, self.there.sum()
        either = self.there + self.predicted
        trivial = np.where(np.arange(self.target.n_outputs) == self.frequent, 1.0, 0.0)
        usual = self.there + trivial * total
        shares = [self.inside[k].sum() / self.all[k].sum() for k in self._with_both()]
        return {
            "balanced_accuracy": float(np.mean(self.found[present] / self.there[present])),
            "log_loss": self.log_loss / float(total),
            "roc_auc": self._mean(metrics.area_of_steps),
            "average_precision": self._mean(metrics.precision_of_steps),
            "f1": tuple((2 * self.found / np.where(either > 0, either, 1)).tolist()),
            "trivial_balanced_accuracy": 1 / int(present.sum()),
            "trivial_log_loss": entropy(self.there),
            "trivial_average_precision": or_none(float(np.mean(shares)) if shares else math.nan),
            "trivial_f1": tuple((2 * trivial * self.there / np.where(usual > 0, usual, 1)).tolist()),
        }

    def _with_both(self) -> list[int]:
        """The classes that some rows are of, and some are not."""
        return [k for k in range(len(self.shown)) if 0 < self.inside[k].sum() < self.all[k].sum()]

    def _mean(self, score: Any) -> float | None:
        found = [score(self.inside[k], self.all[k] - self.inside[k]) for k in self._with_both()]
        return float(np.mean(found)) if found else None


class Errors:
    """Sums from which the errors of predictions follow."""

    def __init__(self, always: float) -> None:
        self.always = always
        self.weight = self.mean = self.spread = 0.0
        self.sums = [0.0] * 4

    def add(self, predicted: Any, actual: Any, each: Any) -> None:
        """Some rows and their weights."""
        missed, trivial = predicted - actual, self.always - actual
        more = (float((each * part).sum()) for part in (missed**2, np.abs(missed), trivial**2, np.abs(trivial)))
        self.sums = [a + b for a, b in zip(self.sums, more, strict=True)]
        weight = float(each.sum())
        if weight > 0:  # Chan, Golub & LeVeque (1979), eq. 2.1
            mean, total = float((each * actual).sum()) / weight, self.weight + weight
            apart = mean - self.mean
            self.spread += float((each * (actual - mean) ** 2).sum()) + apart**2 * self.weight * weight / total
            self.mean, self.weight = self.mean + apart * weight / total, total

    @property
    def rmse(self) -> tuple[float, float]:
        """Of the predictions, and of always saying the same."""
        return math.sqrt(self.sums[0] / self.weight), math.sqrt(self.sums[2] / self.weight)

    @property
    def mae(self) -> tuple[float, float]:
        """The same for the mean absolute error."""
        return self.sums[1] / self.weight, self.sums[3] / self.weight

    @property
    def r2(self) -> tuple[float, float]:
        """The same for the share of the variance that is explained; 0 where the target does not vary."""
        return (1 - self.sums[0] / self.spread, 1 - self.sums[2] / self.spread) if self.spread > 0 else (0.0, 0.0)


class NumberTally:
    """Of a number.

    Parameters
    ----------
    target : NumberTarget
    trivial : float
    weighted : bool
    quantiles : sequence of float
    """

    def __init__(self, target: NumberTarget, trivial: float, *, weighted: bool, quantiles: Any = ()) -> None:
        self.target, self.weighted, self.n_rows, self.levels = target, weighted, 0, tuple(quantiles)
        self.own, self.log = Errors(float(trivial)), Errors(target.centre)
        self.deviance = np.zeros(2)  # Σ weight · deviance, of the predictions and of always saying the same
        self.below, self.pinball = np.zeros(len(self.levels)), np.zeros(len(self.levels))
        self.sample: list[tuple[Any, Any]] = []

    def add(self, outputs: Any, actual: Any, weight: Any = None, quantiles: Any = None, sampled: Any = None) -> None:
        """Some rows: outputs of the network, what is true on the scale that is learned, and weights.

        `quantiles` are predicted ones in the target's unit, (n_rows, n_quantiles); `sampled` says which rows to keep.
        """
        self.add_decoded(self.target.decode(outputs), actual, weight)
        if quantiles is None:
            return
        each = np.ones(len(actual)) if weight is None else weight.astype(np.float64)
        true, levels = self.target.in_unit(actual), np.array(self.levels)
        missed = true[:, None] - quantiles
        self.below += each @ (true[:, None] <= quantiles)
        self.pinball += each @ np.maximum(levels * missed, (levels - 1) * missed)
        self.sample.append((true[sampled], each[sampled]))

    def add_decoded(self, predicted: Any, actual: Any, weight: Any = None) -> None:
        """The same for predictions on the scale that is learned."""
        each = np.ones(len(actual)) if weight is None else weight.astype(np.float64)
        self.n_rows += len(actual)
        self.own.add(self.target.in_unit(predicted), self.target.in_unit(actual), each)
        if self.target.log:
            self.log.add(predicted, actual, each)
        if isinstance(self.target, CountTarget):
            self.deviance += [2 * each @ deviances(found, actual) for found in (predicted, self.own.always)]

    def scores(self) -> NumberScores:
        """The scores of all rows so far."""
        in_log: dict[str, float] = {}
        if self.target.log:
            in_log = dict(zip(("rmse_log", "trivial_rmse_log"), self.log.rmse, strict=True))
            in_log |= dict(zip(("mae_log", "trivial_mae_log"), self.log.mae, strict=True))
        own = self.own
        if isinstance(self.target, CountTarget):
            found = (self.deviance / own.weight).tolist()
            in_log |= dict(zip(("poisson_deviance", "trivial_poisson_deviance"), found, strict=True))
        return NumberScores(
            self.n_rows, own.rmse[0], own.mae[0], own.r2[0], own.rmse[1], own.mae[1], trivial_r2=own.r2[1],
            weighted=self.weighted, quantiles=self._quantiles(), **in_log,
        )  # fmt: skip

    def _quantiles(self) -> tuple[QuantileScores, ...]:
        if not self.levels:
            return ()
        true, each = (np.concatenate(parts) for parts in zip(*self.sample, strict=True))
        found = []
        for k, level in enumerate(self.levels):
            missed = true - np.quantile(true, level, weights=each, method="inverted_cdf")
            trivial = float(np.average(np.maximum(level * missed, (level - 1) * missed), weights=each))
            found.append(
                QuantileScores(
                    level, float(self.below[k]) / self.own.weight, float(self.pinball[k]) / self.own.weight, trivial
                )
            )
        return tuple(found)


class SeveralTally:
    """Of several numbers, each by itself."""

    def __init__(self, target: NumberTargets, trivial: Any, *, weighted: bool) -> None:
        self.target = target
        self.each = [NumberTally(one, t, weighted=weighted) for one, t in zip(target.each, trivial, strict=True)]

    def add(self, outputs: Any, actual: Any, weight: Any = None) -> None:
        """Some rows: outputs of the network, what is true, (n_rows, n_targets) each, and weights."""
        decoded = self.target.decode(outputs)
        for k, tally in enumerate(self.each):
            tally.add_decoded(decoded[:, k], actual[:, k], weight)

    def scores(self) -> Scores:
        """The scores of all rows so far."""
        found = {one.column: tally.scores() for one, tally in zip(self.target.each, self.each, strict=True)}
        return SeveralScores(self.each[0].n_rows, found)
