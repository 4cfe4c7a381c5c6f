"""The errors for a file or a column that is not there, with the nearest name that is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from clearprop.errors import TableError, nearest, shortened

LONGEST_NAMES = 1000  # characters of the names that a message lists


def missing_file(path: Path) -> TableError:
    """The error for a file that is not there, with the nearest name in its folder."""
    folder = path.parent
    if not folder.is_dir():
        return TableError(f"there is no folder {str(folder)!r}, so no {path.name!r} in it")
    near = nearest(path.name, sorted(entry.name for entry in folder.iterdir()))
    return TableError(f"there is no file {str(path)!r}" + (f"; did you mean {str(folder / near)!r}?" if near else ""))


def check_is_file(path: Path) -> None:
    """Raise TableError for a pipe, a socket or a device: pyarrow would wait for it, and hear no signal meanwhile."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise TableError(f"{path} is a pipe or a device, not a file: write what comes from it to a file")


def missing_column(name: str, known: Iterable[str], what: str = "the table") -> TableError:
    """The error for a column that is not there, with the nearest name."""
    names = list(known)
    near = nearest(name, names)
    shown = shortened(", ".join(names[:20]), LONGEST_NAMES) + (
        f" and {len(names) - 20} more" if len(names) > 20 else ""
    )
    hint = f"; did you mean {near!r}?" if near is not None else "."
    return TableError(f"{what} has no column {name!r}{hint} Its columns: {shown}")


def check_names(path: object, names: list[str]) -> None:
    """Raise TableError where there are no columns, or two of one name."""
    if not names:
        raise TableError(f"{path} has no columns")
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if name in seen:
            first = names.index(name) + 1
            raise TableError(f"{path} has two columns named {name!r}, columns {first} and {number}: rename one of them")
        seen.add(name)
