"""What the files of every medium are printed from: names for formulas, arrays as text."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from clearprop.files.export.program import Layer, Program
from clearprop.formulas import Expression

WIDTH = 100  # characters of a line of base64


def identifier(text: str, taken: Collection[str] = (), otherwise: str = "formula") -> str:
    """A name for a function or file made of a text: letters, digits and underscores, and none that is taken.

    Examples
    --------
    >>> from clearprop.files.export.printing import identifier
    >>> identifier("leaky relu"), identifier("relu", {"relu"}), identifier("2 × π"), identifier("名")
    ('leaky_relu', 'relu_2', '_2', 'formula')
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    name = f"_{name}" if name[:1].isdigit() else name or otherwise
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def layers_of(program: Program) -> Iterable[Layer]:
    """The layers of all of its networks."""
    groups = [program.members, *(each.members for each in program.quantiles)]
    return (layer for members in groups for member in members for layer in member)


def functions_of(program: Program, taken: Collection[str] = ()) -> Mapping[Expression, str]:
    """The different formulas of its activations, and a name for each."""
    found: dict[Expression, str] = {}
    for layer in layers_of(program):
        if layer.tree not in found:
            found[layer.tree] = identifier(layer.activation.name, {*taken, *found.values()})
    return found


def base64_lines(array: NDArray[np.floating]) -> list[str]:
    """The bytes of an array, little-endian, row by row, as lines of base64."""
    text = base64.b64encode(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).decode()
    return [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]


def numbers(values: Iterable[float]) -> str:
    """Numbers as a list of literals."""
    return f"[{', '.join(map(str, values))}]"
