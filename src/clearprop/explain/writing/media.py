"""Media: what differs between text, LaTeX and MathML when formulas and numbers are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape as html_text
from typing import Any, NamedTuple

from clearprop.explain.writing.breaking import Signs
from clearprop.explain.writing.latex_text import escape as latex_text
from clearprop.explain.writing.numbers import Shown
from clearprop.formulas import Expression
from clearprop.formulas.printers import latex, mathml, text
from clearprop.formulas.printers.text import Leaf, Printed


class Medium(NamedTuple):
    """How one medium writes formulas and numbers."""

    name: str
    printed: Callable[..., Printed]  # (tree, leaf, done), as `clearprop.formulas.printers.text.printed`
    number: Callable[[Shown], str]
    words: Callable[[str], str]
    dots: str
    pi: str
    share: Callable[[str, str], str]
    matrix: Callable[[list[list[str]]], str]
    signs: Signs
    cuts_boxes: bool = False

    def print_tree(self, tree: Expression, leaf: Leaf | None = None) -> str:
        """The tree in this medium."""
        return self.printed(tree, leaf)[0]


def spoken(medium: Medium, words: Mapping[str, str]) -> Medium:
    """The medium with the words of piecewise formulas in the reader's language: if, otherwise."""
    condition, otherwise = (words.get(f"piecewise_{word}", word) for word in ("if", "otherwise"))
    if condition == "if" or medium.name == "mathml":  # MathML has a dash
        return medium
    tables = {
        "text": (
            (re.compile(r"(\{[^{}]*?) if "), rf"\1，{condition} "),
            (re.compile(" otherwise}"), f"，{otherwise}}}"),
        ),
        "latex": (
            (re.compile(r"\\text\{if \}"), rf"\\text{{{condition} }}"),
            (re.compile(r"\\text\{otherwise\}"), rf"\\text{{{otherwise}}}"),
        ),
    }

    def printed(tree: Expression, leaf: Leaf | None, done: dict[int, Printed] | None = None) -> Printed:
        found, binding = medium.printed(tree, leaf, done)
        for pattern, instead in tables[medium.name]:
            found = pattern.sub(instead, found)
        return found, binding

    return medium._replace(printed=printed)


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
    return f"<mrow><mo>[</mo><mtable>{rows}</mtable><mo rspace='0.2em'>]</mo></mrow>"


def _signs(
    plus: str, minus: str, times: str, beside: str, divided: str, others: tuple[str, str], *brackets: Any
) -> Signs:
    between = {"add": plus, "subtract": minus, "multiply": times, "matmul": beside, "divide": divided}
    return Signs(between | dict(zip(("hadamard", "quotient"), others, strict=True)), *brackets)


def _infix(sign: str) -> str:
    return f"<mo form='infix'>{sign}</mo>"


TEXT = Medium(
    "text",
    text.printed,
    Shown.text,
    str,
    "…",
    "π",
    lambda count, number: f"[{count}: {number}]",
    _text_matrix,
    _signs(" + ", " − ", "·", " · ", "/", (" ⊙ ", " ⊘ "), lambda inside: f"({inside})", "(", ")"),
)
LATEX = Medium(
    "latex",
    latex.printed,
    Shown.latex,
    lambda words: rf"\text{{{latex_text(words)}}}",
    r"\cdots",
    r"\pi",
    lambda count, number: rf"\underbrace{{{number}}}_{{\text{{{count}}}}}",
    _latex_matrix,
    _signs(
        "{} + ",
        "{} - ",
        r"{} \cdot ",
        r"\, ",
        r"{} / ",
        (r"{} \odot ", r"{} \oslash "),
        lambda inside: rf"\left({inside}\right)",
        r"\bigl(",
        r"\bigr)",
    ),
    cuts_boxes=True,
)
MATHML = Medium(
    "mathml",
    mathml.printed,
    Shown.mathml,
    lambda words: f"<mi class='t'>{html_text(words)}</mi>",  # an mtext is taken for space, and a + beside it gets none
    "<mo>⋯</mo>",
    "<mi>π</mi>",
    lambda count, number: f"<munder><mrow><mo>[</mo>{number}<mo>]</mo></mrow><mtext>{count}</mtext></munder>",
    _mathml_matrix,
    _signs(
        _infix("+"),
        _infix("−"),
        _infix("⋅"),
        "<mspace width='0.2em'/>",
        _infix("/"),
        (_infix("⊙"), _infix("⊘")),
        mathml.fenced,
        "<mo form='prefix'>(</mo>",
        "<mo form='postfix'>)</mo>",
    ),
    cuts_boxes=True,
)
