"""A category of many values: beside its inputs, the mean of the target over the rows of its value.

Of a value that n rows have, with Σ the sum of the target there less its mean over all rows, the input is Σ / (n + m),
so that few rows say little: the empirical Bayes estimate of Micci-Barreca (2001), A preprocessing scheme for
high-cardinality categorical attributes in classification and prediction problems, with m = σ²/τ², the variance of the
target among rows of one value over that of the values' true means, both by the analysis of variance. What a network
learns from must not hold the row's own target, or it would learn to read it there: `without_own` makes the inputs of
those rows from others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.tables.kinds import counted
from clearprop.tables.numeric import CLIP, smooth_clip
from clearprop.tables.step import Encoded, Remark, check_finite, with_missing
from clearprop.tables.steps import Category

FEWEST_VALUES, MOST_VALUES = 3, 1024  # that have a mean
FEWEST_ROWS = 2  # for each value on average; with fewer, the next rows have other values


class Learned(NamedTuple):
    """What the targets are of the rows that an encoder is fitted on.

    Attributes
    ----------
    names : tuple of str
        What each mean is of.
    y : float64 array of shape (n_rows, n_means)
        Less the weighted mean of each.
    weight : float64 array of shape (n_rows,)
        Of mean 1.
    """

    names: tuple[str, ...]
    y: Any
    weight: Any

    @classmethod
    def of(cls, names: tuple[str, ...], y: Any, weight: Any = None) -> Learned:
        """Of targets as they are."""
        weight = np.ones(len(y)) if weight is None or not weight.any() else weight / weight.mean()
        return cls(names, y - np.average(y, axis=0, weights=weight), weight)


@dataclass(frozen=True)
class TargetMeans(Category):
    """A category with an input for each of its most frequent values, as `Category` has them, and means of the target.

    Parameters
    ----------
    own : int
        How many of the categories, the first, have an input of their own.
    of : tuple of str
        What each mean is of.
    means : tuple of float
        Those of the first category, of the second and so on, and of a missing one; in standard deviations of the input
        in training, smoothly clipped. A category that training did not have has 0, the mean of all.
    """

    kind = "category with means"
    own: int = 0
    of: tuple[str, ...] = ()
    means: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_finite(self.column, *self.means, most=CLIP)
        n = len(self.categories)
        is_whole = 0 < self.own <= n if self.rare else self.own == n
        if n < FEWEST_VALUES or not is_whole or not self.of or len(self.means) != (n + 1) * len(self.of):
            raise InputError(
                f"column {self.column!r}: of {FEWEST_VALUES} categories at least, there must be a mean for each and "
                "for a missing one"
            )

    @property
    def names(self) -> tuple[str, ...]:
        bare = without_means(self).names
        means = tuple(f"{self.column}: mean of {what}" for what in self.of)
        return (*bare[: self.mean_inputs.start], *means, *bare[self.mean_inputs.start :])

    @property
    def mean_inputs(self) -> slice:
        """Where the means are among its inputs."""
        return slice(self.own + self.rare, self.own + self.rare + len(self.of))

    @property
    def of_places(self) -> Any:
        """The means of each category, of a missing one, and of any other, (n_categories + 2, n_means)."""
        return np.vstack([np.reshape(self.means, (-1, len(self.of))), np.zeros(len(self.of))])

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        words, codes, absent = self.coded(values)
        other = (codes < 0) & ~absent
        made = np.zeros((len(codes), self.mean_inputs.stop), dtype=np.float32)
        rows = np.flatnonzero(codes >= 0)
        made[rows, np.minimum(codes[rows], self.own)] = 1  # the input of rarer ones stands behind their own
        if self.rare:
            made[other, self.own] = 1
        made[:, self.mean_inputs] = self.of_places[places(self, codes, absent)]
        remarks: tuple[Remark, ...] = ()
        if other.any():
            row, kind = int(np.argmax(other)), "rare" if len(self.categories) == MOST_VALUES else "unseen"
            remarks = (
                Remark(self.column, kind, int(other.sum()), row + 1, words[row].as_py(), bool((codes < 0).all())),
            )
        made, more = with_missing(self, [made], absent, "no category")
        return made, remarks + more

    def describe(self) -> str:
        rarer = len(self.categories) - self.own
        means = f"; and the mean of {', '.join(self.of)} over the rows of each value" + (
            f", of {rarer:,} rarer ones too" if rarer else ""
        )
        return f"{without_means(self).describe()}{means}"


def without_means(step: TargetMeans) -> Category:
    """The step without its means."""
    return Category(step.column, step.categories[: step.own], step.rare, step.missing, step.exact)


def places(step: TargetMeans, codes: Any, absent: Any) -> Any:
    """The place of each row's value among the categories; after them that of a missing one, and of any other."""
    n = len(step.categories)
    return np.where(absent, n, np.where(codes < 0, n + 1, codes))


