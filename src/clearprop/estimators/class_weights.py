"""Class weights: factors on the weight of rows, by the class that they have, or by each of their labels.

They weigh the loss, in training and over rows held out. A score says how many are right, and leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.ranges import is_number
from clearprop.estimators.targets import ClassTargets
from clearprop.tabular.class_weight import balanced


class ClassFactors:
    """The factor of every class, for the one decision of a row or for each of its labels.

    Parameters
    ----------
    class_weight : mapping, sequence of mappings or "balanced"
        A mapping from classes to factors, 1 for those left out; for rows with several labels one mapping for each
        label, from 0 and 1. "balanced": Σw / (classes · Σw of the class), so that each class weighs the same.
    targets : ClassTargets
    Y : array of shape (n_samples, n_outputs)
    sample_weight : array of shape (n_samples,) or None

    Raises
    ------
    InputError
        When the factors are of another form, are no numbers of at least 0, or name a class that there is not.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.estimators.class_weights import ClassFactors
    >>> from clearprop.estimators.targets import ClassTargets
    >>> y = np.array(["no", "no", "no", "yes"])
    >>> targets = ClassTargets(y)
    >>> Y = targets.encode(y, np.float64)
    >>> ClassFactors("balanced", targets, Y, None).of_rows(Y).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """

    def __init__(self, class_weight: Any, targets: ClassTargets, Y: Any, sample_weight: Any) -> None:
        self.targets = targets
        labels: list[Any] = [[0, 1]] * targets.n_outputs if targets.is_multilabel else [targets.classes]
        if isinstance(class_weight, str):
            if class_weight != "balanced":
                raise UnknownNameError("class_weight", class_weight, ["balanced"])
            numbers = self._class_numbers(Y)
            self.factors = [
                balanced(found, max(len(names), 2), sample_weight) for found, names in zip(numbers, labels, strict=True)
            ]
        else:
            given = _mappings(class_weight, targets)
            self.factors = [_named(names, factors) for names, factors in zip(labels, given, strict=True)]

    @classmethod
    def of(cls, factors: Sequence[Any], targets: ClassTargets) -> ClassFactors:
        """These factors, an array of one for each class for every decision."""
        found = cls.__new__(cls)
        found.targets, found.factors = targets, list(factors)
        return found

    def of_rows(self, Y: Any) -> Any:
        """The factor of every row, (n_samples,): that of its class, or the product over its labels."""
        found = np.ones(len(Y), dtype=Y.dtype)
        for factors, numbers in zip(self.factors, self._class_numbers(Y), strict=True):
            found *= factors[numbers]
        return found

    def _class_numbers(self, Y: Any) -> list[Any]:
        """For each decision the number of the class that every row has, int (n_samples,)."""
        if self.targets.is_exclusive:
            return [Y.argmax(axis=1)]
        return [(column > 0.5).astype(np.intp) for column in Y.T]


def _mappings(class_weight: Any, targets: ClassTargets) -> list[Mapping[Any, Any]]:
    """One mapping for every decision."""
    if not targets.is_multilabel and isinstance(class_weight, Mapping):
        return [class_weight]
    several = isinstance(class_weight, Sequence) and all(isinstance(item, Mapping) for item in class_weight)
    if targets.is_multilabel and several and len(class_weight) == targets.n_outputs:
        return list(class_weight)
    allowed = (
        f"a list of {targets.n_outputs} mappings such as {{0: 1, 1: 5}}, one for each label"
        if targets.is_multilabel
        else "a mapping from classes to factors"
    )
    raise InputError(f"class_weight must be {allowed}, 'balanced' or None, not {class_weight!r}")


def _named(names: Any, given: Mapping[Any, Any]) -> Any:
    """The factors in the order of the classes."""
    factors = np.ones(max(len(names), 2))
    places = {name: place for place, name in enumerate(names)}
    for name, factor in given.items():
        if name not in places:
            raise UnknownNameError("class", name, names)
        if not (is_number(factor) and factor >= 0):
            raise InputError(f"class_weight[{name!r}] must be a number of at least 0, not {factor!r}")
        factors[places[name]] = factor
    return factors
