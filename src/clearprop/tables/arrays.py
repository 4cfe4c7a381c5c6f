"""Reading an .npz: an array X of one row per sample, and an array y of targets."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables.frames import of_array
from clearprop.tables.source import UNREADABLE_ZIP, Source
from clearprop.tables.storage import native

MOST_SHOWN = 10  # names of arrays


def read_arrays(source: Source) -> tuple[pa.Table, tuple[str, ...]]:
    """A table with the columns "X", of vectors, and "y", if the file has one; and a note of its other arrays.

    Raises
    ------
    TableError
        When the file holds no X, or arrays that are no numbers; headers are checked before memory is taken.
    """
    path = source.path
    try:
        with zipfile.ZipFile(path if source.is_plain else io.BytesIO(source.content())) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if "X" not in names:
                raise TableError(f"{path} must hold an array named 'X' (and 'y', its targets), not {names[:10]}")
            X = _array(path, archive, "X")
            y = _array(path, archive, "y") if "y" in names else None
    except UNREADABLE_ZIP as error:
        raise TableError(f"{path} is damaged or not an .npz file ({error})") from None
    if X.ndim < 2 or X.shape[0] == 0 or X.size == 0:
        raise TableError(f"{path}: X must have one row per sample, shape (n_samples, n_features), not {X.shape}")
    if X.dtype.kind not in "buif":
        raise TableError(f"{path}: X must hold numbers, not {X.dtype}")
    columns: dict[str, Any] = {"X": vectors(X.reshape(X.shape[0], -1))}
    if y is not None:
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1 or len(y) != len(X):
            raise TableError(f"{path}: y must have one value per row of X, shape ({len(X)},), not {y.shape}")
        if y.dtype.kind not in "buifUS":
            raise TableError(f"{path}: y must hold numbers or text, not {y.dtype}")
        columns["y"] = of_array(y, "y")
    return pa.table(columns), _of_others([name for name in names if name not in ("X", "y")])


def _of_others(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    shown = ", ".join(map(repr, names[:MOST_SHOWN])) + (", …" if len(names) > MOST_SHOWN else "")
    return (f"of its arrays X and y are read; left out: {shown} (to use one, save it as columns of X)",)


def vectors(matrix: Any) -> pa.FixedSizeListArray:
    """The rows of a matrix (n_samples, n_features) as one column."""
    matrix = native(matrix.astype(np.uint8) if matrix.dtype == np.bool_ else matrix)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).ravel()), matrix.shape[1])


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> Any:
    """One array of the file; refused where its header asks for more than the file holds, or for Python objects."""
    member = archive.getinfo(f"{name}.npy")
    try:
        with archive.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            if version not in ((1, 0), (2, 0)):
                raise TableError(f"{path}: array {name!r} has a format of version {version}, which is not known")
            reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = reader(stream)
        if dtype.hasobject:
            raise TableError(f"{path}: array {name!r} holds Python objects, which are not read; save numbers or text")
        if math.prod(shape) * dtype.itemsize > member.file_size:
            raise TableError(f"{path}: array {name!r} claims shape {shape}, more than the file holds: it is damaged")
        with archive.open(member) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except ValueError as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{path}: array {name!r} is damaged ({error})") from None
