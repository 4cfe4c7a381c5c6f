"""Vectors that hold up to four numbers of each of several rows, where rows are that short: *fours*.

Four such vectors can be turned into columns, where a lane is a row: a sum along a row then is one of vectors.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.vector_memory import first_lanes, masked_load, masked_store
from clearprop.engines.compiled.kernels.vectors import (
    BITS,
    I32,
    I64,
    Lanes,
    llvm_function,
    suffix,
    type_of,
    vector_type,
    width,
)

FOUR = 4


def shuffled(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """These lanes of x and, counted on, of y."""
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(lanes)), [I32(lane) for lane in lanes]))


def _count(dtype: Any) -> int:
    """How many numbers a four has: where vectors are shorter, as many as they have, though none are computed with."""
    return min(FOUR, width(dtype))


def _rows(builder: Any, place: Any, stride: Any, dtype: Any) -> list[Any]:
    """Where the fours of a vector are: one in each row."""
    count = _count(dtype)
    rows = [builder.gep(place, [builder.mul(stride, I64(i))]) for i in range(width(dtype) // count)]
    return [builder.bitcast(row, vector_type(dtype, count).as_pointer()) for row in rows]


def _joined(builder: Any, fours: list[Any]) -> Any:
    """Fours behind each other as one vector."""
    while len(fours) > 1:
        lanes = list(range(2 * fours[0].type.count))
        fours = [shuffled(builder, x, y, lanes) for x, y in zip(fours[::2], fours[1::2], strict=True)]
    return fours[0]


@intrinsic
def load_fours(typingctx: Any, pointer: Any, stride: Any) -> Any:
    """Four numbers from each of as many rows as fill a vector."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = _rows(builder, *args, pointer.dtype)
        return _joined(builder, [builder.load(row, align=BITS[pointer.dtype] // 8) for row in rows])

    return Lanes(pointer.dtype)(pointer, types.int64), emit


@intrinsic
def load_first_of_fours(typingctx: Any, pointer: Any, stride: Any, count: Any) -> Any:
    """The same, of which those from `count` on are not read; they are 0."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place, stride, count = args
        mask = first_lanes(builder, count, pointer.dtype, _count(pointer.dtype))
        rows = _rows(builder, place, stride, pointer.dtype)
        return _joined(builder, [masked_load(builder, row, mask, pointer.dtype) for row in rows])

    return Lanes(pointer.dtype)(pointer, types.int64, types.int64), emit


@intrinsic
def store_first_of_fours(typingctx: Any, pointer: Any, stride: Any, count: Any, value: Any) -> Any:
    """Write the first `count` numbers of each four of a vector, a row for each."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place, stride, count, value = args
        mask = first_lanes(builder, count, pointer.dtype, _count(pointer.dtype))
        for i, row in enumerate(_rows(builder, place, stride, pointer.dtype)):
            four = shuffled(builder, value, value, [i * mask.type.count + n for n in range(mask.type.count)])
            masked_store(builder, four, row, mask, pointer.dtype)
        return context.get_dummy_value()

    return types.void(pointer, types.int64, types.int64, Lanes(pointer.dtype)), emit


def _column(k: int) -> Any:
    """Of four vectors of fours, the number k of each four: those of the first fours, of the second ones, …

    Applied to what came of it, it turns columns back into fours.
    """

    def typed(typingctx: Any, x: Any, y: Any, z: Any, w: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            fours = range(0, x.count, FOUR)
            pairs = [four + i for four in fours for i in (k, x.count + k, k, x.count + k)]
            both = [four + i for four in fours for i in (0, 1, x.count, x.count + 1)]
            x01, x23 = (shuffled(builder, *args[i : i + 2], pairs) for i in (0, 2))
            return shuffled(builder, x01, x23, both)

        return x(x, y, z, w), emit

    typed.__name__ = f"column_{k}"
    return intrinsic(typed)


column_0, column_1, column_2, column_3 = map(_column, range(FOUR))


@intrinsic
def repeat_each(typingctx: Any, pointer: Any, stride: Any) -> Any:
    """A vector of fours, each filled with one number; they are `stride` apart."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place, stride = args
        found = ir.Constant(vector_type(pointer.dtype), ir.Undefined)
        for four in range(width(pointer.dtype) // FOUR):
            number = builder.load(builder.gep(place, [builder.mul(stride, I64(four))]))
            found = builder.insert_element(found, number, I32(four * FOUR))
        return shuffled(builder, found, found, [lane // FOUR * FOUR for lane in range(found.type.count)])

    return Lanes(pointer.dtype)(pointer, types.int64), emit


@intrinsic
def add_fours(
    typingctx: Any, x0: Any, x1: Any, x2: Any, x3: Any, y0: Any, y1: Any, y2: Any, y3: Any, total: Any
) -> Any:
    """`total` + the products x·y one after the other: the first fours of all four, then the second ones, …

    They are added to the first four lanes.
    """

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind, count, found = type_of(total), total.count, args[-1]
        fma = llvm_function(builder, f"llvm.fmuladd.{suffix(kind, total.dtype)}", kind, [kind] * 3)
        nothing = ir.Constant(kind, [kind.element(0.0)] * count)
        for four in range(0, count, FOUR):
            lanes = [four + i if i < FOUR else count + i for i in range(count)]
            for x, y in zip(args[:FOUR], args[FOUR:-1], strict=True):
                found = builder.call(fma, [*(shuffled(builder, one, nothing, lanes) for one in (x, y)), found])
        return found

    return total(x0, x1, x2, x3, y0, y1, y2, y3, total), emit
