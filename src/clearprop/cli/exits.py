"""How a command ends: the exit codes of docs/command-line.md, and the sentence on standard error for each."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cyclopts

from clearprop.cli import interrupts
from clearprop.errors import ClearpropError, FileError, InputError, UnreadableTableError, first_line, shortened

DONE, FAILED, USAGE, UNREADABLE, DIFFERS = 0, 1, 2, 3, 4  # and 130, 143: see `interrupts`
TO_GO_ON = "{} has where it was: the same command with --resume goes on from there"
ADDRESS = re.compile(r"(https?|ftp|s3|gs|hdfs|file):/")
STANDARD_INPUT = Path("/dev/stdin")
TRACEBACK = "CLEARPROP_TRACEBACK"  # an environment variable that shows where an error came from


class UsageError(InputError):
    """What was typed is not what the command takes."""


class UnreadableError(FileError):
    """A file that was given cannot be read."""


class InterruptedEarly(KeyboardInterrupt):
    """Training was interrupted before a first epoch was whole."""


class InterruptedKept(KeyboardInterrupt):
    """Training was interrupted, and a folder has the checkpoints from which it can go on."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever keeps this file from being read ends the command with the exit code of an input that cannot be read."""
    check_readable(path)
    try:
        yield
    except FileError as error:
        raise UnreadableError(*error.args[:1]) from error  # as it is, to be said in any language
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is not text in UTF-8 (byte {error.start + 1:,}): save it as UTF-8") from error
    except Exception as error:
        if not isinstance(error, UnicodeError) and not of_pyarrow(error):
            raise
        raise UnreadableError(f"{path} cannot be read: {first_line(error)}") from error


@contextmanager
def asking() -> Iterator[None]:
    """A setting that cannot be is wrong usage, as an option that does not exist is."""
    try:
        yield
    except InputError as error:
        raise UsageError(str(error)) from error


def check_here(path: Path) -> None:
    """Raise UnreadableError for an address of the network, which a shell hands on as if it were a path."""
    if ADDRESS.match(str(path)):
        raise UnreadableError(f"{path} is an address, and clearprop reads and writes files of this machine")


def check_readable(path: Path) -> None:
    """Raise UnreadableError for what is no file: it would be waited for, or read without an end.

    Standard input is taken as it is; whoever reads it keeps it in a file.
    """
    check_here(path)
    if path == STANDARD_INPUT:
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise UnreadableError(f"{shortened(str(path))} cannot be read: {error.strerror}") from None
        if path.is_symlink():
            raise UnreadableError(f"{path} is a link to {os.readlink(path)}, which is not there") from None
        return  # whoever reads it says so, and which name is near
    if stat.S_ISFIFO(mode):
        raise UnreadableError(
            f"{path} is a pipe, and tables are read more than once: write what comes from it to a file, or give it as "
            "standard input, with - in place of the file"
        )
    for is_kind, kind in ((stat.S_ISCHR, "device"), (stat.S_ISBLK, "device"), (stat.S_ISSOCK, "socket")):
        if is_kind(mode):
            raise UnreadableError(f"{path} is a {kind}, not a file")


def of_pyarrow(error: BaseException) -> bool:
    """Whether pyarrow raised this; it is not imported to tell, which would take longer than many a command."""
    return any(cls.__module__ == "pyarrow.lib" for cls in type(error).__mro__)


def ending(error: BaseException, language: str = "en") -> int:
    """Say on standard error why a command ended; its exit code.

    `language` is what the command was asked to speak, for what its options cannot be.
    """
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    match error:
        case SystemExit():
            raise error
        case InterruptedKept(args=(folder,)):
            return _said(f"interrupted; {TO_GO_ON.format(folder)}", interrupts.exit_code())
        case InterruptedEarly():
            return _said(
                "interrupted within the first epoch, with nothing learned yet: nothing was saved",
                interrupts.exit_code(),
            )
        case KeyboardInterrupt():
            return _said("interrupted; nothing was saved", interrupts.exit_code())
        case cyclopts.CycloptsError():
            return _said(_not_understood(error, language), USAGE)
        case UsageError():
            return _said(str(error), USAGE)
        case UnreadableError() | UnreadableTableError():
            return _said(str(error), UNREADABLE)
        case ClearpropError():
            return _said(str(error), FAILED)
        case BrokenPipeError():  # as when the output goes to head: whoever reads has enough
            return DONE
        case MemoryError():
            return _said(
                f"there is not enough memory ({error})" if str(error) else "there is not enough memory", FAILED
            )
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return _said(f"{where}{error.strerror or error}", FAILED)
    if of_pyarrow(error) or isinstance(error, UnicodeError):  # a form of text or numbers that nobody has thought of
        return _said(f"a column cannot be used as it is stored: {first_line(error)}", FAILED)
    return _said(
        f"this is a fault of clearprop itself, please report it: {type(error).__name__}: {first_line(error)} "
        f"(with {TRACEBACK}=1 in the environment it says where)",
        FAILED,
    )


def _not_understood(error: BaseException, language: str) -> str:
    from clearprop.explain.words.message import Message, in_language  # late: of no use where a command is understood

    return f"{in_language(error, language)}\n{in_language(Message('usage_help'), language)}"


def _said(sentence: str, code: int) -> int:
    lines = [shortened(line, most=len(line) + 1) for line in sentence.splitlines()]
    print("clearprop:", "\n".join(lines), file=sys.stderr)
    return code
