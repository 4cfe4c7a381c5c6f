"""Which folders and files of the kernel cache are trusted: machine code that somebody else could have written is not.

Whoever can write a file of the cache decides what the process runs. So every folder from the base of the cache down
belongs to this user or to root, nobody else can write it, and none of them is a link; no other user can put something
else in the base's place either. A file is opened once, without following links and without waiting, and what was
opened is looked at.
"""

from __future__ import annotations

import errno
import os
import platform
import stat
import struct
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

MOST_LINKS = 40  # in a path, as Linux has it
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# The field of an object file's header that names the processor it is for: of ELF, and of COFF and Mach-O.
ELF = {"x86_64": 62, "aarch64": 183, "arm": 40, "i386": 3, "ppc64le": 21, "riscv64": 243, "s390x": 22}
COFF = {"x86_64": 0x8664, "aarch64": 0xAA64}
MACH_O = {"x86_64": 0x0100_0007, "aarch64": 0x0100_000C}
SAME = {"amd64": "x86_64", "arm64": "aarch64", "i686": "i386", "armv7l": "arm"}


class Untrusted(Exception):
    """A place that somebody else could have written; its text says why."""


def base_at(given: str | os.PathLike[str]) -> Path:
    """A base of the cache as a path without links, checked from the root down; it need not be there yet.

    The folders above it are walked through one by one, those that links lead through as well: who owns one of them
    could put something else in the base's place.

    Raises
    ------
    Untrusted, OSError
    """
    if _knows_no_owners():
        return Path(os.path.realpath(given))
    here, *parts = Path(os.getcwd(), given).parts
    base, left, links = Path(here), parts[::-1], 0
    while left:
        part = base / left.pop()
        if part.name == "..":
            base = base.parent
            continue
        try:
            status = os.lstat(part)
        except FileNotFoundError:
            return part.joinpath(*left[::-1])
        if not stat.S_ISLNK(status.st_mode):
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(part))
            base = part
            # In a folder of root's with the sticky bit, such as /tmp, nobody can move what belongs to others.
            shared = bool(left) and status.st_mode & stat.S_ISVTX
            _check(part, status, 0 if shared else OTHERS_WRITE, _owners_above() if left else None)
            continue
        _check(part, status, 0, _owners_above())
        links += 1
        if links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(given))
        target = Path(os.readlink(part))
        base = Path(target.anchor) if target.is_absolute() else base
        left += [step for step in target.parts if step != target.anchor][::-1]
    return base


def check_below(base: Path, place: Path) -> None:
    """Raise Untrusted or OSError unless the folders below a base down to `place` are there, this user's or root's."""
    for part in [place, *place.parents]:
        if part == base:
            return
        status = os.lstat(part)
        if not stat.S_ISDIR(status.st_mode):
            raise Untrusted(f"{part} is no folder" + (" but a link" if stat.S_ISLNK(status.st_mode) else ""))
        if not _knows_no_owners():
            _check(part, status)


def made(base: Path, place: Path) -> None:
    """Make the folders down to `place`, each for this user alone, and check all of them."""
    missing = [part for part in [place, *place.parents] if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)
    base_at(base)
    check_below(base, place)


def is_trusted(file: Path) -> bool:
    """Whether a file is there that `content` would read."""
    try:
        status = os.lstat(file)
        _check_file(file, status)
    except (OSError, Untrusted):
        return False
    return True


def content(file: Path) -> bytes:
    """What a file holds that nobody else can have written.

    Raises
    ------
    Untrusted
        When it is a link or no regular file, belongs to another user, or others can write it.
    OSError
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        opened = os.open(file, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Untrusted(f"{file} is a link") from None
        raise
    with open(opened, "rb") as stream:
        _check_file(file, os.fstat(stream.fileno()))
        return stream.read()


def is_object_file(code: bytes) -> bool:
    """Whether this begins as an object file for this machine's kind of processor does.

    Examples
    --------
    >>> from clearprop.engines.compiled.compiler.trusted_files import is_object_file
    >>> is_object_file(b"#!/bin/sh")
    False
    """
    machine = platform.machine().lower()
    machine = SAME.get(machine, machine)
    order = "<" if sys.byteorder == "little" else ">"
    if len(code) < 20:
        return False
    if code[:4] == b"\x7fELF":
        bits, endian, (kind, found) = code[4], code[5], struct.unpack_from(f"{order}HH", code, 16)
        fits = bits == (2 if sys.maxsize > 2**32 else 1) and endian == (1 if order == "<" else 2)
        return fits and kind == 1 and found == ELF.get(machine, found)
    if sys.platform == "darwin":
        return struct.unpack_from("<II", code) == (0xFEED_FACF, MACH_O.get(machine))
    return sys.platform == "win32" and struct.unpack_from("<H", code)[0] == COFF.get(machine)


def _check_file(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Untrusted(f"{file} is no regular file")
    if not _knows_no_owners():
        _check(file, status)


def _check(
    place: Path, status: os.stat_result, others: int = OTHERS_WRITE, owners: frozenset[int] | None = None
) -> None:
    """Raise Untrusted where another user owns a place, or can write it."""
    if status.st_uid not in (frozenset([os.geteuid(), 0]) if owners is None else owners):
        raise Untrusted(f"{place} belongs to another user, number {status.st_uid}")
    if status.st_mode & others:
        raise Untrusted(f"other users can write {place}; `chmod go-w` takes that from them")


def _knows_no_owners() -> bool:
    """Whether this system has no owners of this kind; on Windows a user's own folders are closed to others anyway."""
    return not hasattr(os, "geteuid")


@cache
def _owners_above() -> frozenset[int]:
    """Whose folders above a base cannot be turned against this user: the user's own and root's.

    In a container without privileges, root's folders show the number that stands for every unknown user.
    """
    owners = {os.geteuid(), 0}
    with suppress(OSError, ValueError):
        mapped = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
        if not any(int(first) == 0 for first, *_ in mapped):
            owners.add(int(Path("/proc/sys/kernel/overflowuid").read_text()))
    return frozenset(owners)
