"""Documents as Markdown, with formulas in LaTeX between dollar signs as GitHub, Jupyter and Pandoc read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from urllib.parse import quote

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.drawings.colours import BOXES
from clearprop.explain.words import Words
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
from clearprop.explain.writing.pen import Pen
from clearprop.formulas import Expression

BOX = re.compile(r"\\clearpropbox\{(\w+)\}")


def to_markdown(document: Document, pen: Pen, words: Words, beside: str = "") -> str:
    """The document as Markdown; `pen` writes LaTeX.

    Where files may be written beside it, its pictures are the files BESIDE-1.svg, …, see `pictures`; where not, what
    they show stands there in words, because GitHub and notebooks drop drawings that are written into Markdown.
    """
    names = iter(pictures(document, beside))
    return "\n\n".join(_block(block, pen, words, names) for block in document.blocks) + "\n"


def pictures(document: Document, beside: str) -> dict[str, str]:
    """The names and contents of the files that pictures are written to."""
    drawn = [block.svg for block in _flat(document.blocks) if isinstance(block, Picture)]
    return {f"{beside}-{n}.svg": svg for n, svg in enumerate(drawn, start=1)} if beside else {}


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield from _flat(block.blocks) if isinstance(block, Folded) else (block,)


def _described(svg: str, element: str) -> str:
    """The title or the description of a drawing."""
    found = re.search(rf"<{element}>(.*?)</{element}>", svg)
    return unescape(found[1]) if found else ""


def _block(block: Block, pen: Pen, words: Words, names: Iterator[str]) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escape(text)}"
        case Folded(heading, blocks):
            return "\n\n".join(_block(item, pen, words, names) for item in (heading, *blocks))
        case Paragraph(pieces):
            return sentence(pieces, pen)
        case Bullets(items):
            return "\n".join(f"- {sentence(item, pen)}" for item in items)
        case Equation(label, sides, law):
            name = f"**{law}** " if law else ""
            return f"{name}{_escape(label)}{inline(' = '.join(pen.formula(side) for side in sides))}"
        case Derivation(lines, label):
            return "\n\n".join(_line(item, label, pen, words) for item in lines)
        case Columns(parts):
            return "\n\n".join(
                f"{sentence((name,), pen)}:\n\n{_block(part, pen, words, names)}" for name, part in parts
            )
        case Table(head, rows, caption):
            rules = ["---:" if of_numbers else "---" for of_numbers in block.of_numbers]
            table = [_row([sentence((piece,), pen) for piece in head]), _row(rules)]
            table += [_row([sentence((piece,), pen) for piece in row]) for row in rows]
            return (f"{_escape(caption)}\n\n" if caption else "") + "\n".join(table)
        case Picture(svg, text):
            title, name = _escape(_described(svg, "title")), next(names, "")
            shown = f"![{title}]({quote(name)})" if name else f"> {title}. {_escape(_described(svg, 'desc'))}"
            return f"{shown}\n\n{sentence(text, pen)}"
    raise TypeError(type(block))


def _line(item: Line | Omission, label: str, pen: Pen, words: Words) -> str:
    if isinstance(item, Omission):
        return words["left_out"].format(count=f"{item.count:,}")
    reason = f" — {_escape(item.reason)}" if item.reason else ""
    name = f"**{label}** " if label else ""
    return f"{name}{inline(latex_line(item, pen))}{reason}"


def latex_line(line: Line, pen: Pen) -> str:
    """A line of a derivation in LaTeX, on one line."""
    signs = {"": "", "=": " = ", "≈": r" \approx "}
    return "".join(signs[sign] + text for sign, text in pen.line(line))


def inline(latex: str) -> str:
    """A formula in running text; boxes become coloured frames with their label below."""
    return f"${boxed(latex)}$"


def boxed(latex: str) -> str:
    """The formula with each box written in commands that MathJax and KaTeX know."""
    while (found := BOX.search(latex)) is not None:
        label, after = _group(latex, found.end())
        content, end = _group(latex, after)
        colour = BOXES[found[1]][0]
        frame = rf"\underbrace{{\boxed{{\color{{{colour}}}{{{content}}}}}}}_{{{label}}}"
        latex = latex[: found.start()] + frame + latex[end:]
    return latex


def _group(latex: str, start: int) -> tuple[str, int]:
    """The content of the braces that open at `start`, and where they end."""
    depth = 0
    for i in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[i], 0)
        if depth == 0:
            return latex[start + 1 : i], i + 1
    raise ValueError(f"braces do not close in {latex!r}")


def sentence(pieces: Sentence, pen: Pen) -> str:
    """Running text with its formulas and numbers."""
    found = []
    for piece in pieces:
        if isinstance(piece, Expression):
            found.append(inline(pen.formula(piece)))
        else:
            found.append(inline(pen.number(piece.value, piece.finer)) if isinstance(piece, Number) else _escape(piece))
    return "".join(found)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _escape(text: str) -> str:
    return re.sub(r"([*_`$\\])", r"\\\1", text)
