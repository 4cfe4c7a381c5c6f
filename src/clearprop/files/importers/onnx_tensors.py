"""The tensors of an ONNX file as arrays: in the file, or in a file beside it, each size checked before it is taken."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError, quoted, shortened
from clearprop.files import onnx_messages as onnx
from clearprop.files.onnx_messages import Tensor
from clearprop.network.memory import check_room

MOST_AXES = 8
DTYPES = {
    onnx.FLOAT: "<f4", onnx.DOUBLE: "<f8", onnx.FLOAT16: "<f2", onnx.INT64: "<i8", onnx.INT32: "<i4",
    onnx.INT16: "<i2", onnx.INT8: "i1", onnx.UINT64: "<u8", onnx.UINT32: "<u4", onnx.UINT16: "<u2", onnx.UINT8: "u1",
    onnx.BOOL: "?",
}  # fmt: skip
NAMES = {value: name for name, value in vars(onnx).items() if name.isupper() and isinstance(value, int)}
BITS = (onnx.FLOAT16, onnx.BFLOAT16)  # in int32_data, such numbers are written as the 16 bits that they are


@dataclass(frozen=True)
class Tensors:
    """Makes arrays of the tensors of one file.

    Attributes
    ----------
    path : Path
        The file; other files with tensors lie beside it.
    """

    path: Path

    def array(self, tensor: Tensor, called: str = "") -> Any:
        """The numbers (or texts, as objects) of a tensor, not writeable where they are a part of the file.

        Raises
        ------
        ModelFileError
            When its size, type or place is not what it says.
        """
        name = f"the tensor {shortened(called or tensor.name or '?')!r} of {self.path.name}"
        dims = tuple(tensor.dims)
        if len(dims) > MOST_AXES or any(n < 0 for n in dims):
            raise ModelFileError(f"{name} has the impossible shape {quoted(dims)}")
        if tensor.segment:
            raise ModelFileError(f"{name} is stored in segments, which no exporter does")
        if tensor.data_type == onnx.STRING:
            return self._texts(tensor, name, dims)
        if tensor.data_type not in DTYPES and tensor.data_type != onnx.BFLOAT16:
            raise ModelFileError(f"{name} holds numbers of type {tensor.data_type}, which clearprop does not read")
        flat = self._flat(tensor, name, prod(dims))
        if len(flat) != prod(dims):
            raise ModelFileError(
                f"{name} has the shape {quoted(dims)}, {prod(dims):,} numbers, but {len(flat):,} are there"
            )
        return flat.reshape(dims)

    def _texts(self, tensor: Tensor, name: str, dims: tuple[int, ...]) -> Any:
        if len(tensor.string_data) != prod(dims):
            raise ModelFileError(
                f"{name} has the shape {quoted(dims)}, {prod(dims):,} texts, but {len(tensor.string_data):,} are there"
            )
        return np.array([text_of(item, name) for item in tensor.string_data], dtype=object).reshape(dims)

    def _flat(self, tensor: Tensor, name: str, count: int) -> Any:
        """All numbers, from the one place where they are."""
        kind = tensor.data_type
        if tensor.data_location == onnx.IN_ANOTHER_FILE:
            return _from_bytes(self._beside(tensor, name, count), kind, name)
        if len(tensor.raw_data):
            return _from_bytes(tensor.raw_data, kind, name)
        if kind == onnx.FLOAT:
            return np.asarray(tensor.float_data, dtype=np.float32)
        if kind == onnx.DOUBLE:
            return np.asarray(tensor.double_data, dtype=np.float64)
        whole = {onnx.INT64: tensor.int64_data, onnx.UINT64: tensor.uint64_data, onnx.UINT32: tensor.uint64_data}
        numbers = np.array(whole.get(kind, tensor.int32_data), dtype=np.int64)
        if kind in BITS:
            return _from_bytes(numbers.astype("<u2").tobytes(), kind, name)
        return numbers.astype(DTYPES[kind])

    def _beside(self, tensor: Tensor, name: str, count: int) -> bytes:
        """The bytes of a tensor that lies in another file of the same folder."""
        said = {entry.key: entry.value for entry in tensor.external_data}
        location = said.get("location", "")
        parts = Path(location).parts
        if not parts or Path(location).is_absolute() or ".." in parts or "\\" in location or ":" in location:
            raise ModelFileError(
                f"{name} lies in {shortened(location)!r}; only files in the folder of {self.path.name} are opened"
            )
        place = self.path.parent / location
        size = self._size_of(place, name)
        n_bytes = count * itemsize(tensor.data_type)
        offset, length = _whole(said, "offset", 0, name), _whole(said, "length", n_bytes, name)
        if length != n_bytes or offset + length > size:
            raise ModelFileError(
                f"{name} should be {n_bytes:,} bytes of {place.name}, from {offset:,} on, which has {size:,}: "
                "it is cut off, or of another export"
            )
        check_room(n_bytes, f"reading {place}", "close other programs")
        with open(place, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def _size_of(self, place: Path, name: str) -> int:
        """The size of a file with tensors; ModelFileError for one that is missing, no file, or reached by a link."""
        folder = self.path.parent.resolve()
        try:
            facts = os.lstat(place)
            inside = place.resolve().parent == place.parent.resolve() and place.resolve().is_relative_to(folder)
        except (OSError, ValueError, RuntimeError):
            raise ModelFileError(
                f"{name} lies in {shortened(place.name)}, which is not beside {self.path.name}: copy both together"
            ) from None
        if stat.S_ISLNK(facts.st_mode) or not inside:
            raise ModelFileError(f"{name} lies in {shortened(place.name)}, which is a link; links are not followed")
        if not stat.S_ISREG(facts.st_mode):
            raise ModelFileError(f"{name} lies in {shortened(place.name)}, which is not a file")
        return facts.st_size


def itemsize(data_type: int) -> int:
    """Bytes of one number."""
    return 2 if data_type == onnx.BFLOAT16 else np.dtype(DTYPES[data_type]).itemsize


def text_of(value: Any, name: str) -> str:
    """A text of the file."""
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise ModelFileError(f"{name} holds bytes that are not text (UTF-8)") from None


def _whole(said: dict[str, str], key: str, default: int, name: str) -> int:
    text = said.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ModelFileError(f"{name} says {shortened(text)!r} where its {key} is expected")
    return int(text)


def _from_bytes(data: Any, kind: int, name: str) -> Any:
    """The numbers that bytes are."""
    if len(data) % itemsize(kind):
        raise ModelFileError(f"{name} has {len(data):,} bytes, which are not whole numbers of {itemsize(kind)} bytes")
    if kind == onnx.BFLOAT16:  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    found = np.frombuffer(data, DTYPES[kind])
    return found.astype(np.float32) if kind == onnx.FLOAT16 else found
