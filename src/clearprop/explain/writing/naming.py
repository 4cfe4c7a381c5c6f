"""The parameter that a person means: by its name in the program, or as the notation in use writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import takewhile

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.derivations.paths import parameter_of
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.symbols import LOWERED, RAISED, Code, Letter
from clearprop.trace.names import Reference, at, parse
from clearprop.trace.trace import Trace

MOST_NAMES = 5000  # parameters of a network whose written names are tried
PLAIN = {written: plain for table in (RAISED, LOWERED) for plain, written in table.items()}
MARKS = re.compile(r"[\s_^{}(),.·$\\]|\[|\]|math(?:it|rm)|boldsymbol")


def parameter_named(name: str, trace: Trace, notation: Notation) -> str:
    """The name in the program of the weight or bias that is meant.

    Parameters
    ----------
    name : str
        "W1[0,1]", or as the notation writes it, with raised and lowered digits or plain ones: "w¹₂₁", "w1_21". Without
        its layer ("w21") it is of the first layer that has it, and a bias without its neuron ("b1") that of the first
        neuron of its layer.

    Raises
    ------
    UnknownNameError, InputError
        When there is no such weight or bias, with the nearest that there is.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.writing.naming import parameter_named
    >>> from clearprop.explain.writing.notation import notation
    >>> trace = case("mazur").trace()
    >>> [parameter_named(name, trace, notation("nielsen", (2, 2, 2))) for name in ("w¹₁₂", "w12", "w2_12", "b1")]
    ['W1[1,0]', 'W1[1,0]', 'W2[1,0]', 'b1[0]']
    >>> parameter_named("w5", trace, notation("mazur", (2, 2, 2)))
    'W2[0,0]'
    """
    found = parse(name)
    if isinstance(found, Reference) and found.kind in ("W", "b") and found.indices:
        return str(parameter_of(trace, name))
    if trace.network.n_parameters > MOST_NAMES:
        return str(parameter_of(trace, name))
    readings = list(_readings(trace, notation))
    wanted = bare(name)
    for kind in range(3):
        for label, names in readings:
            if names[kind] == wanted:
                return label
    examples = _examples(trace, notation)
    if isinstance(found, Reference) and (found.kind not in ("W", "b") or found.memory or found.after):
        raise InputError(f"{name} is not a weight or bias; write for example {examples}")
    if isinstance(found, Reference):
        return str(parameter_of(trace, name))
    error = UnknownNameError("weight or bias", name, [written(label, notation) for label, _ in readings])
    ways = {way: label for label, names in reversed(readings) for way in names if way}
    alike = sorted(get_close_matches(wanted, ways, 9, 0.6), key=lambda way: -_together(way, wanted))
    told = f"did you mean {written(ways[alike[0]], notation)}?" if alike else f"write for example {examples}"
    widths = "-".join(map(str, trace.network.widths))
    error.args = (f"there is no weight or bias {name!r} in a {widths} network; {told}",)
    raise error


def _together(one: str, other: str) -> int:
    """How many letters two names share at their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _examples(trace: Trace, notation: Notation) -> str:
    first, last = "W1[0,0]", f"b{trace.network.depth}[0]"
    return ", ".join(dict.fromkeys([first, last, written(first, notation), written(last, notation)]))


def _readings(trace: Trace, notation: Notation) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Every parameter with the ways to write it: in full, without its neuron (of a bias), without its layer."""
    for block in trace.network.blocks:
        rows = [(k, j) for j in range(block.shape[-1]) for k in range(block.shape[0])]
        for place in rows if len(block.shape) == 2 else [(j,) for j in range(block.shape[0])]:
            label = at(block.name, *place)
            found = parse(label)
            assert isinstance(found, Reference)
            item = notation.write(found)
            if isinstance(item, Letter):
                no_neuron = f"{item.base}{item.sup or block.name[1:]}" if block.name[0] == "b" else ""
                yield label, (bare(item.base + item.sup + item.sub), bare(no_neuron), bare(item.base + item.sub))
            else:
                yield label, (bare(item.text()), bare(block.name) if len(place) == 1 else "", bare(item.text()))


def written(label: str, notation: Notation) -> str:
    """How the notation writes a parameter, in text."""
    found = parse(label)
    assert isinstance(found, Reference)
    item = notation.write(found)
    return item.name if isinstance(item, Code) else item.text()


def bare(name: str) -> str:
    """A name without its marks, raised and lowered letters on the line: w¹₁₂, w^1_{12} and w1_12 are w112."""
    return MARKS.sub("", "".join(PLAIN.get(letter, letter) for letter in name)).lower()
