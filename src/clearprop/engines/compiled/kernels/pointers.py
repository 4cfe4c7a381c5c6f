"""Pointers, atomic numbers and two calls of the operating system, for compiled code.

Kernels work as C does: on a pointer and an index. Numba's own `types.CPointer` can be read and written with ``p[i]``;
the rest is here.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

I64 = ir.IntType(64)


@intrinsic
def pointer(typingctx: Any, array: Any) -> Any:
    """Where the numbers of an array begin."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), emit


@intrinsic
def offset(typingctx: Any, place: Any, count: Any) -> Any:
    """The pointer `count` numbers further on."""
    return place(place, types.int64), lambda context, builder, sig, args: builder.gep(args[0], [args[1]])


@intrinsic
def null(typingctx: Any, like: Any) -> Any:
    """The pointer to nothing, of the type of `like`."""
    return like(like), lambda context, builder, sig, args: ir.Constant(args[0].type, None)


@intrinsic
def is_null(typingctx: Any, place: Any) -> Any:
    """Whether a pointer points to nothing."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.icmp_unsigned("==", builder.ptrtoint(args[0], I64), I64(0))

    return types.boolean(place), emit


@intrinsic
def copy_sixteen(typingctx: Any, source: Any, i: Any, target: Any, j: Any) -> Any:
    """Copy 16 bytes from ``source[i]`` on to ``target[j]`` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        sixteen = ir.VectorType(ir.IntType(32), 4).as_pointer()
        here, there = (builder.bitcast(builder.gep(place, [index]), sixteen) for place, index in (args[:2], args[2:]))
        builder.store(builder.load(here, align=4), there, align=4)
        return context.get_dummy_value()

    return types.void(source, types.int64, source, types.int64), emit


@intrinsic
def atomic_add(typingctx: Any, place: Any, number: Any) -> Any:
    """Add to an int64 that other threads use too; what it was before."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", args[0], args[1], "acq_rel")

    return types.int64(place, types.int64), emit


@intrinsic
def atomic_exchange(typingctx: Any, place: Any, number: Any) -> Any:
    """Write an int64 that other threads use too; what it was before."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.atomic_rmw("xchg", args[0], args[1], "acq_rel")

    return types.int64(place, types.int64), emit


@intrinsic
def atomic_replace(typingctx: Any, place: Any, old: Any, new: Any) -> Any:
    """Write `new` if an int64 that other threads use too is `old`; whether it was."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_value(builder.cmpxchg(*args, "acq_rel", "acquire"), 1)

    return types.boolean(place, types.int64, types.int64), emit


@intrinsic
def atomic_load(typingctx: Any, place: Any) -> Any:
    """An int64 as another thread may just have written it."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load_atomic(args[0], "acquire", 8)

    return types.int64(place), emit


@intrinsic
def atomic_store(typingctx: Any, place: Any, number: Any) -> Any:
    """Write an int64 that other threads read, after all that was written before."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store_atomic(args[1], args[0], "release", 8)
        return context.get_dummy_value()

    return types.void(place, types.int64), emit


@intrinsic
def give_way(typingctx: Any, address: Any) -> Any:
    """Give the core to another thread: calls the operating system's function at an address, which takes nothing."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), [])

    return types.int32(types.int64), emit


@intrinsic
def nanoseconds(typingctx: Any, address: Any, clock: Any) -> Any:
    """What a clock of the operating system shows: `clock_gettime` is at an address."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        room = cgutils.alloca_once(builder, I64, size=I64(2))
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32), room.type])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [builder.trunc(args[1], ir.IntType(32)), room])
        seconds, rest = builder.load(room), builder.load(builder.gep(room, [I64(1)]))
        return builder.add(builder.mul(seconds, I64(10**9)), rest)

    return types.int64(types.int64, types.int64), emit
