"""Calls between kernels that are compiled apart: through an address, with arguments that are told by name.

What a kernel takes stands in one place, the annotations of its function: `types_of` makes of them the types that it is
compiled for, `arguments_of` a named tuple, with which another kernel calls it.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.layout import FORMULA_ARRAYS, Job, Mailbox
from clearprop.engines.compiled.kernels.records import Record

# What annotations of kernels say beside int, float, Job and Mailbox.
Numbers = Wholes = Word = Any  # pointers to numbers of the job's type and to int64; a uint64


def plain(function: Any) -> Any:
    """The Python function that a kernel is made from."""
    return getattr(function, "py_func", function)


def types_of(function: Any, dtype: Any = types.float64) -> Any:
    """The signature of a function, from its annotations, for a job whose numbers are of `dtype`."""
    whole = types.int64
    known = {
        "int": whole, "float": types.float64, "None": types.void, "Word": types.uint64,
        "Wholes": types.CPointer(whole), "Numbers": types.CPointer(dtype),
        "Job": Record(Job, dtype), "Mailbox": Record(Mailbox, dtype),
    }  # fmt: skip
    declared = inspect.signature(plain(function))
    arguments = [known[parameter.annotation] for parameter in declared.parameters.values()]
    return known[declared.return_annotation](*arguments)


def arguments_of(function: Any) -> Any:
    """A named tuple of what a function takes, for `call_kernel`."""
    return namedtuple(f"{plain(function).__name__}_arguments", inspect.signature(plain(function)).parameters)


@intrinsic
def call_kernel(typingctx: Any, address: Any, arguments: Any) -> Any:
    """Call the kernel at an address with a tuple of arguments (`arguments_of`)."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = cgutils.unpack_tuple(builder, args[1], len(arguments))
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), emit


@intrinsic
def call_formula(typingctx: Any, address: Any, arrays: Any, rows: Any, width: Any, uniforms: Any) -> Any:
    """Call the kernel of a formula with a tuple of arrays, their rows and width, and its uniforms; it returns a sum.

    A formula's kernel takes `FORMULA_ARRAYS` arrays: pointers to nothing follow those that are given.
    """
    array = arrays.types[0]

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, given, *rest = args
        values = cgutils.unpack_tuple(builder, given, len(arrays))
        values += [ir.Constant(values[0].type, None)] * (FORMULA_ARRAYS - len(values)) + rest
        kind = ir.FunctionType(ir.DoubleType(), [value.type for value in values])
        return builder.call(builder.inttoptr(address, kind.as_pointer()), values)

    return types.float64(types.int64, arrays, types.int64, types.int64, array), emit
