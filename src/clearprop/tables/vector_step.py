"""A column of vectors (rows of an array, images) as inputs of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError
from clearprop.tables.column_vectors import LARGEST_IN_VECTOR, matrix
from clearprop.tables.numeric import smooth_clip
from clearprop.tables.step import Encoded, Step, check_finite

NUMBERS_AT_ONCE = 2**18  # of vectors


@dataclass(frozen=True)
class Vector(Step):
    """A row of numbers, each minus its centre, over its scale, smoothly clipped; 0 for a missing one.

    Parameters
    ----------
    size : int
        Numbers in each row.
    centres, scales : tuple of float
        Mean and standard deviation in training: of each number or, if there is but one of them, of all together.
    """

    kind = "vector"
    size: int
    centres: tuple[float, ...]
    scales: tuple[float, ...]

    def __post_init__(self) -> None:
        check_finite(self.column, *self.centres, *self.scales, most=4 * LARGEST_IN_VECTOR)
        if len(self.centres) not in (1, self.size) or len(self.scales) != len(self.centres) or min(self.scales) <= 0:
            raise InputError(
                f"column {self.column!r}: a vector of {self.size} needs as many centres and scales above 0"
            )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}[{i}]" for i in range(self.size))

    @property
    def n_inputs(self) -> int:
        return self.size

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        x = matrix(values, self.column, self.size)
        if x.shape[1] != self.size:
            raise TableError(f"column {self.column!r} holds vectors of {x.shape[1]} numbers; training had {self.size}")
        return self._standardised(x), ()

    def _standardised(self, x: Any) -> Any:
        """Computed in float64, some rows at a time: what float32 leaves of 10⁸ + x has no x in it."""
        centres, scales = np.array(self.centres), np.array(self.scales)
        if x.dtype == np.uint8 and len(self.centres) == 1:  # an image has 256 different numbers
            with np.errstate(all="ignore"):
                return smooth_clip((np.arange(256.0) - centres) / scales).astype(np.float32)[x]
        made = np.empty(x.shape, dtype=np.float32)
        step = max(1, NUMBERS_AT_ONCE // max(1, self.size))
        for start in range(0, len(x), step):
            block = x[start : start + step].astype(np.float64)
            with np.errstate(all="ignore"):  # infinitely far is as good as far: the clip follows
                made[start : start + step] = np.nan_to_num(smooth_clip((block - centres) / scales), nan=0.0)
        return made

    def describe(self) -> str:
        how = "all on one scale" if len(self.centres) == 1 else "each on its own scale"
        return f"{self.size:,} numbers, {how}"
