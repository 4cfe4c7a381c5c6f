"""Kernels that came built with the wheel: a shared library for each level, with a list of what is in it.

A library is taken if it was built from the very sources that are installed here, for a level that this machine offers.
Then nothing has to be compiled, and neither Numba nor LLVM is imported.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from clearprop.engines.compiled.compiler import levels
from clearprop.engines.compiled.compiler.sources import sources_digest
from clearprop.errors import has_extra

FOLDER = Path(__file__).parents[1] / "built"
SYMBOL = "clearprop_{}"


class Library(NamedTuple):
    """A library that was found in order, and its symbols."""

    level: str
    loaded: Any
    symbols: frozenset[str]
    n_bytes: int


def level() -> str | None:
    """The level of the library that is used, or None."""
    found = library()
    return found.level if isinstance(found, Library) else None


def address(full: str) -> int | None:
    """Where the machine code of a kernel is, by its name with the hash of its source; None where it was not shipped."""
    found = library()
    if not isinstance(found, Library) or full not in found.symbols:
        return None
    return ctypes.cast(found.loaded[SYMBOL.format(full)], ctypes.c_void_p).value


def why_none() -> str:
    """Why no library is used, in words that a sentence can go on from."""
    found = library()
    return found if isinstance(found, str) else "a kernel that is needed did not come with clearprop"


@cache
def library() -> Library | str:
    """The library for the best level that this machine offers, or the one that is forced; or why there is none.

    Raises
    ------
    EngineRefusal
        When the environment names a level that this machine does not offer.

    Warns
    -----
    RuntimeWarning
        When one is damaged or for another system, and can be made up for by compiling.
    """
    if {"NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"} & set(os.environ):
        return "the environment names a processor for which no kernels came with clearprop"
    forced = levels.forced()
    for name in reversed(levels.offered()) if forced is None else (forced,):
        listed = FOLDER / f"{name}.json"
        if listed.is_file():
            try:
                return _opened(name, json.loads(listed.read_text("utf-8")))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                said = f"the kernels for {name} that came with clearprop cannot be used ({error})"
                if has_extra("compiler"):  # otherwise it is part of why another engine is taken
                    warnings.warn(f"{said}; they are compiled anew", RuntimeWarning, stacklevel=2)
                return said
    return f"no kernels for {'this machine' if forced is None else forced} came with clearprop"


def _opened(name: str, listed: Mapping[str, Any]) -> Library | str:
    """The library that a list describes, unless it was built from other sources, as when one changes a kernel."""
    if listed["sources"] != sources_digest():
        return f"the kernels for {name} that came with clearprop were built from other sources than are installed"
    file = FOLDER / str(listed["file"])
    if hashlib.sha256(file.read_bytes()).hexdigest() != listed["sha256"]:
        raise ValueError(f"{file.name} is damaged")
    loaded = ctypes.CDLL(str(file))
    symbols = frozenset(listed["symbols"])
    missing = [symbol for symbol in symbols if not hasattr(loaded, SYMBOL.format(symbol))]
    if missing:
        raise ValueError(f"{file.name} lacks {missing[0]}")
    return Library(name, loaded, symbols, file.stat().st_size)
