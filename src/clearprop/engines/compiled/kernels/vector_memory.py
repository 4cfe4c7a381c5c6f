"""Vectors from and to memory, and from numbers: whole, the first lanes of one, one lane; for compiled code only."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.vectors import (
    BITS,
    I32,
    I64,
    Lanes,
    llvm_function,
    spread,
    suffix,
    type_of,
    vector_type,
    width,
)


def _at(builder: Any, pointer: Any, index: Any, kind: Any) -> Any:
    return builder.bitcast(builder.gep(pointer, [index]), kind.as_pointer())


@intrinsic
def splat(typingctx: Any, pointer: Any, number: Any) -> Any:
    """A vector of the pointer's type with `number` in every lane."""
    lanes = Lanes(pointer.dtype)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scalar = context.cast(builder, args[1], sig.args[1], lanes.dtype)
        return spread(builder, scalar, vector_type(lanes.dtype))

    return lanes(pointer, number), emit


@intrinsic
def constant(typingctx: Any, like: Any, number: Any) -> Any:
    """A vector of the type of `like` with `number` in every lane."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scalar = context.cast(builder, args[1], sig.args[1], like.dtype)
        return spread(builder, scalar, type_of(like))

    return like(like, number), emit


@intrinsic
def load(typingctx: Any, pointer: Any, index: Any) -> Any:
    """The vector that begins at ``pointer[index]``."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = vector_type(pointer.dtype)
        return builder.load(_at(builder, *args, kind), align=BITS[pointer.dtype] // 8)

    return Lanes(pointer.dtype)(pointer, types.int64), emit


def emit_prefetch(builder: Any, place: Any, locality: int, *, to_write: bool = False) -> None:
    """Have the cache line at a place brought into the first-level cache (locality 3) or the second-level one (2)."""
    function = llvm_function(builder, "llvm.prefetch.p0", ir.VoidType(), [place.type, I32, I32, I32])
    builder.call(function, [place, I32(int(to_write)), I32(locality), I32(1)])  # data


@intrinsic
def prefetch(typingctx: Any, pointer: Any, index: Any) -> Any:
    """Have the cache line of ``pointer[index]`` brought nearer, which changes nothing and cannot fail."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        emit_prefetch(builder, builder.gep(args[0], [args[1]]), 3)
        return context.get_dummy_value()

    return types.void(pointer, types.int64), emit


@intrinsic
def load_one(typingctx: Any, pointer: Any, index: Any) -> Any:
    """The number at ``pointer[index]`` as a vector of one lane."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]]))

    return Lanes(pointer.dtype, 1)(pointer, types.int64), emit


@intrinsic
def store_one(typingctx: Any, pointer: Any, index: Any, value: Any) -> Any:
    """Write a vector of one lane to ``pointer[index]``."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(pointer, types.int64, value), emit


@intrinsic
def one_lane(typingctx: Any, pointer: Any, number: Any) -> Any:
    """A number as a vector of one lane of the pointer's type."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.cast(builder, args[1], sig.args[1], pointer.dtype)

    return Lanes(pointer.dtype, 1)(pointer, number), emit


@intrinsic
def as_float(typingctx: Any, value: Any) -> Any:
    """A vector of one lane as a float64."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.cast(builder, args[0], value.dtype, types.float64)

    return types.float64(value), emit


@intrinsic
def store(typingctx: Any, pointer: Any, index: Any, value: Any) -> Any:
    """Write a vector to ``pointer[index]`` and what follows."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = vector_type(pointer.dtype)
        # LLVM would make of `x = where(z > 0, x, 0)` a store of zeros under a mask, for which some processors without
        # AVX-512 take twelve cycles; a fence, which is no instruction, hides the choice from it.
        fence = llvm_function(builder, f"llvm.arithmetic.fence.{suffix(kind, pointer.dtype)}", kind, [kind])
        builder.store(builder.call(fence, [args[2]]), _at(builder, *args[:2], kind), align=BITS[pointer.dtype] // 8)
        return context.get_dummy_value()

    return types.void(pointer, types.int64, value), emit


def first_lanes(builder: Any, count: Any, dtype: Any, lanes: int | None = None) -> Any:
    """The mask of the lanes below `count` (int64), by default of a whole register."""
    lanes = width(dtype) if lanes is None else lanes
    kind = ir.VectorType(I32, lanes)
    return builder.icmp_signed(
        "<", ir.Constant(kind, [I32(i) for i in range(lanes)]), spread(builder, builder.trunc(count, I32), kind)
    )


def masked_load(builder: Any, place: Any, mask: Any, dtype: Any, otherwise: Any = None) -> Any:
    """A vector of which the lanes outside `mask` are not read; they are 0, or what `otherwise` has there."""
    kind = vector_type(dtype, mask.type.count)
    function = llvm_function(
        builder, f"llvm.masked.load.{suffix(kind, dtype)}.p0", kind, [place.type, I32, mask.type, kind]
    )
    rest = ir.Constant(kind, [kind.element(0.0)] * kind.count) if otherwise is None else otherwise
    return builder.call(function, [place, I32(BITS[dtype] // 8), mask, rest])


def masked_store(builder: Any, value: Any, place: Any, mask: Any, dtype: Any) -> None:
    """Write the lanes that `mask` names, and no others."""
    name = f"llvm.masked.store.{suffix(value.type, dtype)}.p0"
    function = llvm_function(builder, name, ir.VoidType(), [value.type, place.type, I32, mask.type])
    builder.call(function, [value, place, I32(BITS[dtype] // 8), mask])


def store_in_parts(builder: Any, value: Any, place: Any, count: Any, dtype: Any) -> None:
    """Write the first `count` lanes of a vector, of 1 to all, without a mask: in parts of 8, 4, 2, 1, by its bits."""
    room = cgutils.alloca_once(builder, value.type)
    builder.store(value, room)
    whole, one, size = value.type.count, value.type.element.as_pointer(), value.type.count
    while size:
        with builder.if_then(builder.icmp_signed("!=", builder.and_(count, I64(size)), I64(0))):
            before = builder.and_(count, I64(2 * whole - 2 * size))  # lanes in larger parts
            here, there = (
                builder.bitcast(
                    builder.gep(builder.bitcast(at, one), [before]),
                    ir.VectorType(value.type.element, size).as_pointer(),
                )
                for at in (room, place)
            )
            builder.store(builder.load(here, align=BITS[dtype] // 8), there, align=BITS[dtype] // 8)
        size //= 2


@intrinsic
def load_first(typingctx: Any, pointer: Any, index: Any, count: Any, otherwise: Any) -> Any:
    """The first `count` lanes of the vector at ``pointer[index]``; the others are as in `otherwise`."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _at(builder, args[0], args[1], vector_type(pointer.dtype))
        return masked_load(builder, place, first_lanes(builder, args[2], pointer.dtype), pointer.dtype, args[3])

    return Lanes(pointer.dtype)(pointer, types.int64, types.int64, Lanes(pointer.dtype)), emit


@intrinsic
def store_first(typingctx: Any, pointer: Any, index: Any, count: Any, value: Any) -> Any:
    """Write the first `count` lanes of a vector to ``pointer[index]`` and what follows."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _at(builder, args[0], args[1], vector_type(pointer.dtype))
        masked_store(builder, args[3], place, first_lanes(builder, args[2], pointer.dtype), pointer.dtype)
        return context.get_dummy_value()

    return types.void(pointer, types.int64, types.int64, value), emit


@intrinsic
def only_first(typingctx: Any, value: Any, count: Any, otherwise: Any) -> Any:
    """`value` in the first `count` lanes, `otherwise` in the rest."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(first_lanes(builder, args[1], value.dtype), args[0], args[2])

    return value(value, types.int64, otherwise), emit
