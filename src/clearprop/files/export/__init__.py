"""From a trained model to files that predict without clearprop: Python, JavaScript, C, ONNX.

`program` says what a prediction is; each medium has a file of its own with one function `write`, and `MEDIA` names it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from clearprop.errors import InputError, UnknownNameError
from clearprop.files.export.program import Program

CALIBRATION = "calibration"  # the option of a medium that wants rows, as the networks get them


@dataclass(frozen=True)
class Medium:
    """A kind of file that is exported.

    Attributes
    ----------
    module : str
        Where its ``write(program, path, *, replace=True, **options)`` is, which gives the paths of the files written.
    endings : tuple of str
        Of its files' names; the first is the usual one.
    description : str
        What it is, in a few words.
    """

    module: str
    endings: tuple[str, ...]
    description: str


MEDIA: Mapping[str, Medium] = {
    "python": Medium("clearprop.files.export.python", (".py",), "one file of Python that needs NumPy only"),
    "javascript": Medium(
        "clearprop.files.export.javascript",
        (".mjs", ".js"),
        "one module for browsers and node that predicts, and trains",
    ),
    "c": Medium("clearprop.files.export.c", (".c",), "C99, a .c and a .h"),
    "onnx": Medium("clearprop.files.export.onnx", (".onnx",), "one file for ONNX runtimes"),
}


def medium_of(path: Path) -> str:
    """The medium that the ending of a file's name says.

    Raises
    ------
    InputError
        When it says none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from clearprop.files.export import medium_of
    >>> medium_of(Path("diamonds.mjs")), medium_of(Path("diamonds.onnx"))
    ('javascript', 'onnx')
    """
    for name, medium in MEDIA.items():
        if path.suffix.lower() in medium.endings:
            return name
    endings = ", ".join(f"{medium.endings[0]} for {name}" for name, medium in MEDIA.items())
    raise InputError(f"the ending of {path.name!r} says no medium; name one, or take {endings}")


def export(
    make: Callable[[str], Program],
    calibrated: Callable[[Program, Any], Any],
    path: str | os.PathLike[str],
    to: str | None,
    **options: Any,
) -> tuple[Path, ...]:
    """Write what predicts to a file; `to` and what is raised are as of `write`, None is what the ending says.

    Parameters
    ----------
    make : callable
        The program, of the name that it is to have.
    calibrated : callable
        From the program and what was given as `calibration` to what the medium takes.
    path : path
    to : str or None
    **options
        Of the medium.
    """
    path = Path(path)
    to = medium_of(path) if to is None else to
    program = make(path.stem)
    if options.get(CALIBRATION) is not None:
        options[CALIBRATION] = calibrated(program, options[CALIBRATION])
    return write(program, path, to, **options)


def write(program: Program, path: str | os.PathLike[str], to: str, **options: Any) -> tuple[Path, ...]:
    """Write a program to a file of this medium, whole or not at all.

    Parameters
    ----------
    program : Program
    path : path
    to : {"python", "javascript", "c", "onnx"}
    **options
        Of the medium; all take `replace`, whether a file of that name is replaced.

    Returns
    -------
    tuple of Path
        The files that were written.

    Raises
    ------
    UnknownNameError
        For another medium.
    InputError
        For something that the medium cannot say, or cannot be asked for, by its name.
    """
    if to not in MEDIA:
        raise UnknownNameError("medium", to, MEDIA)
    function = import_module(MEDIA[to].module).write
    for name in options:
        if name not in signature(function).parameters:
            raise InputError(f"the medium {to} cannot be asked for {name!r}")
    found: tuple[Path, ...] = function(program, Path(path), **options)
    return found
