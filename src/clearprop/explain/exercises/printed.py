"""An exercise to print: the network drawn, and a table for each part of the step with room to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.explain.drawings.network import drawing
from clearprop.explain.exercises.paper import Paper
from clearprop.explain.renderers.latex import to_latex
from clearprop.explain.renderers.page import to_html
from clearprop.explain.writing.document import Block, Document, Heading, Paragraph, Picture, Piece, Table
from clearprop.explain.writing.notation import notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import LATEX, MATHML, Pen
from clearprop.formulas import Symbol
from clearprop.trace.trace import Site

GIVEN = ("a0", "y", "W", "b")

ROWS_TOGETHER = 12  # rows of a table, which paper does not break


def printed(
    paper: Paper, written: Mapping[str, str], title: str, said: str, values: Mapping[str, Any], medium: str, style: str
) -> str:
    """The sheet as LaTeX or HTML; the arguments are those of `Paper.text`."""
    trace, known = paper.trace, paper.words
    names = notation(style, trace.network.widths, trace.is_batch)
    numbers = NumberFormat(paper.digits)
    heading = known[title] + (f" · {paper.student}" if paper.student else "")
    blocks: list[Block] = [Heading(heading, 1), Paragraph((known[said].format(**values),))]
    if medium == "html":  # LaTeX's small packages cannot place SVG
        shown = trace if not written else trace.mapped(_given)
        blocks.append(Picture(drawing(shown, names, numbers, known), (known["exercise_given"],)))
    settings = [list(paper.told(*setting)) for setting in paper.settings().items()]
    blocks += [Heading(known["exercise_given"]), Table(_head(known, 2), settings)]
    given = [site for site in trace if site.startswith(GIVEN) and trace[site].equation.law == ""]
    blocks.append(Table(_head(known, 2), [[Symbol(name), _minus(paper.rounded(trace.value_of(name)))]
                                          for site in given for name in paper.names(site)]))  # fmt: skip
    blocks.append(Heading(known["exercise_step"]))
    rows: list[list[Piece]] = []
    for site in paper.sites():
        for i, name in enumerate(paper.names(site)):
            rows.append(
                [Symbol(name), _minus(written.get(name) or paper.number(name)), paper.meaning(site) if i == 0 else ""]
            )
        if len(rows) >= ROWS_TOGETHER or site == paper.sites()[-1]:
            blocks.append(Table(_head(known, 3), rows))
            rows = []
    document = Document(heading, paper.language, blocks)
    write, ink = (to_latex, LATEX) if medium == "latex" else (to_html, MATHML)
    return write(document, Pen(ink, names, numbers, known), known)


def _minus(number: str) -> str:
    """A number as it is printed, not as it is typed."""
    return number.replace("-", "−")


def _given(name: str, site: Site) -> Any:
    """What is given stays; what is computed is drawn as a dash, or the picture would give the blanks away."""
    return site.value if site.equation.law == "" else np.full(np.shape(site.value), np.nan)


def _head(known: Mapping[str, str], columns: int) -> list[str]:
    return [known["exercise_name"], known["exercise_value"], known["exercise_meaning"]][:columns]
