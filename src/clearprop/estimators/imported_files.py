"""Files of other libraries: which importer reads one, told by its ending and its first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.errors import FileError, InputError
from clearprop.formulas import Loss

if TYPE_CHECKING:
    from clearprop.estimators.imported import Imported
    from clearprop.estimators.imported_ensemble import ImportedEnsemble

READERS = {
    ".onnx": "from_onnx",
    ".keras": "from_keras",
    ".h5": "from_keras",
    ".hdf5": "from_keras",
    ".pt": "from_torch_state",
    ".pth": "from_torch_state",
    ".safetensors": "from_torch_state",
}
PICKLES = (".pkl", ".pickle", ".joblib", ".sav")


def from_file(
    path: str | os.PathLike[str],
    *,
    loss: str | Loss | type[Loss] | None = None,
    classes: Sequence[Any] | None = None,
    layers: Sequence[str] | None = None,
) -> Imported | ImportedEnsemble:
    """The network in a file of another library; its ending decides which.

    Parameters
    ----------
    path : path
        .onnx, .keras, .h5, .pt or .pth.
    loss, classes
        As for `clearprop.estimators.imported.imported`.
    layers : sequence of str, optional
        The activation of each layer, for a file of PyTorch, which holds none.

    Raises
    ------
    FileError
        When it is a file of another kind; what it looks like is said.
    InputError
        When something that the file does not say was not given.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    looks = looks_like(path)
    if reader is None or looks is not None:
        endings = ", ".join(READERS)
        raise FileError(f"{path} {looks or 'has an ending that no importer reads'}; import takes {endings}")
    given: dict[str, Any] = {"loss": loss, "classes": classes}
    if reader == "from_torch_state":
        if layers is None:
            raise InputError(
                f"{path} holds the weights of PyTorch, which does not write activations; say them, one for each layer, "
                "as --layers relu,relu,identity"
            )
        given["layers"] = list(layers)
    elif layers is not None:
        raise InputError(f"--layers is for files of PyTorch; {path} says itself what its layers are")
    found: Imported | ImportedEnsemble = getattr(import_module("clearprop"), reader)(path, **given)
    return found


def looks_like(path: Path) -> str | None:
    """What a file is where it is none that an importer reads, as the end of a sentence that begins with its name.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        return "is a folder (a SavedModel, perhaps); save the model as one file"
    if not stat.S_ISREG(mode):
        return "is a pipe or a device, not a file"
    with open(path, "rb") as file:
        start = file.read(512)
    if not start:
        return "is empty"
    is_pickle = start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05" and not _old_torch(start)
    if path.suffix.lower() in PICKLES or is_pickle:
        return (
            "is a pickle, which runs code when it is read: load it in Python where you trust it, and save what "
            "clearprop.from_sklearn(model) gives"
        )
    if start[8:9] == b"{" and b"__metadata__" in start and b'"clearprop"' in start:
        return "is a model of clearprop already; predict, evaluate, explain and train --from take it as it is"
    for begin, what in _STARTS.items():
        if start.startswith(begin):
            return what
    if path.suffix.lower() == ".onnx" and start.startswith(b"PK"):
        return "is a zip archive (of PyTorch or Keras), not ONNX; give it the ending .pt or .keras"
    if path.suffix.lower() == ".onnx" and start.startswith(b"\x89HDF"):
        return "is an HDF5 file (of Keras), not ONNX; give it the ending .h5"
    if all(byte in _TEXT for byte in start):
        return "is a text, not a network"
    return None


def _old_torch(start: bytes) -> bool:
    """The form that torch.save wrote before version 1.6."""
    return start.startswith(b"\x80\x02\x8a\n")


_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r")
_STARTS = {
    b"PAR1": "is a Parquet table, not a network",
    b"\x93NUMPY": "is a NumPy array, not a network",
    b"%PDF": "is a PDF, not a network",
    b"\x1f\x8b": "is compressed by gzip; unpack it first",
}
