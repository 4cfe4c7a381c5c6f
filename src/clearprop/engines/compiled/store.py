"""Where machine code is kept: a folder of the user's cache, an object file for each generated source.

The folder is named by a hash over everything that the code depends on besides its source: the compiled engine's own
files, the versions of Numba and LLVM, and the processor. So nothing in a folder can be out of date, and machines that
share a home do not share machine code. Each file begins with a digest of its content; one that is damaged is compiled
anew. Numba is imported only where something has to be compiled.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version as version_of
from pathlib import Path

import llvmlite

from clearprop.engines.compiled.loading import load
from clearprop.engines.compiled.machine import signature
from clearprop.errors import EngineRefusal

# Files of which nothing is compiled: what they decide reaches compiled code as numbers, or in the source of a kernel.
ONLY_PYTHON = frozenset([
    "__init__", "engine", "formulas_of", "helpers", "loading", "parts", "plan", "plan_base", "rules",
    "scalar_functions", "store", "straight_lines", "system", "threads", "tiny", "units", "warmup",
])  # fmt: skip
ENTRY = "kernel"  # the function that each generated source defines
DIGEST = hashlib.sha256().digest_size

compiled: list[str] = []  # the kernels that this process has compiled, in order
_addresses: dict[str, int] = {}
_lock = threading.RLock()


def hash_of(*parts: str) -> str:
    """A short name for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


@cache
def version() -> str:
    """The name of the folder: a hash of everything that all compiled code depends on."""
    here = Path(__file__).parent
    files = [file for file in sorted(here.glob("*.py")) if file.stem not in ONLY_PYTHON]
    sources = [file.read_text("utf-8") for file in [*files, here.parent / "shuffling.py"]]
    return hash_of(*sources, version_of("numba"), llvmlite.__version__, sys.version, signature())


def address(name: str, source: str) -> int:
    """Where the machine code of a generated source is; compiled if the cache does not have it.

    Parameters
    ----------
    name : str
        What it is, for people who look into the folder.
    source : str
        A module that defines the function ``kernel``, decorated with Numba's ``cfunc``.

    Raises
    ------
    EngineRefusal
        When it must be compiled and Numba cannot be imported.

    Warns
    -----
    RuntimeWarning
        When a file of the cache is damaged and is compiled anew, and, once in a process, when one cannot be written.
    """
    full = f"{name}_{hash_of(source)}"
    with _lock:
        if full not in _addresses:
            _addresses[full] = _found(full) or _made(full, source)
        return _addresses[full]


def is_compiled(name: str, source: str) -> bool:
    """Whether the cache holds machine code for a source."""
    return any((place / f"{name}_{hash_of(source)}.o").is_file() for place in folders())


def _found(full: str) -> int | None:
    """The address of a kernel that the cache holds."""
    for place in folders():
        file = place / f"{full}.o"
        try:
            content = file.read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content[DIGEST:]).digest() == content[:DIGEST]:
            return load(content[DIGEST:], ENTRY)
        warnings.warn(f"the compiled kernel {file} is damaged; it is compiled anew", RuntimeWarning, stacklevel=3)
    return None


def _made(full: str, source: str) -> int:
    """Compile a kernel and keep it; its address."""
    try:
        from clearprop.engines.compiled.compiling import object_code
    except ImportError as error:
        raise EngineRefusal(
            f"the compiled engine has to compile {full!r}, and Numba cannot be imported ({error}); "
            "install it with `pip install numba`, or take engine='reference'"
        ) from None
    code = object_code(source)
    compiled.append(full)
    _keep(f"{full}.o", hashlib.sha256(code).digest() + code)
    return load(code, ENTRY)


def _keep(name: str, content: bytes) -> None:
    """Write a file of the cache, whole or not at all."""
    place = folder()
    part = place / f"{name}.{os.getpid()}.part"
    try:
        part.write_bytes(content)
        os.replace(part, place / name)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        _say_once(f"compiled kernels cannot be kept in {place} ({error.strerror}); the next process compiles them anew")


@cache
def _say_once(sentence: str) -> None:
    warnings.warn(sentence, RuntimeWarning, stacklevel=5)


def folders() -> Iterator[Path]:
    """The folders for this version that kernels may be read from, the first choice first."""
    for base, trusted in _bases():
        place = base / "clearprop" / "kernels" / version()
        if place.is_dir() and (trusted or _is_private(base)):
            yield place


@cache
def folder() -> Path:
    """The folder for this version that can be written, made if it is not there.

    It is among the temporary files if the cache cannot be written, and ends with the process if nothing there can be
    trusted either.
    """
    for base, trusted in _bases():
        place = base / "clearprop" / "kernels" / version()
        try:
            if not trusted:
                base.mkdir(mode=0o700, exist_ok=True)
                if not _is_private(base):
                    continue
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                return place
        except OSError:
            continue
    place = Path(tempfile.mkdtemp(prefix="clearprop-kernels-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def _bases() -> list[tuple[Path, bool]]:
    """Where a user's cache may be, the first choice first, and whether nobody else can have put something there."""
    number = os.getuid() if hasattr(os, "getuid") else 0
    shared = (Path(tempfile.gettempdir()) / f"clearprop-{number}", False)
    named = os.environ.get("CLEARPROP_CACHE_DIR")
    if named:
        return [(Path(named), True), shared]
    if sys.platform == "win32":
        user = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        user = Path.home() / "Library" / "Caches"
    else:
        user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [(user, True), shared]


def _is_private(place: Path) -> bool:
    """Whether a folder is this user's and nobody else can write it: machine code from elsewhere must not be run."""
    if not hasattr(os, "getuid"):
        return True
    status = place.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _forget_holder() -> None:
    """A process that was forked off has no thread that could give the lock back."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_holder)
