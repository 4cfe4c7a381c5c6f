"""Where generated source and what was compiled from it are kept: a folder of the user's cache, named by a hash.

The hash is over everything that the machine code depends on: the compiled engine's own source, the versions of Numba
and LLVM, and the processor. So nothing in a folder can be out of date, and machines that share a home do not share
machine code. A folder that is damaged is emptied and filled again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import threading
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType

import llvmlite
import numba

from clearprop.engines.compiled.machine import signature

# Files of which nothing is compiled: what they decide reaches compiled code as numbers, or in the source of a module.
ONLY_PYTHON = frozenset([
    "__init__", "engine", "formulas_of", "parts", "plan", "plan_base", "rules", "scalar_functions", "store",
    "straight_lines", "threads", "tiny", "units",
])  # fmt: skip
LOADED: dict[Path, ModuleType] = {}  # what this process has loaded
_lock = threading.RLock()


def hash_of(*parts: str) -> str:
    """A short name for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


@cache
def version() -> str:
    """The name of the folder: a hash of everything that all compiled code depends on."""
    here = Path(__file__).parent
    sources = [file.read_text("utf-8") for file in sorted(here.glob("*.py")) if file.stem not in ONLY_PYTHON]
    return hash_of(*sources, numba.__version__, llvmlite.__version__, sys.version, signature())


@cache
def folder() -> Path:
    """The folder for this version, made if it is not there; in the temporary folder if the cache cannot be written."""
    for base in _bases():
        found = base / "clearprop" / "kernels" / version()
        try:
            found.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=found):
                return found
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="clearprop-kernels-"))


def _bases() -> list[Path]:
    """Where a user's cache may be, the first choice first."""
    named = os.environ.get("CLEARPROP_CACHE_DIR")
    if named:
        return [Path(named)]
    if sys.platform == "win32":
        user = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        user = Path.home() / "Library" / "Caches"
    else:
        user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    number = os.getuid() if hasattr(os, "getuid") else 0
    return [user, Path(tempfile.gettempdir()) / f"clearprop-{number}"]


def module(name: str, source: str) -> ModuleType:
    """The module with this source, from the cache if it was compiled before; loaded once in a process.

    Parameters
    ----------
    name : str
        What it is, for people who look into the folder.
    source : str
    """
    full = f"{name}_{hash_of(source)}"
    with _lock:
        place = folder() / full
        if place not in LOADED:
            LOADED[place] = _sound(full, source)
        return LOADED[place]


def _sound(full: str, source: str) -> ModuleType:
    """The module from the cache, or compiled anew if what lies there is damaged."""
    try:
        return _imported(full, source)
    except Exception as error:
        if not any(_files_of(full)):
            raise
        message = f"the compiled kernel {full!r} in {folder()} cannot be used ({error}); it is compiled anew"
        for file in _files_of(full):
            file.unlink(missing_ok=True)
        found = _imported(full, source)  # if this fails too, the source is at fault and the error is the user's
        warnings.warn(message, RuntimeWarning, stacklevel=3)
        return found


def is_compiled(name: str, source: str | None = None) -> bool:
    """Whether the cache holds machine code for this module; without its source, for any module of this name."""
    which = "*" if source is None else hash_of(source)
    return any((folder() / "__pycache__").glob(f"{name}_{which}.*.nbi"))


def _files_of(full: str) -> list[Path]:
    """The machine code of a module."""
    return [*(folder() / "__pycache__").glob(f"{full}.*")]


def _imported(full: str, source: str) -> ModuleType:
    file = folder() / f"{full}.py"
    if not file.exists() or file.read_text("utf-8") != source:
        part = file.with_name(f"{full}.{os.getpid()}.part")
        part.write_text(source, "utf-8")
        os.replace(part, file)
    name = f"clearprop_kernel_{full}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found  # Numba caches what it compiles only for modules that can be found by name
    spec.loader.exec_module(found)
    return found
