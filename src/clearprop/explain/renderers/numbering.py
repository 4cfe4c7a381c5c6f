"""The numbers of a document's lines, (1), (2), …, and from which of them each line takes what it puts in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.derivations.lines import Line, Omission, plain
from clearprop.explain.writing.document import Block, Columns, Derivation, Folded
from clearprop.formulas.expressions import symbols
from clearprop.trace.names import Partial, Reference, at, parse

MOST_RUNS = 8  # of sources that a line names; of more the first ones and the last
NEXT_TO = 3  # sources one behind the other that are written as from … to
OF_LOSS = {"a": "error", "z": "delta", "W": "dW", "b": "db"}  # what ∂C by each of these is called


class Numbering:
    """Numbers every line that derives a number, in the order of the document.

    Parameters
    ----------
    blocks : sequence of Block

    Examples
    --------
    >>> from clearprop.explain import Explanation, case
    >>> from clearprop.explain.renderers.numbering import Numbering, lines_of
    >>> page = Explanation(case("case_study").trace(), sections=["forward", "loss"], forms=["component"]).document
    >>> numbering = Numbering(page.blocks)
    >>> [(str(line.target), numbering[line], numbering.sources(line)) for line in lines_of(page.blocks)][4:6]
    [('z2[0]', 5, [3, 4]), ('a2[0]', 6, [5])]
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._numbers: dict[int, int] = {}  # by identity: lines hold arrays and cannot be compared
        self._kept = [line for line in lines_of(blocks) if line.forms and line.value is not None]
        self._where: dict[str, list[int]] = {}
        self._parts: dict[str, list[tuple[Reference, int]]] = {}  # single numbers, by their site
        for number, line in enumerate(self._kept, start=1):
            self._numbers[id(line)] = number
            name = str(line.target)
            self._where.setdefault(name, []).append(number)
            found = parse(name)
            if isinstance(found, Reference) and found.indices:
                self._parts.setdefault(found.site, []).append((found, number))

    def __getitem__(self, line: Line) -> int | None:
        return self._numbers.get(id(line))

    def sources(self, line: Line) -> list[int]:
        """The numbers of the lines above in which what this one puts in was computed."""
        if self[line] is None:
            return []
        return sorted({number for name in symbols(plain(line.forms[-1])) for number in self.source(name, line)})

    def cited(self, line: Line) -> list[tuple[int, int] | None]:
        """The same, those one behind the other as (first, last); None stands for what is left out of many."""
        runs = _runs(self.sources(line))
        return runs if len(runs) <= MOST_RUNS else [*runs[: MOST_RUNS - 2], None, runs[-1]]

    def source(self, name: str, line: Line) -> list[int]:
        """Where a line takes a number from: its first line; of a term, as path 1 is in several sums, the last above.

        What has no line of its own is taken from that of its whole vector or matrix, and a whole from its numbers.
        """
        own = self[line] or 0
        if name.startswith("~"):
            return [number for number in self._where.get(name, ()) if number < own][-1:]
        found = parse(name)
        found = _of_partial(found) if isinstance(found, Partial) else found
        if found is None:
            return []
        for known in (str(found), found.site):
            if above := [number for number in self._where.get(known, ()) if number < own]:
                return above[:1]
        first: dict[Reference, int] = {}
        for part, number in self._parts.get(found.site, ()):
            if number < own and _is_part(part, found):
                first.setdefault(part, number)
        return list(first.values())


def _of_partial(found: Partial) -> Reference | None:
    """What a partial derivative between neighbours is called in a step; of weights, which are given, None."""
    of, by = found
    if of.kind == "C":
        return by._replace(kind=OF_LOSS[by.kind]) if by.kind in OF_LOSS else None
    if of.kind == "a":
        return of._replace(kind="slope")
    if by.kind == "W":
        signal = at(f"a{int(of.layer) - 1}", *of.indices[:-1], by.indices[0])
        return signal_of if isinstance(signal_of := parse(signal), Reference) else None
    return None


def _is_part(part: Reference, whole: Reference) -> bool:
    """Whether a number stands in a row, a column or all of an array."""
    pairs = zip(whole.indices, part.indices, strict=False)
    return all(wanted in (":", index) for wanted, index in pairs)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int] | None]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    found: list[tuple[int, int] | None] = []
    for run in runs:
        found += [(run[0], run[-1])] if len(run) >= NEXT_TO else [(number, number) for number in run]
    return found


def lines_of(blocks: Sequence[Block]) -> Iterator[Line]:
    """The lines of a document, from its beginning to its end."""
    for block in blocks:
        match block:
            case Derivation(lines):
                yield from (line for line in lines if not isinstance(line, Omission))
            case Columns(parts):
                yield from lines_of([part for _, part in parts])
            case Folded(_, inside):
                yield from lines_of(inside)
