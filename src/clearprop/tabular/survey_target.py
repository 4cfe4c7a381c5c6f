"""What the target holds in a table on the disk, from one look at every row: its classes, or its mean and range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import (
    ClassTarget,
    CountTarget,
    NumberTarget,
    NumberTargets,
    Target,
    TaskChoice,
    columns,
    fit_class_target,
    target_numbers,
    task,
)
from clearprop.tables.class_target import MOST_CLASSES
from clearprop.tables.column_types import in_words, is_number
from clearprop.tables.kinds import kind_of
from clearprop.tables.number_target import not_negative
from clearprop.tables.tally import Tally
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.target import check_task

ALL, LEARNED, WEIGHT = range(3)  # the counts of a class


class Moments:
    """Mean, variance, least and greatest of numbers that come in parts. Chan, Golub & LeVeque (1979), eq. 2.1."""

    def __init__(self) -> None:
        self.n, self.mean, self.squares, self.low, self.high = 0, 0.0, 0.0, math.inf, -math.inf

    def add(self, x: Any) -> None:
        """Some more numbers, float64 (n,)."""
        if not len(x):
            return
        found = Moments()
        found.n, found.mean = len(x), float(x.mean())
        found.squares = float(((x - found.mean) ** 2).sum())
        found.low, found.high = float(x.min()), float(x.max())
        self.take_in(found)

    def take_in(self, other: Moments) -> None:
        """Those of other numbers."""
        if not other.n:
            return
        total, apart = self.n + other.n, other.mean - self.mean
        self.squares += other.squares + apart**2 * self.n * other.n / total
        self.mean += apart * other.n / total
        self.n = total
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.squares / self.n)


class TargetLook:
    """A column that is to be predicted, as its rows come by.

    Parameters
    ----------
    name : str
    kind : pyarrow.DataType
        Of the column, `plain`.
    settings : TableSettings
    """

    def __init__(self, name: str, kind: pa.DataType, settings: TableSettings) -> None:
        self.name, self.kind, self.settings = name, kind, settings
        task.refuse_kinds(kind, name)
        self.is_number = is_number(kind)
        self.classes: Tally | None = Tally(3, most=10 * MOST_CLASSES)
        self.moments, self.whole = Moments(), True
        self.n_rows = 0
        self.total = self.weight = 0.0  # Σ weight · value in its own unit, Σ weight

    def add(self, column: pa.ChunkedArray, learn: Any, weight: Any) -> None:
        """Some rows that have a target."""
        self.n_rows += len(column)
        each = np.ones(len(column)) if weight is None else weight
        if self.classes is not None:
            self.classes.add(column.combine_chunks(), np.ones(len(column)), learn, learn * each)
            self._check_classes(self.classes)
        if self.is_number:
            y = target_numbers(column, self.name, self.settings.log_target)
            y = not_negative(y, self.name) if self.settings.loss == "poisson" else y
            own = np.exp(y) if self.settings.log_target else y
            self.whole = self.whole and bool((own == np.floor(own)).all())
            counts = learn & (each > 0)
            self.moments.add(y[counts])
            self.total += float((own * each)[learn].sum())
            self.weight += float(each[learn].sum())

    def take_in(self, other: TargetLook) -> None:
        """What another has seen of other rows."""
        self.n_rows += other.n_rows
        if self.classes is not None and other.classes is not None:
            self.classes.take_in(other.classes)
            self._check_classes(self.classes)
        else:
            self.classes = None
        self.whole = self.whole and other.whole
        self.moments.take_in(other.moments)
        self.total, self.weight = self.total + other.total, self.weight + other.weight

    def _check_classes(self, classes: Tally) -> None:
        """Whether there are too many to be classes."""
        if len(classes.counts) > MOST_CLASSES:
            if not self.is_number:
                raise TableError(
                    f"the target {self.name!r} has more than {MOST_CLASSES:,} different classes: choose another target"
                )
            self.classes = None

    def task(self) -> TaskChoice:
        """Classification or regression."""
        if self.classes is not None and pa.types.is_string(self.kind):
            said = kind_of(self.classes.counted(), self.settings.read).name
            if said not in ("text", "truth"):
                raise TableError(
                    f"the target {self.name!r} holds {said}s that are written as text: store them as numbers, or leave "
                    "--stream out if the table fits into memory"
                )
        n_different = None if self.classes is None else len(self.classes.counts)
        asked, log = self.settings.task, self.settings.log_target
        if self.settings.loss is not None and asked is None:
            return TaskChoice("regression", f"the loss {self.settings.loss} is of numbers")
        found = task.decided(self.kind, self.name, n_different, self.whole, self.n_rows, asked, log=log)
        if found.name == "classification" and self.classes is None:
            raise TableError(
                f"the target {self.name!r} has more than {MOST_CLASSES:,} different values, too many for classes: "
                "leave --task classification out"
            )
        return found

    def as_classes(self) -> ClassTarget:
        """The classes."""
        return fit_class_target(self._values(), self.name, n_rows=self.n_rows, counts=self._counts(ALL))

    def of_class(self, target: ClassTarget, k: int) -> Any:
        """A count of each class, float64 (n_classes,)."""
        codes = target.codes(self._values())
        return np.bincount(codes, weights=self._counts(k), minlength=target.n_outputs)

    def as_number(self) -> NumberTarget:
        """Centre, scale and range."""
        found, log = self.moments, self.settings.log_target
        if found.low == found.high:
            shown = math.exp(found.low) if log else found.low
            raise TableError(
                f"the target {self.name!r} is {shown:g} in every training row: there is nothing to learn; "
                "choose another target"
            )
        target = NumberTarget(self.name, log, found.mean, found.deviation, found.low, found.high)
        return CountTarget.of(target, found.mean) if self.settings.loss == "poisson" else target

    @property
    def mean(self) -> float:
        """Of the rows that are learned from, in its own unit, by their weights."""
        return self.total / self.weight

    def _values(self) -> pa.ChunkedArray:
        assert self.classes is not None
        return pa.chunked_array([pa.array(list(self.classes.counts), self.kind)])

    def _counts(self, k: int) -> Any:
        assert self.classes is not None
        return np.array([counts[k] for counts in self.classes.counts.values()])


class FoundTargets:
    """The targets of a table on the disk.

    Parameters
    ----------
    looks : tuple of TargetLook
        That have seen every row.
    settings : TableSettings
    """

    def __init__(self, looks: tuple[TargetLook, ...], settings: TableSettings) -> None:
        self.looks = looks
        shown = ", ".join(look.name for look in looks)
        several = TaskChoice("regression", "there are several targets")
        self.task = looks[0].task() if len(looks) == 1 else several
        check_task(self.task, shown, settings)
        if self.task.name == "classification":
            self.target: Target = looks[0].as_classes()
        else:
            each = tuple(look.as_number() for look in looks)
            self.target = each[0] if len(each) == 1 else NumberTargets(each)

    @property
    def class_counts(self) -> Any:
        """The rows of each class, float64 (n_classes,); None of numbers."""
        return self.looks[0].of_class(self.target, ALL) if isinstance(self.target, ClassTarget) else None

    @property
    def class_weights(self) -> Any:
        """The weight of the rows of each class that are learned from, float64 (n_classes,); None of numbers."""
        return self.looks[0].of_class(self.target, WEIGHT) if isinstance(self.target, ClassTarget) else None

    @property
    def trivial(self) -> Any:
        """What the trivial predictor always says."""
        if isinstance(self.target, ClassTarget):
            return self.target.classes[int(np.argmax(self.class_weights))]
        means = [look.mean for look in self.looks]
        return means[0] if len(means) == 1 else means


def looks_of(empty: pa.Table, names: tuple[str, ...], settings: TableSettings) -> tuple[TargetLook, ...]:
    """What looks at each target.

    Raises
    ------
    TableError
        For a column that cannot be predicted, or one of several that holds no numbers.
    """
    found = []
    for name in names:
        kind = columns.present(empty.column(name), ()).type
        if len(names) > 1 and not is_number(kind):
            raise TableError(
                f"several targets must all be numbers, and {name!r} holds {in_words(kind)}; train a model of "
                "its own for it"
            )
        found.append(TargetLook(name, kind, settings))
    return tuple(found)
