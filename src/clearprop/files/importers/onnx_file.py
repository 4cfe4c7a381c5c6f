"""From the bytes of an ONNX file to its messages: what it is, and whether it is whole and its versions known."""

from __future__ import annotations

import os
import stat
from codecs import getincrementaldecoder
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clearprop.errors import ModelFileError, shortened
from clearprop.files.onnx_messages import Function, Model, OperatorSet
from clearprop.files.protobuf import BYTES, VARINT, Reader
from clearprop.network.memory import check_room, in_words

LARGEST_FILE = 2**31  # bytes, what protocol buffers allow; larger networks keep their numbers in files beside
MOST_PARTS = 1000  # of the outermost message
NEWEST_IR = 14  # of onnx 1.23
NEWEST_OPSETS = {"": 28, "ai.onnx.ml": 6}
OLDEST_OPSET = 7  # before it, arrays of different shapes were added by other rules

# How files of other kinds begin, and what to do with them.
KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "a zip archive, as .keras and .pt files are: try from_keras or from_torch_state"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras' .h5 files are: try from_keras"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (0, b"\x93NUMPY", "an array of NumPy"),
    (0, b"\x80\x02\x8a\x0a", "a file of torch.save in its old format: try from_torch_state"),
    (0, b"\x80", "a pickle, which clearprop does not open: it could run anything"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "in ONNX Runtime's own format (.ort); give the .onnx file that it was made of"),
    (8, b"{", "a safetensors file, as clearprop's own models are: try clearprop.load"),
)


def read_model(path: Path) -> Model:
    """The messages of an ONNX file, with known versions and a graph.

    Raises
    ------
    ModelFileError
        When it is another kind of file, cut off, damaged, too large, or of a newer version.
    OSError
        When there is no such file or it cannot be read.
    """
    facts = os.stat(path)
    if not stat.S_ISREG(facts.st_mode):
        what = "a folder" if stat.S_ISDIR(facts.st_mode) else "a pipe or a device"
        raise ModelFileError(f"{path} is {what}, not an ONNX file")
    if facts.st_size > LARGEST_FILE:
        raise ModelFileError(
            f"{path} has {in_words(facts.st_size)}; an ONNX file has at most {in_words(LARGEST_FILE)}, what "
            "protocol buffers allow"
        )
    with open(path, "rb") as file:
        _check_kind(path, file.read(64), facts.st_size)
        _check_outline(path, file, facts.st_size)
        check_room(2 * facts.st_size, f"reading {path}", "close other programs")
        file.seek(0)
        content = file.read(facts.st_size)
    model = Reader(path.name).read(Model, memoryview(content))
    _check_versions(path, model)
    if model.graph is None or not model.graph.node:
        raise ModelFileError(f"{path} is an ONNX file without a graph: there is no network in it")
    return model


def _check_kind(path: Path, start: bytes, size: int) -> None:
    """Raise ModelFileError for a file that begins as another kind does."""
    if size == 0:
        raise ModelFileError(f"{path} is empty, not an ONNX file")
    for place, mark, kind in KINDS:
        if start[place:].startswith(mark) and not (mark == b"{" and start[:1] == b"\x08"):
            raise ModelFileError(f"{path} is not an ONNX file: it looks like {kind}")
    if _is_text(start):
        raise ModelFileError(f"{path} is a text, not an ONNX file")


def _is_text(start: bytes) -> bool:
    """Whether a file begins with letters and nothing else (the last one may be cut)."""
    try:
        text = getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(letter in "\t\n\r" or letter.isprintable() for letter in text)


def _check_outline(path: Path, file: Any, size: int) -> None:
    """Raise ModelFileError unless the parts of the outermost message fill the file, before all of it is read."""
    reader, position = Reader(path.name), 0
    for _ in range(MOST_PARTS):
        if position == size:
            return
        file.seek(position)
        start = memoryview(file.read(20))
        key, used = reader.varint(start, 0)
        value, used = reader.varint(start, used)
        if key & 7 not in (VARINT, BYTES) or key >> 3 == 0:
            raise reader.damaged("it does not begin as one")
        position += used + (value if key & 7 == BYTES else 0)
        if position > size:
            raise reader.damaged(f"it should have {position:,} bytes and has {size:,}")
    raise reader.damaged(f"it has more than {MOST_PARTS:,} parts")


def _check_versions(path: Path, model: Model) -> None:
    if not 3 <= model.ir_version <= NEWEST_IR:
        raise ModelFileError(
            f"{path} is in version {model.ir_version} of ONNX's format; this version of clearprop reads 3 to "
            f"{NEWEST_IR}. " + ("Upgrade clearprop, or export it in an older version"
            if model.ir_version > NEWEST_IR else "Export it again with a newer library")
        )  # fmt: skip
    check_operators(path, [*model.opset_import, *(item for each in model.functions for item in each.opset_import)])
    if "" not in opsets(model):
        raise ModelFileError(f"{path} names no version of ONNX's operators (opset): it is damaged")


def opsets(holder: Model | Function) -> dict[str, int]:
    """The versions of the operators by their domain; ONNX's own are "", also where they are called ai.onnx."""
    return {domain_of(item.domain): item.version for item in holder.opset_import}


def domain_of(name: str) -> str:
    """The name of a domain of operators; ONNX's own has two."""
    return "" if name == "ai.onnx" else name


def check_operators(path: Path, sets: Sequence[OperatorSet]) -> None:
    """Raise ModelFileError for versions of operators that this version does not know."""
    for item in sets:
        newest = NEWEST_OPSETS.get(domain_of(item.domain))
        if newest is None:
            continue  # a node that needs it is refused by its name
        oldest = OLDEST_OPSET if not domain_of(item.domain) else 1
        if not oldest <= item.version <= newest:
            name = shortened(item.domain) or "ai.onnx"
            raise ModelFileError(
                f"{path} uses version {item.version} of the operators of {name} (its opset); this version of clearprop "
                f"knows {oldest} to {newest}: export it with an opset among these"
            )
