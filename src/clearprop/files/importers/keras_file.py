"""The parts of a .keras or .h5 file: its config, and the arrays of every layer by the names of the layers.

Sizes are looked at before memory is taken; HDF5 is read by pyfive, which is Python and runs nothing that a file holds.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import FileError, quoted, require
from clearprop.files.importers.plain_file import size_of

LARGEST_CONFIG = 8 * 2**20  # bytes
LARGEST_WEIGHTS = 4 * 2**30
MOST_GROUPS = 20_000  # looked for
MOST_TIMES = 20  # as many bytes of arrays as the HDF5 part has: some compress it
DEEPEST = 25  # groups within groups
HDF5 = b"\x89HDF\r\n\x1a\n"
Arrays = dict[tuple[str, ...], list[Any]]  # by the names of the models around a layer, and of the layer


class KerasFile(NamedTuple):
    """What a file holds: the model, how it was compiled, the arrays of its layers and of its optimizer."""

    model: Any
    compiled: Any
    arrays: Arrays
    optimizer: list[Any]
    version: str


def opened(path: Path) -> KerasFile:
    """A .keras file, or a legacy .h5.

    Raises
    ------
    FileError
        When it is another kind of file, damaged, or says of itself what is not true.
    """
    size = size_of(path)
    if size > LARGEST_WEIGHTS:
        raise FileError(f"{path} is larger than 4 GiB")
    with open(path, "rb") as file:
        start = file.read(8)
    if start == HDF5:
        return _legacy(path, Source(path, size))
    if start[:4] != b"PK\x03\x04":
        raise FileError(f"{path} is neither a .keras nor an .h5 file" if start else f"{path} is empty")
    config, metadata, weights = _parts(path)
    source = Source(path, len(weights))
    root = _hdf5(io.BytesIO(weights), path)
    arrays: Arrays = {}
    layers = source.group(root, "layers")
    if layers is not None:
        _collect(layers, (), arrays, source)
    compiled = config.get("compile_config") if isinstance(config, dict) else None
    optimizer = source.group(source.group(root, "optimizer"), "vars")
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    kept = [] if optimizer is None else _numbered(optimizer, source)
    return KerasFile(config, compiled, arrays, kept, str(version or "")[:20])


def _parts(path: Path) -> tuple[Any, Any, bytes]:
    """config.json, metadata.json and the bytes of model.weights.h5."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if len(set(names)) < len(names):
                raise FileError(f"{path} has two parts of one name")
            for name, most in (("config.json", LARGEST_CONFIG), ("model.weights.h5", LARGEST_WEIGHTS)):
                if name not in names:
                    raise FileError(f"{path} is a zip file without {name}: not a .keras file with one model")
                part = archive.getinfo(name)
                if part.flag_bits & 1 or part.file_size > most or part.file_size > 1000 * max(1, part.compress_size):
                    raise FileError(f"{name} in {path} is encrypted or too large: it says {part.file_size:,} bytes")
            config = _json(_part(archive, "config.json"), path)
            has = "metadata.json" in names and archive.getinfo("metadata.json").file_size < 10_000
            metadata = _json(_part(archive, "metadata.json"), path) if has else {}
            return config, metadata, _part(archive, "model.weights.h5")
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} is a damaged or cut off zip file ({error})") from None


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a part, no more than it says it has."""
    size = archive.getinfo(name).file_size
    with archive.open(name) as file:
        data = file.read(size + 1)
    if len(data) != size:
        raise FileError(f"{name} is {len(data):,} bytes and says {size:,}")
    return data


def _json(data: bytes | str, path: Path) -> Any:
    if len(data) > LARGEST_CONFIG:
        raise FileError(f"the config of {path} is longer than it may be")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise FileError(f"the config of {path} is not JSON, or nested too deeply") from None


def _hdf5(file: Any, path: Path) -> Any:
    require("Keras files need", "keras", "pyfive")
    import pyfive

    try:
        return pyfive.File(file)
    except Exception as error:  # of many kinds: what pyfive makes of a damaged file
        raise FileError(
            f"the weights in {path} are not an HDF5 file that can be read ({type(error).__name__})"
        ) from None


class Source:
    """The file that arrays are taken from, and how much may still be taken.

    Groups and arrays can be links to each other, so a small file can name more than there is memory for.

    Parameters
    ----------
    path : Path
    size : int
        Bytes of its HDF5 part.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.bytes_left, self.groups_left = path, MOST_TIMES * size, MOST_GROUPS

    def __str__(self) -> str:
        return str(self.path)

    def item(self, group: Any, name: str) -> Any:
        """What a group has under a name; None where there is no such thing."""
        try:
            return group[name] if name in group.keys() else None  # noqa: SIM118
        except Exception as error:  # of many kinds: what pyfive makes of links in a circle, and of damage
            raise FileError(f"the weights in {self} are damaged at {quoted(name)} ({type(error).__name__})") from None

    def group(self, group: Any, name: str) -> Any:
        """A group in a group by its name, or None."""
        self.groups_left -= 1
        if self.groups_left < 0:
            raise FileError(f"the weights in {self} have more groups than a model has")
        found = None if group is None else self.item(group, name)
        return found if hasattr(found, "keys") else None

    def take(self, n_bytes: int, shape: tuple[int, ...]) -> None:
        """Count the bytes of an array before memory is taken for them."""
        self.bytes_left -= n_bytes
        if self.bytes_left < 0:
            raise FileError(f"the weights in {self} say that they are of shape {shape}, more than the file holds")


