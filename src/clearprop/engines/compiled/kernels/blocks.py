"""C structures whose values have name, kind, count and meaning in one place, for the host and for kernels.

The host writes a block as attributes; compiled code reads the same names from a pointer (`records`). The order in which
they stand in a class is known to nobody else. Every value takes eight bytes, so there are no holes.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeVar

WORD = 8  # bytes of each value


class Kind(Enum):
    """What a value of a block is to compiled code."""

    WHOLE = "an int64: a size, an offset, a flag"
    REAL = "a float64"
    FUNCTION = "the address of a kernel, or of a function of the operating system"
    NUMBERS = "the address of numbers of the job's type"
    WHOLES = "the address of int64"
    REALS = "the address of float64"
    TABLE = "the address of one block behind the other"
    SHARED = "an int64 that several threads read and write; compiled code gets its address"
    INSIDE = "blocks that are part of this one; compiled code gets their address"


@dataclass(frozen=True)
class Field:
    """A value of a block, or `count` of them."""

    kind: Kind
    meaning: str
    block: Any = None  # of a table, or of what is inside
    count: int = 1


def whole(meaning: str) -> Any:
    """A size, an offset or a flag."""
    return Field(Kind.WHOLE, meaning)


def real(meaning: str) -> Any:
    """A number in double precision."""
    return Field(Kind.REAL, meaning)


def function(meaning: str) -> Any:
    """The address of a function; 0: there is none."""
    return Field(Kind.FUNCTION, meaning)


def numbers(meaning: str, count: int = 1) -> Any:
    """The address of numbers of the job's type, or several such addresses; 0: there are none."""
    return Field(Kind.NUMBERS, meaning, count=count)


def wholes(meaning: str) -> Any:
    """The address of int64; 0: there are none."""
    return Field(Kind.WHOLES, meaning)


def reals(meaning: str) -> Any:
    """The address of float64."""
    return Field(Kind.REALS, meaning)


def table(block: type[Block], meaning: str) -> Any:
    """The address of blocks."""
    return Field(Kind.TABLE, meaning, block)


def shared(meaning: str) -> Any:
    """A whole number that several threads read and write."""
    return Field(Kind.SHARED, meaning)


def inside(block: type[Block], count: int, meaning: str) -> Any:
    """So many blocks as part of this one."""
    return Field(Kind.INSIDE, meaning, block, count)


class Block(ctypes.Structure):
    """A structure whose class names its values; see `laid_out`."""

    fields: ClassVar[dict[str, Field]]


AnyBlock = TypeVar("AnyBlock", bound=Block)


def laid_out(block: type[AnyBlock]) -> type[AnyBlock]:
    """Lay out the values that a class names, one after the other.

    Examples
    --------
    >>> from clearprop.engines.compiled.kernels.blocks import Block, laid_out, whole
    >>> @laid_out
    ... class Pair(Block):
    ...     first = whole("one")
    ...     second = whole("the other")
    >>> pair = Pair(second=5)
    >>> pair.first, pair.second
    (0, 5)
    """
    found = {name: value for name, value in vars(block).items() if isinstance(value, Field)}
    block._fields_ = [(name, _type_of(field)) for name, field in found.items()]
    block.fields = found
    return block


def fields_of(block: type[Block]) -> dict[str, Field]:
    """The values of a block by name, in the order of memory."""
    return block.fields


def position(block: type[Block], name: str) -> int:
    """How many words of a block come before a value."""
    return int(getattr(block, name).offset) // WORD


def _type_of(field: Field) -> Any:
    """The type of C that a value has."""
    one = ctypes.c_double if field.kind is Kind.REAL else field.block if field.kind is Kind.INSIDE else ctypes.c_int64
    return one if field.count == 1 else one * field.count
