r"""Documents as LaTeX: a file that pdflatex compiles by itself, with Debian's small TeX packages.

A line that is wider than the page is set in rows, which begin at its = and ≈, and at a + or · where that is not enough.
Lines have numbers and links. Chinese goes through CJKutf8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.drawings.colours import BOXES, LAWS
from clearprop.explain.renderers.numbering import Numbering
from clearprop.explain.words import Words
from clearprop.explain.writing.breaking import Boxed, Piece, Pieces
from clearprop.explain.writing.document import (
    Block,
    Bullets,
    Columns,
    Derivation,
    Document,
    Equation,
    Folded,
    Heading,
    Number,
    Paragraph,
    Picture,
    Sentence,
    Table,
)
from clearprop.explain.writing.latex_text import escape
from clearprop.explain.writing.pen import LinePart, Pen
from clearprop.formulas import Expression

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb,tabularx,xcolor}
\usepackage[margin=22mm]{geometry}
\usepackage[hidelinks]{hyperref}
%(cjk)s\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}\raggedright\allowdisplaybreaks
%(colours)s
\newsavebox{\clearpropline}
\newcommand{\fit}[4]{\par\noindent\sbox{\clearpropline}{#1$\displaystyle #2$}%%
  \ifdim\wd\clearpropline>0.93\linewidth #1$\begin{aligned}[t]#3\end{aligned}$%%
  \else\usebox{\clearpropline}\fi #4\par}
\newcommand{\clearpropbox}[3]{\underbrace{\fcolorbox{#1}{#1fill}{$\displaystyle #3$}}_{\textstyle #2}}
\begin{document}
%(begin)s"""
SIGNS = {"": "", "=": "=", "≈": r"\approx"}
COMMANDS = {1: "section*", 2: "section*", 3: "subsection*", 4: "subsubsection*"}


COMMANDS_OF_TEX = re.compile(r"\\[a-zA-Z]+|[{}^_ ]")  # what takes no room of its own, or little
LONGEST_NAME = 24  # letters of a cell that stay on one line
ROW_END = r" \\[2pt] & {} "
LINKS = r"\{equations\}"
ROW, COLUMN = 50, 16  # letters that fit into a row of the page, and of one of three columns


def to_latex(document: Document, pen: Pen, words: Words) -> str:
    """The document as a LaTeX file; `pen` writes LaTeX."""
    colours = [rf"\definecolor{{{kind.replace('_', '')}}}{{HTML}}{{{line[1:].upper()}}}"
               rf"\definecolor{{{kind.replace('_', '')}fill}}{{HTML}}{{{fill[1:].upper()}}}"
               for kind, (line, fill) in BOXES.items()]  # fmt: skip
    colours += [rf"\definecolor{{{law}}}{{HTML}}{{{colour[1:].upper()}}}" for law, colour in LAWS.items()]
    writer = LatexWriter(document, pen, words)
    body = "\n\n".join(filter(None, (writer.block(block) for block in document.blocks)))
    chinese = document.language == "zh" or any("\u3400" <= letter <= "\u9fff" for letter in body)
    parts = {
        "cjk": "\\usepackage{CJKutf8}\n" if chinese else "",
        "colours": "\n".join(colours),
        "begin": "\\begin{CJK}{UTF8}{gbsn}\n" if chinese else "",
    }
    end = "\\end{CJK}\n" if chinese else ""
    return f"{PREAMBLE % parts}\n{_named_boxes(body)}\n\n{end}\\end{{document}}\n"


