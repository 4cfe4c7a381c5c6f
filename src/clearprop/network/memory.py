"""Whether memory has room for what is about to be taken: too much is refused in a sentence that says its size.

Without this the operating system would promise the memory and end the process when it is used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clearprop.errors import InputError

SMALL = 64 * 2**20  # bytes that are taken without asking
MEMINFO, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def in_words(n_bytes: float) -> str:
    """An amount of memory as people write it.

    Examples
    --------
    >>> from clearprop.network.memory import in_words
    >>> in_words(512), in_words(245_000), in_words(8e12)
    ('512 bytes', '245 kB', '8 TB')
    """
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}" if unit != "bytes" else f"{n_bytes:.0f} bytes"
        n_bytes /= 1000
    return f"{n_bytes:.3g} PB"


def check_room(n_bytes: int, what: str, hint: str) -> None:
    """Refuse to take more memory than there is.

    Parameters
    ----------
    n_bytes : int
        What is needed in all.
    what : str
        What needs it, the beginning of the sentence.
    hint : str
        What to change, its end.

    Raises
    ------
    InputError
        With the bytes needed and those there are.

    Examples
    --------
    >>> from clearprop.network.memory import check_room
    >>> check_room(10**17, "training", "take fewer rows")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    clearprop.errors.InputError: training needs 100 PB of memory, and ... can be had; take fewer rows
    """
    if n_bytes < SMALL:
        return
    there = available()
    if there is not None and n_bytes > there:
        raise InputError(f"{what} needs {in_words(n_bytes)} of memory, and {in_words(there)} can be had; {hint}")


def available() -> int | None:
    """Bytes that this process can still take, of the machine (with swap) and of its control group; None if unknown."""
    found = [number for number in (_of_machine(), _of_group()) if number is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        return sum(int(lines[name].split()[0]) * 1024 for name in ("MemAvailable", "SwapFree"))
    except (OSError, ValueError, KeyError):
        pass
    if sys.platform == "win32" or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_group() -> int | None:
    """What the control group (version 2) leaves; pages of files that it can give up do not count as taken."""
    try:
        most = (GROUP / "memory.max").read_text().strip()
        if most == "max":
            return None
        taken = int((GROUP / "memory.current").read_text())
        kept = dict(line.split() for line in (GROUP / "memory.stat").read_text().splitlines())
        return int(most) - taken + int(kept["inactive_file"])
    except (OSError, ValueError, KeyError):
        return None
