"""Every word that generated source may use; it begins with ``from … import *`` of this file."""

from __future__ import annotations

import math
from typing import Any

from numba import float32, float64, types
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.epoch_ends import end_epoch
from clearprop.engines.compiled.kernels.fast_math import (
    at_least,
    at_most,
    cosine,
    erf,
    exp,
    expm1,
    log,
    log1p,
    logistic,
    maximum,
    minimum,
    sign,
    sine,
    tanh,
)
from clearprop.engines.compiled.kernels.fours import (
    add_fours,
    column_0,
    column_1,
    column_2,
    column_3,
    load_first_of_fours,
    repeat_each,
    store_first_of_fours,
)
from clearprop.engines.compiled.kernels.layout import FORMULA_ARRAYS
from clearprop.engines.compiled.kernels.pointers import is_null, offset
from clearprop.engines.compiled.kernels.vector_functions import (
    absolute,
    floor,
    max_across,
    multiply_add,
    power,
    select,
    square_root,
    sum_across,
)
from clearprop.engines.compiled.kernels.vector_memory import (
    as_float,
    constant,
    load,
    load_first,
    load_one,
    one_lane,
    only_first,
    splat,
    store,
    store_first,
    store_one,
)
from clearprop.engines.compiled.kernels.vectors import width

__all__ = [
    "absolute",
    "add_fours",
    "as_float",
    "at_least",
    "at_most",
    "column_0",
    "column_1",
    "column_2",
    "column_3",
    "constant",
    "cosine",
    "end_epoch",
    "erf",
    "exp",
    "expm1",
    "float32",
    "float64",
    "floor",
    "formula_signature",
    "infinity",
    "is_null",
    "load",
    "load_first",
    "load_first_of_fours",
    "load_one",
    "log",
    "log1p",
    "logistic",
    "max_across",
    "maximum",
    "minimum",
    "multiply_add",
    "n_lanes",
    "offset",
    "one_lane",
    "only_first",
    "power",
    "repeat_each",
    "select",
    "sign",
    "sine",
    "splat",
    "square_root",
    "store",
    "store_first",
    "store_first_of_fours",
    "store_one",
    "sum_across",
    "tanh",
]  # fmt: skip

infinity = math.inf


def formula_signature(dtype: Any) -> Any:
    """The type of the kernel of a formula: its arrays, their rows and width, and its uniforms; it returns a sum."""
    array = types.CPointer(dtype)
    return types.float64(*[array] * FORMULA_ARRAYS, types.int64, types.int64, array)


@intrinsic
def n_lanes(typingctx: Any, pointer: Any) -> Any:
    """How many numbers a vector of the pointer's type holds."""
    lanes = width(pointer.dtype)
    return types.int64(pointer), lambda context, builder, sig, args: context.get_constant(types.int64, lanes)
