"""Matrix products out of tiles: the three that back-propagation needs, so that their operands stay in caches.

- `product`: c = start + a·b for the forward pass, and start + aᵀ·b for BP4. Up to four columns: `narrow_products`.
- `times_transposed`: c = a·bᵀ for BP2; panels of bᵀ are made as they are needed.

A *panel* is as many columns of b as a tile is wide. Where the rows of b are so far apart that going down a column costs
a page of memory each time, panels are copied together: the first one beforehand, each other one by the tiles that use
the panel before it. Long sums are cut into pieces that fit the caches; they follow each other in order, so the result
is the same.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from clearprop.engines.compiled.compiler.machine import vector_bytes
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import Numbers, Wholes
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import CACHE_LINE, DEPTH_AT_ONCE, FAR_APART
from clearprop.engines.compiled.kernels.microkernel_table import (
    call_copying_tile,
    call_tile,
    copying_tile_address,
    tile_address,
)
from clearprop.engines.compiled.kernels.microkernels import ROWS, ROWS_AT_ONCE, TALL, VECTORS
from clearprop.engines.compiled.kernels.narrow_products import is_narrow, narrow_product
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.vector_memory import first_lanes, load, load_first, masked_load, splat, store
from clearprop.engines.compiled.kernels.vectors import BITS, I32, I64, vector_type, width

VECTOR_BYTES = vector_bytes()
CACHE_PART, CACHE_WAYS = 4096, 8  # a first-level cache keeps so many lines of the same place in a page; newer ones 12


@intrinsic
def transpose_tile(
    typingctx: Any, source: Any, source_stride: Any, rows: Any, columns: Any, target: Any, stride: Any
) -> Any:
    """target[p, i] = source[i, p] for a square of lanes × lanes, of which `rows` × `columns` are there (others: 0)."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        dtype = sig.args[0].dtype
        source, source_stride, rows, columns, target, stride = args
        lanes, kind = width(dtype), vector_type(dtype)
        inside = first_lanes(builder, columns, dtype)
        nothing = ir.Constant(inside.type, [ir.IntType(1)(0)] * lanes)
        vectors = []
        for i in range(lanes):
            mask = builder.select(builder.icmp_signed("<", I64(i), rows), inside, nothing)
            place = builder.gep(source, [builder.mul(source_stride, I64(i))])
            vectors.append(masked_load(builder, builder.bitcast(place, kind.as_pointer()), mask, dtype))
        step = lanes // 2
        while step:  # exchange the off-diagonal squares of size `step` of each square of twice that size
            low = [i + lanes - step if i & step else i for i in range(lanes)]
            high = [i + lanes if i & step else i + step for i in range(lanes)]
            for i in range(lanes):
                if not i & step:
                    pair = vectors[i], vectors[i + step]
                    vectors[i], vectors[i + step] = (
                        builder.shuffle_vector(*pair, ir.Constant(ir.VectorType(I32, lanes), [I32(n) for n in order]))
                        for order in (low, high)
                    )
            step //= 2
        for p in range(lanes):
            with builder.if_then(builder.icmp_signed("<", I64(p), columns)):
                place = builder.gep(target, [builder.mul(stride, I64(p))])
                builder.store(vectors[p], builder.bitcast(place, kind.as_pointer()), align=BITS[dtype] // 8)
        return context.get_dummy_value()

    number = types.int64
    return types.void(source, number, number, number, source, number), emit


@njit(error_model="numpy")
def copy_panel(b, b_stride, depth, columns, panel):
    """Copy `columns` columns of b together, each row filled up to the width of a tile."""
    lanes = n_lanes(b)
    for p in range(depth):
        for v in range(VECTORS):
            left = columns - v * lanes
            if left >= lanes:
                store(panel, (p * VECTORS + v) * lanes, load(b, p * b_stride + v * lanes))
            elif left > 0:
                store(
                    panel,
                    (p * VECTORS + v) * lanes,
                    load_first(b, p * b_stride + v * lanes, left, splat(b, 0.0)),
                )


@njit(error_model="numpy")
def transpose_panel(b, b_stride, depth, columns, panel):
    """Put `columns` rows of b side by side as the columns of a panel."""
    lanes = n_lanes(b)
    wide = VECTORS * lanes
    for p in range(0, depth, lanes):
        for j in range(0, columns, lanes):
            transpose_tile(
                offset(b, j * b_stride + p), b_stride, columns - j, depth - p, offset(panel, p * wide + j), wide
            )


@njit(error_model="numpy")
def _tile_rows(rows):
    """Into how many tiles the rows are cut."""
    return (rows + ROWS - 1) // ROWS


@njit(error_model="numpy")
def _column_of_tiles(
    tiles, by_columns, a, a_stride, b, b_stride, c, c_stride, start, start_stride, ahead, ahead_stride, rows, depth,
    columns,
):  # fmt: skip
    """The tiles below each other that share a panel of b: all rows of c, `columns` columns.

    They are tall as long as the rows suffice if the panel is one vector wide. The first ones, one for each vector of a
    panel's width, have the panel at `ahead` brought nearer meanwhile.
    """
    tall = rows // TALL if columns <= n_lanes(b) else 0
    count = tall + _tile_rows(rows - tall * TALL)
    i = 0
    for t in range(count):
        high = TALL if t < tall else (rows - i + count - t - 1) // (count - t)
        soon, soon_stride = offset(b, 0), 0
        if t < VECTORS:
            soon, soon_stride = offset(ahead, t * n_lanes(b)), ahead_stride
        call_tile(
            tile_address(tiles, by_columns, high, columns, n_lanes(b)), offset(a, i if by_columns else i * a_stride),
            a_stride, b, b_stride, offset(c, i * c_stride), c_stride, offset(start, i * start_stride), start_stride,
            depth, columns, soon, soon_stride,
        )  # fmt: skip
        i += high


@njit(error_model="numpy")
def _copying_column_of_tiles(
    tiles, by_columns, a, a_stride, b, b_stride, c, c_stride, start, start_stride, later, later_stride, kept, rows,
    depth,
):  # fmt: skip
    """The same for a panel as wide as tiles are; meanwhile the next one is copied from `later` to `kept`.

    Each tile copies as many rows as it takes so that the last one has the last of them.
    """
    count = _tile_rows(rows)
    i = done = 0
    for t in range(count):
        high = (rows - i + count - t - 1) // (count - t)
        at_once = ROWS_AT_ONCE * (count - t)
        times = (depth - done + at_once - 1) // at_once
        part = min(times * ROWS_AT_ONCE, depth - done)
        call_copying_tile(
            copying_tile_address(tiles, by_columns, high), offset(a, i if by_columns else i * a_stride), a_stride, b,
            b_stride, offset(c, i * c_stride), c_stride, offset(start, i * start_stride), start_stride, depth,
            offset(later, done * later_stride), later_stride, offset(kept, done * VECTORS * n_lanes(b)), part,
            depth // max(times, 1),
        )  # fmt: skip
        i += high
        done += part


@njit(error_model="numpy")
def _is_worth_copying(b, b_stride, rows):
    """Whether rows of b are far apart, and enough tiles share a panel."""
    return b_stride * VECTOR_BYTES >= FAR_APART * n_lanes(b) and rows > 3 * ROWS


@njit(error_model="numpy")
def _rows_kept(b, b_stride):
    """How many rows of a panel of b the first-level cache keeps as they lie.

    The lines of rows that are a power of two apart share a part of it: of rows 512 bytes apart an eighth.
    """
    stride = b_stride * VECTOR_BYTES // n_lanes(b)
    places = CACHE_PART // min(max(stride & -stride, CACHE_LINE), CACHE_PART)
    return CACHE_WAYS * places // max(1, VECTORS * VECTOR_BYTES // CACHE_LINE)


@njit(error_model="numpy")
def product(
    tiles: Wholes, by_columns: int, a: Numbers, a_stride: int, b: Numbers, b_stride: int, c: Numbers,
    c_stride: int, start: Numbers, start_stride: int, rows: int, depth: int, columns: int, panel: Numbers,
) -> None:  # fmt: skip
    """c = start + a·b, or start + aᵀ·b if `by_columns`. `start` is a bias or zeros (stride 0), or c itself."""
    wide = VECTORS * n_lanes(b)
    if not by_columns and start_stride == 0 and is_narrow(a, rows, depth, columns, 2 * DEPTH_AT_ONCE * wide):
        narrow_product(a, a_stride, b, b_stride, c, c_stride, start, rows, depth, columns, panel)
        return
    copies = rows > 3 * ROWS and depth > _rows_kept(b, b_stride)
    mine, other = panel, offset(panel, DEPTH_AT_ONCE * wide)
    for first in range(0, depth, DEPTH_AT_ONCE):
        deep = min(DEPTH_AT_ONCE, depth - first)
        a_here = offset(a, first * a_stride if by_columns else first)
        is_ready = False
        for j in range(0, columns, wide):
            here = min(wide, columns - j)
            b_here, b_step = offset(b, first * b_stride + j), b_stride
            if copies:
                if not is_ready:
                    copy_panel(b_here, b_stride, deep, here, mine)
                b_here, b_step = mine, wide
            place = offset(c, j)
            begin, begin_stride = offset(start, j), start_stride
            if first > 0:
                begin, begin_stride = place, c_stride
            later = offset(b, first * b_stride + (j + wide if j + wide < columns else j))
            is_ready = copies and j + 2 * wide <= columns  # one that is not whole is filled up with zeros when it comes
            if is_ready:
                _copying_column_of_tiles(
                    tiles, by_columns, a_here, a_stride, b_here, b_step, place, c_stride, begin, begin_stride, later,
                    b_stride, other, rows, deep,
                )  # fmt: skip
                mine, other = other, mine
            else:
                _column_of_tiles(
                    tiles, by_columns, a_here, a_stride, b_here, b_step, place, c_stride, begin, begin_stride, later,
                    b_stride, rows, deep, here,
                )  # fmt: skip


@njit(error_model="numpy")
def times_transposed(
    tiles: Wholes, a: Numbers, a_stride: int, b: Numbers, b_stride: int, c: Numbers, c_stride: int,
    zeros: Numbers, rows: int, depth: int, columns: int, panel: Numbers,
) -> None:  # fmt: skip
    """c = a·bᵀ for b of shape (columns, depth)."""
    wide = VECTORS * n_lanes(b)
    for first in range(0, depth, DEPTH_AT_ONCE):
        deep = min(DEPTH_AT_ONCE, depth - first)
        for j in range(0, columns, wide):
            here = min(wide, columns - j)
            b_here = offset(b, j)
            if b_stride > 1:  # a matrix of one column is a row already
                transpose_panel(offset(b, j * b_stride + first), b_stride, deep, here, panel)
                b_here = panel
            place = offset(c, j)
            begin, begin_stride = zeros, 0
            if first > 0:
                begin, begin_stride = place, c_stride
            if deep == b_stride and j + 2 * wide <= columns and _is_worth_copying(b, b_stride, rows):
                # the next rows of b are copied as they lie, only to have them near when they are transposed
                _copying_column_of_tiles(
                    tiles, False, offset(a, first), a_stride, b_here, wide, place, c_stride, begin, begin_stride,
                    offset(b, (j + wide) * b_stride), wide, offset(panel, DEPTH_AT_ONCE * wide), rows, deep,
                )  # fmt: skip
            else:
                _column_of_tiles(
                    tiles, False, offset(a, first), a_stride, b_here, wide, place, c_stride, begin, begin_stride,
                    b_here, 0, rows, deep, here,
                )  # fmt: skip
