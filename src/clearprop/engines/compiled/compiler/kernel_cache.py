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
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path

from clearprop.engines.compiled.compiler import shipped, side_by_side, trusted_files
from clearprop.engines.compiled.compiler.loading import load
from clearprop.engines.compiled.compiler.machine import NO_COMPILER, can_compile, signature
from clearprop.engines.compiled.compiler.sources import full_name, hash_of, sources_digest
from clearprop.engines.cores import usable_cores
from clearprop.engines.first_use import FIRST_USE
from clearprop.errors import EngineRefusal

ENTRY = "kernel"  # the function that each generated source defines
DIGEST = hashlib.sha256().digest_size
BELOW = Path("clearprop", "kernels")
PART = ".part"
FEW = 5  # kernels, up to which another process would take longer to start than to be of help
OLD = 3600.0  # seconds after which a file that is being written no longer is

compiled: list[str] = []  # the kernels that this process has compiled, in order
_addresses: dict[str, int] = {}
_checked: set[Path] = set()  # folders that were found to be this user's
_said: set[Path | None] = set()  # places of which something was said


@cache
def version() -> str:
    """The name of the folder: a hash of everything that all compiled code depends on."""
    with FIRST_USE:  # Python imports what reads the metadata of a package when it is first asked
        return hash_of(sources_digest(), version_of("numba"), version_of("llvmlite"), sys.version, signature())


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
        When it must be compiled, and Numba cannot be imported or cannot do it.

    Warns
    -----
    RuntimeWarning
        When a file of the cache is damaged and is compiled anew, and, once in a process, when one cannot be written.
    """
    full = full_name(name, source)
    if full not in _addresses:
        with FIRST_USE:
            if full not in _addresses:
                _addresses[full] = shipped.address(full) or _found(full) or _made(full, source)
    return _addresses[full]


def is_compiled(name: str, source: str) -> bool:
    """Whether there is machine code for a source: loaded already, built with the wheel, or kept in the cache."""
    full = full_name(name, source)
    if full in _addresses or shipped.address(full) is not None:
        return True
    return any(trusted_files.is_trusted(place / f"{full}.o") for place in folders())


def _found(full: str) -> int | None:
    """The address of a kernel that the cache holds."""
    for place in folders():
        file = place / f"{full}.o"
        try:
            content = trusted_files.content(file)
        except FileNotFoundError:
            continue
        except (OSError, trusted_files.Untrusted) as error:
            _say_once(place, f"a compiled kernel of the cache is not run: {error}")
            continue
        code = content[DIGEST:]
        if hashlib.sha256(code).digest() == content[:DIGEST] and trusted_files.is_object_file(code):
            with suppress(RuntimeError):  # it has no function of that name
                return load(code, ENTRY)
        warnings.warn(f"the compiled kernel {file} is damaged; it is compiled anew", RuntimeWarning, stacklevel=3)
    return None


def _made(full: str, source: str) -> int:
    """Compile a kernel and keep it; its address."""
    try:
        from clearprop.engines.compiled.compiler.compiling import object_code
    except ImportError as error:
        raise EngineRefusal(f"{shipped.why_none()}, and {NO_COMPILER}; or take engine='reference'") from error
    try:
        return _loaded(full, object_code(source))
    except Exception as error:  # whatever Numba and LLVM raise; there is another engine, which needs neither
        said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        versions = f"Numba {version_of('numba')} and llvmlite {version_of('llvmlite')}"
        raise EngineRefusal(f"compiling failed in {versions} ({said})") from error


def _loaded(full: str, code: bytes) -> int:
    """Keep what was compiled; its address."""
    found = load(code, ENTRY)
    compiled.append(full)
    _keep(f"{full}.o", hashlib.sha256(code).digest() + code)
    return found


def make_all(
    sources: Iterable[tuple[str, str]], watch: Callable[[int, int, str], object] = lambda done, all_, name: None
) -> None:
    """Compile all of these that are not there yet, several at once where that is quicker.

    One that cannot be compiled is left out: `address` says why.

    Parameters
    ----------
    sources : iterable of (str, str)
        The name and the source of each, those first that take longest.
    watch : callable, optional
        Called when one more is done, with how many are, of how many, and its name.
    """
    asked = {full_name(name, source): source for name, source in sources}
    if asked.keys() <= _addresses.keys():
        return
    with FIRST_USE:
        missing = {}
        for full, source in asked.items():
            found = _addresses.get(full) or shipped.address(full) or _found(full)
            if found is None:
                missing[full] = source
            else:
                _addresses[full] = found
        processes = min(usable_cores(), len(missing))
        if processes < 2 or len(missing) < FEW or not can_compile():
            return
        for done, (full, code) in enumerate(side_by_side.compiled(missing, processes), 1):
            if code is not None:
                _addresses[full] = _loaded(full, code)
            watch(done, len(missing), full)


def _keep(name: str, content: bytes) -> None:
    """Write a file of the cache, whole or not at all."""
    place = part = None
    try:
        place = folder()
        opened, part = tempfile.mkstemp(dir=place, prefix=f"{name}.", suffix=PART)  # for this user alone
        with open(opened, "wb") as file:
            file.write(content)
        os.replace(part, place / name)
    except OSError as error:
        if part is not None:
            with suppress(OSError):
                os.unlink(part)
        where = "" if place is None else f" in {place}"
        _say_once(
            place, f"compiled kernels cannot be kept{where} ({error.strerror}); the next process compiles them anew"
        )


def _say_once(about: Path | None, sentence: str) -> None:
    """Warn, the first time in a process that there is something to say of a place."""
    if about not in _said:
        _said.add(about)
        warnings.warn(sentence, RuntimeWarning, stacklevel=5)


def folders() -> Iterator[Path]:
    """The folders for this version that kernels may be read from, the first choice first."""
    try:
        named = version()
    except PackageNotFoundError:  # without Numba and LLVM, which would link what a folder holds
        return
    for base in _bases():
        place = base / BELOW / named
        if place not in _checked:
            try:
                trusted_files.check_below(base, place)
            except trusted_files.Untrusted as error:
                _ignored(base, error)
                continue
            except OSError:  # it is not there yet
                continue
            _checked.add(place)
        yield place


@cache
def folder() -> Path:
    """The folder for this version that can be written, made if it is not there.

    It is among the temporary files if the cache cannot be written, and ends with the process if nothing there can be
    trusted either.

    Raises
    ------
    OSError
        When there is no folder for temporary files.
    """
    for base in _bases():
        place = base / BELOW / version()
        try:
            trusted_files.made(base, place)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError:
            continue
        except trusted_files.Untrusted as error:
            _ignored(base, error)
            continue
        _sweep(place)
        return place
    place = Path(tempfile.mkdtemp(prefix="clearprop-kernels-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def _sweep(place: Path) -> None:
    """Remove what processes that were killed while they wrote have left behind."""
    for part in place.glob(f"*{PART}"):
        with suppress(OSError):  # another process sweeps, too
            if part.stat().st_mtime < time.time() - OLD:
                part.unlink()


@cache
def _bases() -> tuple[Path, ...]:
    """Where this user's cache may be, the first choice first, without links; what others could have written is not."""
    found = []
    for given in _named():
        try:
            found.append(trusted_files.base_at(given))
        except trusted_files.Untrusted as error:
            _ignored(Path(given), error)
        except OSError:
            continue
    return tuple(found)


def _ignored(base: Path, error: Exception) -> None:
    _say_once(base, f"the cache of compiled kernels in {base} is not used: {error}")


def _named() -> Iterator[str | Path]:
    """Where a user's cache may be, as the environment names it."""
    named = os.environ.get("CLEARPROP_CACHE_DIR")
    with suppress(RuntimeError):  # a user without a home
        if named:
            yield named
        elif sys.platform == "win32":
            yield os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        elif sys.platform == "darwin":
            yield Path.home() / "Library" / "Caches"
        else:
            yield os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    with suppress(OSError):  # no folder for temporary files can be written
        yield Path(tempfile.gettempdir()) / f"clearprop-{os.geteuid() if hasattr(os, 'geteuid') else 0}"
