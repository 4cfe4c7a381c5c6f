"""The numbers of a document's lines, (1), (2), …, and from which of them each line takes what it puts in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.writing.document import Block, Columns, Derivation, Folded

MOST_SOURCES = 6  # that a line names


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
        for number, line in enumerate(self._kept, start=1):
            self._numbers[id(line)] = number
            self._where.setdefault(str(line.target), []).append(number)

    def __getitem__(self, line: Line) -> int | None:
        return self._numbers.get(id(line))

    def sources(self, line: Line) -> list[int]:
        """The numbers of the lines above in which what this one puts in was computed; none if there are too many."""
        own = self[line] or 0
        earlier = sorted({number for name in line.values if (number := self._source(name, own))})
        return earlier if len(earlier) <= MOST_SOURCES else []

    def _source(self, name: str, own: int) -> int | None:
        """Where a line takes a number from: its first line; of a term, as path 1 is in several sums, the last above."""
        found = self._where.get(name) or self._where.get(name.split("[")[0]) or []
        above = [number for number in found if number < own]
        return (above[-1] if name.startswith("~") else above[0]) if above else None


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
