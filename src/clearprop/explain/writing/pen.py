"""The pen: writes formulas and numbers in one medium (text, LaTeX, MathML), one notation, one number format.

It lays out; it does not calculate. Which branch of a piecewise formula is written with numbers follows from the line's
own values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.explain.derivations.lines import NONE_FINER, Line, taken, vanishes
from clearprop.explain.writing.breaking import SHORT, Breaking, Piece, Pieces
from clearprop.explain.writing.media import LATEX, MATHML, TEXT, Medium
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.symbols import has_superscript
from clearprop.formulas import Constant, Expression, Symbol
from clearprop.formulas.printers.text import ATOM, POWER, SIGN, SUM, Leaf, Printed
from clearprop.trace.names import parse

__all__ = ["LATEX", "MATHML", "TEXT", "LinePart", "Medium", "Pen"]

MOST_EXACT = 1000  # numbers of an array that are looked at one by one
WIDEST_MATRIX = 6  # rows and columns of a matrix that are written out
TERMS = ("one_path", "one_sample")
PLAIN_WORDS: Mapping[str, str] = {"more": "{count} more", "one_path": "path {n}", "one_sample": "sample {n}"}
MARKUP = re.compile(r"<[^>]*>")
RESULT = "result"  # stands for a line's value


class LinePart(NamedTuple):
    """A part of a line, with the sign that stands before it: a tree, with numbers put in where there are values.

    `finer` says of which symbols so many digits more than usual are written; `whole` is all of it as a pen wrote it.
    """

    sign: str
    tree: Expression
    values: Mapping[str, Any] | None = None
    finer: Mapping[str, int] = NONE_FINER
    whole: str = ""


@dataclass(frozen=True)
class Pen:
    """Writes formulas.

    Parameters
    ----------
    medium : Medium
        `TEXT`, `LATEX` or `MATHML`.
    notation : Notation
    numbers : NumberFormat
    words : mapping of str to str
        In the reader's language: "more" for what a sum leaves out, "one_path" and "one_sample" for names of terms.
    """

    medium: Medium
    notation: Notation
    numbers: NumberFormat
    words: Mapping[str, str] = field(default_factory=lambda: PLAIN_WORDS)
    _written: dict[tuple[str, str], Printed] = field(default_factory=dict, repr=False, compare=False)

    def formula(self, tree: Expression) -> str:
        """The tree in symbols."""
        return self.medium.print_tree(tree, self._symbol)

    def with_numbers(self, tree: Expression, values: Mapping[str, Any], finer: Mapping[str, int] = NONE_FINER) -> str:
        """The tree with numbers in place of its symbols, and only the branch that they take.

        `finer` says of which symbols so many digits more than usual are written.
        """
        return self.medium.print_tree(taken(tree, values), self._leaf(LinePart("", tree, values, finer)))

    def pieces(self, part: LinePart) -> Pieces:
        """A part of a line, cut where it may break."""
        if len(whole := part.whole or self.whole(part)) <= SHORT or len(MARKUP.sub("", whole)) <= SHORT:
            if self.medium.cuts_boxes and "box" in whole:
                return self.cut(part)
            return [Piece(whole, SHORT)]
        return self.cut(part)

    def cut(self, part: LinePart) -> Pieces:
        """The same for a part that is known to be long."""
        tree = part.tree if part.values is None else taken(part.tree, part.values)
        leaf, text_leaf = self._leaf(part), replace(self, medium=TEXT)._leaf(part)

        def width(item: Symbol | Constant) -> int:
            if part.values and isinstance(item, Symbol) and np.ndim(part.values.get(item.name, 0)) > 0:
                return _matrix_width(text_leaf(item)[0])
            text, binding = text_leaf(item)
            return max(map(len, text.split("/"))) + (2 if binding < SUM else 0)

        medium, done = self.medium, dict[int, Printed]()  # each part of the tree is written once
        cut = Breaking(lambda item: medium.printed(item, leaf, done), width, medium.signs, medium.cuts_boxes)
        return cut.pieces(tree)

    def _leaf(self, part: LinePart) -> Leaf:
        """How symbols are written where numbers are put in."""
        if part.values is None:
            return self._symbol
        values = part.values

        def leaf(item: Symbol | Constant) -> Printed:
            if isinstance(item, Constant) or item.name not in values:
                return self._symbol(item)
            return self.finer(part.finer.get(item.name, 0))._value(item.name, values[item.name])

        return leaf

    def number(self, value: Any, finer: int = 0) -> str:
        """A number, a vector or a matrix; `finer` digits more than usual."""
        pen = self.finer(finer)
        return pen.medium.number(pen.numbers.shown(value)) if np.ndim(value) == 0 else pen._matrix(np.asarray(value))

    def finer(self, digits: int) -> Pen:
        """The same pen with so many digits more."""
        if not digits:
            return self
        return replace(self, numbers=NumberFormat(min(17, self.numbers.digits + digits), self.numbers.comma))

    def line(self, line: Line) -> list[tuple[str, str]]:
        """The parts of a line, each with the sign that stands before it, on one line."""
        return [(part.sign, part.whole) for part in self.parts(line)]

    def parts(self, line: Line) -> list[LinePart]:
        """The parts of a line; the first is its name and has no sign.

        A general statement, which has no value, ends with its symbols; what was given has only name and value.
        """
        parts = [self._part("", line.target), *(self._part("=", form) for form in line.forms)]
        if line.value is None:
            return parts
        more = line.finer.get(line.target.name, 0) if isinstance(line.target, Symbol) else 0
        exact = self.finer(more).is_exact(line.value)
        result = self._part("=" if exact else "≈", Symbol(RESULT), {RESULT: line.value}, {RESULT: more})
        if not line.forms:
            return [*parts, result]
        if not all(self.finer(line.finer.get(name, 0)).is_exact(value) for name, value in line.values.items()):
            is_zero = np.ndim(line.value) == 0 and line.value == 0 and vanishes(line.forms[-1], line.values)
            result = result._replace(sign="=" if is_zero else "≈")
            put_in = self._part("≈", line.forms[-1], line.values, line.finer)
        else:
            put_in = self._part("=", line.forms[-1], line.values, line.finer)
        if put_in.whole not in (result.whole, parts[-1].whole):
            parts.append(put_in)
        return parts if parts[-1].whole == result.whole else [*parts, result]

    def _part(self, sign: str, tree: Expression, values: Any = None, finer: Mapping[str, int] = NONE_FINER) -> LinePart:
        part = LinePart(sign, tree, values, finer)
        return part._replace(whole=self.whole(part))

    def whole(self, part: LinePart) -> str:
        """A part in one piece."""
        if part.values is None:
            return self.formula(part.tree)
        return self.with_numbers(part.tree, part.values, part.finer)

    def is_exact(self, value: Any) -> bool:
        """Whether what is written of a number, or of every number of an array, is the number itself."""
        array = np.asarray(value)
        if array.size > MOST_EXACT:
            return self.numbers.digits >= 17
        return all(self.numbers.shown(item).is_exact for item in array.ravel().tolist())

    def _symbol(self, item: Symbol | Constant) -> Printed:
        if isinstance(item, Constant):
            return (self.medium.pi, ATOM) if item.value == math.pi else self._constant(item)
        if item.name.startswith("…"):
            return self.medium.dots, ATOM
        found = parse(item.name)
        if found is None:
            if item.name.startswith("~"):
                return self.medium.words(self._name_of(item.name[1:])), ATOM
            return self.medium.print_tree(item, None), ATOM
        if (known := self._written.get((self.medium.name, item.name))) is None:
            written = self.notation.write(found)
            known = getattr(written, self.medium.name)(), POWER if has_superscript(written) else ATOM
            self._written[self.medium.name, item.name] = known
        return known

    def _name_of(self, term: str) -> str:
        """A term that a line names in words: "one_path 2" is path 2; anything else, as a column, is its own name."""
        key, _, number = term.partition(" ")
        return self.words[key].format(n=number) if key in TERMS else term

    def _constant(self, item: Constant) -> Printed:
        shown = NumberFormat(17, self.numbers.comma).shown(item.value)
        return self.medium.number(shown), SIGN if shown.negative else shown.binding

    def _value(self, name: str, value: Any) -> Printed:
        if name.startswith("…"):
            count = self.words["more"].format(count=f"{int(name.strip('…′')):,}")
            return self.medium.share(count, self.number(value)), ATOM
        if np.ndim(value) > 0:
            return self._matrix(np.asarray(value)), ATOM
        shown = self.numbers.shown(value)
        return self.medium.number(shown), shown.binding

    def _matrix(self, array: Any) -> str:
        rows = array.reshape(1, -1) if array.ndim == 1 else array
        cells = []
        for i in _shown(rows.shape[0]):
            if i is None:
                cells.append(["⋮"] * len(_shown(rows.shape[1])))
                continue
            cells.append(["…" if j is None else self.number(rows[i, j]) for j in _shown(rows.shape[1])])
        return self.medium.matrix(cells)


def _shown(n: int) -> list[int | None]:
    return list(range(n)) if n <= WIDEST_MATRIX else [0, 1, 2, None, n - 1]


def _matrix_width(text: str) -> int:
    """How wide a matrix is that is written as text: each of its columns is as wide as the widest cell."""
    cells = [row.split() for row in text.strip("[]").split("; ")]
    return len(cells[0]) * (2 + max(len(cell) for row in cells for cell in row))
