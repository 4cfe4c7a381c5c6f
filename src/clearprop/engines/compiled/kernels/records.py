"""How compiled code reads and writes a `Block`: ``job.depth``, ``job.theta[i]``, ``job.layers[l].stride``.

A pointer to a block is a type of its own, which knows the block and the type of the job's numbers. An attribute is a
load at a position that is known when a kernel is compiled; an index is the block that many further on.
"""

from __future__ import annotations

import ctypes
import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global
from numba.extending import lower_builtin, lower_getattr_generic, lower_setattr_generic, models, register_model

from clearprop.engines.compiled.kernels.blocks import WORD, Block, Field, Kind, fields_of, position

I64 = ir.IntType(64)


class Record(types.Type):
    """The type of a pointer to a block of a job whose numbers are of `dtype`."""

    def __init__(self, block: type[Block], dtype: Any) -> None:
        self.block, self.dtype = block, dtype
        super().__init__(name=f"Record({block.__name__}, {dtype})")


@register_model(Record)
class RecordModel(models.PrimitiveModel):
    """A record is a pointer to words."""

    def __init__(self, manager: Any, kind: Record) -> None:
        super().__init__(manager, kind, I64.as_pointer())


def type_of(field: Field, dtype: Any) -> Any:
    """The type that an attribute has in compiled code."""
    if field.kind in (Kind.TABLE, Kind.INSIDE):
        return Record(field.block, dtype)
    array = types.CPointer(dtype)
    return {
        Kind.WHOLE: types.int64, Kind.FUNCTION: types.int64, Kind.REAL: types.float64,
        Kind.NUMBERS: array if field.count == 1 else types.CPointer(array),
        Kind.WHOLES: types.CPointer(types.int64), Kind.SHARED: types.CPointer(types.int64),
        Kind.REALS: types.CPointer(types.float64),
    }[field.kind]  # fmt: skip


@infer_getattr
class RecordAttributes(AttributeTemplate):
    """The names of a block."""

    key = Record

    def generic_resolve(self, record: Record, name: str) -> Any:
        """The type of an attribute, or None."""
        field = fields_of(record.block).get(name)
        return None if field is None else type_of(field, record.dtype)


def _place(context: Any, builder: Any, record: Record, pointer: Any, name: str) -> Any:
    """Where a value is, and whether that place itself is what compiled code gets."""
    field = fields_of(record.block)[name]
    found = context.get_value_type(type_of(field, record.dtype))
    place = builder.gep(pointer, [I64(position(record.block, name))])
    if field.kind in (Kind.INSIDE, Kind.SHARED) or field.count > 1:
        return builder.bitcast(place, found), True
    return builder.bitcast(place, found.as_pointer()), False


@lower_getattr_generic(Record)
def _read(context: Any, builder: Any, record: Record, pointer: Any, name: str) -> Any:
    place, is_itself = _place(context, builder, record, pointer, name)
    return place if is_itself else builder.load(place)


@lower_setattr_generic(Record)
def _write(context: Any, builder: Any, sig: Any, args: Any, name: str) -> Any:
    pointer, value = args
    builder.store(value, _place(context, builder, sig.args[0], pointer, name)[0])


@infer_global(operator.getitem)
class NextRecord(AbstractTemplate):
    """``job.layers[l]``."""

    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], Record) and isinstance(args[1], types.Integer):
            return signature(args[0], args[0], types.int64)
        return None


@lower_builtin(operator.getitem, Record, types.Integer)
def _further_on(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    words = ctypes.sizeof(sig.args[0].block) // WORD
    return builder.gep(args[0], [builder.mul(args[1], I64(words))])
