"""`-` in place of a file: standard input, kept in a file for a while, as tables are read more than once."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clearprop.cli import exits
from clearprop.cli.exits import STANDARD_INPUT
from clearprop.errors import ClearpropError

NAME = "standard input"
FLAGS = ("--log-target", "--skip-missing-target", "--probabilities", "--force", "--json", "--header", "--no-header")
MAGIC = {
    b"PAR1": ".parquet", b"\x1f\x8b": ".txt.gz", b"BZh": ".txt.bz2", b"ARROW1": ".feather", b"{": ".jsonl",
    b"[": ".json", b"@relation": ".arff",
}  # fmt: skip


def with_standard_input(arguments: Sequence[str]) -> list[str]:
    """The arguments with the name of standard input for a `-` that is no value of an option."""
    before = ["", *arguments]
    return [
        str(STANDARD_INPUT) if each == "-" and not (last.startswith("-") and last not in FLAGS) else each
        for last, each in zip(before, arguments, strict=False)
    ]


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """The path itself or, for standard input, a file that holds what came from it, as long as the context lasts.

    Raises
    ------
    UnreadableError
        When nothing comes.
    """
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="clearprop-") as folder:
        kept = Path(folder) / "table"
        with open(kept, "wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        if kept.stat().st_size == 0:
            raise exits.UnreadableError("nothing came from standard input")
        named = kept.rename(kept.with_name(f"table{_suffix(kept)}"))
        try:
            yield named
        except ClearpropError as error:
            error.args = tuple(str(part).replace(str(named), NAME) for part in error.args)
            raise


def shown(path: Path) -> str:
    """The name of a file as people know it."""
    return NAME if path == STANDARD_INPUT else str(path)


def _suffix(path: Path) -> str:
    """The ending of the kind of file that its first bytes are of; text with columns, where they do not tell."""
    with open(path, "rb") as stream:
        head = stream.read(512).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"PK"):
        return _suffix_of_archive(path)
    return next((suffix for magic, suffix in MAGIC.items() if head.lower().startswith(magic.lower())), ".txt")


def _suffix_of_archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return ".zip"
    if any(name.startswith("xl/") for name in names):
        return ".xlsx"
    return ".npz" if names and all(name.endswith(".npy") for name in names) else ".zip"
