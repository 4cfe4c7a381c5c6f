"""What is to be predicted: a class or a number, decided with a reason, and how it is told to the network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import InputError, ModelFileError, TableError, quoted
from clearprop.tables import columns, spelling
from clearprop.tables.kinds import Kind, counted
from clearprop.tables.notation import Notation
from clearprop.tables.storage import plain

MOST_WHOLE_NUMBERS = 20  # with more different ones, whole numbers are a quantity rather than classes
ROWS_PER_CLASS = 5  # on average, at least, for whole numbers to count as classes
MOST_CLASSES = 10_000
LARGEST_LOGARITHM = float(np.log(np.finfo(np.float64).max))
TASKS = ("classification", "regression")

ClassLabel = str | bool | int | float


class Task(NamedTuple):
    """Classification or regression, and the sentence that says why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ClassTarget:
    """A target that is one of several classes.

    Parameters
    ----------
    column : str
    classes : tuple of str, bool, int or float
        As the user's table has them, sorted; output k of the network is the probability of classes[k].
    """

    task: ClassVar[str] = "classification"
    column: str
    classes: tuple[ClassLabel, ...]

    def __post_init__(self) -> None:
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

    def encode(self, column: pa.ChunkedArray) -> Any:
        """One-hot targets, float32 (n_rows, n_classes)."""
        return np.eye(self.n_outputs, dtype=np.float32)[self.codes(column)]

    def decode(self, outputs: Any) -> list[ClassLabel]:
        """The most probable class of each row."""
        return [self.classes[k] for k in outputs.argmax(axis=1)]

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, "column": self.column, "classes": list(self.classes)}


@dataclass(frozen=True)
class NumberTarget:
    """A target that is a number, standardised for the network (its logarithm, if `log`).

    Parameters
    ----------
    column : str
    log : bool
        Whether the network learns the natural logarithm.
    centre, scale : float
        Mean and standard deviation in training, of the logarithm if `log`.
    low, high : float
        Least and greatest in training, of the logarithm if `log`; no prediction lies outside.
    decimal, thousands, unit : str
        How it is written where it is text: see `clearprop.tables.notation.Notation`.
    """

    task: ClassVar[str] = "regression"
    n_outputs: ClassVar[int] = 1
    column: str
    log: bool
    centre: float
    scale: float
    low: float
    high: float
    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        numbers = (self.centre, self.scale, self.low, self.high)
        if not all(np.isfinite(numbers)) or not self.scale > 0 or self.low > self.high:
            raise InputError(f"a number target needs finite numbers and a scale above 0, not {numbers}")
        if not self.notation.is_possible:
            raise InputError("a number target is not written with such marks")
        if self.log and self.high > LARGEST_LOGARITHM:
            raise InputError(f"a logarithm of {self.high:g} is that of no number")

    def values(self, column: pa.ChunkedArray) -> Any:
        """What the network learns, before it is standardised: float64 (n_rows,).

        Raises
        ------
        TableError
            Where a value is missing or no number or, with `log`, not above 0; with its row.
        """
        return target_numbers(column, self.column, self.log, self.notation)

    @property
    def notation(self) -> Notation:
        """How it is written where it is text."""
        return Notation(self.decimal, self.thousands, self.unit)

    def encode(self, column: pa.ChunkedArray) -> Any:
        """Standardised targets, float32 (n_rows, 1)."""
        return self.standardised(self.values(column))

    def standardised(self, values: Any) -> Any:
        return ((values - self.centre) / self.scale).astype(np.float32)[:, None]

    def decode(self, outputs: Any) -> Any:
        """Predictions on the scale that the network learned, float64 (n_rows,), kept between `low` and `high`."""
        with np.errstate(over="ignore"):  # the clip follows
            return np.clip(outputs[:, 0].astype(np.float64) * self.scale + self.centre, self.low, self.high)

    def in_unit(self, values: Any) -> Any:
        """From the scale that the network learned to the target's own unit."""
        return np.exp(values) if self.log else values

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, **asdict(self)}


OneTarget = ClassTarget | NumberTarget


