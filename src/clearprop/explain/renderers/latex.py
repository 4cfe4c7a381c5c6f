r"""Documents as LaTeX: a file that pdflatex compiles by itself, with Debian's small TeX packages.

A formula wider than the page is scaled to it. Chinese goes through CJKutf8.
"""

from __future__ import annotations

from clearprop.explain.document import (
    Block,
    Bullets,
    Columns,
    Derivation,
    Document,
    Equation,
    Fold,
    Heading,
    Number,
    Paragraph,
    Picture,
    Piece,
    Sentence,
    Table,
)
from clearprop.explain.drawings.colours import BOXES, LAWS
from clearprop.explain.lines import Line, Omission
from clearprop.explain.pen import Pen
from clearprop.explain.renderers.markdown import latex_line
from clearprop.explain.words import Words
from clearprop.formulas import Expression

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb,graphicx,xcolor}
\usepackage[margin=22mm]{geometry}
%(cjk)s\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}
%(colours)s
\newsavebox{\clearpropline}
\newcommand{\fit}[1]{\sbox{\clearpropline}{$\displaystyle #1$}%%
  \ifdim\wd\clearpropline>\linewidth\resizebox{\linewidth}{!}{\usebox{\clearpropline}}%%
  \else\usebox{\clearpropline}\fi}
\newcommand{\clearpropbox}[3]{\underbrace{\fcolorbox{#1}{#1fill}{$\displaystyle #3$}}_{\textstyle #2}}
\begin{document}
%(begin)s"""
LETTERS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "δ": r"$\delta$", "σ": r"$\sigma$", "θ": r"$\theta$",
    "η": r"$\eta$", "½": r"$\tfrac12$", "−": r"$-$", "≈": r"$\approx$", "‖": r"$\|$", "ᵀ": r"$^\top$", "·": r"$\cdot$",
    "∂": r"$\partial$", "′": r"$'$", "…": r"\dots{}", "×": r"$\times$", "λ": r"$\lambda$", "Ω": r"$\Omega$",
}  # fmt: skip
SIGNS = {"=": "=", "≈": r"\approx"}
COMMANDS = {1: "section*", 2: "section*", 3: "subsection*", 4: "subsubsection*"}


def to_latex(document: Document, pen: Pen, words: Words) -> str:
    """The document as a LaTeX file; `pen` writes LaTeX."""
    chinese = document.language == "zh"
    colours = [rf"\definecolor{{{kind.replace('_', '')}}}{{HTML}}{{{line[1:].upper()}}}"
               rf"\definecolor{{{kind.replace('_', '')}fill}}{{HTML}}{{{fill[1:].upper()}}}"
               for kind, (line, fill) in BOXES.items()]  # fmt: skip
    colours += [rf"\definecolor{{{law}}}{{HTML}}{{{colour[1:].upper()}}}" for law, colour in LAWS.items()]
    parts = {
        "cjk": "\\usepackage{CJKutf8}\n" if chinese else "",
        "colours": "\n".join(colours),
        "begin": "\\begin{CJK}{UTF8}{gbsn}\n" if chinese else "",
    }
    body = "\n\n".join(_block(block, pen, words) for block in document.blocks)
    body = body.replace(r"\clearpropbox{output_delta}", r"\clearpropbox{outputdelta}")
    body = body.replace(r"\clearpropbox{hidden_delta}", r"\clearpropbox{hiddendelta}")
    end = "\\end{CJK}\n" if chinese else ""
    return f"{PREAMBLE % parts}\n{body}\n\n{end}\\end{{document}}\n"


def _block(block: Block, pen: Pen, words: Words) -> str:
    match block:
        case Heading(text, level):
            return rf"\{COMMANDS[level]}{{{escape(text)}}}"
        case Fold(heading, blocks):
            return "\n\n".join(_block(item, pen, words) for item in (heading, *blocks))
        case Paragraph(pieces):
            return sentence(pieces, pen)
        case Bullets(items):
            points = "\n".join(rf"\item {sentence(item, pen)}" for item in items)
            return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{points}\n\\end{{itemize}}"
        case Equation(label, sides, law):
            formula = " = ".join(pen.formula(side) for side in sides)
            return rf"{escape(label)}: {_coloured(law, law)} \quad \fit{{{formula}}}"
        case Derivation(lines, label):
            return "\n\n".join(_line(item, label, pen, words) for item in lines)
        case Columns(parts):
            return "\\hfill\n".join(_column(name, part, len(parts), pen) for name, part in parts)
        case Table(head, rows, caption):
            cells = [" & ".join(sentence((piece,), pen) for piece in head), r"\hline"]
            body = "\n".join(f"{' & '.join(sentence((piece,), pen) for piece in row)} \\\\" for row in rows)
            table = f"{cells[0]} \\\\ \\hline\n{body}"
            title = f"{escape(caption)}\n\n" if caption else ""
            wide = f"\\begin{{tabular}}{{{'r' * len(head)}}}\n{table}\n\\end{{tabular}}"
            return title + wide
        case Picture():
            return ""  # the drawing is SVG, which LaTeX's small packages cannot place
    raise TypeError(type(block))


def _column(name: Piece, part: Derivation, count: int, pen: Pen) -> str:
    """One of several derivations side by side."""
    head = f"{sentence((name,), pen)}\\par\\medskip "
    width = 0.97 / count
    rows = []
    for item in part.lines:
        if isinstance(item, Line):
            (_, target), *rest = pen.line(item)
            rows.append(rf"\fit{{{target}}}\par")
            rows += [rf"\fit{{{SIGNS[sign]} {text}}}\par" for sign, text in rest]
            rows.append(r"\medskip")
    return "\n".join([rf"\begin{{minipage}}[t]{{{width:.3f}\linewidth}}{head}", *rows, r"\end{minipage}"])


def _line(item: Line | Omission, label: str, pen: Pen, words: Words) -> str:
    if isinstance(item, Omission):
        return escape(words["left_out"].format(count=f"{item.count:,}"))
    name = _coloured(label, label) + r"\quad " if label else r"\quad "
    reason = rf"\quad{{\small ({escape(item.reason)})}}" if item.reason else ""
    return rf"\noindent {name}\fit{{{latex_line(item, pen)}}}{reason}"


def _coloured(text: str, law: str) -> str:
    return rf"\textcolor{{{law}}}{{\textbf{{{text}}}}}" if law in LAWS else escape(text)


def sentence(pieces: Sentence, pen: Pen) -> str:
    """Running text with its formulas and numbers."""
    found = []
    for piece in pieces:
        if isinstance(piece, Expression):
            found.append(f"${pen.formula(piece)}$")
        else:
            found.append(f"${pen.number(piece.value, piece.finer)}$" if isinstance(piece, Number) else escape(piece))
    return "".join(found)


def escape(text: str) -> str:
    """Text with LaTeX's own signs, and letters that its fonts lack, written as commands."""
    return "".join(LETTERS.get(letter, letter) for letter in text)
