"""What ONNX Runtime computes of a file that was read, where it is installed: what an import is compared with."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import is_installed
from clearprop.files import onnx_messages as onnx
from clearprop.files.importers.onnx_values import Flow
from clearprop.files.importers.onnx_walk import Walk

TYPES = {onnx.FLOAT: np.float32, onnx.DOUBLE: np.float64, onnx.INT64: np.int64, onnx.STRING: object}


def reference_of(path: Path, walk: Walk, name: str, flow: Flow) -> Callable[[Any], Any] | None:
    """From rows (n_rows, n_columns) to the output of that name; None where that cannot be had.

    Parameters
    ----------
    path : Path
    walk : Walk
        That has read the file, so its sizes, types and places are what they say.
    name : str
        Of the output.
    flow : Flow
        What it is.
    """
    columns = [walk.values[item.name] for item in walk.inputs]
    plain = flow.form == "plain" and flow.rank == 2 and not any(item.is_transposed for item in columns)
    kinds = [item.type.tensor_type.elem_type for item in walk.inputs if item.type and item.type.tensor_type]
    if not is_installed("onnxruntime") or not plain or any(kind not in TYPES for kind in kinds):
        return None
    if any(f.name for f in walk.model.functions) or sum(c.trees.size for c in columns) != len(walk.found.columns):
        return None  # functions of the file's own, or inputs of several rows
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of many classes, none of them public
        walk.found.note(f"ONNX Runtime does not run this file ({str(error).splitlines()[0][:150]})")
        return None

    def reference(X: Any) -> Any:
        rows = np.asarray(X)
        given, start = {}, 0
        for item, column, kind in zip(walk.inputs, columns, kinds, strict=True):
            part = rows[:, start : start + column.trees.size].astype(TYPES[kind])
            given[item.name] = part.reshape(len(rows), *column.trees.shape)
            start += column.trees.size
        return _run(session, name, given, _batch(walk))

    return reference


def _batch(walk: Walk) -> int:
    """How many rows a file takes at once; 0 where it does not say."""
    for item in walk.inputs:
        shape = item.type.tensor_type.shape if item.type and item.type.tensor_type else None
        if shape is not None and shape.dim and shape.dim[0].dim_value:
            return int(shape.dim[0].dim_value)
    return 0


def _run(session: Any, name: str, given: dict[str, Any], batch: int) -> Any:
    """The output of all rows; with a fixed number of rows at once, the last ones are filled up."""
    n_rows = len(next(iter(given.values())))
    if not batch:
        return session.run([name], given)[0]
    found = []
    for start in range(0, n_rows, batch):
        part = {key: np.resize(value[start : start + batch], (batch, *value.shape[1:])) for key, value in given.items()}
        found.append(session.run([name], part)[0])
    return np.concatenate(found)[:n_rows]
