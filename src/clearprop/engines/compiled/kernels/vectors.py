"""SIMD vectors as numbers of compiled code: `Lanes`, and `Mask`, what comparing two of them gives.

A vector of one lane is a plain number. Straight-line code for tiny networks is made of these, so that the vocabulary's
functions are written once for both.

Numba's own loops are vectorised only if LLVM finds out that they can be, and their last few numbers are computed by
other instructions than the rest. Here the vector is written down: it has +, −, ×, ÷ and comparisons, is loaded and
stored through pointers, with a mask where less than a whole vector is left, and does the same to every number wherever
it lies. That is why a result does not depend on how work was cut up between threads.

`load`, `store`, … are functions for compiled code only.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, lower_builtin, models, register_model

from clearprop.engines.compiled.compiler.machine import vector_bytes

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
BITS = {types.float32: 32, types.float64: 64, types.int32: 32, types.int64: 64}
INTEGER = {types.float32: types.int32, types.float64: types.int64}
FLOAT = {types.int32: types.float32, types.int64: types.float64}


class Lanes(types.Type):
    """The type of a vector of `count` numbers of `dtype`, by default as many as a register holds."""

    def __init__(self, dtype: Any, count: int | None = None) -> None:
        self.dtype, self.count = dtype, width(dtype) if count is None else count
        super().__init__(name=f"Lanes({dtype}, {self.count})")


class Mask(types.Type):
    """The type of one bit for each lane of a vector of `count` numbers of `dtype`."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype, self.count = dtype, count
        super().__init__(name=f"Mask({dtype}, {count})")


def width(dtype: Any) -> int:
    """How many numbers of this type a vector holds."""
    return vector_bytes() * 8 // BITS[dtype]


def vector_type(dtype: Any, count: int | None = None) -> Any:
    """The LLVM type of a vector, by default of a whole register; of one lane it is that of a number."""
    scalar = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.int32: I32, types.int64: I64}[dtype]
    return scalar if count == 1 else ir.VectorType(scalar, width(dtype) if count is None else count)


def type_of(lanes: Lanes) -> Any:
    """The LLVM type of these lanes."""
    return vector_type(lanes.dtype, lanes.count)


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """Lanes are a vector of LLVM."""

    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, type_of(kind))


@register_model(Mask)
class MaskModel(models.PrimitiveModel):
    """A mask is a vector of bits of LLVM."""

    def __init__(self, manager: Any, kind: Mask) -> None:
        super().__init__(manager, kind, I1 if kind.count == 1 else ir.VectorType(I1, kind.count))


def spread(builder: Any, scalar: Any, kind: Any) -> Any:
    """A vector with the same number in every lane."""
    if not isinstance(kind, ir.VectorType):
        return scalar
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, kind.count), [I32(0)] * kind.count))


def llvm_function(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """A function of LLVM, such as ``llvm.masked.load.v16f32.p0``."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)


def suffix(kind: Any, dtype: Any) -> str:
    """How LLVM names a vector type: v16f32; f32 for one lane."""
    return (
        f"{f'v{kind.count}' if isinstance(kind, ir.VectorType) else ''}{'f' if dtype in INTEGER else 'i'}{BITS[dtype]}"
    )


# --- operators ------------------------------------------------------------------------------------------------------

ARITHMETIC: dict[Any, str] = {
    operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv",
}  # fmt: skip
COMPARISONS: dict[Any, str] = {operator.lt: "<", operator.le: "<=", operator.eq: "=="}


def _register_operator(function: Callable[..., Any], result: Callable[[Any], Any], emit: Callable[..., Any]) -> None:
    """Let compiled code apply `function` to two vectors of the same type."""

    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and args[0] == args[1] and isinstance(args[0], Lanes):
                return signature(result(args[0]), *args)
            return None

    @lower_builtin(function, Lanes, Lanes)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return emit(builder, *args)


for _function, _name in ARITHMETIC.items():
    _register_operator(
        _function, lambda kind: kind, lambda builder, x, y, name=_name: getattr(builder, name)(x, y, flags=())
    )
for _function, _name in COMPARISONS.items():
    _register_operator(
        _function,
        lambda kind: Mask(kind.dtype, kind.count),
        lambda builder, x, y, name=_name: builder.fcmp_ordered(name, x, y),
    )


@infer_global(operator.neg)
class Negative(AbstractTemplate):
    """−x."""

    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], *args) if isinstance(args[0], Lanes) else None


@lower_builtin(operator.neg, Lanes)
def _negative(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.fneg(args[0])


# --- from and to memory ---------------------------------------------------------------------------------------------


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
        place = _at(builder, args[0], args[1], vector_type(pointer.dtype))
        builder.store(args[2], place, align=BITS[pointer.dtype] // 8)
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
