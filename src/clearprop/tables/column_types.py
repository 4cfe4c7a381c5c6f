"""What the values of a column are, told from the type that it is stored in."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa


def is_time(kind: pa.DataType) -> bool:
    """Whether values of this type are times of day or lengths of time."""
    return bool(pa.types.is_time(kind) or pa.types.is_duration(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether values of this type are numbers, or lengths of time."""
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or is_time(kind))


def is_moment(kind: pa.DataType) -> bool:
    """Whether values of this type are dates or times of a day that is known."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def is_vector(kind: pa.DataType) -> bool:
    """Whether each value of this type is a row of so many numbers."""
    return bool(pa.types.is_fixed_size_list(kind) and (is_number(kind.value_type) or kind.value_type == pa.bool_()))


def in_words(kind: pa.DataType) -> str:
    """What values of this type are, for people."""
    types = pa.types
    named: list[tuple[Callable[[pa.DataType], bool], str]] = [
        (is_moment, "dates"), (types.is_time, "times of day"), (types.is_duration, "lengths of time"),
        (types.is_boolean, "true and false"), (is_number, "numbers"), (types.is_string, "text"),
        (is_vector, "vectors"), (types.is_nested, "several values in each row"), (types.is_binary, "bytes"),
        (types.is_null, "nothing"),
    ]  # fmt: skip
    return next((words for test, words in named if test(kind)), f"values of type {kind}")
