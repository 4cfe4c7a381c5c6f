"""The rows that an estimator gets: encoded, weighed, and split into training and validation rows."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from clearprop.ending import not_cut_by_the_end
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.targets import Targets


class Rows(NamedTuple):
    """Encoded rows.

    Attributes
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        As the user calls it.
    Y : array of shape (n_samples, n_outputs)
        As the network learns it.
    sample_weight : array of shape (n_samples,) or None
        As given; for scores.
    weight : array of shape (n_samples,) or None
        The same with class weights in it; for the loss.
    """

    X: Any
    y: Any
    Y: Any
    sample_weight: Any
    weight: Any

    def take(self, rows: Any) -> Rows:
        """Those rows."""
        return Rows(*(None if column is None else column[rows] for column in self))

    @property
    def to_learn(self) -> tuple[Any, Any, Any]:
        """X, Y and the weight in the loss."""
        return self.X, self.Y, self.weight


class HeldOut(NamedTuple):
    """The validation rows that `fit` was given, as they came; all None where there were none."""

    X: Any = None
    y: Any = None
    sample_weight: Any = None

    def is_given(self) -> bool:
        """Whether there are such rows; raises InputError where only a part of them is there."""
        if self.X is not None and self.y is not None:
            return True
        for name, found in (("X_val", self.X), ("y_val", self.y), ("sample_weight_val", self.sample_weight)):
            if found is not None:
                missing = "y_val" if self.X is not None else "X_val"
                raise InputError(f"{name} is given, but {missing} is not: validation rows need both")
        return False


def weights_of(given: Any, X: Any, name: str) -> Any:
    """A weight for each row of X, or None; a single number is for all of them.

    Raises
    ------
    ShapeError, InputError
        When it is no such array, or zero for every row.
    """
    if given is None:
        return None
    if isinstance(given, Real):
        weight = np.full(X.shape[0], given, dtype=X.dtype)
    else:
        try:
            weight = np.array(given, dtype=X.dtype)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} must be an array of numbers ({error})") from None
    if weight.shape != (X.shape[0],):
        raise ShapeError(f"{name} must have shape ({X.shape[0]},), one per row of X, not {weight.shape}")
    if not weight.any():
        raise InputError(f"{name} is zero for every row; at least one must have a weight above zero")
    return weight


def weighed(X: Any, y: Any, Y: Any, sample_weight: Any, factors: ClassFactors | None) -> Rows:
    """Rows with the weight that each has in the loss.

    Raises
    ------
    InputError
        When the factors of the classes leave no row with a weight.
    """
    weight = sample_weight
    if factors is not None:
        of_rows = factors.of_rows(Y)
        weight = of_rows if weight is None else weight * of_rows
        if not weight.any():
            raise InputError("class_weight leaves no row with a weight above zero; at least one must have one")
    return Rows(X, y, Y, sample_weight, weight)


@not_cut_by_the_end()
def split(rows: Rows, targets: Targets, fraction: float, seed: int) -> tuple[Rows, Rows]:
    """The training and the validation rows, the proportions of the classes kept.

    Raises
    ------
    InputError
        When fewer than two would be held out, or one of the parts has no weight.
    """
    n_samples = rows.X.shape[0]
    n_held_out = math.ceil(fraction * n_samples)
    learned, held_out = np.arange(n_samples), np.arange(0)
    if 0 < n_held_out < n_samples:
        groups = targets.groups(rows.Y, n_held_out)
        learned, held_out = train_test_split(learned, test_size=n_held_out, random_state=seed, stratify=groups)
    if len(held_out) < 2:
        raise InputError(
            f"The validation set is too small: {fraction:g} of n_samples = {n_samples} rows is less than 2. "
            "Increase 'validation_fraction' or the size of your dataset."
        )
    parts = rows.take(learned), rows.take(held_out)
    for what, part in zip(("left to learn from", "held out"), parts, strict=True):
        if part.weight is not None and not part.weight.any():
            raise InputError(
                f"every one of the {part.X.shape[0]} rows {what} has weight zero; change validation_fraction or "
                "random_state, or give validation rows as X_val and y_val"
            )
    return parts
