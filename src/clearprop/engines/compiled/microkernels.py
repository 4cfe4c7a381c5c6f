"""Microkernels: a tile of a matrix product, held in registers from its first product to its last.

c[i, j] = start[i, j] + Σₚ a(i, p) · b[p, j] for up to `tile().rows` rows i and `tile().vectors` vectors of columns j.
For each p, the b's are loaded as vectors, each a(i, p) is loaded into all lanes, and they meet in a fused multiply-add;
nothing else happens in the loop. Every c[i, j] adds its products in the order of p, whatever the size of the tile: how
a product is cut into tiles does not change its result.

There are two families: by rows, where a's rows are contiguous (z = a·W), and by columns (∂C/∂W = aᵀδ).
LLVM is given the vectors ready-made; from plain loops it makes code of a third of the speed
(docs/decisions/0006-the-compiled-engine-writes-its-vectors-down.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from clearprop.engines.compiled.machine import n_tiles, tile, vector_bytes
from clearprop.engines.compiled.vectors import (
    BITS,
    I64,
    emit_prefetch,
    first_lanes,
    llvm_function,
    masked_load,
    masked_store,
    spread,
    suffix,
    vector_type,
    width,
)

ROWS, VECTORS = tile()
ROWS_PER_POINTER = 3  # rows reached from one pointer as +0, +1 and +2 strides: keeps all addresses in registers
# With AVX-512 a masked load or store costs no more than a plain one; elsewhere whole tiles get a kernel of their own.
MASKED_IS_FREE = vector_bytes() == 64


class _Emitter:
    """Writes the LLVM code of one microkernel."""

    def __init__(self, builder: Any, dtype: Any, rows: int, vectors: int, whole: bool, columns: Any) -> None:
        self.builder, self.dtype, self.rows, self.vectors = builder, dtype, rows, vectors
        self.kind, self.lanes = vector_type(dtype), width(dtype)
        self.fma = llvm_function(builder, f"llvm.fmuladd.{suffix(self.kind, dtype)}", self.kind, [self.kind] * 3)
        beyond = builder.sub(columns, I64((vectors - 1) * self.lanes))
        self.mask = None if whole else first_lanes(builder, beyond, dtype)
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
            masked_store(self.builder, value, place, self.mask, self.dtype)
        else:
            self.builder.store(value, place, align=BITS[self.dtype] // 8)

    def begin(self, start: Any, stride: Any) -> None:
        """The sums as `start` has them."""
        for i, row in enumerate(self.sums):
            place = self.builder.gep(start, [self.builder.mul(I64(i), stride)])
            for j, total in enumerate(row):
                self.builder.store(self.load(place, j), total)

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

    def loop(
        self, by_columns: bool, a: Any, stride: Any, b: Any, b_stride: Any, ahead: Any, ahead_stride: Any, depth: Any
    ) -> None:
        """All p. Pointers are moved on, not computed from p: one addition each instead of a multiplication."""
        builder = self.builder
        group = self.rows if by_columns else ROWS_PER_POINTER
        strides = [None, stride, builder.mul(stride, I64(2))]
        firsts = [builder.gep(a, [builder.mul(stride, I64(i))]) for i in range(0, self.rows, group)]
        places = [cgutils.alloca_once_value(builder, first) for first in firsts]
        b_place = cgutils.alloca_once_value(builder, b)
        ahead_place = cgutils.alloca_once_value(builder, ahead)
        with cgutils.for_range(builder, depth):
            now = [builder.load(place) for place in places]
            if by_columns:
                numbers = [builder.gep(now[0], [I64(i)]) for i in range(self.rows)]
            else:
                numbers = [
                    builder.gep(now[i // group], [strides[i % group]]) if i % group else now[i // group]
                    for i in range(self.rows)
                ]
            b_now = builder.load(b_place)
            self.multiply(numbers, b_now)
            ahead_now = builder.load(ahead_place)
            emit_prefetch(builder, ahead_now, 2)
            if by_columns:  # what the tiles below need of this row of a, further on than a line ends
                emit_prefetch(builder, builder.gep(now[0], [I64(2 * self.lanes)]), 2)
            builder.store(builder.gep(ahead_now, [ahead_stride]), ahead_place)
            for place, pointer in zip(places, now, strict=True):
                builder.store(builder.gep(pointer, [stride if by_columns else I64(1)]), place)
            builder.store(builder.gep(b_now, [b_stride]), b_place)
            last = builder.basic_block
        _keep_rolled(builder.module, last.terminator)


def _keep_rolled(module: Any, jump: Any) -> None:
    """Tell LLVM not to unroll the loop that a jump closes: with two rounds in one, registers run out."""
    rolled = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    loop = module.add_metadata([ir.MetaDataString(module, jump.function.name), rolled])
    loop.operands = (loop, rolled)  # what names a loop is a node whose first operand is itself
    jump.set_metadata("llvm.loop", loop)


def _families() -> Iterator[tuple[bool, bool, int, int]]:
    """Every microkernel, in the order of the table: (by columns, whole vectors only, vectors, rows)."""
    for by_columns in (False, True):
        for whole in (False, True):
            for vectors in range(1, VECTORS + 1):
                for rows in range(1, ROWS + 1):
                    yield by_columns, whole, vectors, rows


_FAMILY, _WHOLE = n_tiles() // 2, n_tiles() // 4  # from one family to the next in the table


@intrinsic
def fill_table(typingctx: Any, like: Any, table: Any) -> Any:
    """Write the addresses of all microkernels for the type of `like` into `table`, a pointer to int64."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        for n, (by_columns, whole, vectors, rows) in enumerate(_families()):
            if whole and MASKED_IS_FREE:
                continue
            name = f"clearprop_tile_{'columns' if by_columns else 'rows'}_{rows}_{vectors}_{whole:d}"
            function = _microkernel(builder.module, name, args[0].type, like.dtype, rows, vectors, by_columns, whole)
            builder.store(builder.ptrtoint(function, I64), builder.gep(args[1], [I64(n)]))
        return context.get_dummy_value()

    return types.void(like, table), emit


