"""Microkernels: a tile of a matrix product, held in registers from its first product to its last.

c[i, j] = start[i, j] + Σₚ a(i, p) · b[p, j] for up to `tile().rows` rows i and `tile().vectors` vectors of columns j.
For each p, the b's are loaded as vectors, each a(i, p) is loaded into all lanes, and both go into a fused multiply-add;
nothing else happens in the loop. Every c[i, j] adds its products in the order of p, whatever the size of the tile: how
a product is cut into tiles does not change its result.

There are two families: by rows, where a's rows are contiguous (z = a·W), and by columns (∂C/∂W = aᵀδ). In both, tiles
of one vector also come as tall ones, and large tiles exist once more as tiles that copy some of the panel of b that
comes next while they compute (see `products`).
LLVM is given the vectors ready-made; from plain loops it makes code of a third of the speed
(docs/decisions/0006-the-compiled-engine-writes-its-vectors-down.md).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from clearprop.engines.compiled.compiler.machine import tile, vector_bytes
from clearprop.engines.compiled.kernels.layout import CACHE_LINE
from clearprop.engines.compiled.kernels.vector_memory import (
    emit_prefetch,
    first_lanes,
    masked_load,
    masked_store,
    store_in_parts,
)
from clearprop.engines.compiled.kernels.vectors import BITS, I64, llvm_function, spread, suffix, vector_type, width

ROWS, VECTORS = tile()
TALL = ROWS * VECTORS  # rows of a tile of one vector that uses as many registers
ROWS_AT_ONCE = 4  # of the next panel: each time costs the processor a wrong guess of where the loop ends
MASKS_ARE_QUICK = vector_bytes() == 64  # of AVX2 a store under a mask takes some processors twelve cycles
ROWS_PER_POINTER = 3  # rows reached from one pointer as +0, +1 and +2 strides: keeps all addresses in registers


class Kind(IntEnum):
    """What a tile is made for."""

    ANY = 0  # any number of columns, the last vector masked
    WHOLE = 1  # whole vectors only
    COPYING = 2  # a whole panel, and meanwhile some rows of the next


class _Emitter:
    """Writes the LLVM code of one microkernel; `columns` is None where all vectors are whole."""

    def __init__(self, builder: Any, dtype: Any, rows: int, vectors: int, columns: Any) -> None:
        self.builder, self.dtype, self.rows, self.vectors = builder, dtype, rows, vectors
        self.kind, self.lanes = vector_type(dtype), width(dtype)
        self.fma = llvm_function(builder, f"llvm.fmuladd.{suffix(self.kind, dtype)}", self.kind, [self.kind] * 3)
        self.mask = None
        if columns is not None:
            self.last = builder.sub(columns, I64((vectors - 1) * self.lanes))
            self.mask = first_lanes(builder, self.last, dtype)
        self.sums = [[cgutils.alloca_once(builder, self.kind) for _ in range(vectors)] for _ in range(rows)]

    def _place(self, row: Any, j: int) -> Any:
        return self.builder.bitcast(self.builder.gep(row, [I64(j * self.lanes)]), self.kind.as_pointer())

    def load(self, row: Any, j: int) -> Any:
        place = self._place(row, j)
        if self.mask is not None and j == self.vectors - 1:
            return masked_load(self.builder, place, self.mask, self.dtype)
        return self.builder.load(place, align=BITS[self.dtype] // 8)

    def store(self, value: Any, row: Any, j: int) -> None:
        place = self._place(row, j)
        if self.mask is not None and j == self.vectors - 1:
            if MASKS_ARE_QUICK:
                masked_store(self.builder, value, place, self.mask, self.dtype)
            else:
                store_in_parts(self.builder, value, place, self.last, self.dtype)
        else:
            self.builder.store(value, place, align=BITS[self.dtype] // 8)

    def begin(self, start: Any, stride: Any) -> None:
        """The sums as `start` has them."""
        for i, row in enumerate(self.sums):
            place = self.builder.gep(start, [self.builder.mul(I64(i), stride)])
            for j, total in enumerate(row):
                self.builder.store(self.load(place, j), total)

    def claim(self, c: Any, stride: Any) -> None:
        """Prefetch the lines of c: where its rows are 4 kB apart they would wait for each other at the end."""
        for i in range(self.rows):
            place = self.builder.gep(c, [self.builder.mul(I64(i), stride)])
            for j in range(0, self.vectors * self.lanes, CACHE_LINE * 8 // BITS[self.dtype]):
                emit_prefetch(self.builder, self.builder.gep(place, [I64(j)]), 3, to_write=True)

    def multiply(self, numbers: list[Any], b: Any) -> None:
        """One p: add a(i, p)·b[p, j] to every sum."""
        vectors = [self.load(b, j) for j in range(self.vectors)]
        for row, place in zip(self.sums, numbers, strict=True):
            number = spread(self.builder, self.builder.load(place), self.kind)
            for total, vector in zip(row, vectors, strict=True):
                self.builder.store(self.builder.call(self.fma, [number, vector, self.builder.load(total)]), total)

    def end(self, c: Any, stride: Any) -> None:
        for i, row in enumerate(self.sums):
            place = self.builder.gep(c, [self.builder.mul(I64(i), stride)])
            for j, total in enumerate(row):
                self.store(self.builder.load(total), place, j)

    def aim(
        self, by_columns: bool, a: Any, stride: Any, b: Any, b_stride: Any, ahead: Any = None, ahead_stride: Any = None
    ) -> None:
        """Where the first p's numbers are, how far it is to the next one's, and what is prefetched with each p.

        Pointers are moved on, not computed from p: one addition each instead of a multiplication.
        """
        builder = self.builder
        self.by_columns, self.stride, self.b_stride, self.ahead_stride = by_columns, stride, b_stride, ahead_stride
        self.group = self.rows if by_columns else ROWS_PER_POINTER
        self.strides = [None, stride, builder.mul(stride, I64(2))]
        firsts = [builder.gep(a, [builder.mul(stride, I64(i))]) for i in range(0, self.rows, self.group)]
        self.places = [cgutils.alloca_once_value(builder, first) for first in firsts]
        self.b_place = cgutils.alloca_once_value(builder, b)
        self.ahead_place = None if ahead is None else cgutils.alloca_once_value(builder, ahead)

    def loop(self, count: Any) -> None:
        """The next `count` p's."""
        builder, group = self.builder, self.group
        with cgutils.for_range(builder, count):
            now = [builder.load(place) for place in self.places]
            if self.by_columns:
                numbers = [builder.gep(now[0], [I64(i)]) for i in range(self.rows)]
            else:
                numbers = [
                    builder.gep(now[i // group], [self.strides[i % group]]) if i % group else now[i // group]
                    for i in range(self.rows)
                ]
            b_now = builder.load(self.b_place)
            self.multiply(numbers, b_now)
            if self.ahead_place is not None:
                ahead = builder.load(self.ahead_place)
                emit_prefetch(builder, ahead, 2)
                builder.store(builder.gep(ahead, [self.ahead_stride]), self.ahead_place)
            if self.by_columns:  # what the tiles below need of this row of a, further on than a line ends
                emit_prefetch(builder, builder.gep(now[0], [I64(2 * self.lanes)]), 2)
            for place, pointer in zip(self.places, now, strict=True):
                builder.store(builder.gep(pointer, [self.stride if self.by_columns else I64(1)]), place)
            builder.store(builder.gep(b_now, [self.b_stride]), self.b_place)
            last = builder.basic_block
        _keep_rolled(builder.module, last.terminator)

    def loop_in_turns(self, depth: Any, period: Any, meanwhile: Callable[[], None]) -> None:
        """All p, and `meanwhile()` before every `period` of them."""
        builder = self.builder
        left = cgutils.alloca_once_value(builder, depth)
        turn, end = builder.append_basic_block("turn"), builder.append_basic_block("end")
        builder.branch(turn)
        builder.position_at_end(turn)
        meanwhile()
        now = builder.load(left)
        count = builder.select(builder.icmp_signed("<", now, period), now, period)
        self.loop(count)
        builder.store(builder.sub(now, count), left)
        builder.cbranch(builder.icmp_signed(">", now, count), turn, end)
        builder.position_at_end(end)


class _NextPanel:
    """What a tile does for the next panel, now and then between rounds of its loop: some rows of it, while there are.

    They are copied, and those for the next time are prefetched. The units
    for multiply-adds have no part in this, so it costs next to nothing.
    """

    def __init__(self, builder: Any, dtype: Any, source: Any, stride: Any, target: Any, rows: Any) -> None:
        self.builder, self.kind, self.lanes, self.align = builder, vector_type(dtype), width(dtype), BITS[dtype] // 8
        self.stride = stride
        self.source, self.target, self.rows = (
            cgutils.alloca_once_value(builder, value) for value in (source, target, rows)
        )

    def copy_rows(self) -> None:
        """Up to `ROWS_AT_ONCE` rows."""
        builder, left, most = self.builder, self.builder.load(self.rows), I64(ROWS_AT_ONCE)
        rows = builder.select(builder.icmp_signed("<", left, most), left, most)
        with cgutils.for_range(builder, rows):
            source, target = builder.load(self.source), builder.load(self.target)
            soon = builder.gep(source, [builder.mul(self.stride, most)])
            for j in range(VECTORS):
                emit_prefetch(builder, builder.gep(soon, [I64(j * self.lanes)]), 3)
                here, there = (
                    builder.bitcast(builder.gep(place, [I64(j * self.lanes)]), self.kind.as_pointer())
                    for place in (source, target)
                )
                builder.store(builder.load(here, align=self.align), there, align=self.align)
            builder.store(builder.gep(source, [self.stride]), self.source)
            builder.store(builder.gep(target, [I64(VECTORS * self.lanes)]), self.target)
            last = builder.basic_block
        _keep_rolled(builder.module, last.terminator)
        builder.store(builder.sub(left, rows), self.rows)


def _keep_rolled(module: Any, jump: Any) -> None:
    """Tell LLVM not to unroll the loop that a jump closes: with two rounds in one, registers run out."""
    rolled = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    loop = module.add_metadata([ir.MetaDataString(module, jump.function.name), rolled])
    loop.operands = (loop, rolled)  # what names a loop is a node whose first operand is itself
    jump.set_metadata("llvm.loop", loop)


def microkernel(
    module: Any, name: str, pointer: Any, dtype: Any, rows: int, vectors: int, by_columns: bool, kind: Kind
) -> Any:
    """A function of `module`: the microkernel for a tile of this many rows and vectors."""
    own = [pointer, I64, pointer, I64, I64] if kind == Kind.COPYING else [I64, pointer, I64]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [*[pointer, I64] * 4, I64, *own]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    a, a_stride, b, b_stride, c, c_stride, start, start_stride, depth, *own = function.args
    emitter = _Emitter(builder, dtype, rows, vectors, own[0] if kind == Kind.ANY else None)
    emitter.begin(start, start_stride)
    if kind == Kind.COPYING:
        *panel, period = own
        emitter.claim(c, c_stride)
        emitter.aim(by_columns, a, a_stride, b, b_stride)
        emitter.loop_in_turns(depth, period, _NextPanel(builder, dtype, *panel).copy_rows)
    else:
        _, *ahead = own
        emitter.aim(by_columns, a, a_stride, b, b_stride, *ahead)
        emitter.loop(depth)
    emitter.end(c, c_stride)
    builder.ret_void()
    return function
