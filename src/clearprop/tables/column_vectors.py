"""A column of vectors as a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables.column_types import in_words, is_vector
from clearprop.tables.storage import plain

LARGEST_IN_VECTOR = 1e30  # numbers beyond this are refused: vectors become float32


def matrix(column: pa.ChunkedArray, name: str, size: int | None = None) -> Any:
    """A column of vectors as (n_rows, n_numbers) of the type that it has, float64 if some are missing: they are NaN.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        For messages.
    size : int, optional
        How many numbers they have, where all of them may be missing.

    Raises
    ------
    TableError
        When its values are no vectors of one length, or one is infinite.
    """
    column = plain(column)
    if size is not None and column.null_count == len(column):
        return np.full((len(column), size), np.nan)
    if not is_vector(column.type):
        raise TableError(f"column {name!r} should hold vectors of one length but holds {in_words(column.type)}")
    size = column.type.list_size
    inner = column.type.value_type
    kind = inner if pa.types.is_integer(inner) or pa.types.is_float32(inner) else pa.float64()
    parts: list[Any] = []
    for chunk in column.chunks:
        values = _with_missing_vectors(chunk, size).cast(kind, safe=False)
        values = pc.fill_null(values.cast(pa.float64()), np.nan) if values.null_count else values
        parts.append(values.to_numpy(zero_copy_only=False).reshape(-1, size))
    found = np.concatenate(parts) if parts else np.empty((0, size), dtype=np.float64)
    if found.dtype.kind == "f":
        large = np.abs(found) > LARGEST_IN_VECTOR
        if large.any():
            row, place = np.argwhere(large)[0]
            raise TableError(
                f"column {name!r} is {found[row, place]:g} in row {row + 1}, number {place + 1}, "
                "more than can be computed with"
            )
    return found


def _with_missing_vectors(chunk: pa.FixedSizeListArray, size: int) -> pa.Array:
    """All numbers of a chunk, one row after the other; those of a missing vector are null."""
    if not chunk.null_count:
        return chunk.flatten()
    known = np.flatnonzero(chunk.is_valid().to_numpy(zero_copy_only=False))
    places = np.full((len(chunk), size), -1, dtype=np.int64)
    places[known] = np.arange(len(known) * size).reshape(-1, size)
    flat = places.ravel()
    return chunk.drop_null().flatten().take(pa.array(flat, mask=flat < 0))
