"""Products with up to four columns: c = start + a·b where a vector holds the sums of several rows.

A tile would leave most of each vector empty, and load every number of a by itself; here they are loaded four at a time.
Each sum adds its products in the order of p, as it does in a tile: the result is the same.
"""

from __future__ import annotations

from typing import Any

from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.fours import (
    FOUR,
    load_first_of_fours,
    load_fours,
    shuffled,
    store_first_of_fours,
)
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.vector_memory import load_first, splat, store
from clearprop.engines.compiled.kernels.vectors import (
    BITS,
    I64,
    Lanes,
    llvm_function,
    suffix,
    type_of,
    vector_type,
    width,
)


@intrinsic
def repeat_four(typingctx: Any, pointer: Any) -> Any:
    """A vector of the four numbers at a place, again and again."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _repeated(builder, args[0], pointer.dtype)

    return Lanes(pointer.dtype)(pointer), emit


def _repeated(builder: Any, place: Any, dtype: Any) -> Any:
    four = builder.load(builder.bitcast(place, vector_type(dtype, FOUR).as_pointer()), align=BITS[dtype] // 8)
    return shuffled(builder, four, four, [lane % FOUR for lane in range(width(dtype))])


@intrinsic
def multiply_add_fours(typingctx: Any, x: Any, weights: Any, total: Any) -> Any:
    """Four p's: to each four of `total` the numbers of that four of x, times four rows of weights, one by one."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, weights, total = args
        kind, dtype = type_of(sig.return_type), sig.return_type.dtype
        fma = llvm_function(builder, f"llvm.fmuladd.{suffix(kind, dtype)}", kind, [kind] * 3)
        for p in range(FOUR):
            number = shuffled(builder, x, x, [lane // FOUR * FOUR + p for lane in range(kind.count)])
            row = _repeated(builder, builder.gep(weights, [I64(FOUR * p)]), dtype)
            total = builder.call(fma, [number, row, total])
        return total

    return total(x, weights, total), emit


@njit(error_model="numpy")
def is_narrow(like, rows, depth, columns, room):
    """Whether a product is one of these: few columns, rows for four vectors, and room, in numbers, for b."""
    return columns <= FOUR < n_lanes(like) <= rows and FOUR * (depth + FOUR) + n_lanes(like) <= room


@njit(error_model="numpy")
def copy_fours(source, stride, columns, rows, target):
    """Copy rows of up to four columns to where each takes four, filled up with zeros, and three rows of zeros."""
    nothing = splat(source, 0.0)
    for p in range(rows + FOUR - 1):
        store(target, FOUR * p, load_first(source, p * stride, columns if p < rows else 0, nothing))


@njit(error_model="numpy")
def _add_fours(a, a_stride, count, weights, total):
    """Four p's for one vector of sums, or `count` where there are fewer."""
    x = load_fours(a, a_stride) if count >= FOUR else load_first_of_fours(a, a_stride, count)
    return multiply_add_fours(x, weights, total)


@njit(error_model="numpy")
def narrow_product(a, a_stride, b, b_stride, c, c_stride, start, rows, depth, columns, room):
    """c = start + a·b for up to four columns, `start` a row; `room` is for b and a row of `start`.

    Four vectors at a time, so that their sums do not wait for each other. The last rows may be done twice.
    """
    lanes = n_lanes(a)
    weights, begin = room, offset(room, FOUR * (depth + FOUR))
    copy_fours(b, b_stride, columns, depth, weights)
    store(begin, 0, load_first(start, 0, columns, splat(start, 0.0)))
    a_step, c_step = lanes // FOUR * a_stride, lanes // FOUR * c_stride  # from one vector's rows to the next one's
    for first in range(0, rows, lanes):
        i = min(first, rows - lanes)
        source, target = offset(a, i * a_stride), offset(c, i * c_stride)
        s0 = repeat_four(begin)
        s1, s2, s3 = s0, s0, s0
        for p in range(0, depth, FOUR):
            here, w, count = offset(source, p), offset(weights, FOUR * p), depth - p
            s0 = _add_fours(here, a_stride, count, w, s0)
            s1 = _add_fours(offset(here, a_step), a_stride, count, w, s1)
            s2 = _add_fours(offset(here, 2 * a_step), a_stride, count, w, s2)
            s3 = _add_fours(offset(here, 3 * a_step), a_stride, count, w, s3)
        store_first_of_fours(target, c_stride, columns, s0)
        store_first_of_fours(offset(target, c_step), c_stride, columns, s1)
        store_first_of_fours(offset(target, 2 * c_step), c_stride, columns, s2)
        store_first_of_fours(offset(target, 3 * c_step), c_stride, columns, s3)
