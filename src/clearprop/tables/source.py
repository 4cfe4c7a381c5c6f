"""Where the bytes of a table come from: a file, a compressed file, or one that lies in a .zip."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clearprop.errors import InputError, TableError, shortened
from clearprop.network.memory import check_room
from clearprop.tables.naming import check_is_file

PIECE = 2**24  # bytes that are unpacked at a time
COMPRESSED = (".gz", ".bz2", ".zst")
LINE_END = re.compile(r"\r\n|\r|\n")
# What reading a damaged, encrypted or otherwise packed archive raises.
UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def lines_of(text: str) -> list[str]:
    """The lines of a text: only what ends one for pyarrow and JSON does; Python's `splitlines` knows seven more ends.

    Examples
    --------
    >>> from clearprop.tables.source import lines_of
    >>> lines_of("one\\u2028line\\r\\nanother")
    ['one\\u2028line', 'another']
    """
    found = LINE_END.split(text)
    return found if found[-1] else found[:-1]


@dataclass(frozen=True)
class Source:
    """A file, and what it holds if that is not what lies on the disk.

    Parameters
    ----------
    path : Path
    name : str
        By which the kind of the file is known: without ".gz", or of the file in the .zip.
    held : bytes, optional
    """

    path: Path
    name: str
    held: bytes | None = None

    def __str__(self) -> str:
        return str(self.path)

    @property
    def suffix(self) -> str:
        """The ending of its name, in small letters."""
        return Path(self.name).suffix.lower()

    @property
    def is_plain(self) -> bool:
        """Whether the file on the disk is the table itself."""
        return self.held is None and self.name == self.path.name

    def input(self) -> Any:
        """What pyarrow reads from: the path, or a buffer."""
        return str(self.path) if self.held is None else pa.BufferReader(self.held)

    def head(self, n_bytes: int) -> bytes:
        """The first bytes."""
        if self.held is not None:
            return self.held[:n_bytes]
        with pa.input_stream(str(self.path)) as stream:  # undoes .gz and its kin by the file's name
            found: bytes = stream.read(n_bytes)
        return found

    def content(self) -> bytes:
        """All of it."""
        if self.held is not None:
            return self.held
        if self.is_plain:
            return self.path.read_bytes()
        parts: list[bytes] = []
        with pa.input_stream(str(self.path)) as stream:  # which does not know how much will come
            while part := stream.read(PIECE):
                parts.append(part)
                check_fits(self.path, PIECE * len(parts))
        return b"".join(parts)

    def unpacked(self) -> Source:
        """The same with all of its content in memory."""
        return self if self.held is not None else self.holding(self.content())

    def holding(self, content: bytes) -> Source:
        """The same file with this in it."""
        return Source(self.path, self.name, content)


def source_of(path: Path) -> Source:
    """What there is to read at a path.

    Raises
    ------
    TableError
        For a .zip that does not hold just one file, or one that is too large; for a pipe or a device.
    """
    check_is_file(path)
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        return Source(path, path.name[: -len(suffix)])
    if suffix != ".zip":
        return Source(path, path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _is_hidden(m.filename)]
            if len(members) != 1:
                shown = shortened(", ".join(member.filename for member in members[:5]), 300) or "none"
                raise TableError(
                    f"{path} must hold one file, not {len(members)} ({shown}): unzip it, and name one of them"
                )
            check_fits(path, members[0].file_size)  # no more than that is read
            name, content = Path(members[0].filename).name, archive.read(members[0])
    except UNREADABLE_ZIP as error:
        raise TableError(f"{path} is damaged or not a .zip file ({error})") from None
    if not content.startswith(b"PK"):
        name = name.removesuffix(".zip")  # older versions of pandas give the file in t.csv.zip that name too
    return Source(path, name, content)


def check_fits(path: Path, n_bytes: int) -> None:
    """Raise TableError where a file is too large unpacked: a few kilobytes can unpack to many gigabytes.

    The text and the table of it are in memory together.
    """
    try:
        check_room(2 * n_bytes, f"{path}, unpacked,", "unpack it, and use fewer rows")
    except InputError as error:
        raise TableError(str(error)) from None


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")
