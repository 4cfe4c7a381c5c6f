"""The table of microkernels: which ones there are, where each lies, and how it is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from clearprop.engines.compiled.compiler.machine import n_tiles, vector_bytes
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import Numbers, Wholes
from clearprop.engines.compiled.kernels.microkernels import ROWS, TALL, VECTORS, Kind, microkernel
from clearprop.engines.compiled.kernels.vectors import I64

FEWEST_COPYING = (3 * ROWS + 1) // 4  # rows of a tile where more than three share a panel
# With AVX-512 a masked load or store costs no more than a plain one; elsewhere whole tiles get a kernel of their own.
MASKED_IS_FREE = vector_bytes() == 64


def _families() -> Iterator[tuple[bool, Kind, int, int]]:
    """Every microkernel, in the order of the table: (by columns, kind, vectors, rows)."""
    for by_columns in (False, True):
        for kind in Kind:
            for vectors in range(1, VECTORS + 1):
                for rows in range(1, ROWS + 1):
                    yield by_columns, kind, vectors, rows
            yield by_columns, kind, 1, TALL


def _is_needed(kind: Kind, vectors: int, rows: int) -> bool:
    if kind == Kind.COPYING:
        return vectors == VECTORS and rows >= FEWEST_COPYING
    return not (kind == Kind.WHOLE and MASKED_IS_FREE)


_FAMILY = n_tiles() // 2  # from one family to the next in the table
_KIND = _FAMILY // len(Kind)  # from one kind to the next in a family; the tall tile is the last of its kind
_WHOLE, _COPYING = Kind.WHOLE * _KIND, Kind.COPYING * _KIND  # from a family's beginning on


@intrinsic
def _write_table(typingctx: Any, like: Any, table: Any) -> Any:
    """Write the addresses of all microkernels for the type of `like` into `table`."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        for n, (by_columns, kind, vectors, rows) in enumerate(_families()):
            if _is_needed(kind, vectors, rows):
                name = f"clearprop_tile_{'columns' if by_columns else 'rows'}_{kind.name}_{rows}_{vectors}"
                function = microkernel(builder.module, name, args[0].type, like.dtype, rows, vectors, by_columns, kind)
                builder.store(builder.ptrtoint(function, I64), builder.gep(args[1], [I64(n)]))
        return context.get_dummy_value()

    return types.void(like, table), emit


@njit
def fill_table(like: Numbers, table: Wholes) -> None:
    """Write the addresses of all microkernels for the type of the pointer `like` into `table`, a pointer to int64."""
    _write_table(like, table)


def _emit_call(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in args[1:]])
    builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
    return context.get_dummy_value()


@intrinsic
def call_tile(
    typingctx: Any, address: Any, a: Any, a_stride: Any, b: Any, b_stride: Any, c: Any, c_stride: Any, start: Any,
    start_stride: Any, depth: Any, columns: Any, ahead: Any, ahead_stride: Any,
) -> Any:  # fmt: skip
    """Call the microkernel at an address; with each p, the line p strides from `ahead` on is prefetched."""
    n = types.int64
    return types.void(n, a, n, a, n, a, n, a, n, n, n, a, n), _emit_call


@intrinsic
def call_copying_tile(
    typingctx: Any, address: Any, a: Any, a_stride: Any, b: Any, b_stride: Any, c: Any, c_stride: Any, start: Any,
    start_stride: Any, depth: Any, later: Any, later_stride: Any, kept: Any, later_rows: Any, period: Any,
) -> Any:  # fmt: skip
    """Call a copying microkernel, which copies `later_rows` rows from `later` to `kept`, some every `period` p's."""
    n = types.int64
    return types.void(n, a, n, a, n, a, n, a, n, n, a, n, a, n, n), _emit_call


@njit(error_model="numpy")
def tile_address(tiles, by_columns, rows, columns, lanes):
    """The microkernel for a tile of `rows` × `columns`, out of the table at `tiles`."""
    vectors = (columns + lanes - 1) // lanes
    place = _KIND - 1 if rows > ROWS else (vectors - 1) * ROWS + rows - 1
    if by_columns:
        place += _FAMILY
    if not MASKED_IS_FREE and columns == vectors * lanes:
        place += _WHOLE
    return tiles[place]


@njit(error_model="numpy")
def copying_tile_address(tiles, by_columns, rows):
    """The copying microkernel for a tile of `rows`, at least `FEWEST_COPYING`, and a whole panel."""
    place = _COPYING + (VECTORS - 1) * ROWS + rows - 1
    return tiles[place + _FAMILY if by_columns else place]
