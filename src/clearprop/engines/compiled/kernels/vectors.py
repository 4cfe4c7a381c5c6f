"""SIMD vectors as numbers of compiled code: `Lanes`, and `Mask`, what comparing two of them gives.

A vector of one lane is a plain number. Straight-line code for tiny networks is made of these, so that the vocabulary's
functions are written once for both.

Numba's own loops are vectorised only if LLVM finds out that they can be, and their last few numbers are computed by
other instructions than the rest. Here the vector is written down: it has +, −, ×, ÷ and comparisons, is loaded and
stored through pointers, with a mask where less than a whole vector is left, and does the same to every number wherever
it lies. That is why a result does not depend on how work was cut up between threads.

How they are loaded and stored is in `vector_memory`.
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
from numba.extending import lower_builtin, models, register_model

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
