"""Functions of vectors that LLVM has instructions for: selection, multiply-add, roots, bits, sums across the lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.vectors import (
    FLOAT,
    I32,
    INTEGER,
    Lanes,
    llvm_function,
    spread,
    suffix,
    type_of,
)


@intrinsic
def select(typingctx: Any, mask: Any, if_true: Any, if_false: Any) -> Any:
    """Lane by lane `if_true` where `mask` holds, `if_false` elsewhere."""
    return if_true(mask, if_true, if_false), lambda context, builder, sig, args: builder.select(*args)


def _of_llvm(name: str, n_arguments: int, note: str) -> Any:
    """A function that LLVM knows for vectors."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        dtype, kind = sig.return_type.dtype, type_of(sig.return_type)
        function = llvm_function(builder, f"llvm.{name}.{suffix(kind, dtype)}", kind, [kind] * n_arguments)
        return builder.call(function, args)

    if n_arguments == 1:

        def typed(typingctx: Any, x: Any) -> Any:
            return x(x), emit
    elif n_arguments == 2:

        def typed(typingctx: Any, x: Any, y: Any) -> Any:
            return x(x, y), emit
    else:

        def typed(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
            return x(x, y, z), emit

    typed.__doc__, typed.__name__ = note, name
    return intrinsic(typed)


multiply_add = _of_llvm("fmuladd", 3, "x·y + z, rounded once where the processor can.")
square_root = _of_llvm("sqrt", 1, "√x, rounded correctly.")
absolute = _of_llvm("fabs", 1, "|x|.")
floor = _of_llvm("floor", 1, "⌊x⌋.")
# LLVM takes these apart and calls the C library for each lane: right everywhere, and slow.
sine_by_lane = _of_llvm("sin", 1, "sin x, lane by lane.")
cosine_by_lane = _of_llvm("cos", 1, "cos x, lane by lane.")
power = _of_llvm("pow", 2, "x^y, lane by lane.")
copysign = _of_llvm("copysign", 2, "|x| with the sign of y.")


@intrinsic
def bits(typingctx: Any, x: Any) -> Any:
    """The bits of floating numbers as integers of the same width."""
    result = Lanes(INTEGER[x.dtype], x.count)
    return result(x), lambda context, builder, sig, args: builder.bitcast(args[0], type_of(result))


@intrinsic
def from_bits(typingctx: Any, n: Any) -> Any:
    """Integers as the bits of floating numbers of the same width."""
    result = Lanes(FLOAT[n.dtype], n.count)
    return result(n), lambda context, builder, sig, args: builder.bitcast(args[0], type_of(result))


def _of_integers(name: str, note: str) -> Any:
    """An operation on the integers of a vector and one integer."""

    def typed(typingctx: Any, n: Any, number: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            scalar = context.cast(builder, args[1], sig.args[1], n.dtype)
            return getattr(builder, name)(args[0], spread(builder, scalar, type_of(n)))

        return n(n, number), emit

    typed.__doc__, typed.__name__ = note, name
    return intrinsic(typed)


plus_integer = _of_integers("add", "n + number.")
and_integer = _of_integers("and_", "n & number.")
or_integer = _of_integers("or_", "n | number.")
shift_left = _of_integers("shl", "n · 2^number.")
shift_right = _of_integers("ashr", "⌊n / 2^number⌋.")


@intrinsic
def plus_integers(typingctx: Any, n: Any, m: Any) -> Any:
    """n + m of two vectors of integers."""
    return n(n, m), lambda context, builder, sig, args: builder.add(*args)


@intrinsic
def minus_integers(typingctx: Any, n: Any, m: Any) -> Any:
    """n − m of two vectors of integers."""
    return n(n, m), lambda context, builder, sig, args: builder.sub(*args)


def _across(name: str, combine: Callable[..., Any], note: str) -> Any:
    """A reduction over the lanes, halves folded onto each other: always in the same order."""

    def typed(typingctx: Any, x: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            lanes, value = x.count, args[0]
            if lanes == 1:  # a plain number
                return value
            half = lanes // 2
            while half:
                moved = ir.Constant(ir.VectorType(I32, lanes), [I32((i + half) % lanes) for i in range(lanes)])
                value = combine(builder, value, builder.shuffle_vector(value, value, moved))
                half //= 2
            return builder.extract_element(value, I32(0))

        return x.dtype(x), emit

    typed.__doc__, typed.__name__ = note, name
    return intrinsic(typed)


sum_across = _across("sum_across", lambda builder, x, y: builder.fadd(x, y), "The sum of the lanes.")
max_across = _across(
    "max_across",
    # y where x is smaller or y is NaN: a NaN in any lane comes through
    lambda builder, x, y: builder.select(builder.fcmp_unordered("<", x, y), _or_nan(builder, x, y), x),
    "The largest lane, or NaN if there is one.",
)


def _or_nan(builder: Any, x: Any, y: Any) -> Any:
    """y, or x where x is NaN."""
    return builder.select(builder.fcmp_unordered("uno", x, x), x, y)
