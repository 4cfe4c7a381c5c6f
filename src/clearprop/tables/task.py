"""Whether a target is learned as classes or as a number, decided from its values, with the reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.column_types import in_words, is_moment, is_number, is_time
from clearprop.tables.kinds import Kind
from clearprop.tables.storage import plain

MOST_WHOLE_NUMBERS = 20  # with more different ones, whole numbers are a quantity rather than classes
ROWS_PER_CLASS = 5  # on average, at least, for whole numbers to count as classes
TASKS = ("classification", "regression")


class TaskChoice(NamedTuple):
    """Classification or regression, and the sentence that says why."""

    name: str
    reason: str


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


def decide_task(column: pa.ChunkedArray, name: str, asked: str | None = None, *, log: bool = False) -> TaskChoice:
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
    refuse_kinds(column.type, name)
    is_text = pa.types.is_string(column.type)
    n_different = len(pc.unique(columns.texts(column, name) if is_text else column))
    whole = False
    if is_number(column.type) and asked is None and not log:
        values = columns.numbers(column, name)
        whole = bool((values == np.floor(values)).all())
    return decided(column.type, name, n_different, whole, len(column), asked, log=log)


def refuse_kinds(kind: pa.DataType, name: str) -> None:
    """Raise TableError for a type whose values are neither classes nor numbers."""
    refused = is_moment(kind) or is_time(kind) or pa.types.is_nested(kind)
    if refused or pa.types.is_binary(kind):
        cure = "; write a length of time as a number" if is_time(kind) else ""
        raise TableError(f"the target {name!r} holds {in_words(kind)}: choose a column of classes or numbers{cure}")


def decided(
    kind: pa.DataType, name: str, n_different: int | None, whole: bool, n_rows: int, asked: str | None, *, log: bool
) -> TaskChoice:
    """Classification or regression, from what is known of the target.

    Parameters
    ----------
    kind : pyarrow.DataType
        Of the column, `plain`.
    name : str
    n_different : int or None
        How many different values there are; None for more than anybody has counted.
    whole : bool
        Whether all of them are whole numbers.
    n_rows : int
    asked, log
        As of `decide_task`.
    """
    shown = "very many" if n_different is None else f"{n_different:,}"
    different = f"{shown} different value{'s' if n_different != 1 else ''}"
    holds_numbers = is_number(kind)
    if log and (asked == "classification" or not holds_numbers):
        raise TableError(f"the target {name!r} cannot be learned as a logarithm: it holds classes, not numbers")
    if asked is not None or log:
        return TaskChoice(asked or "regression", "it was asked for" if asked else "its logarithm was asked for")
    if not holds_numbers:
        what = "true or false" if pa.types.is_boolean(kind) else f"text, with {different}"
        return TaskChoice("classification", f"{name!r} is {what}")
    few = n_different is not None and n_different <= MOST_WHOLE_NUMBERS
    if whole and few and n_rows >= ROWS_PER_CLASS * (n_different or 0):
        return TaskChoice(
            "classification",
            f"{name!r} holds whole numbers, only {different} (--task regression to take them as amounts)",
        )
    return TaskChoice("regression", f"{name!r} is a number, with {different}")
