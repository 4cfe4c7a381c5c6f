"""A target that is one of several classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import InputError, TableError, quoted
from clearprop.job.one_hot import OneHot
from clearprop.tables import columns, spelling
from clearprop.tables.kinds import Counted, counted
from clearprop.tables.storage import plain

MOST_CLASSES = 10_000
MOST_CLASSES_SHOWN = 20

ClassLabel = str | bool | int | float


@dataclass(frozen=True)
class ClassTarget:
    """A target that is one of several classes.

    Parameters
    ----------
    column : str
    classes : tuple of str, bool, int or float
        As the user's table has them, sorted; output k of the network is the probability of classes[k].
    threshold : float
        Of two classes, the probability from which on the second is said.
    """

    task: ClassVar[str] = "classification"
    usual: ClassVar[str] = "the most frequent class"
    column: str
    classes: tuple[ClassLabel, ...]
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or (self.is_tuned and len(self.classes) != 2):
            raise InputError(f"the threshold of two classes must be between 0 and 1, not {self.threshold!r}")
        if len(self.classes) < 2 or len(set(map(str, self.classes))) < len(self.classes):
            raise InputError(f"a class target needs at least two different classes, not {quoted(self.classes)}")

    @property
    def n_outputs(self) -> int:
        return len(self.classes)

    def codes(self, column: pa.ChunkedArray) -> Any:
        """The number of each row's class, −1 for one that is not among them: int64 (n_rows,).

        Classes are compared as values: 1, 1.0 and the text "1.0" are the same class.
        """
        names = [spelling.of_object(label) for label in self.classes]
        exact = len(set(names)) < len(names)  # "1" and "1.0", which an estimator was told are two classes
        if exact:
            names = [str(label) for label in self.classes]
        found = pc.index_in(columns.texts(column, self.column, exact=exact), value_set=pa.array(names, pa.string()))
        return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)

    def y_of(self, given: Sequence[pa.ChunkedArray]) -> Any:
        """What is learned of each row, from the columns of the target: the numbers of the classes."""
        return self.codes(given[0])

    def encode(self, y: Any) -> OneHot:
        """What the network is to say for class numbers (n_rows,): 1 for that class, 0 for the others."""
        return OneHot(y, self.n_outputs, np.float32)

    @property
    def is_tuned(self) -> bool:
        """Whether another class than the most probable one may be said."""
        return self.threshold != 0.5

    def chosen(self, outputs: Any) -> Any:
        """The number of the class that is said of each row, int (n_rows,)."""
        if self.is_tuned:
            return (outputs[:, 1] >= self.threshold).astype(np.int64)
        return outputs.argmax(axis=1)

    def decode(self, outputs: Any) -> list[ClassLabel]:
        """The class that is said of each row: the most probable one or, of two, what the threshold says."""
        return [self.classes[k] for k in self.chosen(outputs)]

    def predicted(self, outputs: Any) -> tuple[Any, Any]:
        """The most probable class of each row, and the probabilities."""
        return self.decode(outputs), outputs

    def known(self, y: Any) -> Any:
        """Which of these rows have a class that is among them, bool (n_rows,)."""
        return y >= 0

    def strata(self, y: Any) -> Any:
        """Labels that each part of a split has in the same proportions."""
        return y

    def trivial(self, y: Any, weight: Any = None) -> ClassLabel:
        """What always to say: the most frequent class of these rows."""
        return self.classes[int(np.bincount(y, weights=weight).argmax())]

    def check_trivial(self, given: object) -> ClassLabel:
        """The trivial prediction of a file, which must be a class of its own type (1, 1.0 and true are equal)."""
        for label in self.classes:
            if type(given) is type(label) and given == label:
                return label
        raise no_trivial(given)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is in."""
        return (self.column,)

    @property
    def predicted_names(self) -> tuple[str, ...]:
        """What predictions are called: as the column."""
        return (self.column,)

    @property
    def labels(self) -> tuple[ClassLabel, ...]:
        """What the outputs of the network are for: the classes."""
        return self.classes

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that a reader must leave as text."""
        return (self.column,) if isinstance(self.classes[0], str) else ()

    @property
    def kind(self) -> str:
        """What it is, in a few words."""
        return f"{len(self.classes)} classes"

    def describe(self, number: Callable[[float], str]) -> str:
        """What is predicted; `number` writes a number."""
        shown = ", ".join(map(str, self.classes[:MOST_CLASSES_SHOWN]))
        more = ", …" if len(self.classes) > MOST_CLASSES_SHOWN else ""
        from_ = f"; {self.classes[1]} from the probability {number(self.threshold)} on" if self.is_tuned else ""
        return f"{self.column}, one of {self.kind}: {shown}{more}{from_}"

    def always(self, trivial: Any, number: Callable[[float], str]) -> str:
        """What the trivial predictor says."""
        return f"{self.usual}, {trivial}"

    def to_json(self) -> dict[str, Any]:
        more = {"threshold": self.threshold} if self.is_tuned else {}
        return {"task": self.task, "column": self.column, "classes": list(self.classes), **more}


def no_trivial(given: object) -> InputError:
    """That a trivial prediction is not one that its target allows."""
    return InputError(f"the trivial prediction {quoted(given)} is not one that its target allows")


def fit_class_target(
    column: pa.ChunkedArray, name: str, *, n_rows: int | None = None, counts: Any = None
) -> ClassTarget:
    """The classes of a whole table (held-out rows too: which classes there are is no secret).

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
    n_rows : int, optional
        Of the table, where the column holds each different value once; `counts` then says how often each occurs.
    counts : array, optional

    Raises
    ------
    TableError
        When there is only one class, or hardly any row shares its class with another.
    """
    column = plain(column)
    n_rows = len(column) if n_rows is None else n_rows
    labels = _spellings(column, counts) if pa.types.is_string(column.type) else pc.unique(column).to_pylist()
    if all(isinstance(label, float) and label.is_integer() for label in labels):
        labels = [int(label) for label in labels]  # a column of 0 and 1 with gaps is read as 0.0 and 1.0
    elif not all(isinstance(label, str | bool | int | float) for label in labels):
        labels = [spelling.of_object(label) for label in labels]
    if len(labels) < 2:
        raise TableError(
            f"the target {name!r} has only one class, {labels[0]!r}: there is nothing to tell apart; "
            "add rows of another class or choose another target"
        )
    if len(labels) > max(20, n_rows // 2) or len(labels) > MOST_CLASSES:
        raise TableError(
            f"the target {name!r} has {len(labels):,} different classes in {n_rows:,} rows: too few rows of each "
            "to learn from; choose another target, or --task regression if it is a quantity"
        )
    return ClassTarget(name, tuple(sorted(labels)))


def _spellings(column: pa.ChunkedArray, counts: Any = None) -> list[str]:
    """The different texts, without blanks around; of several spellings of one value, the most frequent."""
    found = counted(column) if counts is None else Counted(column, counts)
    best: dict[str, tuple[int, str]] = {}
    for text, count in zip(found.texts.to_pylist(), found.counts.tolist(), strict=True):
        key = spelling.spelled(text)
        best[key] = max(best.get(key, (0, "")), (count, text.strip()))
    return [text for _, text in best.values()]
