"""NumPy's arrays and PyTorch's tensors: one memory, and the names of types."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def torch_type(dtype: Any) -> torch.dtype:
    """PyTorch's name of a type of numbers."""
    return torch.float64 if np.dtype(dtype) == np.float64 else torch.float32


def numpy_type(dtype: torch.dtype) -> Any:
    """NumPy's name of a type of numbers."""
    return np.float64 if dtype == torch.float64 else np.float32


def shared(array: Any) -> Any:
    """A tensor on the memory of an array, through which nobody writes where the array is read-only."""
    array = np.ascontiguousarray(array)
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Readable(array)))


class _Readable:
    """An array without the mark that it is read-only: PyTorch has no such mark, and warns of arrays that have it."""

    def __init__(self, array: Any) -> None:
        self.array, found = array, array.__array_interface__
        self.__array_interface__ = {**found, "data": (found["data"][0], False)}
