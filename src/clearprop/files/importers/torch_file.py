"""Tensors of a file: what kind of file it is, and whether its sizes are true, is looked at before memory is taken."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import FileError, MissingExtra, is_installed, quoted
from clearprop.files.importers.plain_file import size_of
from clearprop.files.importers.torch_layers import array

LARGEST_PICKLE = 8 * 2**20  # bytes of names and shapes in a .pt
LARGEST_HEADER = 8 * 2**20  # bytes of names and shapes in a .safetensors
MOST_TENSORS = 10_000
DICTS = ("state_dict", "model_state_dict", "model", "net", "weights")  # where training scripts keep the state_dict
SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
Tensors = dict[str, Any]


def tensors_of(path: Path) -> tuple[Tensors, list[str], str]:
    """The tensors by name as arrays, notes, and what wrote them.

    Raises
    ------
    FileError
        When it is no such file, or says of itself what is not true.
    MissingExtra
        For a .pt where PyTorch is not installed.
    """
    size = size_of(path)
    with open(path, "rb") as file:
        start = file.read(10)
    if start[:4] == b"PK\x03\x04":
        return _zip(path, size)
    if len(start) > 8 and start[8:9] == b"{" and struct.unpack("<Q", start[:8])[0] <= LARGEST_HEADER:
        return _safetensors(path, size), [], "safetensors"
    if start[:1] == b"\x80":
        raise FileError(
            f"{path} is a pickle, or of PyTorch before 1.6; load it there with weights_only=True and save it again"
        )
    kind = {b"\x89HDF": "an HDF5 file (Keras?): see from_keras"}.get(start[:4], "neither a .pt nor a .safetensors file")
    raise FileError(f"{path} is {kind if start else 'empty'}")


def _zip(path: Path, size: int) -> tuple[Tensors, list[str], str]:
    """A .pt of PyTorch 1.6 or newer."""
    _check_zip(path, size)
    if not is_installed("torch"):
        raise MissingExtra(
            f"{path} is a file of PyTorch, which only PyTorch reads safely: pip install torch, or save the state_dict "
            "as .safetensors"
        )
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds: what PyTorch makes of a damaged file
        raise FileError(_refused(path, str(error))) from None
    tensors, notes = _state_dict(found)
    return _arrays(tensors), notes, f"a state_dict of PyTorch, {path.name}"


def _refused(path: Path, reason: str) -> str:
    """Why PyTorch's weights_only reader does not take a file, in words: it holds a class, or is damaged."""
    found = re.search(r"GLOBAL ([\w.]+)", reason)
    if found is None:
        said = re.sub(r"\x1b\[\d*m", "", reason).strip().partition("\n")[0][:200]
        return f"{path} cannot be read by PyTorch's weights_only reader: {said}"
    return (
        f"{path} holds more than tensors, {found[1]} among it, and to read that runs code. In Python, where you trust "
        "it: from_torch(torch.load(file, weights_only=False)), if it is a module; or save its state_dict()"
    )


def _check_zip(path: Path, size: int) -> None:
    """Raise FileError unless the parts of the file are stored as they are and no longer than the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileError(f"{path} is a damaged or cut off zip file ({error})") from None
    names = [part.filename for part in parts]
    if "config.json" in names:
        raise FileError(f"{path} is a Keras file: see from_keras")
    pickles = [part for part in parts if part.filename.endswith("/data.pkl")]
    if any(name.endswith("constants.pkl") for name in names):
        raise FileError(
            f"{path} is TorchScript, which is code and weights. In Python, where you trust it: "
            "torch.save(torch.jit.load(file).state_dict(), 'weights.pt'), and import that"
        )
    if len(pickles) != 1:
        raise FileError(f"{path} is a zip file, but not one of torch.save")
    if len(parts) > MOST_TENSORS or pickles[0].file_size > LARGEST_PICKLE:
        raise FileError(f"{path} has {len(parts):,} parts, or more names and shapes than a network has")
    if any(part.compress_type != zipfile.ZIP_STORED or part.file_size != part.compress_size for part in parts):
        raise FileError(f"{path} has compressed parts, which torch.save does not write")
    if sum(part.file_size for part in parts) > size:
        raise FileError(f"{path} says that its parts are longer than the file is")


def _state_dict(found: Any) -> tuple[Mapping[str, Any], list[str]]:
    """The tensors of a checkpoint, or of the state_dict in it."""
    for _ in range(2):
        if not isinstance(found, Mapping):
            raise FileError(f"the file holds a {type(found).__name__}, not a state_dict")
        if found and all(hasattr(value, "stride") for value in found.values()):
            return found, []
        inner = [key for key in DICTS if isinstance(found.get(key), Mapping)]
        if len(inner) != 1:
            break
        others = ", ".join(map(str, [key for key in found if key != inner[0]][:10]))
        found = found[inner[0]]
        if all(hasattr(value, "stride") for value in found.values()):
            return found, [f"the state_dict {inner[0]!r} of a checkpoint was read, and not {others or 'anything else'}"]
    raise FileError(f"the file holds no state_dict; it has {', '.join(quoted(key) for key in list(found)[:10])}")


def _arrays(tensors: Mapping[str, Any]) -> Tensors:
    found: Tensors = {}
    for name, tensor in tensors.items():
        if not isinstance(name, str) or len(name) > 1000:
            raise FileError("the file has a tensor without a name")
        if str(tensor.layout) != "torch.strided" or tensor.is_quantized or tensor.is_complex():
            raise FileError(f"{quoted(name)} is sparse, quantised or complex; a dense layer has plain numbers")
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise FileError(f"{quoted(name)} has a shape of more numbers than the file holds for it")
        found[name] = array(tensor)
    return found


def _safetensors(path: Path, size: int) -> Tensors:
    """The arrays of a .safetensors file; the format is eight bytes, a JSON header and the numbers."""
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    if 8 + n > size:
        raise FileError(f"{path} is cut off in its header")
    try:
        header = json.loads(data[8 : 8 + n])
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, AttributeError, RecursionError):
        raise FileError(f"{path} has a header that is not JSON") from None
    if len(entries) > MOST_TENSORS:
        raise FileError(f"{path} has {len(entries):,} tensors, more than a network has")
    return {name: _safe_array(path, quoted(name), entry, data[8 + n :]) for name, entry in entries.items()}


def _safe_array(path: Path, name: str, entry: Any, data: bytes) -> Any:
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(stop)]} if kind in SAFE_TYPES:
            pass
        case {"dtype": kind}:
            raise FileError(f"{name} of {path} has the type {quoted(kind)}; read are {', '.join(SAFE_TYPES)}")
        case _:
            raise FileError(f"{name} of {path} has a broken entry")
    dtype = np.dtype(SAFE_TYPES[kind])
    n_numbers = 1
    for n in shape:
        if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= len(data):
            raise FileError(f"{name} of {path} has the shape {quoted(shape)}")
        n_numbers *= n
    if not 0 <= start <= stop <= len(data) or n_numbers * dtype.itemsize != stop - start:
        raise FileError(f"{name} of {path} has the shape {quoted(shape)}, which is not what the file holds for it")
    found = np.frombuffer(data, dtype, n_numbers, start).reshape(shape)
    if kind == "BF16":
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found.astype(np.float32) if kind == "F16" else found.copy()
