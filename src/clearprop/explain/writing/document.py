"""Documents: what an explanation consists of, before any medium lays it out.

A document is made of blocks. Formulas in them are still expression trees and numbers still numbers; the renderers write
them, in a notation and a number format, and calculate nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from string import Formatter
from typing import Any

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.words import Words, form_of
from clearprop.formulas import Expression


@dataclass(frozen=True)
class Number:
    """A number in running text or in a table; `finer` asks for so many digits more than usual."""

    value: Any
    finer: int = 0


Piece = str | Expression | Number
Sentence = tuple[Piece, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title. `key` names the part, for links to it."""

    words: str
    level: int = 2
    key: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text with formulas and numbers in it."""

    pieces: Sentence


@dataclass(frozen=True)
class Equation:
    """A statement in symbols: left = right = …, coloured by its law; `label` stands before it as it is."""

    label: str
    sides: tuple[Expression, ...]
    law: str = ""


@dataclass(frozen=True)
class Derivation:
    """Lines below each other, with the reason behind those that have one."""

    lines: Sequence[Line | Omission]
    label: str = ""


@dataclass(frozen=True)
class Table:
    """A table; cells are pieces, those of the head too."""

    head: Sequence[Piece]
    rows: Sequence[Sequence[Piece]]
    caption: str = ""

    @property
    def of_numbers(self) -> tuple[bool, ...]:
        """Which columns hold numbers alone: they stand on the right of their cells, names and words on the left."""
        return tuple(all(map(_is_number, column)) for column in zip(*self.rows, strict=True))


@dataclass(frozen=True)
class Picture:
    """A drawing, as SVG, with the words below it; what it shows is described inside it."""

    svg: str
    words: Sentence


@dataclass(frozen=True)
class Bullets:
    """Sentences below each other."""

    items: Sequence[Sentence]


@dataclass(frozen=True)
class Columns:
    """Derivations side by side, each under its heading; below each other where there is no room."""

    parts: Sequence[tuple[Piece, Derivation]]


@dataclass(frozen=True)
class Folded:
    """Blocks that a page shows when asked to; other media show them where they stand."""

    heading: Heading
    blocks: Sequence[Block]


Block = Heading | Paragraph | Equation | Derivation | Table | Picture | Bullets | Columns | Folded


@dataclass(frozen=True)
class Document:
    """A whole explanation.

    Attributes
    ----------
    title : str
    language : str
    blocks : sequence of Block
    """

    title: str
    language: str
    blocks: Sequence[Block] = field(default_factory=tuple)


class Writer:
    """Puts sentences together in one language.

    Parameters
    ----------
    words : Words
    """

    def __init__(self, words: Words) -> None:
        self.words = words

    def sentence(self, key: str, **fields: Any) -> Sentence:
        """The sentence of this key, with trees and numbers in the places of its fields; `n` counts."""
        pieces: list[Piece] = []
        for text, name, _, _ in Formatter().parse(form_of(self.words, key, fields.get("n"))):
            if text:
                pieces.append(text)
            if name is not None:
                value = fields[name]
                pieces.append(value if isinstance(value, str | Expression | Number) else _counted(value))
        return tuple(pieces)

    def joined(self, *sentences: Sentence) -> Sentence:
        """Sentences one behind the other."""
        first, *others = sentences
        return reduce(lambda before, after: (*before, self.words["between_sentences"], *after), others, first)

    def term(self, name: str) -> str:
        """What the language calls a loss or an optimizer; its own name where there is no other."""
        return self.words.get(f"term_{name}") or self.words.get(f"value_{name}", name)

    def say(self, key: str, **fields: Any) -> Paragraph:
        """A paragraph of one sentence."""
        return Paragraph(self.sentence(key, **fields))

    def heading(self, key: str, level: int = 2, **fields: Any) -> Heading:
        """A heading; `n` counts."""
        return Heading(form_of(self.words, key, fields.get("n")).format(**fields), level, key)


def _is_number(cell: Piece) -> bool:
    return isinstance(cell, Number) or (isinstance(cell, str) and not any(map(str.isalpha, cell)))


def _counted(value: Any) -> Piece:
    """A count as text, any other number as one to be rounded."""
    return f"{value:,}" if isinstance(value, int) else Number(value)