def _collect(group: Any, path: tuple[str, ...], arrays: Arrays, file: Source) -> None:
    """The arrays of every layer below a group, by the name that the attribute of its `vars` says."""
    used: dict[str, int] = {}
    try:
        keys = sorted(group.keys())
    except Exception as error:  # as above
        raise FileError(f"the weights in {file} are damaged ({type(error).__name__})") from None
    if len(path) > DEEPEST:
        raise FileError(f"the weights in {file} have groups within each other, deeper than those of a model")
    _check_gaps(keys, file)
    for key in keys:
        child = file.group(group, key)
        if child is None:
            continue
        found = file.group(child, "vars")
        name = key if found is None else _name(found, key)
        used[name] = used.get(name, 0) + 1
        if used[name] > 1:
            raise FileError(f"{file} has two groups of weights for a layer {quoted(name)}")
        if found is not None and len(found.keys()):
            arrays[*path, name] = _numbered(found, file)
        inner = file.group(child, "layers")
        if inner is not None:
            _collect(inner, (*path, name), arrays, file)


def _check_gaps(keys: list[str], file: Source) -> None:
    """Raise FileError where a number is left out: Keras passes over a layer that it has written before."""
    numbers: dict[str, set[int]] = {}
    for key in keys:
        base, _, number = key.rpartition("_")
        base, count = (base, int(number)) if base and number.isdecimal() and len(number) < 7 else (key, 0)
        numbers.setdefault(base, set()).add(count)
    for base, found in numbers.items():
        if len(found) != max(found) + 1:
            raise FileError(
                f"{file} has {len(found)} groups of weights {quoted(base)}, numbered up to {max(found)}: a Sequential "
                "with a layer that is used twice is saved so, and its config lists the layer once. It cannot be read "
                "back; make the model Functional, or give from_keras the model itself"
            )


def _name(group: Any, otherwise: str) -> str:
    """The attribute `name`: groups are numbered by class and position, and only it says which layer they are of."""
    name = group.attrs.get("name", otherwise)
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _numbered(group: Any, file: Source) -> list[Any]:
    """The arrays "0", "1", … of a group."""
    keys = list(group.keys())
    if len(keys) > MOST_GROUPS or sorted(keys) != sorted(map(str, range(len(keys)))):
        raise FileError(f"the weights in {file} are numbered {quoted(keys)}, not from 0 on")
    return [_array(file.item(group, str(k)), file) for k in range(len(keys))]


def _array(dataset: Any, file: Source) -> Any:
    """The numbers of a data set; its declared size is held against the file's first."""
    try:
        shape, dtype = tuple(map(int, dataset.shape)), np.dtype(dataset.dtype)
        size = int(np.prod([max(n, 0) for n in shape], dtype=object)) * dtype.itemsize
    except Exception as error:  # as above
        raise FileError(f"the weights in {file} are damaged ({type(error).__name__})") from None
    if dtype.kind not in "fiu" or len(shape) > 8:
        raise FileError(f"the weights in {file} are of type {dtype} and shape {shape}, not numbers of a layer")
    file.take(size, shape)
    try:
        found = np.asarray(dataset[()])
    except Exception as error:  # as above
        raise FileError(f"the weights in {file} are damaged or cut off ({type(error).__name__})") from None
    if found.shape != shape:
        raise FileError(f"the weights in {file} say that they are of shape {shape}, and are {found.shape}")
    return found.astype(np.float32) if found.dtype == np.float16 else np.array(found)


def _legacy(path: Path, source: Source) -> KerasFile:
    """An .h5 file: config as attributes, weights by the names of layers and weights."""
    with open(path, "rb") as file:
        root = _hdf5(file, path)
        texts = {key: root.attrs.get(key) for key in ("model_config", "training_config", "keras_version")}
        if texts["model_config"] is None:
            raise FileError(f"{path} holds weights without a model; save the whole model as .keras")
        config, training = (_json(_text(texts[k]) or "null", path) for k in ("model_config", "training_config"))
        arrays: Arrays = {}
        weights, models = source.group(root, "model_weights"), _models_in(config)
        for layer in [] if weights is None else sorted(weights.keys()):
            _legacy_layer(source.group(weights, layer), layer, models, arrays, source)
        if isinstance(training, dict) and "optimizer_config" in training:
            training["optimizer"] = training["optimizer_config"]
        return KerasFile(config, training, arrays, [], str(_text(texts["keras_version"]) or "")[:20])


def _text(given: Any) -> str | None:
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else given


def _legacy_layer(group: Any, layer: str, models: set[str], arrays: Arrays, file: Source) -> None:
    """The arrays of one layer, or of the layers of a model within the model, in the order of `weight_names`."""
    if group is None:
        return
    names = [_text(name) for name in np.ravel(group.attrs.get("weight_names", ())) if isinstance(name, bytes | str)]
    for name in names:
        parts = str(name).split("/")
        value: Any = group
        for part in parts:
            value = file.item(value, part) if hasattr(value, "keys") else None
        if value is None or hasattr(value, "keys"):
            raise FileError(f"{file} has no weights {quoted(name)}, which it names")
        path: tuple[str, ...] = (layer,)
        if layer in models and layer in parts:  # the layers of a model within the model lie behind its name
            path = (layer, *parts[parts.index(layer) + 1 : -1])
        arrays.setdefault(path, []).append(_array(value, file))


def _models_in(config: Any) -> set[str]:
    """The names of the models that are layers of the model."""
    inner = config.get("config") if isinstance(config, Mapping) else None
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    found = [x for x in layers or () if isinstance(x, Mapping) and isinstance(x.get("config"), Mapping)]
    return {str(x["config"].get("name")) for x in found if "layers" in x["config"]}