def one_target_from_json(spec: object) -> OneTarget:
    """The target that `to_json` wrote.

    Raises
    ------
    ModelFileError
        For anything else.
    """
    try:
        match spec:
            case {"task": "classification", "column": str() as column, "classes": list() as classes}:
                kinds = set(map(type, classes))
                if (kinds not in ({str}, {bool}) and not kinds <= {int, float}) or not _fit_int64(classes):
                    raise ModelFileError("the classes of the target are neither texts nor numbers")
                return ClassTarget(column, tuple(classes))
            case {"task": "regression", "column": str() as column, "log": bool() as log, **rest}:
                written = [str(rest.get(name, mark)) for name, mark in Notation()._asdict().items()]
                centre, scale, low, high = _floats(rest, "centre", "scale", "low", "high")
                return NumberTarget(column, log, centre, scale, low, high, *written)
    except (InputError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelFileError(f"the description of the target is damaged: {error}") from None
    raise ModelFileError("the description of the target is damaged")


def _fit_int64(labels: list[Any]) -> bool:
    return all(-(2**63) <= label < 2**63 for label in labels if isinstance(label, int))


def _floats(found: Any, *names: str) -> list[float]:
    return [float(found[name]) for name in names]


def missing_rows(column: pa.ChunkedArray, words: Collection[str] = ("",)) -> Any:
    """Where the target is missing, or one of the words for that: bool (n_rows,)."""
    return pc.is_null(columns.present(column, words), nan_is_null=True).to_numpy()


def as_kind(column: pa.ChunkedArray, kind: Kind | None, name: str) -> pa.ChunkedArray:
    """The target as what its text says: numbers as float64, NaN where a word stands for a missing one."""
    if kind is None or kind.name == "text":
        return column
    if kind.name == "truth":
        return pa.chunked_array([pa.array(columns.truths(column, name) > 0)])
    if kind.name == "number":
        found = columns.numbers(column, name, kind.missing_words, notation=kind.notation)
        return pa.chunked_array([pa.array(found, mask=np.isnan(found))])
    what = {"moment": "dates", "time": "times of day or lengths of time"}[kind.name]
    raise TableError(f"the target {name!r} holds {what}: choose a column of classes or numbers")


def decide_task(column: pa.ChunkedArray, name: str, asked: str | None = None, *, log: bool = False) -> Task:
    """Classification or regression.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The target, without missing values.
    name : str
    asked : {"classification", "regression"}, optional
        What the user asked for.
    log : bool
        Whether the logarithm is to be learned, which only numbers have.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import decide_task
    >>> print(decide_task(pa.chunked_array([["cat", "dog", "cat"]]), "pet").reason)
    'pet' is text, with 2 different values
    """
    column = plain(column)
    refused = columns.is_moment(column.type) or columns.is_time(column.type) or pa.types.is_nested(column.type)
    if refused or pa.types.is_binary(column.type):
        cure = "; write a length of time as a number" if columns.is_time(column.type) else ""
        raise TableError(
            f"the target {name!r} holds {columns.in_words(column.type)}: choose a column of classes or numbers{cure}"
        )
    is_text = pa.types.is_string(column.type)
    n_different = len(pc.unique(columns.texts(column, name) if is_text else column))
    different = f"{n_different:,} different value{'s' if n_different != 1 else ''}"
    is_number = columns.is_number(column.type)
    if log and (asked == "classification" or not is_number):
        raise TableError(f"the target {name!r} cannot be learned as a logarithm: it holds classes, not numbers")
    if asked is not None or log:
        return Task(asked or "regression", "it was asked for" if asked else "its logarithm was asked for")
    if not is_number:
        what = "true or false" if pa.types.is_boolean(column.type) else f"text, with {different}"
        return Task("classification", f"{name!r} is {what}")
    values = columns.numbers(column, name)
    whole = bool((values == np.floor(values)).all())
    if whole and n_different <= MOST_WHOLE_NUMBERS and len(values) >= ROWS_PER_CLASS * n_different:
        return Task(
            "classification",
            f"{name!r} holds whole numbers, only {different} (--task regression to take them as amounts)",
        )
    return Task("regression", f"{name!r} is a number, with {different}")


def fit_class_target(column: pa.ChunkedArray, name: str) -> ClassTarget:
    """The classes of a whole table (held-out rows too: which classes there are is no secret).

    Raises
    ------
    TableError
        When there is only one class, or hardly any row shares its class with another.
    """
    column = plain(column)
    labels = _spellings(column) if pa.types.is_string(column.type) else pc.unique(column).to_pylist()
    if all(isinstance(label, float) and label.is_integer() for label in labels):
        labels = [int(label) for label in labels]  # a column of 0 and 1 with gaps is read as 0.0 and 1.0
    elif not all(isinstance(label, str | bool | int | float) for label in labels):
        labels = [spelling.of_object(label) for label in labels]
    if len(labels) < 2:
        raise TableError(
            f"the target {name!r} has only one class, {labels[0]!r}: there is nothing to tell apart; "
            "add rows of another class or choose another target"
        )
    if len(labels) > max(20, len(column) // 2) or len(labels) > MOST_CLASSES:
        raise TableError(
            f"the target {name!r} has {len(labels):,} different classes in {len(column):,} rows: too few rows of each "
            "to learn from; choose another target, or --task regression if it is a quantity"
        )
    return ClassTarget(name, tuple(sorted(labels)))


def _spellings(column: pa.ChunkedArray) -> list[str]:
    """The different texts, without blanks around; of several spellings of one value, the most frequent."""
    found = counted(column)
    best: dict[str, tuple[int, str]] = {}
    for text, count in zip(found.texts.to_pylist(), found.counts.tolist(), strict=True):
        key = spelling.spelled(text)
        best[key] = max(best.get(key, (0, "")), (count, text.strip()))
    return [text for _, text in best.values()]


def fit_number_target(values: Any, name: str, *, log: bool, notation: Notation = columns.PLAIN) -> NumberTarget:
    """Centre, scale and range of the training rows' target (of its logarithm, with `log`)."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        shown = np.exp(low) if log else low
        raise TableError(
            f"the target {name!r} is {shown:g} in every training row: there is nothing to learn; choose another target"
        )
    return NumberTarget(name, log, float(values.mean()), float(values.std()), low, high, *notation)


def target_numbers(column: pa.ChunkedArray, name: str, log: bool, notation: Notation = columns.PLAIN) -> Any:
    """The target as float64 (n_rows,), its natural logarithm if `log`."""
    values = columns.numbers(column, name, notation=notation)
    if np.isnan(values).any():
        row = int(np.argmax(np.isnan(values)))
        raise TableError(f"the target {name!r} is missing in row {row + 1}")
    if log:
        if (values <= 0).any():
            row = int(np.argmax(values <= 0))
            raise TableError(
                f"the target {name!r} is {values[row]:g} in row {row + 1}, and only numbers above 0 have a logarithm; "
                "train without --log-target, or leave out such rows"
            )
        return np.log(values)
    return values
