"""Random numbers in compiled code: the functions of `job.hashing` and `job.shuffling`, compiled as they stand."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.job import hashing, shuffling


def compiled(module: Any, *names: str, **others: Any) -> list[Any]:
    """Functions of a module as compiled ones, which call each other, and `others`, in place of those of the module."""
    namespace = {**vars(module), **others}
    for name in names:
        own = FunctionType(namespace[name].__code__, namespace, name)
        namespace[name] = njit(error_model="numpy")(own)
    return [namespace[name] for name in names]


finalised, joined, mix, of_row, of_unit = compiled(hashing, "finalised", "joined", "mix", "of_row", "of_unit")
partners, exchange = compiled(shuffling, "partners", "exchange", finalised=finalised)