def _microkernel(
    module: Any, name: str, pointer: Any, dtype: Any, rows: int, vectors: int, by_columns: bool, whole: bool
) -> Any:
    """A function of `module`: the microkernel for a tile of this many rows and vectors."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [*[pointer, I64] * 5, I64, I64]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    a, a_stride, b, b_stride, c, c_stride, start, start_stride, ahead, ahead_stride, depth, columns = function.args
    emitter = _Emitter(builder, dtype, rows, vectors, whole, columns)
    emitter.begin(start, start_stride)
    emitter.loop(by_columns, a, a_stride, b, b_stride, ahead, ahead_stride, depth)
    emitter.end(c, c_stride)
    builder.ret_void()
    return function


@intrinsic
def call_tile(
    typingctx: Any, address: Any, a: Any, a_stride: Any, b: Any, b_stride: Any, c: Any, c_stride: Any, start: Any,
    start_stride: Any, ahead: Any, ahead_stride: Any, depth: Any, columns: Any,
) -> Any:  # fmt: skip
    """Call the microkernel at an address."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    n = types.int64
    return types.void(n, a, n, a, n, a, n, a, n, a, n, n, n), emit


@njit(error_model="numpy")
def tile_address(tiles, by_columns, rows, columns, lanes):
    """The microkernel for a tile of `rows` × `columns`, out of the table at `tiles`."""
    vectors = (columns + lanes - 1) // lanes
    place = (vectors - 1) * ROWS + rows - 1
    if by_columns:
        place += _FAMILY
    if not MASKED_IS_FREE and columns == vectors * lanes:
        place += _WHOLE
    return tiles[place]
