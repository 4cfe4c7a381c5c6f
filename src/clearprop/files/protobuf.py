"""Protocol buffers, as far as files of networks need them: messages described by dataclasses, read and written.

A message is a dataclass whose fields say their number and kind (`one`, `many`); what a class does not describe is
skipped when it is read, and nothing is ever built but these classes. So what a file can make of memory and time is
bounded here: the number of things in it is counted, arrays stay slices of what was read, and messages nest only as deep
as their classes do. The format: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

import numpy as np

from clearprop.errors import ModelFileError

MOST_THINGS = 50_000  # messages, texts and whole numbers that one file may hold
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
ARRAYS = {"floats": (FIXED32, "<f4"), "doubles": (FIXED64, "<f8")}

Message = TypeVar("Message")


def one(number: int, kind: str = "") -> Any:
    """A field that occurs once: its number and its kind ("int", "float", "text", "bytes"), or "" for a message."""
    absent = {"int": 0, "float": 0.0, "text": "", "bytes": b""}
    return field(default=absent.get(kind), metadata={"number": number, "kind": kind, "many": False})


def maybe(number: int, kind: str) -> Any:
    """A field that occurs once, None where it does not occur, so that a 0 is written."""
    return field(default=None, metadata={"number": number, "kind": kind, "many": False, "always": True})


def many(number: int, kind: str = "") -> Any:
    """A repeated field: a sequence, or for "floats" and "doubles" an array of numbers; () where there is none."""
    return field(default=(), metadata={"number": number, "kind": kind, "many": True})


@dataclass(frozen=True)
class _Field:
    name: str
    number: int
    kind: str
    many: bool
    is_always: bool  # whether a 0 is written, too
    message: Any  # the class of a message


def _fields(cls: Any) -> dict[int, _Field]:
    """The fields of a class of messages by their numbers."""
    if cls not in _KNOWN:
        _KNOWN[cls] = _described(cls)
    return _KNOWN[cls]


def _described(cls: Any) -> dict[int, _Field]:
    hints = get_type_hints(cls)
    found = {}
    for item in fields(cls):
        facts = item.metadata
        of_message = hints[item.name]
        for part in getattr(of_message, "__args__", ()):  # Sequence[Node], Tensor | None
            of_message = part if part is not type(None) else of_message
            break
        found[facts["number"]] = _Field(
            item.name, facts["number"], facts["kind"], facts["many"], "always" in facts, of_message
        )
    return found


_KNOWN: dict[Any, dict[int, _Field]] = {}


class Reader:
    """Reads messages from one file, and counts what it makes of them.

    Parameters
    ----------
    what : str
        What is read, for messages: the name of the file.
    most : int
        How many things it may hold.
    """

    def __init__(self, what: str, most: int = MOST_THINGS) -> None:
        self.what, self.most, self.left = what, most, most

    def read(self, cls: type[Message], data: memoryview) -> Message:
        """The message that these bytes are.

        Raises
        ------
        ModelFileError
            When they are cut off or no such message, or hold too much.
        """
        message = cls()
        known = _fields(type(message))
        chunks: dict[str, list[Any]] = {}
        for number, wire, value in self.entries(data):
            if number not in known:
                continue
            item = known[number]
            if item.kind in ARRAYS:
                chunks.setdefault(item.name, []).append(self._numbers(item.kind, wire, value))
                continue
            values = self._values(item, wire, value)
            if item.many:
                there = getattr(message, item.name)
                setattr(message, item.name, values) if there == () else there.extend(values)
            elif not item.kind and getattr(message, item.name) is not None:
                raise self.damaged(f"it has two {item.name}s where one is expected")
            else:
                setattr(message, item.name, values[-1])
        for name, parts in chunks.items():
            setattr(message, name, parts[0] if len(parts) == 1 else np.concatenate(parts))
        return message

    def entries(self, data: memoryview) -> Iterator[tuple[int, int, Any]]:
        """Number, type and value of every field: a whole number, or a slice of the bytes."""
        position, end = 0, len(data)
        while position < end:
            self.count()
            key, position = self.varint(data, position)
            number, wire = key >> 3, key & 7
            if wire == VARINT:
                value, position = self.varint(data, position)
                yield number, wire, value
                continue
            if wire == BYTES:
                length, position = self.varint(data, position)
            elif wire in (FIXED64, FIXED32):
                length = 8 if wire == FIXED64 else 4
            else:
                raise self.damaged("it holds bytes that are not part of any message")
            if number == 0 or length > end - position:
                raise self.damaged(f"something in it would take {length:,} bytes where {end - position:,} are left")
            yield number, wire, data[position : position + length]
            position += length

    def varint(self, data: memoryview, position: int) -> tuple[int, int]:
        """A whole number of up to 64 bits, and where it ends."""
        value = shift = 0
        for byte in data[position : position + 10]:
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, position
            shift += 7
        raise self.damaged("a number in it does not end")

    def count(self, things: int = 1) -> None:
        """Note that the file holds so many more things."""
        self.left -= things
        if self.left < 0:
            raise ModelFileError(
                f"{self.what} holds more than {self.most:,} nodes, names and settings, which no chain of dense layers "
                "needs; it is not read"
            )

    def damaged(self, why: str) -> ModelFileError:
        """The error for bytes that are no such message."""
        return ModelFileError(f"{self.what} is cut off, damaged or not an ONNX file: {why}")

    def _values(self, item: _Field, wire: int, value: Any) -> list[Any]:
        """What a field holds: one thing, or of packed whole numbers several."""
        if item.kind == "int":
            if wire == VARINT:
                return [_signed(value)]
            if wire == BYTES and item.many:
                return self._packed(value)
        elif item.kind == "float" and wire == FIXED32:
            return [struct.unpack("<f", value)[0]]
        elif item.kind == "bytes" and wire == BYTES:
            return [value]
        elif item.kind == "text" and wire == BYTES:
            try:
                return [bytes(value).decode()]
            except UnicodeDecodeError:
                raise self.damaged(f"a name in it ({item.name}) is not text") from None
        elif not item.kind and wire == BYTES:
            return [self.read(item.message, value)]
        raise self.damaged(f"its {item.name} has another type than in ONNX")

    def _packed(self, value: memoryview) -> list[int]:
        found, position = [], 0
        while position < len(value):
            self.count()
            number, position = self.varint(value, position)
            found.append(_signed(number))
        return found

    def _numbers(self, kind: str, wire: int, value: Any) -> Any:
        """An array of numbers: packed, or one of them."""
        single, dtype = ARRAYS[kind]
        if wire not in (single, BYTES) or len(value) % np.dtype(dtype).itemsize:
            raise self.damaged(f"its {kind} are not numbers")
        return np.frombuffer(value, dtype)


def _signed(value: int) -> int:
    """Negative numbers are written as the 64 bits that processors hold them in."""
    return value - 2**64 if value >= 2**63 else value


def written(message: Any) -> bytes:
    """The bytes of a message; what is as it would be if it were absent is left out."""
    return b"".join(_parts(message))


def _parts(message: Any) -> Iterator[bytes]:
    for item in _fields(type(message)).values():
        value = getattr(message, item.name)
        if item.kind in ARRAYS:
            if len(value):
                yield _with_length(item.number, np.asarray(value, ARRAYS[item.kind][1]).tobytes())
        elif item.many and item.kind == "int":
            if value:
                yield _with_length(item.number, b"".join(map(_varint, value)))
        elif item.many:
            for part in value:
                yield _part(item, part)
        elif value is not None and (not item.kind or item.is_always or value):
            yield _part(item, value)


def _part(item: _Field, value: Any) -> bytes:
    if item.kind == "int":
        return _varint(item.number << 3 | VARINT) + _varint(value)
    if item.kind == "float":
        return _varint(item.number << 3 | FIXED32) + struct.pack("<f", value)
    if item.kind == "text":
        return _with_length(item.number, value.encode())
    return _with_length(item.number, bytes(value) if item.kind == "bytes" else written(value))


def _with_length(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
