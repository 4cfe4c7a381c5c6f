"""The bytes of a model file: a safetensors file with one array, θ, and our JSON and its checksum as metadata.

A header is the length of a JSON text, 8 bytes, and that text; behind it are the numbers
(https://github.com/huggingface/safetensors, "Format"). It is written here, as safetensors (0.8.0) writes the entries of
its metadata in another order from save to save: the same model is the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError, quoted, shortened
from clearprop.files.json_text import takes_too_much
from clearprop.network.memory import in_words

LARGEST_HEADER = 12 * 2**20  # bytes
LARGEST_TEXT = 24 * 2**20  # bytes that it takes as a text of Python, where one rare character makes all of them wide
LONGEST_SKELETON = 2000  # characters of a header without its texts
STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
DTYPES = {"F32": "<f4", "F64": "<f8"}
TEXT_BYTES = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r")


def checksum(text: str, theta: Any) -> str:
    """SHA-256 of the JSON and the parameters, against damage (not against somebody who can also write a new one)."""
    digest = hashlib.sha256(text.encode())
    digest.update(np.ascontiguousarray(theta).data)
    return digest.hexdigest()


def to_bytes(text: str, theta: Any) -> bytes:
    """A whole file: our JSON, its checksum, and the numbers.

    Parameters
    ----------
    text : str
    theta : float32 or float64 array

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.contents import to_bytes
    >>> content = to_bytes("{}", np.zeros(2))
    >>> content == to_bytes("{}", np.zeros(2)), len(content) % 8
    (True, 0)
    """
    kind = next(kind for kind, dtype in DTYPES.items() if np.dtype(dtype) == theta.dtype.newbyteorder("<"))
    numbers = np.ascontiguousarray(theta, dtype=DTYPES[kind]).tobytes()
    described = {"dtype": kind, "shape": list(theta.shape), "data_offsets": [0, len(numbers)]}
    metadata = {"clearprop": text, "sha256": checksum(text, theta)}
    found = json.dumps({"__metadata__": metadata, "theta": described}, ensure_ascii=False, separators=(",", ":"))
    header = found.encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + numbers


def check_length(text: str) -> None:
    """Raise ModelFileError for a JSON that could not be read back, because it is too long or holds too many values."""
    n_bytes = len(json.dumps(text, ensure_ascii=False).encode()) + LONGEST_SKELETON
    in_memory = sys.getsizeof(text)
    if n_bytes > LARGEST_HEADER:
        much = f"takes {in_words(n_bytes)} of JSON, more than the {in_words(LARGEST_HEADER)}"
    elif in_memory > LARGEST_TEXT:
        much = f"takes {in_words(in_memory)} of memory, more than the {in_words(LARGEST_TEXT)}"
    elif takes_too_much(text):
        much = f"has about {text.count(',') + text.count('['):,} values, more than the few hundred thousand"
    else:
        return
    raise ModelFileError(
        f"the description of the model (its columns, categories and classes) {much} that a model file may have; leave "
        "out columns or join rare categories and classes"
    )


def is_model_file(path: Path) -> bool:
    """Whether a file begins as a model file does (it may be damaged still)."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False  # a pipe would be waited for
        with open(path, "rb") as file:
            start = file.read(9)
            return len(start) == 9 and struct.unpack("<Q", start[:8])[0] <= LARGEST_HEADER and start[8:] == b"{"
    except OSError:
        return False


def read_contents(path: Path) -> tuple[str, Any, str]:
    """The JSON, the parameters and the checksum of a file; all sizes are compared before memory is taken.

    The file is read and not mapped: a mapped file that somebody cuts off would end the process.
    """
    facts = os.stat(path)
    if stat.S_ISDIR(facts.st_mode):
        raise ModelFileError(f"{path} is a folder, not a model file")
    if not stat.S_ISREG(facts.st_mode):
        raise ModelFileError(f"{path} is a pipe or a device, not a model file")  # reading could wait for ever
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < 8:
            raise ModelFileError(f"{path} has only {size} bytes: it is cut off, or not a clearprop model")
        length = struct.unpack("<Q", file.read(8))[0]
        if length > LARGEST_HEADER or length + 8 > size:
            raise ModelFileError(_no_model(path, file, size, length))
        text, kept, dtype, shape = _header(path, file.read(length), size - 8 - length)
        theta = np.fromfile(file, dtype, math.prod(shape))
    if theta.size != math.prod(shape):
        raise ModelFileError(f"{path} was cut off while it was read")
    return text, theta.reshape(shape), kept


def _no_model(path: Path, file: Any, size: int, length: int) -> str:
    """The sentence for a file whose header cannot be what it says; other kinds of files are known by their start."""
    file.seek(0)
    start = file.read(64)
    if start.startswith(b"PAR1"):
        return f"{path} is a Parquet table, not a clearprop model"
    if all(byte in TEXT_BYTES for byte in start):
        return f"{path} is a text, not a clearprop model"
    return f"{path} is cut off, or not a clearprop model (its header would take {length:,} of {size:,} bytes)"


def _is_whole(text: str) -> bool:
    """Whether a text has no half characters (lone surrogates), which JSON can write and nothing can encode."""
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False


def _header(path: Path, raw: bytes, n_bytes: int) -> tuple[str, str, Any, tuple[int, ...]]:
    """The JSON and the checksum of a header, and type and shape of the one array of `n_bytes` behind it."""
    try:
        header = raw.decode()
        if sys.getsizeof(header) > LARGEST_TEXT:
            raise ModelFileError(f"{path} has a description longer than that of any model")
        if len(STRING.sub("", header)) > LONGEST_SKELETON:
            raise ModelFileError(f"{path} is a safetensors file, but not a clearprop model: it holds many arrays")
        found = json.loads(header)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ModelFileError(f"{path} is damaged or not a clearprop model: its header is not JSON") from None
    match found:
        case {"__metadata__": {"clearprop": str() as text, "sha256": str() as kept}} if _is_whole(text):
            pass
        case {"__metadata__": {"clearprop": str()}}:
            raise ModelFileError(f"{path} is damaged: it has no checksum, or no text that could have one")
        case dict():
            raise ModelFileError(f"{path} is a safetensors file, but not a clearprop model: it lacks our metadata")
        case _:
            raise ModelFileError(f"{path} is damaged or not a clearprop model: its header is not a JSON object")
    if set(found) != {"__metadata__", "theta"}:
        raise ModelFileError(f"{path} must hold one array, theta, not {quoted(sorted(set(found) - {'__metadata__'}))}")
    match found["theta"]:
        case {"dtype": str() as kind, "shape": [int(), *_] as shape, "data_offsets": [0, int() as end]}:
            pass
        case _:
            raise ModelFileError(f"{path} is damaged: its array is not described")
    fits = len(shape) <= 2 and all(type(n) is int and n > 0 for n in shape) and kind in DTYPES
    if not fits:
        raise ModelFileError(
            f"{path} holds {shortened(kind)} numbers of shape {quoted(shape)}, where F32 or F64 is used"
        )
    dtype = np.dtype(DTYPES[kind])
    if not math.prod(shape) * dtype.itemsize == end == n_bytes:
        raise ModelFileError(
            f"{path} is cut off or damaged: behind its header are {n_bytes:,} bytes, which are not the numbers of "
            f"shape {quoted(shape)} that it names"
        )
    return text, kept, dtype, tuple(shape)
