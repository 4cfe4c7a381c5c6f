"""Writing a file whole or not at all, and only where a file may be written.

Links are followed to what they name. A device, a pipe or a socket is never replaced, nor a file that is
write-protected; a file that is replaced keeps its owner and its mode, so that a private one stays private. Without
`replace`, nothing is lost even where the file appears while this one is being written.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from clearprop.errors import FileError

PART = re.compile(r"\.clearprop-[0-9a-f]{16}\.part")  # what is being written; the name of the file may be too long
STALE = 3600.0  # seconds: a part this old was left behind by a process that was ended in the middle of a write
KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISLNK: "a link that leads round in a circle",
}


def write_whole(path: Path, content: bytes | Callable[[BinaryIO], None], *, replace: bool = True) -> None:
    """Write beside the file first and put it in place in one step, so that no reader ever meets half a file.

    Parameters
    ----------
    path : Path
        A link is followed.
    content : bytes or callable
        What is called is given the open file, and writes to it.
    replace : bool
        Whether a file that is there is replaced.

    Raises
    ------
    FileExistsError
        When there is a file, even one that appeared just now, and it is not to be replaced.
    FileError
        When what is there is no plain file, or write-protected.
    OSError
        When the file cannot be written; one that was there before is then untouched.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from clearprop.files.writing import write_whole
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_whole(path, b"one")
    >>> write_whole(path, b"two", replace=False)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileExistsError: ...
    >>> path.read_bytes()
    b'one'
    """
    path = destination(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} to; make it first")
    before = _facts(path)
    sweep(path.parent)
    part = path.with_name(f".clearprop-{secrets.token_hex(8)}.part")
    name = os.fspath(part)
    try:
        # What replaces a file may be as private as that one: nobody else reads it while it is being written.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666 if before is None else 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            if before is not None:
                _belong(file.fileno(), before)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(part, path)
        else:
            _put(part, path)
        _sync(path.parent)
    finally:
        try:
            os.unlink(name)  # no function of Python's, on entering which Ctrl-C could come
        except FileNotFoundError:
            name = ""  # it has been put in place


_BINARY = getattr(os, "O_BINARY", 0)  # Windows would otherwise write other line ends


def destination(path: Path) -> Path:
    """What is written when `path` is: the end of a link, otherwise the path itself.

    Raises
    ------
    FileError
        When no file can or may be put there: it is a folder, a device, a pipe, a socket, or write-protected.
    OSError
        When the name cannot be one, because it is too long, say.
    """
    end = Path(os.path.realpath(path)) if path.is_symlink() else path
    facts = _facts(end)
    if facts is None:
        return end
    named = str(path) if end == path else f"{path}, a link to {end},"
    for is_kind, kind in KINDS.items():
        if is_kind(facts.st_mode):
            raise FileError(f"{named} is {kind}, which is never replaced; name a file")
    if not facts.st_mode & 0o222:
        raise FileError(f"{named} is write-protected; 'chmod u+w' allows to replace it")
    return end


def sweep(folder: Path) -> None:
    """Remove parts of files that were left behind in this folder by processes that were ended while they wrote."""
    now = time.time()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if PART.fullmatch(entry.name):
                with suppress(OSError):  # another process sweeps too
                    facts = entry.stat(follow_symlinks=False)
                    own = facts.st_uid == os.geteuid() if hasattr(os, "geteuid") else True
                    if own and stat.S_ISREG(facts.st_mode) and now - facts.st_mtime > STALE:
                        os.unlink(entry.path)


def _facts(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _belong(descriptor: int, before: os.stat_result) -> None:
    """Give what is being written the owner and the mode of the file that it replaces."""
    if not hasattr(os, "fchown"):
        return
    now = os.fstat(descriptor)
    mode = stat.S_IMODE(before.st_mode)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            mode &= 0o707 if now.st_gid != before.st_gid else 0o777  # a group of one's own was not meant
    os.fchmod(descriptor, mode & 0o777)


def _sync(folder: Path) -> None:
    """Have the names in a folder written to the disk, where the system can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(part: Path, path: Path) -> None:
    """Give the finished part its name, unless that is taken by now."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # A file system without hard links: take the name first, which fails if it is taken, then fill it.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.chmod(path, stat.S_IMODE(os.stat(part).st_mode))
        os.replace(part, path)