class LatexWriter:
    """Writes the blocks of one document; parameters as for `to_latex`."""

    def __init__(self, document: Document, pen: Pen, words: Words) -> None:
        self.pen, self.words, self.numbering = pen, words, Numbering(document.blocks)

    def block(self, block: Block) -> str:
        """One block."""
        match block:
            case Heading(text, level):
                return rf"\{COMMANDS[level]}{{{escape(text)}}}"
            case Folded(heading, blocks):
                return "\n\n".join(self.block(item) for item in (heading, *blocks))
            case Paragraph(pieces):
                return self.sentence(pieces)
            case Bullets(items):
                points = "\n".join(rf"\item {self.sentence(item)}" for item in items)
                return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{points}\n\\end{{itemize}}"
            case Equation(label, sides, law):
                first, *rest = sides
                parts = [LinePart("", first), *(LinePart("=", side) for side in rest)]
                return self._fit(rf"{escape(label)}{_coloured(law, law)} \quad ", parts, "", ROW)
            case Derivation(lines, label):
                return "\n".join(self._line(item, label, ROW) for item in lines)
            case Columns():
                return self._columns(block)
            case Table():
                return self._table(block)
            case Picture():
                return ""  # the drawing is SVG, which LaTeX's small packages cannot place
        raise TypeError(type(block))

    def sentence(self, pieces: Sentence) -> str:
        """Running text with its formulas and numbers."""
        found = []
        for piece in pieces:
            if isinstance(piece, Expression):
                found.append(f"${self.pen.formula(piece)}$")
            elif isinstance(piece, Number):
                found.append(f"${self.pen.number(piece.value, piece.finer)}$")
            else:
                found.append(escape(piece))
        return "".join(found)

    def _line(self, item: Line | Omission, label: str, width: int) -> str:
        if isinstance(item, Omission):
            return escape(self.words["left_out"].format(count=f"{item.count:,}")) + r"\par"
        name = _coloured(label, label) + r"\quad " if label else r"\quad " if width == ROW else ""
        behind = rf" \quad{{\small ({escape(item.reason)})}}" if item.reason else ""
        runs = self.numbering.cited(item)
        links = [r"\dots" if run is None else "--".join(map(_link, dict.fromkeys(run))) for run in runs]
        if links and width == ROW:
            sources = escape(self.words["by_equations"]).replace(LINKS, escape(self.words["list_comma"]).join(links))
            behind += rf" \quad\mbox{{\small {sources}}}"
        number = self.numbering[item]
        if number is not None:
            behind += rf"\hspace*{{\fill}}\mbox{{\hypertarget{{eq{number}}}{{({number})}}}}"
        return self._fit(name, self.pen.parts(item), behind, width)

    def _fit(self, name: str, parts: Sequence[LinePart], behind: str, width: int) -> str:
        """A line as one row, and in rows for where that is too wide."""
        whole = " ".join(f"{SIGNS[part.sign]} {part.whole or self.pen.whole(part)}" for part in parts)
        first, *rest = parts
        rows = [f"& {SIGNS[part.sign]} {row}" if i == 0 else rf"& \quad {row}"
                for part in rest for i, row in enumerate(self._rows(part, width))]  # fmt: skip
        target = first.whole or self.pen.whole(first)
        aligned = r" \\[2pt] ".join([f"{target} {rows[0]}" if rows else target, *rows[1:]])
        return rf"\fit{{{name}}}{{{whole}}}{{{aligned}}}{{{behind}}}"

    def _rows(self, part: LinePart, width: int) -> list[str]:
        whole = part.whole or self.pen.whole(part)
        return [whole] if len(COMMANDS_OF_TEX.sub("", whole)) <= width else in_rows(self.pen.cut(part), width)

    def _columns(self, block: Columns) -> str:
        """Derivations side by side, or below each other where a part of them is too wide for that."""
        narrow = max(self._widest(part) for _, part in block.parts) <= COLUMN
        width = COLUMN if narrow else ROW
        found = []
        for name, part in block.parts:
            lines = "\n".join(self._line(item, "", width) for item in part.lines)
            inside = f"{self.sentence((name,))}\\par\\medskip\n{lines}"
            share = 0.97 / len(block.parts)
            column = rf"\begin{{minipage}}[t]{{{share:.3f}\linewidth}}\raggedright {inside}\end{{minipage}}"
            found.append(column if narrow else rf"{inside}\par\bigskip")
        return "\\hfill\n".join(found) if narrow else "\n\n".join(found)

    def _widest(self, part: Derivation) -> int:
        """How many letters wide the widest piece is that cannot be cut."""
        lines = [line for line in part.lines if isinstance(line, Line)]
        return max((piece.width for line in lines for item in self.pen.parts(line) for piece in self.pen.cut(item)),
                   default=0)  # fmt: skip

    def _table(self, block: Table) -> str:
        top = " & ".join(self.sentence((piece,)) for piece in block.head)
        rows = "\n".join(f"{' & '.join(self.sentence((piece,)) for piece in row)} \\\\" for row in block.rows)
        title = f"{escape(block.caption)}\n\n" if block.caption else ""
        begin, end = _kind_of_table(block)
        return f"{title}\\begin{begin}\n{top} \\\\ \\hline\n{rows}\n\\end{end}"


def _kind_of_table(block: Table) -> tuple[str, str]:
    """How a table begins and ends: one with text that is longer than a name takes the whole width and breaks it."""
    columns = [[row[i] for row in block.rows] for i in range(len(block.head))]
    long = [any(isinstance(cell, str) and len(cell) > LONGEST_NAME for cell in column) for column in columns]
    kinds = "".join(
        "X" if is_long else "r" if of_numbers else "l"
        for is_long, of_numbers in zip(long, block.of_numbers, strict=True)
    )
    if not any(long):
        return f"{{tabular}}{{{kinds}}}", "{tabular}"
    return rf"{{tabularx}}{{\linewidth}}{{{kinds}}}", "{tabularx}"


def in_rows(pieces: Pieces | tuple[Piece | Boxed, ...], width: int) -> list[str]:
    """Pieces put into rows of so many letters; a box that is wider has rows of its own."""
    rows: list[str] = []
    filled = width
    for piece in pieces:
        text = piece.text if isinstance(piece, Piece) else _box(piece, width)
        taken = min(piece.width, width)
        if filled + taken > width:
            rows.append(text)
            filled = taken
        else:
            rows[-1] += " " + text
            filled += taken
    return rows


def _box(box: Boxed, width: int) -> str:
    rows = in_rows(box.pieces, width - 4)
    inside = rows[0] if len(rows) == 1 else rf"\begin{{aligned}}& {{}} {ROW_END.join(rows)}\end{{aligned}}"
    return rf"{box.before}\clearpropbox{{{box.kind}}}{{{box.label}}}{{{inside}}}{box.after}"


def _link(number: int) -> str:
    return rf"\hyperlink{{eq{number}}}{{({number})}}"


def _named_boxes(latex: str) -> str:
    """Kinds of boxes as names of colours, which have no underscores."""
    for kind in BOXES:
        latex = latex.replace(rf"\clearpropbox{{{kind}}}", rf"\clearpropbox{{{kind.replace('_', '')}}}")
    return latex


def _coloured(text: str, law: str) -> str:
    return rf"\textcolor{{{law}}}{{\textbf{{{text}}}}}" if law in LAWS else escape(text)
