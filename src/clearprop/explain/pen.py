"""The pen: writes formulas and numbers in one medium (text, LaTeX, MathML), one notation, one number format.

It lays out; it does not calculate. Which branch of a piecewise formula is written with numbers follows from the line's
own values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.explain.lines import NONE_FINER, Line, taken
from clearprop.explain.notation import Notation
from clearprop.explain.numbers import NumberFormat, Shown
from clearprop.explain.references import parse
from clearprop.explain.written import has_superscript
from clearprop.formulas import Constant, Expression, Symbol
from clearprop.formulas.printers import latex, mathml, text
from clearprop.formulas.printers.text import ATOM, POWER, SIGN, Leaf, Printed

WIDEST_MATRIX = 6  # rows and columns of a matrix that are written out
PLAIN_WORDS: Mapping[str, str] = {"more": "{count} more", "one_path": "path {n}", "one_sample": "sample {n}"}


class Medium(NamedTuple):
    """What differs between text, LaTeX and MathML."""

    name: str
    print_tree: Callable[[Expression, Leaf | None], str]
    number: Callable[[Shown], str]
    words: Callable[[str], str]
    dots: str
    pi: str
    share: Callable[[str, str], str]
    matrix: Callable[[list[list[str]]], str]


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

    def formula(self, tree: Expression) -> str:
        """The tree in symbols."""
        return self.medium.print_tree(tree, self._symbol)

    def with_numbers(self, tree: Expression, values: Mapping[str, Any], finer: Mapping[str, int] = NONE_FINER) -> str:
        """The tree with numbers in place of its symbols, and only the branch that they take.

        `finer` says of which symbols so many digits more than usual are written.
        """

        def leaf(item: Symbol | Constant) -> Printed:
            if isinstance(item, Constant):
                return self._constant(item)
            if item.name not in values:
                return self._symbol(item)
            return self.finer(finer.get(item.name, 0))._value(item.name, values[item.name])

        return self.medium.print_tree(taken(tree, values), leaf)

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
        """The parts of a line, each with the sign that stands before it; the first is the name and has none.

        A general statement, which has no value, ends with its symbols; what was given has only name and value.
        """
        parts = [("", self.formula(line.target))]
        parts += [("=", self.formula(form)) for form in line.forms]
        if line.value is None:
            return parts
        if not line.forms:
            return [*parts, ("=" if self.is_exact(line.value) else "≈", self.number(line.value))]
        put_in = self.with_numbers(line.forms[-1], line.values, line.finer)
        more = line.finer.get(line.target.name, 0) if isinstance(line.target, Symbol) else 0
        result = self.number(line.value, more)
        exact = all(self.finer(line.finer.get(name, 0)).is_exact(value) for name, value in line.values.items())
        if put_in not in (result, parts[-1][1]):
            parts.append(("=" if exact else "≈", put_in))
        if parts[-1][1] != result:
            parts.append(("=" if exact and self.finer(more).is_exact(line.value) else "≈", result))
        return parts

    def is_exact(self, value: Any) -> bool:
        """Whether what is written of a number, or of every number of an array, is the number itself."""
        array = np.asarray(value)
        if array.size > WIDEST_MATRIX**2:
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
        written = self.notation.write(found)
        return getattr(written, self.medium.name)(), POWER if has_superscript(written) else ATOM

    def _name_of(self, term: str) -> str:
        """A term that a line names in words: "one_path 2" is path 2."""
        key, _, number = term.partition(" ")
        return self.words[key].format(n=number) if number and key in self.words else term

    def _constant(self, item: Constant) -> Printed:
        shown = NumberFormat(17, self.numbers.comma).shown(item.value)
        return self.medium.number(shown), SIGN if shown.negative else shown.binding

    def _value(self, name: str, value: Any) -> Printed:
        if name.startswith("…"):
            count = self.words["more"].format(count=name.strip("…′"))
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


def _text_matrix(cells: list[list[str]]) -> str:
    if len(cells) > 1 and all(len(row) == 1 for row in cells):
        return f"[{'; '.join(row[0] for row in cells)}]"
    rows = [f"{' '.join(row)}" for row in cells]
    return f"[{rows[0]}]" if len(rows) == 1 else f"[{'; '.join(rows)}]"


def _latex_matrix(cells: list[list[str]]) -> str:
    dots = {"…": r"\cdots", "⋮": r"\vdots"}
    rows = r" \\ ".join(" & ".join(dots.get(cell, cell) for cell in row) for row in cells)
    return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def _mathml_matrix(cells: list[list[str]]) -> str:
    dots = {"…": "<mo>⋯</mo>", "⋮": "<mo>⋮</mo>"}
    rows = "".join(f"<mtr>{''.join(f'<mtd>{dots.get(cell, cell)}</mtd>' for cell in row)}</mtr>" for row in cells)
    return f"<mrow><mo>[</mo><mtable>{rows}</mtable><mo>]</mo></mrow>"


TEXT = Medium(
    "text", text.to_text, Shown.text, str, "…", "π", lambda count, number: f"[{count}: {number}]", _text_matrix
)
LATEX = Medium(
    "latex",
    latex.to_latex,
    Shown.latex,
    lambda words: rf"\text{{{words}}}",
    r"\cdots",
    r"\pi",
    lambda count, number: rf"\underbrace{{{number}}}_{{\text{{{count}}}}}",
    _latex_matrix,
)
MATHML = Medium(
    "mathml",
    mathml.to_mathml,
    Shown.mathml,
    lambda words: f"<mtext>{words}</mtext>",
    "<mo>⋯</mo>",
    "<mi>π</mi>",
    lambda count, number: f"<munder><mrow><mo>[</mo>{number}<mo>]</mo></mrow><mtext>{count}</mtext></munder>",
    _mathml_matrix,
)