def with_means(step: Category, words: pa.Array, learned: Learned, fewest: int) -> Category:
    """The step of a category with means, where it has enough values and these tell anything of the target.

    Parameters
    ----------
    step : Category
    words : pyarrow.Array
        Of the rows that it was fitted on.
    learned : Learned
        Of the same rows.
    fewest : int
        Different values.
    """
    found = counted(words)
    if not fewest <= len(found.texts) <= len(words) / FEWEST_ROWS:
        return step
    order = sorted(zip((-found.counts).tolist(), found.texts.to_pylist(), strict=True))
    common = {text for _, text in order[:MOST_VALUES]}
    categories = (*step.categories, *sorted(common.difference(step.categories)))
    n_means = (len(categories) + 1) * len(learned.names)
    bare = TargetMeans(
        step.column, categories, step.rare, step.missing, step.exact, len(step.categories), learned.names,
        (0.0,) * n_means,
    )  # fmt: skip
    _, codes, absent = bare.coded(pa.chunked_array([words]))
    means = _Shrunken.of(places(bare, codes, absent), learned, len(categories) + 2).all_rows()
    return replace(bare, means=tuple(means[:-1].ravel().tolist())) if means.any() else step


def without_own(step: TargetMeans, values: pa.ChunkedArray, learned: Learned, parts: Sequence[Any]) -> Any:
    """The means for the rows that the step was fitted on, each from the rows of other parts than its own.

    Parameters
    ----------
    step : TargetMeans
    values : pyarrow.ChunkedArray
        Of these rows.
    learned : Learned
        Of the same.
    parts : sequence of int arrays
        That part the rows: places among them, from 0.

    Returns
    -------
    float64 array of shape (n_rows, n_means)
    """
    _, codes, absent = step.coded(values)
    shrunken = _Shrunken.of(places(step, codes, absent), learned, len(step.categories) + 2)
    found = np.zeros(learned.y.shape)
    for part in parts:
        found[part] = shrunken.of_others(part)
    return found


class _Shrunken(NamedTuple):
    """Sums over the rows of each value, and how their means are drawn towards that of all.

    Attributes
    ----------
    places : int array of shape (n_rows,)
        The last one, of values that have no mean, stands for the mean of all.
    learned : Learned
    weights : float64 array of shape (n_values,)
    sums : float64 array of shape (n_values, n_means)
    m, spread : float64 arrays of shape (n_means,)
        m = σ²/τ², and the standard deviation of the input.
    """

    places: Any
    learned: Learned
    weights: Any
    sums: Any
    m: Any = 1e-12
    spread: Any = 1.0

    @classmethod
    def of(cls, places: Any, learned: Learned, n_values: int) -> _Shrunken:
        """With m by the analysis of variance; infinite where the values tell nothing."""
        found = cls(places, learned, *_totals(places, learned, n_values))
        n, total = found.weights, found.weights.sum()
        n_known = np.count_nonzero(n)
        between = n @ found._means(n, found.sums) ** 2
        within = np.maximum(learned.weight @ learned.y**2 - between, 0.0) / max(total - n_known, 1.0)
        per_value = (total - (n**2).sum() / total) / max(n_known - 1, 1)
        variance = (between / max(n_known - 1, 1) - within) / per_value
        tells = variance > 0
        m = np.where(tells, within / np.where(tells, variance, 1.0), np.inf) + found.m
        found = found._replace(m=m)
        spread = np.sqrt(n @ found._means(n, found.sums) ** 2 / total)
        return found._replace(spread=np.where(spread > 0, spread, 1.0))

    def _means(self, weights: Any, sums: Any) -> Any:
        found = sums / (weights[:, None] + self.m) / self.spread
        found[-1] = 0.0
        return found

    def all_rows(self) -> Any:
        """The input for each value, (n_values, n_means)."""
        return smooth_clip(self._means(self.weights, self.sums))

    def of_others(self, part: Any) -> Any:
        """The input for these rows, from all others."""
        own = self.learned._replace(y=self.learned.y[part], weight=self.learned.weight[part])
        weights, sums = _totals(self.places[part], own, len(self.weights))
        left = np.maximum(self.weights - weights, 0.0)
        means = np.where(left[:, None] > 1e-9, self._means(left, self.sums - sums), 0.0)  # no other row: nothing known
        return smooth_clip(means[self.places[part]])


def _totals(places: Any, learned: Learned, n_values: int) -> tuple[Any, Any]:
    """The weight of each value, and the weighted sum of each target."""
    weights = np.bincount(places, learned.weight, minlength=n_values)
    sums = [np.bincount(places, learned.weight * y, minlength=n_values) for y in learned.y.T]
    return weights, np.stack(sums, axis=1)
